/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has this client not confirmed, and how does it come back when its
 * connection breaks?  (XEP-0198.)  While it is away it stays bound: the
 * gateway does not notice.  When it does not come back, messages go the way of
 * those for somebody who is not there. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/server_private.h"
#include "util/later.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define ID_SIZE		25
#define ENDED_MAX	64
#define YOUNG		1000	/* ms: not worth a note of the delay */

struct sm {
	char		 id[ID_SIZE];	/* key in server->sessions */
	struct kept	 out;		/* sent, not acknowledged */
	uint32_t	 handled;	/* stanzas of the client's: our h */
	uint64_t	 asked;		/* the next number when we asked */
	double		 timeout;	/* seconds; 0: cannot be resumed */
	size_t		 looked;	/* in out: has_too() */
	bool		 waiting;	/* for the answer */
	bool		 due;		/* ask() is on its way by later() */
};

/* Sessions that are over: what we have handled of theirs is worth knowing. */
struct ended {
	struct {
		char	 id[ID_SIZE];
		uint64_t user;		/* a digest of the bare JID */
		uint32_t handled;
	}		 v[ENDED_MAX];
	unsigned	 next;
};

bool
sm_is_resumable(const struct client *c)
{
	return c->user != NULL && c->sm != NULL && c->sm->timeout > 0;
}

/* ---------------------------------------------------------------- counting */

void
sm_handled(struct client *c)
{
	if (c->sm != NULL)
		c->sm->handled++;
}

/* Once a turn, behind what was said in it, and not again before the answer. */
static void
ask(void *object)
{
	struct client *c = object;
	struct sm *sm = c->sm;

	if (sm == NULL)
		return;
	sm->due = false;
	if (c->state != CLIENT_BOUND || c->overflown || sm->waiting ||
	    sm->asked == sm->out.next)
		return;
	buf_adds(client_out(c), "<r xmlns='" NS_SM "'/>");
	client_send(c);
	sm->waiting = true;
	sm->asked = sm->out.next;
}

static void
ask_later(struct client *c)
{
	if (c->sm->due || c->sm->waiting || c->state != CLIENT_BOUND)
		return;
	c->sm->due = true;
	later(ask, c);
}

/* What it has not confirmed may be twice what may wait unsent, so that a burst
 * does not end a client that reads; and of that which nobody need take over
 * when it does not come back, as much as it may be slow to read. */
bool
sm_has_room(const struct client *c, size_t len, bool keep)
{
	size_t max = c->server->cfg.queue_max;

	if (c->sm == NULL)
		return true;
	if (keep && c->sm->out.precious + len >
	    (c->state == CLIENT_DETACHED ? max : 2 * max))
		return false;
	return kept_bytes(&c->sm->out) + len <= SLOW_BURST * max;
}

void
sm_note(struct client *c, const char *data, size_t len, bool keep,
    uint64_t shared)
{
	const struct kept_item item = {
		.ms = (int64_t)(ev_now(c->server->loop) * 1000), .to = "",
		.stanza = data, .len = len, .keep = keep, .mark = shared,
		.written = c->state == CLIENT_BOUND,
	};

	if (c->sm == NULL)
		return;
	kept_add(&c->sm->out, &item);
	ask_later(c);
}

/* ------------------------------------------------------------------ sharing */

/* Not confirmed by this one either?  The numbers only grow, so each look goes
 * on where the last one has ended. */
static bool
has_too(struct sm *sm, uint64_t shared)
{
	struct kept_item item;
	size_t at;

	if (sm == NULL)
		return false;
	for (at = sm->looked; kept_next(&sm->out, &at, &item);
	    sm->looked = at)
		if (item.mark >= shared)
			return item.mark == shared;
	return false;
}

static void
look_from_start(struct user *user)
{
	struct client *c;

	LIST_FOREACH(c, &user->clients, same)
		if (c->sm != NULL)
			c->sm->looked = 0;
}

/* Has one of the user's clients before this one (NULL: any) got it, too? */
static bool
is_elsewhere(struct user *user, const struct client *end, uint64_t shared)
{
	struct client *c;

	if (shared == 0 || user == NULL)
		return false;
	LIST_FOREACH(c, &user->clients, same) {
		if (c == end)
			return false;
		if (has_too(c->sm, shared))
			return true;
	}
	return false;
}

