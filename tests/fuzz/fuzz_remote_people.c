/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote net protocol util */
/* Any stanzas as what a server says of people and of itself: roster, presence,
 * profiles, directories, commands, forms.  Every request gets one answer. */
#include "tests/fuzz/remote_session.h"

#include "backends/xmpp/down.h"

#define ANN	"ann@xmpp.test"

static void
ask_command(bool first)
{
	const struct msg_command m = { .user = USER,
	    .name = "server:xmpp.test#n", .session = first ? NULL : "x" };

	down_command(call_of(METHOD_command), &m);
}

static void
request(struct session *s, char letter)
{
	struct pair nick = { "nick", "ann" };

	(void)s;
	switch (letter) {
	case 'p':
		down_profile(call_of(METHOD_profile), &(struct msg_profile){
		    .user = USER, .contact = ANN });
		break;
	case 'o':
		down_profile_set(call_of(METHOD_profile_set),
		    &(struct msg_profile_set){ .user = USER, .nick = "b",
		    .full_name = "" });
		break;
	case 's':
		down_search(call_of(METHOD_search), &(struct msg_search){
		    .user = USER, .fields = { &nick, 1 } });
		break;
	case 'q':
		down_query(call_of(METHOD_query), &(struct msg_query){
		    .user = USER, .contact = ANN, .what = "version" });
		break;
	case 't':
		down_query(call_of(METHOD_query), &(struct msg_query){
		    .user = USER, .contact = ANN, .what = "time" });
		break;
	case 'a':
		down_contact_add(call_of(METHOD_contact_add),
		    &(struct msg_contact_add){ .user = USER,
		    .contact = ANN });
		break;
	case 'u':
		down_contact_update(call_of(METHOD_contact_update),
		    &(struct msg_contact_update){ .user = USER,
		    .contact = ANN, .name = "x" });
		break;
	case 'b':
		down_contact_block(call_of(METHOD_contact_block),
		    &(struct msg_contact_block){ .user = USER,
		    .contact = ANN, .blocked = true });
		break;
	case 'c':
		ask_command(true);
		break;
	case 'n':
		ask_command(false);
		break;
	}
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session *s = session_begin();

	session_fuzz(s, data, size, request);
	session_finish(s);
	return 0;
}
