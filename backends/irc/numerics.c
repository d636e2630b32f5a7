/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numerics that tell us something have a handler; numerics that refuse
 * something have a row that says which question they may belong to and what
 * the user is told. */
#include "backends/irc/numerics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/ask.h"
#include "backends/irc/batch.h"
#include "backends/irc/console.h"
#include "backends/irc/events.h"
#include "backends/irc/label.h"
#include "backends/irc/message.h"
#include "backends/irc/modes.h"
#include "backends/irc/register.h"
#include "backends/irc/nick.h"
#include "backends/irc/outbox.h"
#include "backends/irc/register.h"
#include "backends/irc/room.h"
#include "backends/irc/sasl.h"
#include "backends/irc/unwelcome.h"
#include "backends/irc/watch.h"
#include "backends/irc/whois.h"
#include "util/utf8.h"
#include "util/xalloc.h"

static const char *
last_param(const struct line *l)
{
	return l->nparams ? l->params[l->nparams - 1] : "";
}

/* ---- facts of the server */

static void
on_isupport(struct network *n, struct line *l)
{
	enum casemap before = n->is.casemap, after;

	/* The first is our nick, the last "are supported by this server". */
	for (unsigned i = 1; i + 1 < l->nparams; i++)
		isupport_token(&n->is, l->params[i]);
	n->link.line_max = n->is.line_len;
	after = n->is.casemap;
	n->is.casemap = before;
	network_casemap(n, after);
}

static void
on_motd(struct network *n, struct line *l)
{
	console_tell(n, last_param(l));
}

/* 376, 422: the server has said who it is. */
static void
on_motd_end(struct network *n, struct line *l)
{
	console_answer(n, l);
	watch_begin(n);
}

/* me host :is now your displayed host; some have user@host */
static void
on_host(struct network *n, struct line *l)
{
	const char *at = strchr(l->params[1], '@');
	char user[64];

	snprintf(user, sizeof(user), "%.*s",
	    at ? (int)(at - l->params[1]) : 0, l->params[1]);
	network_know_host(n, at ? user : NULL, at ? at + 1 : l->params[1]);
}

/* ---- channels */

static void
on_no_topic(struct network *n, struct line *l)
{
	struct channel *c = network_channel(n, l->params[1]);

	if (c != NULL)
		xreplace(&c->topic, NULL);
	if (c == NULL || c->state == CHANNEL_JOINED)
		console_answer(n, l);
}

static void
on_topic(struct network *n, struct line *l)
{
	struct channel *c = network_channel(n, l->params[1]);

	if (c != NULL)
		xreplace(&c->topic, *l->params[2] ? l->params[2] : NULL);
	if (c == NULL || c->state == CHANNEL_JOINED)
		console_answer(n, l);
}

/* nick or nick!user@host, and seconds since 1970 */
static void
on_topic_by(struct network *n, struct line *l)
{
	struct channel *c = network_channel(n, l->params[1]);
	char nick[NICK_BYTES_MAX + 1];	/* what is cut is not valid */
	long long at = strtoll(l->params[3], NULL, 10);

	if (c == NULL)
		return;
	snprintf(nick, sizeof(nick), "%.*s",
	    (int)strcspn(l->params[2], "!"), l->params[2]);
	xreplace(&c->topic_by, nick_is_valid(nick) ? nick : NULL);
	c->topic_time = at > 0 && at < (1LL << 40) ? at * 1000 : 0;
}

/* One word of NAMES: signs of rank, nick, maybe !user@host. */
static void
add_name(struct network *n, struct channel *c, char *word)
{
	struct member *m;
	uint8_t ranks = 0, before;
	bool known;
	int rank;

	while ((rank = isupport_prefix_char(&n->is, *word)) >= 0) {
		ranks = (uint8_t)(ranks | 1u << rank);
		word++;
	}
	word[strcspn(word, "!")] = '\0';
	known = channel_member(c, n->is.casemap, word) != NULL;
	if ((m = events_member(n, c, word)) == NULL)
		return;
	before = m->ranks;
	m->ranks = ranks;
	if (!known || before != ranks)
		room_show_member(n, c, m, NULL);
}

