/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WHOIS and WHOWAS: lines of many kinds, gathered into a text to read or a
 * profile. */
#include "backends/irc/whois.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/irc/ask.h"
#include "backends/irc/console.h"
#include "backends/irc/format.h"
#include "backends/irc/message.h"
#include "backends/irc/room.h"
#include "util/xalloc.h"

static struct await *
begin(struct network *n, enum await_kind kind, request_t request,
    const char *nick, const char *channel, const char *peer)
{
	struct await *a = ask_question(n, kind, request, nick, NULL);

	if (a == NULL)
		return NULL;
	/* Where to show it; neither: the request wants a profile. */
	a->body = xstrdup_null(peer);
	a->origin = peer == NULL ? xstrdup_null(channel) : NULL;
	return a;
}

void
whois_profile(struct network *n, request_t request, const char *nick)
{
	struct await *a = begin(n, AWAIT_WHOIS, request, nick, NULL, NULL);

	if (a != NULL && link_send(&n->link, "WHOIS", nick, NULL) == -1)
		ask_take_back(n, a);
}

void
whois_show(struct network *n, request_t request, const char *nick,
    const char *channel, const char *peer)
{
	struct await *a = begin(n, AWAIT_WHOIS, request, nick,
	    channel ? channel : "", peer);

	/* Twice: only the server where they are knows how long they idle. */
	if (a != NULL && link_send(&n->link, "WHOIS", nick, nick, NULL) == -1)
		ask_take_back(n, a);
}

void
whois_show_past(struct network *n, request_t request, const char *nick,
    const char *channel, const char *peer)
{
	struct await *a = begin(n, AWAIT_WHOWAS, request, nick,
	    channel ? channel : "", peer);

	if (a != NULL && link_send(&n->link, "WHOWAS", nick, NULL) == -1)
		ask_take_back(n, a);
}

/* ---- the answer */

/* Which question does a line about this nick answer?  WHOWAS has no lines of
 * its own but one. */
static struct await *
asked(const struct network *n, const char *nick)
{
	struct await *a = await_find(&n->awaits, n->is.casemap, AWAIT_WHOIS,
	    nick, NULL);

	return a ? a : await_find(&n->awaits, n->is.casemap, AWAIT_WHOWAS,
	    nick, NULL);
}

static void
put_duration(struct buf *out, const char *seconds)
{
	long long s = strtoll(seconds, NULL, 10);

	if (s >= 86400)
		buf_addf(out, "%lld d ", s / 86400);
	if (s >= 3600)
		buf_addf(out, "%lld h ", s / 3600 % 24);
	if (s >= 60)
		buf_addf(out, "%lld min ", s / 60 % 60);
	buf_addf(out, "%lld s", s % 60);
}

/* me nick idle [signon] :seconds idle, signon time */
static void
put_idle(struct buf *out, const struct line *l)
{
	time_t since = (time_t)strtoll(l->params[3], NULL, 10);
	char date[40];
	struct tm tm;

	buf_adds(out, "Idle: ");
	put_duration(out, l->params[2]);
	if (l->nparams < 5 || since <= 0 || gmtime_r(&since, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		return;
	buf_addf(out, "\nConnected since: %s", date);
}

/* Whatever else servers have to say, in their own words. */
static void
put_other(struct buf *out, const struct line *l)
{
	for (unsigned i = 2; i < l->nparams; i++)
		buf_addf(out, "%s%s", i > 2 ? " " : "", l->params[i]);
}

static void
add_fact(struct buf *text, const struct line *l)
{
	const char *const *p = l->params;

	if (buf_len(text) > 0)
		buf_addc(text, '\n');
	switch (l->numeric) {
	case 301: buf_addf(text, "Away: %s", p[2]); break;
	case 311:
	case 314: buf_addf(text, "%s!%s@%s (%s)", p[1], p[2], p[3], p[5]);
		break;
	case 312: buf_addf(text, "Server: %s (%s)", p[2], p[3]); break;
	case 317: put_idle(text, l); break;
	case 319: buf_addf(text, "Rooms: %s", p[2]); break;
	case 330: buf_addf(text, "Account: %s", p[2]); break;
	default: put_other(text, l); break;
	}
}

void
whois_line(struct network *n, struct line *l)
{
	struct await *a = asked(n, l->params[1]);
	static struct buf scratch;

	if (a == NULL) {
		/* 301 comes to whoever talks to somebody away, too. */
		if (l->numeric != 301)
			console_answer(n, l);
		return;
	}
	if (buf_len(&a->text) > ASK_COLLECT_MAX)
		return;
	if (l->numeric == 311)
		xreplace(&a->name, format_plain(l->params[l->nparams - 1],
		    &scratch));
	add_fact(&a->text, l);
}

static void
show(struct network *n, struct await *a, const char *text)
{
	struct channel *c;

	if (a->body != NULL)
		message_from(n, network_contact_id(n, a->body), text);
	else if (*a->origin == '\0')
		console_reply(n, text);
	else if ((c = network_channel(n, a->origin)) != NULL)
		room_notice(n, c, text);
	up_result(a->request, METHOD_send, &(struct msg_send_result){ 0 });
}

static void
tell_profile(struct await *a, const char *nick, const char *text)
{
	struct msg_profile_result result = { .full_name = a->name };
	static struct buf clean, note;

	result.nick = format_plain(nick, &clean);
	result.note = format_plain(text, &note);
	up_result(a->request, METHOD_profile, &result);
}

static void
end(struct network *n, const struct line *l, enum await_kind kind)
{
	struct await *a = await_find(&n->awaits, n->is.casemap, kind,
	    l->params[1], NULL);

	if (a == NULL) {
		console_answer(n, l);
		return;
	}
	if (buf_len(&a->text) == 0) {
		await_fail(&n->awaits, a, ERR_NOT_FOUND, "no such nick");
		return;
	}
	buf_addc(&a->text, '\0');
	if (a->origin != NULL || a->body != NULL)
		show(n, a, buf_data(&a->text));
	else
		tell_profile(a, l->params[1], buf_data(&a->text));
	await_done(&n->awaits, a);
}

void
whois_end(struct network *n, struct line *l)
{
	end(n, l, AWAIT_WHOIS);
}

void
whois_past_end(struct network *n, struct line *l)
{
	end(n, l, AWAIT_WHOWAS);
}
