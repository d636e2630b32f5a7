/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IRC tells of each reaction as it comes and goes, XMPP of all that somebody
 * has: spoken.c holds the sum.  Where the server sends back what we do, that is
 * shown; where it does not, its silence is the sign to show it. */
#include "backends/irc/tagmsg.h"

#include <stdlib.h>
#include <string.h>

#include "backends/irc/format.h"
#include "backends/irc/label.h"
#include "backends/irc/spoken.h"
#include "backends/irc/room.h"
#include "backends/irc/said.h"
#include "backends/irc/typing.h"
#include "protocol/features.h"
#include "util/xalloc.h"

#define ID_SIZE		256
#define EMOJI_SIZE	80

struct talk_place
talk_place(const struct network *n, const struct channel *c, const char *who)
{
	const struct person *p;

	if (c != NULL)
		return (struct talk_place){ .peer = who, .room = c->id };
	p = people_find(&n->people, n->is.casemap, who);
	if (p != NULL && p->via != NULL && room_is_live(p->via))
		return (struct talk_place){ .peer = person_nick(p),
			.room = p->via->id, .private = true };
	return (struct talk_place){ .peer = network_contact_id(n, who) };
}

size_t
tagmsg_features(const struct network *n, const char *names[TAGMSG_FEATURES])
{
	bool tags = n->caps & CAP_MESSAGE_TAGS;
	size_t count = 0;

	if (tags && !(n->is.tags_denied & TAG_TYPING))
		names[count++] = FEATURE_CHAT_STATES;
	if (tags && !(n->is.tags_denied & TAG_REPLY))
		names[count++] = FEATURE_REPLIES;
	if (tags && !(n->is.tags_denied & (TAG_REACT | TAG_REPLY)))
		names[count++] = FEATURE_REACTIONS;
	if (n->caps & CAP_REDACTION)
		names[count++] = FEATURE_RETRACTION;
	return count;
}

/* ---- telling */

/* All that nick reacts with. */
static void
tell_reactions(const struct network *n, const struct channel *c,
    const char *target, const char *msgid, const char *nick)
{
	const struct spoken_entry *e = spoken_find(n, target, msgid);
	struct talk_place place = talk_place(n, c, nick);
	const char *emojis[SPOKEN_EMOJIS_MAX];
	struct msg_reaction m = { .user = n->user, .peer = place.peer,
		.room = place.room, .private = place.private,
		.id = e ? e->id : msgid, .emojis = { emojis, 0 } };

	if (c != NULL && !room_is_live(c))
		return;
	spoken_reactions(n, target, msgid, nick, emojis, &m.emojis.n);
	up_notify(METHOD_reaction, &m);
}

static void
tell_retracted(const struct network *n, const struct channel *c,
    const char *target, const char *msgid, const char *by, const char *reason)
{
	static struct buf scratch;
	const struct spoken_entry *e = spoken_find(n, target, msgid);
	const char *author = e && e->nick ? e->nick : by;
	bool other = e == NULL || e->nick == NULL ||
	    !casemap_equal(n->is.casemap, e->nick, by);
	struct talk_place place = talk_place(n, c, c ? author : target);
	struct msg_retracted m = { .user = n->user, .peer = place.peer,
		.room = place.room, .private = place.private,
		.id = e ? e->id : msgid,
		/* Who did not say it, or of whom that is not known, can only
		 * have done it by rank. */
		.moderated_by = c != NULL && other ? by : NULL,
		.reason = *reason ? format_plain(reason, &scratch) : NULL };

	if (c == NULL || room_is_live(c))
		up_notify(METHOD_retracted, &m);
}

/* ---- from the server */

/* The channel, or whom it is said with; false: it does not concern us. */
static bool
find_target(const struct network *n, const struct line *l, bool own,
    struct channel **c, const char **target)
{
	*target = l->params[0];
	*c = NULL;
	if (isupport_is_channel(&n->is, *target)) {
		*c = network_channel(n, *target);
		return *c != NULL;
	}
	if (!own)
		*target = l->nick;
	return own || network_is_me(n, l->params[0]);
}