/* me = #channel :@one +two three */
static void
on_names(struct network *n, struct line *l)
{
	struct channel *c = network_channel(n, l->params[l->nparams - 2]);
	char *at = (char *)(uintptr_t)last_param(l), *word;

	if (c == NULL || c->state != CHANNEL_NAMING)
		console_answer(n, l);
	if (c == NULL || c->state < CHANNEL_NAMING)
		return;
	while ((word = strsep(&at, " ")) != NULL)
		if (*word != '\0')
			add_name(n, c, word);
}

static void
on_names_end(struct network *n, struct line *l)
{
	struct channel *c = network_channel(n, l->params[1]);

	if (c == NULL || c->state != CHANNEL_NAMING) {
		console_answer(n, l);
		return;
	}
	room_named(n, c);
	outbox_move(n);
}

/* "G*B@": gone, an operator of the network, a bot, one of the channel */
static void
take_flags(struct network *n, struct person *p, const char *flags)
{
	events_away(n, p, *flags == 'G', NULL);
	if (n->is.bot != '\0' && strchr(flags, n->is.bot) != NULL)
		events_bot(n, p);
}

/* me #channel user host server nick flags :hops name */
static void
on_who(struct network *n, struct line *l)
{
	struct channel *c = network_channel(n, l->params[1]);
	struct member *m;

	if (network_is_me(n, l->params[5]))
		network_know_host(n, l->params[2], l->params[3]);
	if (c == NULL || !c->who) {
		console_answer(n, l);
		return;
	}
	m = channel_member(c, n->is.casemap, l->params[5]);
	if (m != NULL)
		take_flags(n, m->person, l->params[6]);
}

/* me 41 #channel nick flags account, as asked by room_named() */
static void
on_whox(struct network *n, struct line *l)
{
	struct channel *c = network_channel(n, l->params[2]);
	struct member *m;

	if (c == NULL || !c->who || strcmp(l->params[1], ROOM_WHOX) != 0) {
		console_answer(n, l);
		return;
	}
	m = channel_member(c, n->is.casemap, l->params[3]);
	if (m == NULL)
		return;
	take_flags(n, m->person, l->params[4]);
	events_account(n, m->person, l->params[5]);
}

static void
on_who_end(struct network *n, struct line *l)
{
	struct channel *c = network_channel(n, l->params[1]);

	if (c != NULL && c->who)
		c->who = false;
	else
		console_answer(n, l);
}

/* ---- answers */

static void
on_inviting(struct network *n, struct line *l)
{
	struct await *a = await_find_any(&n->awaits, n->is.casemap,
	    1 << AWAIT_INVITE, l->params[1], l->params[2]);

	if (a == NULL)
		return;
	up_result(a->request, METHOD_room_invite, NULL);
	await_done(&n->awaits, a);
}

static void
on_nick_refused(struct network *n, struct line *l)
{
	struct await *a;
	struct channel *c = network_channel(n, l->params[1]);

	if (l->numeric == 437 && c != NULL) {
		if (c->state == CHANNEL_JOINING)
			room_refuse(n, c, ERR_NOT_ALLOWED, last_param(l));
		return;
	}
	if (n->state == NETWORK_REGISTERING) {
		nick_refused(n, l);
		return;
	}
	a = await_find(&n->awaits, n->is.casemap, AWAIT_NICK, NULL, NULL);
	if (a == NULL)
		return;
	ask_nick_refused(n, a, l->numeric == 433 || l->numeric == 436 ?
	    ERR_CONFLICT : l->numeric == 432 ? ERR_NOT_ACCEPTABLE :
	    ERR_NOT_ALLOWED, last_param(l));
}

/* Whose JOIN is it, when the server does not say of which room?  The oldest of
 * those without an answer, as it takes them in order.  NULL: none of ours. */
static struct channel *
joining(struct network *n)
{
	struct channel *c, *first = NULL;
	size_t at = 0;

	while ((c = map_next(&n->channels, &at)) != NULL)
		if (c->state == CHANNEL_JOINING &&
		    (first == NULL || c->deadline < first->deadline))
			first = c;
	if (first != NULL && console_joins_before(n, first->deadline)) {
		console_join_answered(n);
		return NULL;
	}
	return first;
}

