/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request.h - the dialogs that plug-ins open.
 *
 * For every one of them exactly one of its callbacks is called: with the user's
 * answer, or as if the dialog had been closed.  None is called once libpurple
 * has closed it, as it does when the connection ends. */
#ifndef BACKENDS_PURPLE_REQUEST_H
#define BACKENDS_PURPLE_REQUEST_H

#include <purple.h>

#include "backends/purple/session.h"
#include "util/arena.h"

/* Set libpurple's UI operations. */
void	requests_init(void);

/* ---- between request.c, which knows how a request lives, and those that know
 * what each kind looks like: request_simple.c, request_fields.c,
 * request_file.c. */

#define REQUEST_FIELD	"answer"	/* where there is only one */

struct request {
	const struct request_kind *kind;
	void		*handle;	/* libpurple's name for it: a number */
	unsigned	 question;	/* 0: none */
	unsigned	 tries;		/* answers that were wrong */
	struct session	*session;	/* or NULL: nobody knows whose it is */
	char		*title, *instructions;	/* instructions may be NULL */
	char		*image;		/* URL, or NULL */
	GCallback	 ok, cancel;	/* each may be NULL */
	void		*data;		/* for them */
	/* By kind. */
	const char	*type;		/* of the field of an input */
	char		*value;		/* default of an input, or NULL */
	char		*own;		/* the answer, where we know it */
	unsigned	 usual;		/* index of the default of a choice */
	PurpleRequestFields *fields;
	struct answer {
		char		*label;
		GCallback	 callback;	/* of an action */
		int		 value;		/* of a choice */
	}		*answers;
	unsigned	 nanswers;
	bool		 saving;	/* a file, not opening one */
};

struct request_kind {
	PurpleRequestType type;
	/* The form; what it points to is the request's or in the arena. */
	void		(*form)(const struct request *, struct msg_ask *,
			    struct arena *);
	/* What is wrong with an answer, or NULL.  May be NULL itself. */
	const char	*(*wrong)(const struct request *,
			    const struct pairs *values);
	/* Call back; values NULL: it was closed. */
	void		(*answer)(struct request *,
			    const struct pairs *values);
};

struct request	*request_create(const struct request_kind *,
		    struct session *, void *data);
/* Ask the user.  What stands above the form may be NULL each.  Returns the
 * handle. */
void		*request_put(struct request *, const char *title,
		    const char *primary, const char *secondary);
/* The UI operations, as libpurple declares them. */
void	*request_input(const char *title, const char *primary,
	    const char *secondary, const char *value, gboolean multiline,
	    gboolean masked, gchar *hint, const char *ok_text, GCallback ok,
	    const char *cancel_text, GCallback cancel, PurpleAccount *,
	    const char *who, PurpleConversation *, void *data);
void	*request_choice(const char *title, const char *primary,
	    const char *secondary, int usual, const char *ok_text,
	    GCallback ok, const char *cancel_text, GCallback cancel,
	    PurpleAccount *, const char *who, PurpleConversation *,
	    void *data, va_list choices);
void	*request_action(const char *title, const char *primary,
	    const char *secondary, int usual, PurpleAccount *,
	    const char *who, PurpleConversation *, void *data, size_t n,
	    va_list actions);
void	*request_action_with_icon(const char *title, const char *primary,
	    const char *secondary, int usual, PurpleAccount *,
	    const char *who, PurpleConversation *, gconstpointer icon,
	    gsize icon_size, void *data, size_t n, va_list actions);
void	*request_fields(const char *title, const char *primary,
	    const char *secondary, PurpleRequestFields *,
	    const char *ok_text, GCallback ok, const char *cancel_text,
	    GCallback cancel, PurpleAccount *, const char *who,
	    PurpleConversation *, void *data);
void	*request_file(const char *title, const char *name, gboolean saving,
	    GCallback ok, GCallback cancel, PurpleAccount *,
	    const char *who, PurpleConversation *, void *data);
void	*request_folder(const char *title, const char *name, GCallback ok,
	    GCallback cancel, PurpleAccount *, const char *who,
	    PurpleConversation *, void *data);

#endif
