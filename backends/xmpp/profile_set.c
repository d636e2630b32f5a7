/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's own vCard: there is only the whole, so what is not to change is
 * read before and written again.  Of a session one is changed at a time, or it
 * would write what the other one has changed meanwhile. */
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "backends/xmpp/avatar.h"
#include "backends/xmpp/build.h"
#include "backends/xmpp/down.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/stanza.h"
#include "backends/xmpp/vcard.h"
#include "util/xalloc.h"

/* Bytes of a picture: in base64 it is a stanza that servers take, most of
 * which have a limit of 256 KiB and end the stream beyond it. */
#define PHOTO_MAX	(128 * 1024)
#define WAITING_MAX	8		/* of a session */

struct setting_it {
	TAILQ_ENTRY(setting_it) entry;
	struct session	*session;
	struct kit_call	 call;
	double		 since;
	char		*nick, *full_name, *type;	/* or NULL */
	bool		 pictured;	/* photo is to change */
	struct bin	 photo;		/* malloced */
};

/* The first one of a session has asked. */
static TAILQ_HEAD(, setting_it) all = TAILQ_HEAD_INITIALIZER(all);

static struct setting_it *
first_of(const struct session *s, size_t *n)
{
	struct setting_it *p, *first = NULL;

	*n = 0;
	TAILQ_FOREACH(p, &all, entry) {
		if (p->session == s && (*n)++ == 0)
			first = p;
	}
	return first;
}

static void
free_it(struct setting_it *p)
{
	TAILQ_REMOVE(&all, p, entry);
	free(p->nick);
	free(p->full_name);
	free(p->type);
	free((void *)(uintptr_t)p->photo.data);
	free(p);
}

static void read_before(struct setting_it *);

/* And it is the turn of the next one, if there is still somebody who wants
 * it. */
static void
finish(struct setting_it *p, xmpp_stanza_t *answer)
{
	struct session *s = p->session;
	size_t n;

	request_settle(&p->call, answer);
	free_it(p);
	while ((p = first_of(s, &n)) != NULL && (s->ended ||
	    ev_now(EV_DEFAULT) - p->since > REQUEST_TIMEOUT)) {
		kit_error(&p->call, s->ended ? ERR_NOT_CONNECTED :
		    ERR_TIMEOUT, NULL);
		free_it(p);
	}
	if (p != NULL)
		read_before(p);
}

static void
on_set(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct setting_it *p = ctx;

	if (request_worked(answer) && !s->ended && p->pictured)
		avatar_publish(s, &p->photo, p->type);
	finish(p, answer);
}

static bool
stays(const struct setting_it *p, const char *name)
{
	return name != NULL && !(p->nick != NULL &&
	    strcmp(name, "NICKNAME") == 0) && !(p->full_name != NULL &&
	    strcmp(name, "FN") == 0) && !(p->pictured &&
	    strcmp(name, "PHOTO") == 0);
}

static void
put_photo(struct session *s, xmpp_stanza_t *card, const struct setting_it *p)
{
	xmpp_stanza_t *photo = build_child(card, "PHOTO", NULL);
	char *text = avatar_encode(s, &p->photo);

	build_text(photo, "TYPE", p->type);
	build_text(photo, "BINVAL", text);
	xmpp_free(session_strophe(s), text);
}

static void
write_it(struct session *s, xmpp_stanza_t *before, struct setting_it *p)
{
	xmpp_stanza_t *iq = request_new(s, "set", NULL);
	xmpp_stanza_t *card = build_child(iq, "vCard", NS_VCARD), *child, *copy;

	child = before != NULL ? xmpp_stanza_get_children(before) : NULL;
	for (; child != NULL; child = xmpp_stanza_get_next(child)) {
		if (!stays(p, xmpp_stanza_get_name(child)) ||
		    (copy = xmpp_stanza_copy(child)) == NULL)
			continue;
		xmpp_stanza_add_child(card, copy);
		xmpp_stanza_release(copy);
	}
	if (p->full_name != NULL && *p->full_name != '\0')
		build_text(card, "FN", p->full_name);
	if (p->nick != NULL && *p->nick != '\0')
		build_text(card, "NICKNAME", p->nick);
	if (p->photo.len > 0)
		put_photo(s, card, p);
	request_send(s, iq, on_set, p);
}

static void
on_before(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct setting_it *p = ctx;

	/* Not found: there is none yet.  With any other error it would be
	 * lost what is there. */
	if (s->ended || answer == NULL || (!request_worked(answer) &&
	    strcmp(request_code(answer), ERR_NOT_FOUND) != 0)) {
		finish(p, answer);
		return;
	}
	write_it(s, stanza_child(answer, "vCard", NS_VCARD), p);
}

static void
read_before(struct setting_it *p)
{
	xmpp_stanza_t *iq = request_new(p->session, "get", NULL);

	build_child(iq, "vCard", NS_VCARD);
	request_send(p->session, iq, on_before, p);
}

void
down_profile_set(const struct kit_call *call, const struct msg_profile_set *m)
{
	struct session *s = session_for(call, m->user);
	struct setting_it *p, *first;
	size_t n;

	if (s == NULL)
		return;
	first = first_of(s, &n);
	if (n >= WAITING_MAX) {
		kit_error(call, ERR_RATE_LIMITED, NULL);
		return;
	}
	if (m->photo.len > PHOTO_MAX) {
		kit_error(call, ERR_TOO_LONG, "The picture is too large: at "
		    "most 128 KiB.");
		return;
	}
	p = xcalloc(1, sizeof(*p));
	p->session = s;
	p->call = *call;
	p->since = ev_now(EV_DEFAULT);
	TAILQ_INSERT_TAIL(&all, p, entry);
	p->nick = xstrdup_null(m->nick);
	p->full_name = xstrdup_null(m->full_name);
	p->type = xstrdup(m->photo_type != NULL ? m->photo_type : "image/png");
	p->pictured = m->photo.data != NULL;
	if (m->photo.len > 0) {
		p->photo.data = memcpy(xmalloc(m->photo.len), m->photo.data,
		    m->photo.len);
		p->photo.len = m->photo.len;
	}
	if (first == NULL)
		read_before(p);
}