/* 461: me JOIN :Not enough parameters */
static void
on_too_few(struct network *n, struct line *l)
{
	struct channel *c;

	if (strcmp(l->params[1], "JOIN") == 0 && (c = joining(n)) != NULL)
		room_refuse(n, c, ERR_NOT_ACCEPTABLE, last_param(l));
	else
		console_numeric(n, l);
}

static void
on_try_again(struct network *n, struct line *l)
{
	struct await *a;
	struct channel *c;

	if (strcmp(l->params[1], "LIST") == 0)
		ask_list_refused(n, last_param(l));
	else if (strcmp(l->params[1], "JOIN") == 0 &&
	    (c = joining(n)) != NULL)
		room_refuse(n, c, ERR_RATE_LIMITED, last_param(l));
	else if (strcmp(l->params[1], "WHOIS") == 0 &&
	    (a = await_first(&n->awaits, AWAIT_WHOIS)) != NULL)
		await_fail(&n->awaits, a, ERR_RATE_LIMITED, last_param(l));
	else
		console_numeric(n, l);
}

static void
on_password_wrong(struct network *n, struct line *l)
{
	if (n->state != NETWORK_REGISTERING)
		return;
	xreplace(&n->last_error, last_param(l));
	n->fatal = "auth";
	network_lost(n, "password refused");
}

static void
on_banned(struct network *n, struct line *l)
{
	unwelcome_banned(n, last_param(l));
}

/* Also when it was typed to the server by hand. */
static void
on_own_away(struct network *n, struct line *l)
{
	n->is_away = l->numeric == 306;
	console_answer(n, l);
}

static const struct {
	short		 numeric;
	unsigned char	 params;	/* at least */
	void		(*handle)(struct network *, struct line *);
} numerics[] = {
	{ 1, 1, register_welcome },
	{ 5, 3, on_isupport },
	{ 263, 3, on_try_again },
	{ 305, 1, on_own_away }, { 306, 1, on_own_away },
	{ 275, 3, whois_line }, { 276, 3, whois_line }, { 301, 3, whois_line },
	{ 307, 3, whois_line }, { 308, 3, whois_line }, { 310, 3, whois_line },
	{ 311, 6, whois_line }, { 312, 4, whois_line }, { 313, 3, whois_line },
	{ 314, 6, whois_line }, { 317, 4, whois_line }, { 319, 3, whois_line },
	{ 320, 3, whois_line }, { 330, 4, whois_line }, { 335, 3, whois_line },
	{ 338, 3, whois_line }, { 344, 3, whois_line }, { 378, 3, whois_line },
	{ 379, 3, whois_line }, { 569, 3, whois_line }, { 671, 3, whois_line },
	{ 318, 2, whois_end }, { 369, 2, whois_past_end },
	{ 303, 2, watch_ison_line },
	{ 730, 2, watch_monitor_line }, { 731, 2, watch_monitor_line },
	{ 734, 3, watch_monitor_full },
	{ 315, 2, on_who_end }, { 352, 7, on_who }, { 354, 6, on_whox },
	{ 322, 3, ask_list_line }, { 323, 1, ask_list_end },
	{ 324, 3, modes_line }, { 329, 3, modes_created },
	{ 331, 2, on_no_topic }, { 332, 3, on_topic },
	{ 333, 4, on_topic_by },
	{ 341, 3, on_inviting },
	{ 353, 3, on_names }, { 366, 2, on_names_end },
	{ 367, 3, ask_ban_line }, { 368, 2, ask_ban_end },
	{ 372, 2, on_motd }, { 376, 1, on_motd_end }, { 396, 2, on_host },
	{ 422, 1, on_motd_end },
	{ 432, 1, on_nick_refused }, { 433, 1, on_nick_refused },
	{ 436, 1, on_nick_refused }, { 437, 2, on_nick_refused },
	{ 438, 1, on_nick_refused }, { 447, 1, on_nick_refused },
	{ 461, 3, on_too_few },
	{ 464, 1, on_password_wrong }, { 465, 1, on_banned },
	{ 900, 1, sasl_numeric }, { 902, 1, sasl_numeric },
	{ 903, 1, sasl_numeric }, { 904, 1, sasl_numeric },
	{ 905, 1, sasl_numeric }, { 906, 1, sasl_numeric },
	{ 907, 1, sasl_numeric }, { 908, 1, sasl_numeric },
};

/* ---- refusals */

