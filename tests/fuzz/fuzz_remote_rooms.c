/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote net protocol util */
/* Any stanzas as what a server says of rooms, in one that is entered: those who
 * are there, what they say, forms, lists, archives, invitations, bookmarks.
 * Every request gets one answer. */
#include "tests/fuzz/remote_session.h"

#include "backends/xmpp/down.h"
#include "backends/xmpp/room.h"

#define TEA	"tea@conference.xmpp.test"

static void
say(const char *kind, const char *to)
{
	const struct msg_send m = { .user = USER, .to = to, .kind = kind,
	    .room = TEA, .body = "x", .id = "m1" };

	down_send(call_of(METHOD_send), &m);
}

static void
request(struct session *s, char letter)
{
	const char *thumb = "+";

	(void)s;
	switch (letter) {
	case 'j':
		down_room_join(call_of(METHOD_room_join),
		    &(struct msg_room_join){ .user = USER, .room = TEA,
		    .nick = "bob", .history = -1 });
		break;
	case 'l':
		down_room_leave(call_of(METHOD_room_leave),
		    &(struct msg_room_leave){ .user = USER, .room = TEA });
		break;
	case 'n':
		down_room_nick(call_of(METHOD_room_nick),
		    &(struct msg_room_nick){ .user = USER, .room = TEA,
		    .nick = "rob" });
		break;
	case 'm':
		say("groupchat", TEA);
		break;
	case 'p':
		say("private", "ann");
		break;
	case 't':
		down_room_subject(call_of(METHOD_room_subject_set),
		    &(struct msg_room_subject_set){ .user = USER, .room = TEA,
		    .subject = "x" });
		break;
	case 'c':
		down_room_config(call_of(METHOD_room_config),
		    &(struct msg_room_config){ .user = USER, .room = TEA });
		break;
	case 'a':
		down_room_affiliations(call_of(METHOD_room_affiliations),
		    &(struct msg_room_affiliations){ .user = USER,
		    .room = TEA, .affiliation = "outcast" });
		break;
	case 'h':
		down_room_history(call_of(METHOD_room_history),
		    &(struct msg_room_history){ .user = USER, .room = TEA,
		    .max = 10 });
		break;
	case 'r':
		down_room_list(call_of(METHOD_room_list),
		    &(struct msg_room_list){ .user = USER });
		break;
	case 'g':
		down_react(call_of(METHOD_react), &(struct msg_react){
		    .user = USER, .peer = TEA, .room = TEA, .id = "s1",
		    .emojis = { &thumb, 1 } });
		break;
	case 'd':
		down_retract(call_of(METHOD_retract), &(struct msg_retract){
		    .user = USER, .peer = TEA, .room = TEA, .id = "s1" });
		break;
	}
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session *s = session_begin();

	request(s, 'j');
	session_fuzz(s, data, size, request);
	session_finish(s);
	return 0;
}
