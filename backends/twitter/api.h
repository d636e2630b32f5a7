/* SPDX-License-Identifier: GPL-2.0-or-later */
/* api.h - requests to X as a user: authorised, within the limits of X and of
 * the user's budget, and with an answer that says what to do. */
#ifndef BACKENDS_TWITTER_API_H
#define BACKENDS_TWITTER_API_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "backends/twitter/http.h"
#include "backends/twitter/session.h"

enum endpoint {
#define ENDPOINT(name, method, path, price, each, what)	E_##name,
#include "backends/twitter/endpoint.def"
#undef ENDPOINT
	E_COUNT
};

enum outcome {
	API_OK,
	API_LIMITED,	/* too often: not before until (429) */
	API_BUDGET,	/* the user's own limit, or the instance's: until */
	API_UNPAID,	/* whoever runs this owes X (402) */
	API_FORBIDDEN,	/* not this, with these rights (403) */
	API_REVOKED,	/* we are not let in any more (401) */
	API_NOT_FOUND,
	API_REFUSED,	/* X says what is wrong with it */
	API_FAILED,	/* no sensible answer: try again later; nothing was
			 * done */
	API_UNCERTAIN,	/* the same, but it may have been done */
};

struct api_answer {
	enum outcome	 outcome;
	const char	*text;		/* for the user, with until where
					 * that is known; NULL when OK */
	json_t		*json;		/* the whole answer, borrowed; NULL where
					 * there is none */
	time_t		 until;		/* our clock; 0: unknown */
};

/* Called once, never before api_call() has returned, and not at all once the
 * session has ended. */
typedef void api_done(struct session *, const struct api_answer *, void *ctx);

struct api_param {
	const char	*name, *value;
};

struct api_request {
	enum endpoint	 endpoint;
	const char	*path[2];	/* for the stars of its path */
	const struct api_param *query;
	size_t		 nquery;
	json_t		*body;		/* borrowed; NULL: none */
	/* Instead of that, for what is not JSON. */
	const char	*content_type;
	const void	*content;
	size_t		 length;
	bool		 background;	/* not asked for by the user at this
					 * moment: polling */
};

void	api_call(struct session *, const struct api_request *, api_done *,
	    void *ctx);
/* When may this one be called again?  0: now. */
time_t	api_wait(const struct session *, enum endpoint);
/* Is one of these under way? */
bool	api_busy(const struct session *, enum endpoint);
/* What time it is for X, which refuses signatures of another one. */
time_t	api_now(void);
/* Was that the trouble with this answer?  It is not the next time. */
bool	api_clock_off(const struct http_response *);
/* As an error code of the backend protocol. */
const char *api_error_code(enum outcome);

/* The session begins, and ends. */
void	api_begin(struct session *);
void	api_end(struct session *);

#endif