#define K(kind)	(1u << AWAIT_##kind)
#define SAID	(K(ECHO) | K(SENT))
#define CHANGES	(K(MODES) | K(TOPIC) | K(MODE) | K(KICK) | K(INVITE) | K(BANS))
#define WHO	(K(WHOIS) | K(WHOWAS))
#define ALL	(CHANGES | SAID | WHO | K(CTCP))

static const struct {
	short		 numeric;
	bool		 joins;		/* may refuse a JOIN */
	unsigned	 kinds;		/* of what it may answer otherwise */
	const char	*code;
} refusals[] = {
	{ 401, false, ALL,		ERR_NOT_FOUND },
	{ 402, false, WHO,		ERR_NOT_FOUND },
	{ 403, true,  ALL,		ERR_NOT_FOUND },
	{ 404, false, SAID,		ERR_FORBIDDEN },
	{ 405, true,  0,		ERR_NOT_ALLOWED },
	{ 406, false, WHO,		ERR_NOT_FOUND },
	{ 407, true,  SAID,		ERR_NOT_ACCEPTABLE },
	{ 408, false, SAID,		ERR_NOT_ACCEPTABLE },
	{ 439, true,  ALL,		ERR_RATE_LIMITED },
	{ 441, false, K(KICK) | K(MODE), ERR_NOT_FOUND },
	{ 442, true,  CHANGES,		ERR_NOT_ALLOWED },
	{ 443, false, K(INVITE),	ERR_CONFLICT },
	{ 448, true,  0,		ERR_NOT_ALLOWED },
	{ 467, false, K(MODE),		ERR_CONFLICT },
	{ 470, true,  0,		ERR_NOT_ALLOWED },
	{ 471, true,  0,		ERR_FULL },
	{ 472, false, K(MODE),		ERR_NOT_SUPPORTED },
	{ 473, true,  0,		ERR_MEMBERS_ONLY },
	{ 474, true,  0,		ERR_BANNED },
	{ 475, true,  0,		ERR_NOT_AUTHORIZED },
	{ 476, true,  0,		ERR_NOT_ACCEPTABLE },
	{ 477, true,  SAID | K(TOPIC), ERR_MEMBERS_ONLY },
	{ 478, false, K(MODE),		ERR_NOT_ALLOWED },
	{ 479, true,  0,		ERR_NOT_ACCEPTABLE },
	{ 480, true,  0,		ERR_NOT_ALLOWED },
	{ 481, false, CHANGES,		ERR_FORBIDDEN },
	{ 482, false, CHANGES,		ERR_FORBIDDEN },
	{ 484, false, CHANGES,		ERR_FORBIDDEN },
	{ 485, true,  CHANGES,		ERR_FORBIDDEN },
	{ 486, false, SAID,		ERR_FORBIDDEN },
	{ 488, true,  SAID,		ERR_NOT_ALLOWED },
	{ 489, true,  0,		ERR_NOT_ALLOWED },
	{ 490, true,  SAID,		ERR_NOT_ALLOWED },
	{ 495, true,  0,		ERR_NOT_ALLOWED },
	{ 492, true,  SAID,		ERR_NOT_ALLOWED },
	{ 499, false, CHANGES,		ERR_FORBIDDEN },
	{ 500, true,  0,		ERR_RATE_LIMITED },
	{ 519, true,  0,		ERR_NOT_ALLOWED },
	{ 520, true,  0,		ERR_NOT_ALLOWED },
	{ 521, true,  0,		ERR_NOT_ALLOWED },
	{ 531, false, SAID,		ERR_FORBIDDEN },
	{ 696, false, K(MODE),		ERR_NOT_ACCEPTABLE },
	{ 716, false, SAID,		ERR_FORBIDDEN },
	{ 926, true,  0,		ERR_NOT_ALLOWED },
};

/* Nothing of ours is waiting for it: the user did this, so say it there. */
static void
show_refusal(struct network *n, struct line *l)
{
	const char *about = l->params[1];
	struct channel *c = network_channel(n, about);

	if (c != NULL) {
		room_notice(n, c, last_param(l));
	} else if (nick_is_valid(about) && !network_is_me(n, about) &&
	    l->nparams > 2) {
		message_from(n, network_contact_id(n, about), last_param(l));
	} else {
		console_numeric(n, l);
	}
}

