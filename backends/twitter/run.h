/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run.h - a command that is being done.  It ends once, by one of those below,
 * or with the session. */
#ifndef BACKENDS_TWITTER_RUN_H
#define BACKENDS_TWITTER_RUN_H

#include "backends/twitter/api.h"
#include "backends/twitter/page.h"
#include "backends/twitter/session.h"
#include "backends/twitter/task.h"
#include "backends/twitter/words.h"
#include "util/arena.h"
#include "util/buf.h"

struct run {
	struct task	 task;		/* its first member; frees all */
	char		*from;		/* what it was said to, and answers:
					 * twitter.com or #twitter; NULL: it was
					 * chosen from a menu */
	struct words	 words;
	/* What run_post_meant() has found; "" without. */
	char		 post[PAGE_ID_MAX + 1];
	const char	*post_name;	/* how that is shown: "[4f]" */
	struct arena	 arena;		/* for what is collected, until
					 * the end */
	void		*ctx;		/* of the file that does it, in there */
};

/* That is all of words.def: run_post(), run_thread() and so on, each beginning
 * with a line that fits it. */
#define WORD(name, others, first, rest, group, help)	\
	void run_##name(struct run *);
#include "backends/twitter/words.def"
#undef WORD

/* What is said may have several lines.
 *
 * It is done, and that came of it. */
void	run_say(struct run *, const char *fmt, ...) PRINTF(2, 3);
/* It is not done, as something is wrong with it. */
void	run_wrong(struct run *, const char *fmt, ...) PRINTF(2, 3);
/* X or the budget has refused; the answer is not OK. */
void	run_refused(struct run *, const struct api_answer *);
/* code: of the backend protocol. */
void	run_failed(struct run *, const char *code, const char *text);
/* true: it was refused, and that has been said. */
bool	run_is_refused(struct run *, const struct api_answer *);
/* How it is to be used. */
void	run_usage(struct run *, enum word);

/* What has rows: a table where it was chosen from a menu, else text, which is
 * given to the user in pieces between paragraphs (empty lines) when it is
 * long. */
struct table {
	struct arena	*arena;		/* owns the rows */
	const struct msg_column *columns;
	size_t		 ncolumns;
	struct msg_row	*rows;
	size_t		 n, room;
};
bool	run_wants_table(const struct run *);
/* Add one, with a value for each column; NULL: none. */
void	table_add(struct table *, const char *const *values);
/* note: below the table; or NULL. */
void	run_table(struct run *, const struct table *, const char *note);
void	run_text(struct run *, const char *text);

/* Which post is it, by a short id, an id, or its author?  false: nobody knows,
 * and the command has ended by saying so. */
bool	run_post_meant(struct run *) MUST_CHECK;
/* The page of a post on X, for people: added to the buffer.  author: NULL when
 * unknown. */
void	run_address(struct buf *, const char *author, const char *post_id);
/* A post that has come of it: "[4f] https://x.com/alice/status/1", malloced. */
char	*run_new_post(struct run *, const char *post_id);

#endif
