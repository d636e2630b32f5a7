/* SPDX-License-Identifier: GPL-2.0-or-later */
/* act.h - what a user does on X: the calls, and what can be undone of them. */
#ifndef BACKENDS_TWITTER_ACT_H
#define BACKENDS_TWITTER_ACT_H

#include "backends/twitter/api.h"
#include "backends/twitter/session.h"

/* id: of the post that was made, or the one or the person that was meant; dies
 * when this returns. */
typedef void act_done(struct session *, const struct api_answer *,
    const char *id, void *ctx);

struct act_post {
	const char	*text;		/* may be empty with media */
	const char	*reply_to;	/* id of a post, or NULL */
	const char	*quote;		/* likewise */
	const char *const *media;	/* ids of uploads */
	size_t		 nmedia;
	bool		 piece;		/* of the same text as the one that it
					 * replies to: undone with it */
};

/* All as api_call(): done is called once, later, and not after the session. */
void	act_post(struct session *, const struct act_post *, act_done *,
	    void *ctx);
void	act_delete(struct session *, const char *post_id, act_done *,
	    void *ctx);

/* Things that are, or are not any more: on false. */
enum act {
	ACT_LIKE, ACT_REPOST,			/* a post */
	ACT_FOLLOW, ACT_MUTE, ACT_BLOCK,	/* a person; X lets an API block
						 * direct messages only */
};
void	act(struct session *, enum act, const char *id, bool on, act_done *,
	    void *ctx);

/* Does the user like it, have reposted it, ..., as far as was heard here? */
bool	act_did(const struct session *, enum act, const char *id);
/* Is one being made?  One of the user's own that turns up now may be it. */
bool	act_posting(const struct session *);

/* Takes back the last thing that was done and can be; with post_id: the last
 * one that was done to that post, or the post itself.  text (of the answer when
 * OK): what is so now.  API_NOT_FOUND: there is none. */
void	act_undo(struct session *, const char *post_id, act_done *, void *ctx);

void	act_end(struct session *);

#endif