static bool
mentions(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (; (text = strstr(text, name)) != NULL; text += len)
		if (text[len] == '\0' || strchr(" .,:;)'\"", text[len]))
			return true;
	return false;
}

/* The JOIN that the line is about.  Some servers name the channel in the text
 * only. */
static struct channel *
refused_join(struct network *n, const struct line *l)
{
	struct channel *c = network_channel(n, l->params[1]);
	size_t at = 0;

	if (c != NULL)
		return c->state == CHANNEL_JOINING ? c : NULL;
	if (isupport_is_channel(&n->is, l->params[1]))
		return NULL;
	while ((c = map_next(&n->channels, &at)) != NULL)
		if (c->state == CHANNEL_JOINING &&
		    mentions(last_param(l), c->name))
			return c;
	return NULL;
}

static void
refuse_join(struct network *n, struct channel *c, const char *code,
    const struct line *l)
{
	char text[NAME_MAX_BYTES + 600];

	/* me #asked #other :Forwarding to another channel */
	if (l->numeric == 470 && l->nparams > 3) {
		snprintf(text, sizeof(text), "%.500s: %.255s", last_param(l),
		    l->params[2]);
		utf8_xml_clean(text, strlen(text));
		room_refuse(n, c, code, text);
	} else {
		room_refuse(n, c, code, last_param(l));
	}
	outbox_move(n);
}

/* Modes are not asked for on joining, so that the first message of colours may
 * be what teaches us: "Cannot send to channel (+c)", "no colours here". */
static void
learn_of_colours(struct network *n, const struct line *l)
{
	struct channel *c = network_channel(n, l->params[1]);
	const char *text = last_param(l);

	if (c != NULL && (l->numeric == 404 || l->numeric == 408) &&
	    (strstr(text, "+c") != NULL || strcasestr(text, "color") != NULL ||
	    strcasestr(text, "colour") != NULL))
		c->plain = true;
}

static void
refused(struct network *n, struct line *l, size_t row)
{
	struct channel *c;
	struct await *a;

	if (refusals[row].joins && (c = refused_join(n, l)) != NULL) {
		refuse_join(n, c, refusals[row].code, l);
		return;
	}
	if (refusals[row].joins && network_channel(n, l->params[1]) == NULL)
		console_join_answered(n);
	learn_of_colours(n, l);
	if ((refusals[row].kinds & K(MODE)) &&
	    modes_refused(n, l, refusals[row].code))
		return;
	a = await_find_any(&n->awaits, n->is.casemap, refusals[row].kinds,
	    l->params[1], l->params[2]);
	if (a != NULL && a->request == 0)
		console_answer(n, l);
	if (a != NULL)
		await_fail(&n->awaits, a, refusals[row].code, last_param(l));
	else if (n->state == NETWORK_ONLINE)
		show_refusal(n, l);
}

/* A label leaves no doubt about what is refused, whatever the number. */
static bool
refused_by_label(struct network *n, const struct line *l)
{
	struct await *a = label_await(n, label_of(n, l));
	const char *code = ERR_NOT_ALLOWED;

	if (a == NULL || l->numeric < 400)
		return false;
	for (size_t i = 0; i < LENGTH(refusals); i++)
		if (refusals[i].numeric == l->numeric)
			code = refusals[i].code;
	learn_of_colours(n, l);
	await_fail(&n->awaits, a, code, last_param(l));
	return true;
}

bool
numerics_refusal(struct network *n, struct line *l)
{
	if (refused_by_label(n, l))
		return true;
	for (size_t i = 0; i < LENGTH(refusals) && l->nparams >= 2; i++)
		if (refusals[i].numeric == l->numeric) {
			refused(n, l, i);
			return true;
		}
	return false;
}

void
numerics_line(struct network *n, struct line *l)
{
	/* All there is to say of a message: the other is away. */
	if (l->numeric == 301 && batch_of(n, l) == NULL)
		label_done(n, label_of(n, l));
	for (size_t i = 0; i < LENGTH(numerics); i++)
		if (numerics[i].numeric == l->numeric) {
			if (l->nparams >= numerics[i].params)
				numerics[i].handle(n, l);
			return;
		}
	if (!numerics_refusal(n, l))
		console_numeric(n, l);
}
