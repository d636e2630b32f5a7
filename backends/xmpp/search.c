/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding people (XEP-0055): the account's server may have directories of users
 * among its parts, or be one.  They are looked for, asked what they search by,
 * and asked, all at once; what one of them does not answer in time is done
 * without. */
#include <ev.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/disco.h"
#include "backends/xmpp/down.h"
#include "backends/xmpp/form.h"
#include "backends/xmpp/found.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/stanza.h"
#include "util/arena.h"
#include "util/xalloc.h"

#define PARTS_MAX	20	/* of a server, that are looked at */
#define PATIENCE	10.0	/* seconds, where one has answered */

struct searching {
	struct kit_call	 call;
	bool		 replied;
	struct arena	 arena;
	struct pairs	 wanted;
	size_t		 pending;	/* questions; freed when 0 */
	size_t		 nparts;
	bool		 answered;	/* by a directory */
	struct found	 found;
	bool		 cannot;	/* one does not search by that */
	const char	*code, *text;	/* or it failed like that; or NULL */
	ev_timer	 timer;
};

struct part {
	struct searching *search;
	const char	*jid;
	bool		 whole;		/* it is the server itself */
};

/* ------------------------------------------------------------------ outcome */

static void
reply(struct searching *f)
{
	if (f->replied)
		return;
	f->replied = true;
	if (f->answered)
		kit_reply(&f->call, &f->found.table);
	else if (f->code != NULL)
		kit_error(&f->call, f->code, f->text);
	else
		kit_error(&f->call, ERR_NOT_SUPPORTED, f->cannot ?
		    "The server's directory does not search by that." :
		    "The server has no directory of its users.");
}

static void
on_timer(EV_P_ ev_timer *t, int revents)
{
	struct searching *f = CONTAINER(t, struct searching, timer);

	(void)loop, (void)revents;
	if (f->answered)
		reply(f);
}

static void
done(struct searching *f)
{
	if (--f->pending > 0)
		return;
	reply(f);
	ev_timer_stop(EV_DEFAULT_ &f->timer);
	found_finish(&f->found);
	arena_free(&f->arena);
	free(f);
}

static void
failed(struct session *s, struct searching *f, xmpp_stanza_t *answer)
{
	char *text = answer != NULL ? request_text(answer) : NULL;

	if (f->code == NULL) {
		f->code = answer != NULL ? request_code(answer) :
		    s->ended ? ERR_NOT_CONNECTED : ERR_TIMEOUT;
		f->text = text != NULL ? arena_strdup(&f->arena, text) : NULL;
	}
	free(text);
	done(f);
}

static void
on_found(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	const struct part *part = ctx;
	struct searching *f = part->search;

	if (!request_worked(answer)) {
		failed(s, f, answer);
		return;
	}
	f->answered = true;
	if (!f->replied)
		found_add(&f->found, stanza_child(answer, "query",
		    NS_SEARCH));
	done(f);
}

/* ----------------------------------------------------------------- question */

static bool
form_has(xmpp_stanza_t *form, const char *var)
{
	xmpp_stanza_t *field = stanza_child(form, "field", NULL);

	for (; field != NULL; field = stanza_beside(field, "field", NULL)) {
		if (stanza_attr_is(field, "var", var))
			return true;
	}
	return false;
}

/* true: there is something to search by. */
static bool
fill_in(xmpp_stanza_t *query, xmpp_stanza_t *asked, const struct pairs *wanted)
{
	xmpp_stanza_t *form = stanza_child(asked, "x", NS_DATA), *x = NULL;
	bool any = false;

	if (form != NULL)
		x = form_begin(query, NS_SEARCH);
	for (size_t i = 0; i < wanted->n; i++) {
		const struct pair *p = &wanted->v[i];

		if (x != NULL && form_has(form, p->key))
			form_put(x, p->key, p->value);
		else if (x == NULL && stanza_child(asked, p->key, NULL) != NULL)
			build_text(query, p->key, p->value);
		else
			continue;
		any = true;
	}
	return any;
}