static const char *
replied_to(const struct line *l, char id[ID_SIZE])
{
	const char *s = line_tag(l, "+draft/reply", id, ID_SIZE);

	return s != NULL ? s : line_tag(l, "+reply", id, ID_SIZE);
}

/* What XML cannot hold is not in an id nor in an emoji of anybody's. */
static bool
is_clean(const char *s)
{
	static struct buf scratch;

	return *s != '\0' && format_plain(s, &scratch) == s;
}

static void
react(struct network *n, const struct line *l, const struct channel *c,
    const char *target, bool own)
{
	char id[ID_SIZE], emoji[EMOJI_SIZE];
	bool on = line_tag(l, "+draft/react", emoji, sizeof(emoji)) != NULL;

	if ((!on && line_tag(l, "+draft/unreact", emoji, sizeof(emoji)) ==
	    NULL) || replied_to(l, id) == NULL || !is_clean(id) ||
	    !is_clean(emoji))
		return;
	spoken_react(n, target, id, l->nick, emoji, on);
	if (c != NULL || !own)
		tell_reactions(n, c, target, id, l->nick);
}

void
tagmsg_received(struct network *n, struct line *l)
{
	bool own = network_is_me(n, l->nick);
	char state[16];
	const char *target;
	struct channel *c;
	struct await *a;

	if (*l->tags == '\0' || !find_target(n, l, own, &c, &target))
		return;
	if (!own && line_tag(l, "+typing", state, sizeof(state)) != NULL)
		typing_heard(n, c, l->nick, state);
	react(n, l, c, target, own);
	if (own && (a = label_said(n, label_of(n, l))) != NULL)
		said_taken(n, a);
}

void
tagmsg_redact(struct network *n, struct line *l)
{
	bool own = network_is_me(n, l->nick);
	const char *target;
	struct channel *c;
	struct await *a;

	if (!is_clean(l->params[1]) || !find_target(n, l, own, &c, &target))
		return;
	if (c != NULL || !own)
		tell_retracted(n, c, target, l->params[1], l->nick,
		    l->params[2]);
	if (own && (a = label_said(n, label_of(n, l))) != NULL)
		said_taken(n, a);
}

/* ---- to the server: reactions */

/* What changes, for sending it and for showing it: "+emoji" and "-emoji",
 * each with its NUL. */
struct change {
	const char	*target, *id;
	struct buf	 list;
};

static bool
has(const char *const *v, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i], s) == 0)
			return true;
	return false;
}

static unsigned
find_changes(const struct network *n, struct change *change,
    const struct strs *wanted)
{
	const char *old[SPOKEN_EMOJIS_MAX];
	size_t nold;
	unsigned count = 0;

	spoken_reactions(n, change->target, change->id, n->nick, old, &nold);
	for (size_t i = 0; i < wanted->n && count < SPOKEN_EMOJIS_MAX; i++)
		if (strlen(wanted->v[i]) < EMOJI_SIZE &&
		    is_clean(wanted->v[i]) && !has(old, nold, wanted->v[i]) &&
		    !has(wanted->v, i, wanted->v[i])) {
			buf_addf(&change->list, "+%s%c", wanted->v[i], '\0');
			count++;
		}
	for (size_t i = 0; i < nold; i++)
		if (!has(wanted->v, wanted->n, old[i])) {
			buf_addf(&change->list, "-%s%c", old[i], '\0');
			count++;
		}
	return count;
}

