/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module.h - a part of this backend that follows the lives of sessions: its
 * contacts, its rooms, its open questions.  The list is in session.c. */
#ifndef BACKENDS_PURPLE_MODULE_H
#define BACKENDS_PURPLE_MODULE_H

struct session;

/* Each may be NULL.  Called in the order of the list, end() in the reverse. */
struct module {
	/* libpurple is up, nobody is logged in: set its UI operations, connect
	 * signals. */
	void	(*init)(void);
	/* The account exists and has its settings, but has not connected. */
	void	(*begin)(struct session *);
	/* It is online, and the main process has been told. */
	void	(*connected)(struct session *);
	/* It is offline for good, and its account goes next: forget it, and
	 * answer what waits for it. */
	void	(*end)(struct session *);
};

#endif