static void
on_form(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct part *part = ctx;
	struct searching *f = part->search;
	xmpp_stanza_t *iq, *query;

	if (s->ended || !request_worked(answer)) {
		failed(s, f, answer);
		return;
	}
	iq = request_new(s, "set", part->jid);
	query = build_child(iq, "query", NS_SEARCH);
	if (fill_in(query, stanza_child(answer, "query", NS_SEARCH),
	    &f->wanted)) {
		request_send(s, iq, on_found, part);
		return;
	}
	xmpp_stanza_release(iq);
	f->cannot = true;
	done(f);
}

/* -------------------------------------------------------------- directories */

/* Gateways have the word, too, and search elsewhere. */
static bool
is_directory(xmpp_stanza_t *query, bool whole)
{
	xmpp_stanza_t *st = stanza_child(query, "identity", NULL);
	bool users = whole;

	for (; st != NULL; st = stanza_beside(st, "identity", NULL))
		users |= stanza_attr_is(st, "category", "directory") &&
		    stanza_attr_is(st, "type", "user");
	st = stanza_child(query, "feature", NULL);
	for (; st != NULL; st = stanza_beside(st, "feature", NULL)) {
		if (stanza_attr_is(st, "var", NS_SEARCH))
			return users;
	}
	return false;
}

static void
on_info(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct part *part = ctx;
	xmpp_stanza_t *iq;

	if (s->ended || answer == NULL) {
		failed(s, part->search, answer);
		return;
	}
	if (!is_directory(stanza_child(answer, "query", NS_DISCO_INFO),
	    part->whole)) {
		done(part->search);
		return;
	}
	iq = request_new(s, "get", part->jid);
	build_child(iq, "query", NS_SEARCH);
	request_send(s, iq, on_form, part);
}

static void
look_at(struct session *s, struct searching *f, const char *jid, bool whole)
{
	struct part *part = arena_alloc(&f->arena, sizeof(*part));
	xmpp_stanza_t *iq = request_new(s, "get", jid);

	*part = (struct part){ f, arena_strdup(&f->arena, jid), whole };
	f->nparts++;
	f->pending++;
	build_child(iq, "query", NS_DISCO_INFO);
	request_send(s, iq, on_info, part);
}

static void
on_parts(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct searching *f = ctx;
	xmpp_stanza_t *item = stanza_child(stanza_child(answer, "query",
	    NS_DISCO_ITEMS), "item", NULL);
	const char *domain = strchr(s->jid, '@') + 1, *jid;

	if (s->ended || answer == NULL) {
		failed(s, f, answer);
		return;
	}
	look_at(s, f, domain, true);
	for (; item != NULL && f->nparts < PARTS_MAX;
	    item = stanza_beside(item, "item", NULL)) {
		jid = stanza_attr(item, "jid");
		/* Nodes of the server itself are something else. */
		if (jid != NULL && stanza_attr(item, "node") == NULL &&
		    strcmp(jid, domain) != 0)
			look_at(s, f, jid, false);
	}
	done(f);
}

void
down_search(const struct kit_call *call, const struct msg_search *m)
{
	struct session *s = session_for(call, m->user);
	struct searching *f;
	xmpp_stanza_t *iq;

	if (s == NULL)
		return;
	f = xcalloc(1, sizeof(*f));
	f->call = *call;
	f->wanted.v = arena_alloc(&f->arena,
	    (m->fields.n + 1) * sizeof(*f->wanted.v));
	for (size_t i = 0; i < m->fields.n; i++) {
		if (*m->fields.v[i].value == '\0')
			continue;
		f->wanted.v[f->wanted.n++] = (struct pair){
		    arena_strdup(&f->arena, m->fields.v[i].key),
		    arena_strdup(&f->arena, m->fields.v[i].value) };
	}
	found_init(&f->found);
	ev_timer_init(&f->timer, on_timer, PATIENCE, PATIENCE);
	ev_timer_start(EV_DEFAULT_ &f->timer);
	f->pending = 1;
	iq = request_new(s, "get", strchr(s->jid, '@') + 1);
	build_child(iq, "query", NS_DISCO_ITEMS);
	request_send(s, iq, on_parts, f);
}
