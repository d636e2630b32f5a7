/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose words are these, and what are they: a message, the user's own from
 * another client, an error about one of his, a notice? */
#include "backends/purple/talk.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/conversation.h"
#include "backends/purple/core.h"
#include "backends/purple/file.h"
#include "backends/purple/image.h"
#include "backends/purple/markup.h"
#include "backends/purple/peer.h"
#include "backends/purple/pending.h"
#include "backends/purple/protocol.h"
#include "backends/purple/typing.h"

/* What is older than that was not said just now. */
#define OLD_SECONDS	10

/* --------------------------------------------------------------- messages */

static int64_t
time_of(PurpleMessageFlags flags, time_t when)
{
	time_t now = time(NULL);

	if (when <= 0 || when > now ||
	    (!(flags & PURPLE_MESSAGE_DELAYED) && now - when < OLD_SECONDS))
		return 0;
	return (int64_t)when * 1000;
}

static void
address(const struct session *s, const struct peer *peer,
    struct msg_message *m)
{
	m->user = s->user;
	m->from = peer->room ? peer->room : peer->id;
	m->kind = peer->room ? "private" : "chat";
	m->nick = peer->nick;
}

void
talk_send_up(struct session *s, const struct peer *peer,
    struct msg_message *m)
{
	address(s, peer, m);
	kit_notify(METHOD_message, m);
}

static void
send_up(struct session *s, const struct peer *peer, const struct markup *text,
    struct msg_message *m)
{
	m->body = buf_data(&text->plain);
	if (*buf_data(&text->xhtml) != '\0')
		m->xhtml = buf_data(&text->xhtml);
	talk_send_up(s, peer, m);
}

static bool
is_blank(const char *s)
{
	return s[strspn(s, " \t\n")] == '\0';
}

static void
message(struct session *s, const struct peer *peer, const char *html,
    PurpleMessageFlags flags, time_t when)
{
	static struct markup text;
	struct msg_message m = { .time = time_of(flags, when) };
	char *escaped = NULL, *marked = NULL;

	if (protocol_gives_text(s->account))
		html = escaped = g_markup_escape_text(html, -1);
	if (flags & PURPLE_MESSAGE_AUTO_RESP)
		html = marked = g_strconcat("[auto-reply] ", html, NULL);
	markup_read(&text, html);
	g_free(marked);
	g_free(escaped);
	m.carbon = (flags & PURPLE_MESSAGE_SEND) &&
	    !(flags & PURPLE_MESSAGE_RECV);
	if (m.carbon && !(flags & PURPLE_MESSAGE_REMOTE_SEND) &&
	    pending_is_echo(s, peer->id, buf_data(&text.plain)))
		return;
	if (!m.carbon)
		typing_over(s, peer->id);
	if (!is_blank(buf_data(&text.plain)))
		send_up(s, peer, &text, &m);
	address(s, peer, &m);
	image_tell(&m, &text);
}

static void
failed(struct session *s, const struct peer *peer, const char *html)
{
	static struct markup text;
	struct msg_message m = { 0 };

	markup_read(&text, html);
	if (*buf_data(&text.plain) == '\0' ||
	    pending_failed(s, peer->id, buf_data(&text.plain)))
		return;
	send_up(s, peer, &text, &m);
}

/* prpl-jabber has words for what is a state on XMPP. */
static bool
has_gone(struct session *s, const struct peer *peer, const char *text)
{
	static const char words[] = " has left the conversation.";
	size_t len = strlen(text), n = sizeof(words) - 1;
	const struct msg_chat_state_up m = {
		.user = s->user, .peer = peer->id, .state = "gone",
	};

	if (len < n || strcmp(text + len - n, words) != 0 ||
	    peer->room != NULL)
		return false;
	kit_notify(METHOD_chat_state_up, &m);
	return true;
}

static void
notice(struct session *s, const struct peer *peer, const char *html,
    time_t when)
{
	static struct markup text;
	struct msg_message m = { .headline = true,
	    .time = time_of(0, when) };

	markup_read(&text, html);
	if (!is_blank(buf_data(&text.plain)) &&
	    !has_gone(s, peer, buf_data(&text.plain)))
		send_up(s, peer, &text, &m);
}

void
talk_say(struct session *s, const char *name, const char *text)
{
	struct msg_message m = { .body = text };
	struct peer peer;

	if (peer_of(s, name, &peer))
		talk_send_up(s, &peer, &m);
}

