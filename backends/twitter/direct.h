/* SPDX-License-Identifier: GPL-2.0-or-later */
/* direct.h - direct messages: a conversation with one person is a chat with the
 * contact, one with several the room dm-CONVERSATION.
 *
 * What the API of X has no word for is not made up here.  A message that is
 * sent is accepted, and nobody learns whether it was read.  A message that
 * somebody else deletes stays where it is.  A conversation that has moved to
 * the encrypted X Chat is not in the API at all: direct_moved.c says what is
 * known of that. */
#ifndef BACKENDS_TWITTER_DIRECT_H
#define BACKENDS_TWITTER_DIRECT_H

#include "backends/kit/kit.h"
#include "backends/twitter/api.h"
#include "backends/twitter/session.h"

#define DIRECT_PREFIX	"dm-"		/* of ids of messages */
#define DIRECT_TEXT_MAX	10000		/* characters of one message */
#define DIRECT_GROUP_MAX 49		/* people in a group beside the user */

/* Is this the id of a direct message? */
bool	direct_is_message(const char *id);
/* Is this a group conversation, such as those below take? */
bool	direct_is_room(const char *room);

/* Requests of the main process, which these answer.
 *
 * A message to a contact, to an occupant of #twitter (private), or to a group
 * (groupchat). */
void	direct_send(struct session *, const struct kit_call *,
	    const struct msg_send *);
/* One of the user's own, by an id that direct_is_message(). */
void	direct_retract(struct session *, const struct kit_call *,
	    const struct msg_retract *);
void	direct_room_join(struct session *, const struct kit_call *,
	    const struct msg_room_join *);
void	direct_room_leave(struct session *, const struct kit_call *,
	    const struct msg_room_leave *);
void	direct_room_nick(struct session *, const struct kit_call *,
	    const struct msg_room_nick *);
void	direct_room_subject(struct session *, const struct kit_call *,
	    const struct msg_room_subject_set *);
void	direct_room_invite(struct session *, const struct kit_call *,
	    const struct msg_room_invite *);

/* The groups that are known, for a room_list: how many were put into rows,
 * whose texts are good until the turn of the loop is over. */
size_t	direct_rooms(struct session *, struct msg_room_info *rows, size_t max);

/* For what the user types.  text of the answer is what to say to the user,
 * also when the outcome is API_OK. */
typedef void direct_done(struct session *, const struct api_answer *,
    void *ctx);
/* As api_call(): done is called once, later or before this returns, and not
 * after the session.  name: of a person, without @. */
void	direct_message(struct session *, const char *name, const char *text,
	    direct_done *, void *ctx);
/* Begin a group of these people with a message. */
void	direct_group(struct session *, const char *const *names, size_t n,
	    const char *text, direct_done *, void *ctx);
/* The same of "@anna @bob TEXT". */
void	direct_group_line(struct session *, const char *line, direct_done *,
	    void *ctx);

/* Parts of a session's life. */
void	direct_up(struct session *);
void	direct_end(struct session *);
void	direct_show(struct session *);
void	direct_setting(struct session *, const char *name);

#endif
