/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text as the plug-in wants it: marked up or not, as one or line by line; and
 * what is made of its answer. */
#include "backends/purple/send.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backends/purple/attach.h"
#include "backends/purple/conversation.h"
#include "backends/purple/markup.h"
#include "backends/purple/peer.h"
#include "backends/purple/pending.h"
#include "backends/purple/room.h"
#include "backends/purple/typing.h"
#include "util/buf.h"
#include "util/xalloc.h"

/* What is on its way through the plug-in. */
struct sending {
	struct session	*session;
	const struct kit_call *call;
	const char	*contact;	/* as the main process calls them */
	char		*name;		/* as the plug-in does; owned, as a
					 * contact may go meanwhile */
	unsigned	 lines;		/* taken */
	bool		 last;		/* its answer is the message's */
};

static const struct kit_call nobody;

static unsigned
abilities(const PurpleConnection *gc)
{
	unsigned can = MARKUP_RICH | MARKUP_SIZES | MARKUP_BACKGROUND |
	    MARKUP_LINKS;

	if (!(gc->flags & PURPLE_CONNECTION_HTML))
		return 0;
	if (gc->flags & PURPLE_CONNECTION_NO_FONTSIZE)
		can &= ~(unsigned)MARKUP_SIZES;
	if (gc->flags & PURPLE_CONNECTION_NO_BGCOLOR)
		can &= ~(unsigned)MARKUP_BACKGROUND;
	if (gc->flags & PURPLE_CONNECTION_NO_URLDESC)
		can &= ~(unsigned)MARKUP_LINKS;
	return can;
}

/* --------------------------------------------------------------- one text */

static void
refuse(const struct sending *w, struct pending *p, int error)
{
	const char *code = error == -E2BIG ? ERR_TOO_LONG :
	    error == -ENOTCONN ? ERR_NOT_CONNECTED : ERR_NOT_ACCEPTABLE;
	const char *why = error == -E2BIG ? "The message is too long." :
	    error == -ENOTCONN ? "The network is not connected." :
	    "The message could not be sent.";
	char *text = w->lines == 0 ? NULL : xasprintf("%s Only the first %u "
	    "lines were sent.", why, w->lines);

	pending_refused(p, code, text ? text : why);
	if (!w->last)
		kit_error(w->call, code, text ? text : why);
	free(text);
}

/* Other plug-ins may have a look at it, and change or take it: NULL. */
static char *
through_plugins(const struct sending *w, const char *html)
{
	char *text = g_strdup(html);

	purple_signal_emit(purple_conversations_get_handle(),
	    "sending-im-msg", w->session->account, w->name, &text);
	return text;
}

/* False: nothing more of it is to be sent. */
static bool
give(struct sending *w, const char *html)
{
	struct session *s = w->session;
	PurpleAccount *account = s->account;
	struct pending *p = pending_begin(s, w->last ? w->call : &nobody,
	    w->contact, html);
	char *text = through_plugins(w, html);
	int result = 1;

	if (text != NULL && *text != '\0' && !pending_is_lost(p)) {
		result = serv_send_im(purple_account_get_connection(account),
		    w->name, text, PURPLE_MESSAGE_SEND);
		if (result >= 0 && !pending_is_lost(p))
			purple_signal_emit(purple_conversations_get_handle(),
			    "sent-im-msg", account, w->name, text);
	}
	g_free(text);
	if (result < 0) {
		refuse(w, p, result);
		return false;
	}
	w->lines++;
	pending_sent(p, result == 0);
	if (session_of(account) == s)
		return true;
	if (!w->last)
		kit_error(w->call, ERR_UNCERTAIN, "The connection ended while "
		    "the message was sent.");
	return false;
}

/* -------------------------------------------------------------- its parts */

static bool
only_breaks(const char *html)
{
	while (strncmp(html, "<br>", strlen("<br>")) == 0)
		html += strlen("<br>");
	return *html == '\0';
}