void
talk_notice(struct session *s, const char *name, const char *text)
{
	struct msg_message m = { .body = text, .headline = true };
	struct peer peer;

	if (peer_of(s, name, &peer))
		talk_send_up(s, &peer, &m);
}

bool
talk_notified(struct session *s, const char *title, const char *primary,
    const char *secondary)
{
	char *text = g_strjoin("\n", primary ? primary : title ? title : "",
	    secondary, NULL);
	bool known = file_going(NULL, NULL) &&
	    strncmp(text, "File transfer ", 14) == 0;

	/* Which has been told, or will be, by file.c. */
	known = known || (s != NULL && pending_mentioned(s, text));
	g_free(text);
	return known;
}

/* What libpurple writes about itself in the other cases is known already: as a
 * call for attention, as a contact's new name. */
static bool
is_known(PurpleMessageFlags flags)
{
	return (flags & (PURPLE_MESSAGE_INVISIBLE | PURPLE_MESSAGE_NOTIFY)) ||
	    (flags & (PURPLE_MESSAGE_SYSTEM | PURPLE_MESSAGE_NO_LINKIFY |
	    PURPLE_MESSAGE_ERROR)) ==
	    (PURPLE_MESSAGE_SYSTEM | PURPLE_MESSAGE_NO_LINKIFY);
}

/* prpl-irc has no error for a nick that nobody has, but says so. */
static bool
is_error(const PurpleAccount *account, PurpleMessageFlags flags)
{
	const PurpleMessageFlags irc = PURPLE_MESSAGE_SYSTEM |
	    PURPLE_MESSAGE_NO_LOG;

	return (flags & PURPLE_MESSAGE_ERROR) || ((flags & irc) == irc &&
	    strcmp(purple_account_get_protocol_id(account), "prpl-irc") == 0);
}

void
talk_heard(PurpleAccount *account, const char *name, const char *html,
    PurpleMessageFlags flags, time_t when)
{
	struct session *s = session_of(account);
	struct peer peer;

	/* Not only when it is connected: some networks begin with what was
	 * said meanwhile. */
	if (s == NULL || is_known(flags) || !peer_of(s, name, &peer))
		return;
	if ((flags & PURPLE_MESSAGE_SYSTEM) && file_going(s, peer.id))
		return;
	if (is_error(account, flags))
		failed(s, &peer, html);
	else if (flags & PURPLE_MESSAGE_SYSTEM)
		notice(s, &peer, html, when);
	else
		message(s, &peer, html, flags, when);
}

/* ------------------------------------------------- attention, and markers */

static void
got_attention(PurpleAccount *account, const char *who,
    PurpleConversation *conv, guint type)
{
	struct session *s = session_of(account);
	struct msg_attention_up m = { 0 };
	struct peer peer;

	(void)conv;
	(void)type;
	if (s == NULL || !s->connected || !peer_of(s, who, &peer) ||
	    peer.room != NULL)
		return;
	m.user = s->user;
	m.peer = peer.id;
	kit_notify(METHOD_attention_up, &m);
}

void
down_attention(const struct kit_call *call, const struct msg_attention *m)
{
	struct session *s = session_find(m->user);
	const char *name = s != NULL ? peer_name(s, m->peer) : NULL;
	PurplePluginProtocolInfo *info;

	(void)call;
	if (name == NULL || !s->connected)
		return;
	info = session_protocol(s);
	/* purple_prpl_send_attention() has only words to add, and forgets to
	 * free them. */
	if (PROTOCOL_HAS(info, send_attention))
		info->send_attention(purple_account_get_connection(
		    s->account), name, 0);
}

void
down_marker(const struct kit_call *call, const struct msg_marker *m)
{
	struct session *s = session_find(m->user);
	const char *name = s != NULL ? peer_name(s, m->peer) : NULL;

	(void)call;
	if (name != NULL && s->connected && strcmp(m->state, "displayed") == 0)
		conversation_seen(s, name);
}

static void
init(void)
{
	purple_signal_connect(purple_conversations_get_handle(),
	    "got-attention", core_handle(), PURPLE_CALLBACK(got_attention),
	    NULL);
}

static void
end(struct session *s)
{
	pending_forget(s);
}

const struct module talk_module = { .init = init, .end = end };