/* What this client confirms, up to this number, the others of its user need
 * not keep any more. */
static void
release(struct client *c, uint64_t number)
{
	struct kept *out = &c->sm->out;
	struct kept_item item;
	struct client *o;
	size_t at = 0;

	if (c->user == NULL || c->user->count < 2)
		return;
	look_from_start(c->user);
	for (uint64_t i = out->first; i < number &&
	    kept_next(out, &at, &item); i++)
		LIST_FOREACH(o, &c->user->clients, same)
			if (item.mark != 0 && o != c &&
			    has_too(o->sm, item.mark))
				kept_release(&o->sm->out, o->sm->looked);
}

/* It counts modulo 2^32, we do not.  -1: it has got more than there is. */
static int
confirm(struct client *c, uint32_t h)
{
	struct sm *sm = c->sm;
	uint64_t number = sm->out.first + (uint32_t)(h -
	    (uint32_t)sm->out.first);

	if (number > sm->out.next)
		return -1;
	release(c, number);
	kept_confirm(&sm->out, number);
	if (kept_count(&sm->out) == 0)
		kept_free(&sm->out);	/* most of the time nothing waits */
	return 0;
}

/* ---------------------------------------------------------------- elements */

static void
failed(struct client *c, const char *condition, const uint32_t *h)
{
	struct xml x;

	xml_begin(&x, client_out(c));
	xml_open_ns(&x, "failed", NS_SM);
	if (h != NULL)
		xml_attrf(&x, "h", "%" PRIu32, *h);
	xml_element(&x, condition, NS_STANZA_ERRORS, NULL);
	xml_close(&x);
	client_send(c);
}

/* XEP-0198 4: not even the session can go on. */
static void
too_high(struct client *c, const struct sm *sm, uint32_t h)
{
	struct xml x;

	xml_begin(&x, client_out(c));
	xml_open(&x, "stream:error");
	xml_element(&x, "undefined-condition", NS_STREAM_ERRORS, NULL);
	xml_open_ns(&x, "handled-count-too-high", NS_SM);
	xml_attrf(&x, "h", "%" PRIu32, h);
	xml_attrf(&x, "send-count", "%" PRIu32, (uint32_t)sm->out.next);
	xml_close_to(&x, 0);
	client_end(c, NULL, NULL, "it says that it has got more stanzas than "
	    "it was sent");
}

static int
count_of(const struct stanza *s, uint32_t *h)
{
	const char *text = stanza_attr(s, "h");
	unsigned long long n;
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (*end != '\0' || errno != 0 || n > UINT32_MAX)
		return -1;
	*h = (uint32_t)n;
	return 0;
}

static double
wanted(const struct client *c, const struct stanza *s)
{
	const char *resume = stanza_attr(s, "resume");
	const char *max = stanza_attr(s, "max");
	double seconds = c->server->cfg.resume_timeout, most;

	if (resume == NULL || (strcmp(resume, "true") != 0 &&
	    strcmp(resume, "1") != 0))
		return 0;
	most = max != NULL ? strtod(max, NULL) : 0;
	return most >= 1 && most < seconds ? most : seconds;
}

static void
enable(struct client *c, const struct stanza *s)
{
	struct sm *sm;
	struct xml x;

	if (c->state != CLIENT_BOUND || c->sm != NULL) {
		failed(c, "unexpected-request", NULL);
		return;
	}
	c->sm = sm = xcalloc(1, sizeof(*sm));
	sm->timeout = wanted(c, s);
	xml_begin(&x, client_out(c));
	xml_open_ns(&x, "enabled", NS_SM);
	if (sm->timeout > 0) {
		rand_token(sm->id, sizeof(sm->id));
		map_put(&c->server->sessions, sm->id, c);
		xml_attr(&x, "id", sm->id);
		xml_attrf(&x, "max", "%.0f", sm->timeout);
		xml_attr(&x, "resume", "true");
	}
	xml_close(&x);
	client_send(c);
}

static void
answered(struct client *c, const struct stanza *s)
{
	struct sm *sm = c->sm;
	uint32_t h;

	if (count_of(s, &h) != 0) {
		client_end(c, "bad-format", NULL, "its acknowledgement has no "
		    "number");
		return;
	}
	if (confirm(c, h) != 0) {
		too_high(c, sm, h);
		return;
	}
	sm->waiting = false;
	if (sm->asked != sm->out.next)
		ask_later(c);
	held_deliver(c);
}

