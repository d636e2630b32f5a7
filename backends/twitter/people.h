/* SPDX-License-Identifier: GPL-2.0-or-later */
/* people.h - who is who on X: what has been read once is not paid for twice.
 * One table for all users of this process, of PEOPLE_MAX; those not met for
 * longest are forgotten. */
#ifndef BACKENDS_TWITTER_PEOPLE_H
#define BACKENDS_TWITTER_PEOPLE_H

#include "backends/twitter/api.h"
#include "backends/twitter/page.h"
#include "backends/twitter/session.h"

#define PEOPLE_MAX	20000
#define CONTACT_SIZE	24

/* Strings are NULL as in page.h. */
struct known {
	struct person	 person;
	char		 contact[CONTACT_SIZE];	/* the name in lower case: what
						 * they are to the main process */
	time_t		 read;		/* when X told */
};

/* Can this be a name on X? */
bool	people_is_name(const char *);

void	people_learn(const struct person *);
/* NULL: not known.  Good until the turn of the loop is over. */
const struct known *people_by_id(const char *id);
/* Without @; case does not matter. */
const struct known *people_by_name(const char *name);

/* known is NULL unless the outcome is API_OK, and as above. */
typedef void people_done(struct session *, const struct api_answer *,
    const struct known *, void *ctx);
/* As api_call(), but X is asked only when nobody knows; otherwise done is
 * called before this returns. */
void	people_find(struct session *, const char *name, people_done *,
	    void *ctx);
void	people_find_id(struct session *, const char *id, people_done *,
	    void *ctx);

void	people_finish(void);

#endif
