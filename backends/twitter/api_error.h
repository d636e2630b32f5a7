/* SPDX-License-Identifier: GPL-2.0-or-later */
/* api_error.h - what a status of X means, and what the user is told. */
#ifndef BACKENDS_TWITTER_API_ERROR_H
#define BACKENDS_TWITTER_API_ERROR_H

#include "backends/twitter/api.h"
#include "backends/twitter/http.h"

/* json: the body, or NULL when it is none.  read: it changes nothing.  what: of
 * endpoint.def.  *text (malloced) unless API_OK. */
enum outcome	api_outcome(const struct http_response *, const json_t *json,
		    bool read, const char *what, char **text);

/* What the user is told, and when it works again where that is known (until, as
 * in struct api_answer); malloced. */
char	*api_text(enum outcome, const char *text, time_t until);

/* Why there is nothing in an answer that is OK otherwise. */
enum problem {
	PROBLEM_NONE,
	PROBLEM_PROTECTED,	/* the account shows itself to few */
	PROBLEM_SUSPENDED,	/* X has closed it */
	PROBLEM_GONE,		/* it is not there, or not any more */
};
enum problem	api_problem(const json_t *);	/* NULL: none */

#endif