static void
answer(struct client *c)
{
	buf_addf(client_out(c), "<a xmlns='" NS_SM "' h='%" PRIu32 "'/>",
	    c->sm->handled);
	client_send(c);
}

void
sm_element(struct client *c, struct arena *a, const struct stanza *s)
{
	(void)a;
	if (strcmp(s->name, "enable") == 0)
		enable(c, s);
	else if (c->sm != NULL && strcmp(s->name, "r") == 0)
		answer(c);
	else if (c->sm != NULL && strcmp(s->name, "a") == 0)
		answered(c, s);
	else
		failed(c, "unexpected-request", NULL);
}

/* ------------------------------------------------------- going, coming back */

bool
sm_detach(struct client *c, const char *why)
{
	if (c->state != CLIENT_BOUND || !sm_is_resumable(c))
		return false;
	log_info("%s: %s (%s): %s; it may come back within %.0f s",
	    c->server->domain, c->full, client_peer(c), why, c->sm->timeout);
	stream_destroy(c->stream);
	c->stream = NULL;
	c->overflown = c->sm->waiting = false;
	client_set_state(c, CLIENT_DETACHED);
	client_set_timer(c, c->sm->timeout);
	return true;
}

void
sm_expire(struct client *c)
{
	client_end(c, NULL, NULL, "it has not come back");
}

bool
sm_evict(struct user *user)
{
	struct client *c;

	LIST_FOREACH(c, &user->clients, same)
		if (c->state == CLIENT_DETACHED)
			break;
	if (c == NULL)
		return false;
	client_end(c, NULL, NULL, "its place is needed");
	return true;
}

/* All that is not confirmed, as if for the first time. */
static void
replay(struct client *c)
{
	struct kept *out = &c->sm->out;
	int64_t now = (int64_t)(ev_now(c->server->loop) * 1000);
	struct kept_item item;
	size_t at = 0, before = 0;

	for (; kept_next(out, &at, &item); before = at) {
		bool late = now - item.ms >= YOUNG && item.len > 8 &&
		    memcmp(item.stanza, "<message", 8) == 0;

		kept_write(&item, late ? c->server->domain : NULL,
		    client_out(c));
		kept_mark(out, before, item.mark);
	}
	c->sm->waiting = false;
	c->sm->asked = out->first;
	if (kept_count(out) > 0)
		ask_later(c);
	client_send(c);
}

/* The session gets the new stream.  The one that it may still have goes to the
 * new client, and ends with it. */
static void
take_over(struct client *c, struct client *new)
{
	struct stream *old = c->stream;
	struct xml x;

	c->stream = new->stream;
	stream_set_ctx(c->stream, c);
	new->stream = old;
	c->overflown = false;
	client_set_state(c, CLIENT_BOUND);
	log_info("%s: %s: is back, from %s", c->server->domain, c->full,
	    client_peer(c));
	xml_begin(&x, client_out(c));
	xml_open_ns(&x, "resumed", NS_SM);
	xml_attr(&x, "previd", c->sm->id);
	xml_attrf(&x, "h", "%" PRIu32, c->sm->handled);
	xml_close(&x);
	replay(c);
	client_watch(c);
	if (old != NULL)
		stream_set_ctx(old, new);
	client_end(new, "conflict", "Resumed by another connection", NULL);
}

/* FNV-1a; all it has to tell is whether it was the same user. */
static uint64_t
digest(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h;
}

static const uint32_t *
recall(const struct client *c, const char *id)
{
	const struct ended *ended = c->server->ended;

	for (unsigned i = 0; ended != NULL && i < ENDED_MAX; i++)
		if (strcmp(ended->v[i].id, id) == 0 &&
		    ended->v[i].user == digest(c->bare))
			return &ended->v[i].handled;
	return NULL;
}