static int
send_changes(struct network *n, struct await *a, void *ctx)
{
	const struct change *change = ctx;
	const char *at = buf_data(&change->list);
	const char *end = at + buf_len(&change->list);
	unsigned long label = a->label;
	char number[LABEL_MAX];
	int r = 0;

	for (; at != end && r == 0; at += strlen(at) + 1) {
		struct buf tags = { 0 };

		if (label != 0)
			line_add_tag(&tags, "label",
			    label_text(number, label++));
		line_add_tag(&tags, *at == '+' ? "+draft/react" :
		    "+draft/unreact", at + 1);
		/* Without the id it would be about nothing. */
		if (!line_add_tag(&tags, "+draft/reply", change->id))
			r = -1;
		buf_addc(&tags, '\0');
		if (r == 0)
			r = link_send_tagged(&n->link, buf_data(&tags),
			    "TAGMSG", change->target, NULL);
		buf_free(&tags);
	}
	return r;
}

/* Of an await: origin is the message, text the changes. */
static void
reacted(struct network *n, struct await *a)
{
	const struct channel *c = network_channel(n, a->target);
	const char *at = buf_data(&a->text);
	const char *end = at ? at + buf_len(&a->text) : NULL;

	if (!(n->caps & CAP_ECHO_MESSAGE)) {
		for (; at != end; at += strlen(at) + 1)
			spoken_react(n, a->target, a->origin, n->nick, at + 1,
			    *at == '+');
		if (c != NULL)
			tell_reactions(n, c, a->target, a->origin, n->nick);
	}
	up_result(a->request, METHOD_react, NULL);
}

void
tagmsg_react(struct network *n, request_t request, const struct channel *c,
    const char *target, const struct msg_react *m)
{
	struct change change = { .target = target, .id = m->id };
	struct said said = { .request = request, .target = target,
		.came = ev_now(n->irc->loop), .send = send_changes,
		.ctx = &change, .done = reacted };
	struct await *a;

	if (!(n->caps & CAP_MESSAGE_TAGS) ||
	    (n->is.tags_denied & (TAG_REACT | TAG_REPLY))) {
		up_error(request, ERR_NOT_SUPPORTED,
		    "this IRC server has no reactions");
		return;
	}
	said.lines = said.answers = find_changes(n, &change, &m->emojis);
	if (said.lines == 0) {
		/* As it is; the room hears it again. */
		if (c != NULL)
			tell_reactions(n, c, target, m->id, n->nick);
		up_result(request, METHOD_react, NULL);
	} else if ((a = said_prove(n, &said)) != NULL) {
		a->origin = xstrdup(m->id);
		buf_add(&a->text, buf_data(&change.list),
		    buf_len(&change.list));
	}
	buf_free(&change.list);
}

/* ---- to the server: taking back */

static int
send_redact(struct network *n, struct await *a, void *ctx)
{
	const struct msg_retract *m = ctx;
	char number[LABEL_MAX];
	struct buf tags = { 0 };
	int r;

	if (a->label != 0)
		line_add_tag(&tags, "label", label_text(number, a->label));
	buf_addc(&tags, '\0');
	r = link_send_tagged(&n->link, buf_data(&tags), "REDACT",
	    a->target, m->id, m->reason, NULL);
	buf_free(&tags);
	return r;
}

/* Of an await: origin is the message, body the reason. */
static void
retracted(struct network *n, struct await *a)
{
	const struct channel *c = network_channel(n, a->target);

	if (!(n->caps & CAP_ECHO_MESSAGE) && c != NULL)
		tell_retracted(n, c, a->target, a->origin, n->nick,
		    a->body ? a->body : "");
	up_result(a->request, METHOD_retract, NULL);
}

void
tagmsg_retract(struct network *n, request_t request, const char *target,
    const struct msg_retract *m)
{
	struct said said = { .request = request, .target = target,
		.came = ev_now(n->irc->loop), .send = send_redact,
		.ctx = (void *)(uintptr_t)m, .done = retracted,
		.lines = 1, .answers = 1 };
	struct await *a;

	if (!(n->caps & CAP_REDACTION))
		up_error(request, ERR_NOT_SUPPORTED,
		    "this IRC server cannot take messages back");
	else if ((a = said_prove(n, &said)) != NULL) {
		a->origin = xstrdup(m->id);
		a->body = xstrdup_null(m->reason);
	}
}