static void
give_lines(struct sending *w, const char *html)
{
	const char *end;
	char *line;

	do {
		end = strstr(html, "<br>");
		w->last = end == NULL || only_breaks(end);
		line = end ? g_strndup(html, (gsize)(end - html)) :
		    g_strdup(html);
		html = end ? end + strlen("<br>") : html;
		/* An empty one cannot be said. */
		if ((*line != '\0' || w->last) && !give(w, line))
			w->last = true;
		g_free(line);
	} while (!w->last);
}

bool
send_action(PurpleConversation *conv, const char *body)
{
	char *html, *error = NULL;
	PurpleCmdStatus status;

	if (conv == NULL || strncmp(body, "/me ", 4) != 0 ||
	    strchr(body, '\n') != NULL)
		return false;
	html = g_markup_escape_text(body + 1, -1);
	status = purple_cmd_do_command(conv, body + 1, html, &error);
	g_free(error);
	g_free(html);
	return status == PURPLE_CMD_STATUS_OK;
}

/* The plug-in may write it into the conversation, as it would be shown. */
static bool
act(const struct sending *w, const char *body)
{
	struct session *s = w->session;
	PurpleConversation *conv = conversation_with(s, w->name);
	struct pending *p;

	if (strncmp(body, "/me ", 4) != 0)
		return false;
	p = pending_begin(s, w->call, w->contact, "");
	if (!send_action(conv, body) && !pending_is_lost(p)) {
		pending_abandon(p);
		return false;
	}
	pending_sent(p, false);
	return true;
}

static void
send_html(struct sending *w, const char *body, const char *xhtml)
{
	PurpleConnection *gc = purple_account_get_connection(
	    w->session->account);
	struct buf scratch = { 0 };
	const char *html = markup_html(body, xhtml, abilities(gc), &scratch);

	if (gc->flags & PURPLE_CONNECTION_NO_NEWLINES)
		give_lines(w, html);
	else
		give(w, html);
	buf_free(&scratch);
}

void
send_text(struct session *s, const struct kit_call *call, const char *contact,
    const char *body, const char *xhtml)
{
	const char *name = peer_name(s, contact);
	struct peer peer;
	struct sending w = {
		.session = s, .call = call, .contact = peer.id, .last = true,
	};

	if (name == NULL || !peer_of(s, name, &peer)) {
		kit_error(call, ERR_NOT_FOUND, "There is no such contact.");
		return;
	}
	if (!PROTOCOL_HAS(session_protocol(s), send_im)) {
		kit_error(call, ERR_NOT_SUPPORTED, "This network has no "
		    "messages between two.");
		return;
	}
	if (*body == '\0') {
		kit_reply(call, NULL);
		return;
	}
	w.name = xstrdup(name);
	typing_sent(s, w.name);
	room_speaks_directly(s, w.name);
	/* Some plug-ins write what goes wrong only into one that is there. */
	conversation_with(s, name);
	conversation_seen(s, w.name);
	if (session_of(s->account) != s)
		kit_error(call, ERR_NOT_CONNECTED, NULL);
	else if (!act(&w, body))
		send_html(&w, body, xhtml);
	free(w.name);
}

void
send_unasked(struct session *s, const char *contact, const char *body)
{
	send_text(s, &nobody, contact, body, NULL);
}

void
down_message(const struct kit_call *call, const struct msg_send *m)
{
	struct session *s = session_for(call, m->user);
	struct buf scratch = { 0 };

	if (s == NULL)
		return;
	if (strcmp(m->kind, "chat") == 0) {
		if (attach_send(s, call, m))
			return;
		send_text(s, call, m->to, m->body, m->xhtml);
		return;
	}
	room_say(s, call, m, markup_html(m->body, m->xhtml, abilities(
	    purple_account_get_connection(s->account)), &scratch));
	buf_free(&scratch);
}