bool
sm_resume(struct client *new, const struct stanza *s)
{
	const char *id = stanza_attr(s, "previd");
	struct client *c;
	uint32_t h;

	if (strcmp(s->ns, NS_SM) != 0)
		return false;
	if (strcmp(s->name, "resume") != 0) {
		failed(new, "unexpected-request", NULL);
		return true;
	}
	if (id == NULL || *id == '\0' || count_of(s, &h) != 0) {
		failed(new, "bad-request", NULL);
		return true;
	}
	c = map_get(&new->server->sessions, id);
	if (c == NULL || strcmp(c->bare, new->bare) != 0 || new->guest) {
		failed(new, "item-not-found", new->guest ? NULL :
		    recall(new, id));
		return true;
	}
	if (confirm(c, h) != 0)
		too_high(new, c->sm, h);
	else
		take_over(c, new);
	return true;
}

/* ---------------------------------------------------------------- the end */

static void
remember(struct client *c)
{
	struct server *s = c->server;
	unsigned i;

	if (s->ended == NULL)
		s->ended = xcalloc(1, sizeof(*s->ended));
	i = s->ended->next++ % ENDED_MAX;
	memcpy(s->ended->v[i].id, c->sm->id, ID_SIZE);
	s->ended->v[i].user = digest(c->bare);
	s->ended->v[i].handled = c->sm->handled;
}

/* XEP-0198 4: what was not acknowledged is treated as what was not sent. */
static void
pass_on(struct client *c, struct sm *sm)
{
	struct server *s = c->server;
	struct user *others = map_get(&s->users, c->bare);
	struct kept left = { 0 };
	struct kept_item item;
	unsigned long lost;
	size_t at = 0;

	if (others != NULL)
		look_from_start(others);
	while (kept_next(&sm->out, &at, &item))
		if (item.keep && !is_elsewhere(others, NULL, item.mark))
			kept_add(&left, &item);
	lost = held_inherit(s, c->bare, &left);
	kept_free(&left);
	if (lost == 0)
		return;
	log_warn("%s: %s: %lu messages were given up: too many wait",
	    s->domain, c->full, lost);
	if (s->ln.events->dropped != NULL)
		s->ln.events->dropped(s->ln.ctx, lost, "too many wait");
}

void
sm_finish(struct client *c)
{
	struct server *s = c->server;
	struct sm *sm = c->sm;

	if (sm == NULL)
		return;
	if (sm->timeout > 0) {
		map_remove(&s->sessions, sm->id);
		remember(c);
	}
	c->sm = NULL;
	if (!s->dead) {
		pass_on(c, sm);
		/* Another one may be there to take them. */
		held_offer(s, c->bare);
	}
	kept_free(&sm->out);
	free(sm);
}

/* ---------------------------------------------------------------- handover */

void
sm_each(struct client *c, link_kept *f, void *ctx)
{
	struct kept_item item;
	size_t at = 0;

	if (c->sm == NULL)
		return;
	if (c->user != NULL)
		look_from_start(c->user);
	while (kept_next(&c->sm->out, &at, &item))
		if (item.keep && !is_elsewhere(c->user, c, item.mark))
			f(ctx, item.ms, c->bare, item.stanza, item.len);
}

void
sm_pack(const struct client *c, struct packer *p)
{
	const struct sm *sm = c->sm;

	pack_str(p, "id", sm->id);
	pack_int(p, "handled", sm->handled);
	pack_int(p, "number", (int64_t)sm->out.first);
	pack_num(p, "timeout", sm->timeout);
	kept_pack(&sm->out, p, "stanzas");
}

/* A client that is bound, and has no stream. */
void
sm_unpack(struct client *c, const struct packed *map)
{
	const char *id = packed_str(map, "id");
	struct sm *sm = xcalloc(1, sizeof(*sm));

	c->sm = sm;
	if (id != NULL && strlen(id) < sizeof(sm->id))
		memcpy(sm->id, id, strlen(id) + 1);
	sm->handled = (uint32_t)packed_int(map, "handled", 0);
	sm->out.first = sm->out.next =
	    (uint64_t)packed_int(map, "number", 0);
	sm->timeout = packed_num(map, "timeout", 0);
	if (sm->timeout <= 0)
		sm->timeout = 1;
	kept_unpack(&sm->out, packed_get(map, "stanzas"));
	map_put(&c->server->sessions, sm->id, c);
	client_set_state(c, CLIENT_DETACHED);
	client_set_timer(c, sm->timeout);
}
