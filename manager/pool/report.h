/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.h - how backends died, for the log and the admin. */
#ifndef MANAGER_POOL_REPORT_H
#define MANAGER_POOL_REPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/macros.h"
#include "util/pack.h"

#define REPORT_KEPT	64
/* Between how it ended and what it said before: that need not be why. */
#define REPORT_SAID	"; it last said: "

struct report_entry {
	pid_t		 pid;		/* 0: it could not be executed */
	unsigned	 id, users;
	double		 when;		/* clock_now() */
	char		 how[400];	/* "signal 11 (Segmentation fault)" */
	char		 words[400];	/* its last on standard error, or "" */
};

/* The last one that had this number. */
struct report_last {
	unsigned long	 deaths;	/* of this number, asked for or not */
	double		 when;		/* clock_now() */
	char		 how[400], words[400];
};

/* Zero-initialised: nothing has happened. */
struct report {
	struct report_entry ring[REPORT_KEPT];
	unsigned long	 added;		/* to the ring */
	unsigned long	 crashes;	/* those with a process */
	struct report_last **last;	/* owned, by number; NULL: none */
	unsigned	 nlast;
};

/* How a status of waitpid(2) reads. */
void	report_status(int status, struct buf *);
/* As vsnprintf(3), but cut between characters. */
void	report_text(char *to, size_t size, const char *fmt, va_list)
	    PRINTF(3, 0);
/* Strings are cut to what is kept. */
void	report_add(struct report *, pid_t, unsigned id, unsigned users,
	    const char *how, const char *words);
/* Any end of a process, also one that was asked for. */
void	report_death(struct report *, unsigned id, const char *how,
	    const char *words);
/* NULL: none had this number. */
const struct report_last *report_last(const struct report *, unsigned id);
/* Write it into the open map as "report", and read it back. */
void	report_pack(const struct report *, struct packer *);
void	report_adopt(struct report *, const struct packed *);
void	report_finish(struct report *);
void	report_print(const struct report *, struct buf *);
void	report_print_pids(const struct report *, struct buf *);

#endif
