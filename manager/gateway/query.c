/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who runs what, is it there, and what time is it there?  Asked across the
 * gateway in both directions. */
#include "manager/gateway/query.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "manager/gateway/asked.h"
#include "manager/gateway/contact.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/room.h"
#include "manager/gateway/session.h"
#include "manager/gateway/up.h"
#include "protocol/errors.h"
#include "protocol/features.h"
#include "util/xalloc.h"

/* A little less than the backend gives us. */
#define CLIENT_TIMEOUT 4.0

/* ------------------------------------------------------------ asked by users */

void
query_put_time(struct xml *x, int64_t ms, long east)
{
	time_t at = (time_t)(ms / 1000);
	char text[40];
	struct tm utc;

	gmtime_r(&at, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	xml_open(x, "tzo");
	xml_textf(x, "%c%02ld:%02ld", east < 0 ? '-' : '+',
	    labs(east) / 60, labs(east) % 60);
	xml_close(x);
	xml_element(x, "utc", NULL, text);
}

static void
version_came(struct asked *a, const struct msg_query_result *r)
{
	const char *name = r->name ? r->name : r->text;
	struct xml *x = asked_begin(a);

	xml_open_ns(x, "query", NS_VERSION);
	xml_element(x, "name", NULL, name ? name : "");
	xml_element(x, "version", NULL, r->version ? r->version : "");
	if (r->os != NULL)
		xml_element(x, "os", NULL, r->os);
	asked_end(a, x);
}

static void
time_came(struct asked *a, const struct msg_query_result *r)
{
	struct arena text = { 0 };
	struct xml *x;

	/* Years 1970 to 9999: what else there is no form for. */
	if (r->time > 0 && r->time < INT64_C(253402300800000)) {
		x = asked_begin(a);
		xml_open_ns(x, "time", NS_TIME);
		query_put_time(x, r->time, 0);
		asked_end(a, x);
		return;
	}
	asked_refuse(a, E_UNDEFINED_CONDITION, arena_printf(&text,
	    "The clock there says: %s", r->text ? r->text : "nothing"));
	arena_free(&text);
}

static void
ping_came(struct asked *a, const struct msg_query_result *r)
{
	(void)r;
	asked_done(a);
}

struct passed {
	struct asked	*asked;
	void		(*came)(struct asked *, const struct msg_query_result *);
};

static void
answered(void *ctx, const struct msg_error *error, const union result *result)
{
	static const struct msg_query_result nothing;
	struct passed *p = ctx;

	if (error != NULL)
		asked_refuse_by(p->asked, error);
	else
		p->came(p->asked, result ? &result->query : &nothing);
	free(p);
}

/* A server of the network is no person, nor is one whose name has one in it. */
static bool
is_server(const struct down *d)
{
	return strpbrk(d->name, "@%") == NULL &&
	    (gateway_can(d->gw, FEATURE_NETWORKS) ||
	    strchr(d->name, '.') != NULL);
}

/* Whom to ask; false: nobody. */
static bool
find_person(const struct down *d, struct msg_query *m)
{
	const struct contact *c;

	if (d->to->node == NULL || d->name == NULL || d->user == NULL ||
	    !session_ready(d->user))
		return false;
	m->user = d->user->jid;
	if (d->room != NULL) {
		if (d->to->resource == NULL || !room_has_client(d->room,
		    d->from->full) || strcmp(d->to->resource,
		    room_own_resource(d->room)) == 0)
			return false;
		m->contact = room_occupant_nick(d->room, d->to->resource);
		m->room = room_id(d->room);
		return m->contact != NULL;
	}
	if (name_is_room(d->gw, d->name) || is_server(d))
		return false;
	c = contact_find_jid(d->user, d->to->bare);
	m->contact = c ? c->name : d->name;
	return true;
}

bool
query_pass(struct down *d, const char *what)
{
	struct msg_query m = { .what = what };
	struct passed *p;

	if (!gateway_can(d->gw, FEATURE_QUERY) || !find_person(d, &m))
		return false;
	p = xmalloc(sizeof(*p));
	p->asked = asked_by(d);
	p->came = strcmp(what, "version") == 0 ? version_came :
	    strcmp(what, "time") == 0 ? time_came : ping_came;
	session_request(d->user, METHOD_query, &m, answered, p);
	return true;
}

/* ------------------------------------------------------- asked by the network */

struct asking {
	unsigned	 backend;
	uint32_t	 id;
};

static void
client_said(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct msg_query_up_result result = { 0 };
	struct asking *asking = ctx;
	const char *type = answer ? stanza_attr(answer, "type") : NULL;
	const struct stanza *q;

	q = type != NULL && strcmp(type, "result") == 0 ?
	    stanza_child(answer, "query", NS_VERSION) : NULL;
	if (q != NULL) {
		result.name = stanza_child_text(a, q, "name", NULL);
		result.version = stanza_child_text(a, q, "version", NULL);
		result.os = stanza_child_text(a, q, "os", NULL);
		pool_answer(gw->pool, asking->backend, asking->id,
		    METHOD_query_up, &result);
	} else {
		pool_refuse(gw->pool, asking->backend, asking->id,
		    ERR_TIMEOUT, "the client did not say");
	}
	free(asking);
}

void
up_query(struct up *up)
{
	const struct msg_query_up *m = &up->params->query_up;
	const struct client *client = user_best_client(up->user);
	struct asking *asking;
	struct arena a = { 0 };
	const char *from = name_to_full(up->gw, &a, m->contact);
	struct xml *x;

	if (client == NULL || strcmp(m->what, "version") != 0 ||
	    !link_is_up(up->gw->link)) {
		pool_refuse(up->gw->pool, up->backend, up->id,
		    ERR_NOT_SUPPORTED, "no client to be asked that");
		arena_free(&a);
		return;
	}
	asking = xmalloc(sizeof(*asking));
	*asking = (struct asking){ up->backend, up->id };
	x = iq_begin(up->gw, "get", from, client->full);
	xml_open_ns(x, "query", NS_VERSION);
	iq_send(up->gw, x, client->full, CLIENT_TIMEOUT, client_said, asking);
	arena_free(&a);
}
