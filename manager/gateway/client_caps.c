/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user's clients can do, as far as the network may hear of it: kinds
 * of clients, each asked for once, and which of it is told. */
#include "manager/gateway/client_caps.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/iq.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/session.h"
#include "protocol/features.h"
#include "protocol/passing.h"
#include "util/siphash.h"
#include "util/xalloc.h"

#define TIMEOUT		30.0	/* seconds for a client to answer */
#define CAPS_BYTES_MAX	400	/* of all that is in a <c/> */
#define QUESTIONS_MAX	64	/* open ones, to the clients of one user: those
				 * who become another kind all the time */
#define NOTIFY		"+notify"	/* XEP-0163 4.2 */

/* What one kind can do; only what may pass, each once, in order. */
struct client_kind {
	TAILQ_ENTRY(client_kind) entry;	/* while it is known: last use first */
	char		*caps;		/* key, as in struct client */
	unsigned	 refs;		/* clients, and the list */
	size_t		 n;
	char		*features[];
};

struct client_kinds {
	TAILQ_HEAD(kind_list, client_kind) list;
	struct map	 by_caps;
};

/* ------------------------------------------------------------------- kinds */

static int
by_octets(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
is_notify(const char *var)
{
	size_t len = strlen(var);

	return len >= sizeof(NOTIFY) &&
	    strcmp(var + len - (sizeof(NOTIFY) - 1), NOTIFY) == 0;
}

static bool
may_pass(const char *var)
{
	char ns[CLIENT_FEATURE_BYTES + 1];
	size_t len = strlen(var);

	if (len >= sizeof(ns))
		return false;
	memcpy(ns, var, len + 1);
	if (is_notify(var))
		ns[len - (sizeof(NOTIFY) - 1)] = '\0';
	return passing_may(PASSING_IQ, ns);
}

static struct client_kind *
kind_new(const char *caps, const char **vars, size_t n)
{
	struct client_kind *kind = xcalloc(1, sizeof(*kind) +
	    n * sizeof(kind->features[0]));

	kind->caps = xstrdup(caps);
	kind->refs = 1;
	qsort(vars, n, sizeof(*vars), by_octets);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(vars[i], vars[i - 1]) != 0)
			kind->features[kind->n++] = xstrdup(vars[i]);
	}
	return kind;
}

static void
kind_unref(struct client_kind *kind)
{
	if (kind == NULL || --kind->refs > 0)
		return;
	for (size_t i = 0; i < kind->n; i++)
		free(kind->features[i]);
	free(kind->caps);
	free(kind);
}

static struct client_kind *
kind_read(const char *caps, const struct stanza *query)
{
	const char *vars[CLIENT_FEATURES_MAX];
	size_t n = 0;

	for (const struct stanza *f = stanza_first(query);
	    f != NULL && n < LENGTH(vars); f = stanza_next(f)) {
		const char *var = stanza_attr(f, "var");

		if (strcmp(f->name, "feature") == 0 && var != NULL &&
		    may_pass(var))
			vars[n++] = var;
	}
	return kind_new(caps, vars, n);
}

static void
forget(struct client_kinds *all, struct client_kind *kind)
{
	TAILQ_REMOVE(&all->list, kind, entry);
	map_remove(&all->by_caps, kind->caps);
	kind_unref(kind);
}

/* For all who say that they are of it. */
static void
keep(struct gateway *gw, struct client_kind *kind)
{
	struct client_kinds *all = gw->client_kinds;

	if (all == NULL) {
		all = gw->client_kinds = xcalloc(1, sizeof(*all));
		TAILQ_INIT(&all->list);
	}
	if (map_get(&all->by_caps, kind->caps) != NULL)
		return;
	if (map_count(&all->by_caps) >= CLIENT_KINDS_MAX)
		forget(all, TAILQ_LAST(&all->list, kind_list));
	kind->refs++;
	TAILQ_INSERT_HEAD(&all->list, kind, entry);
	map_put(&all->by_caps, kind->caps, kind);
}

static struct client_kind *
find(struct gateway *gw, const char *caps)
{
	struct client_kinds *all = gw->client_kinds;
	struct client_kind *kind = all ? map_get(&all->by_caps, caps) : NULL;

	if (kind != NULL) {
		TAILQ_REMOVE(&all->list, kind, entry);
		TAILQ_INSERT_HEAD(&all->list, kind, entry);
	}
	return kind;
}

void
client_caps_destroy(struct gateway *gw)
{
	struct client_kinds *all = gw->client_kinds;

	if (all == NULL)
		return;
	while (!TAILQ_EMPTY(&all->list))
		forget(all, TAILQ_FIRST(&all->list));
	map_finish(&all->by_caps);
	free(all);
	gw->client_kinds = NULL;
}

/* --------------------------------------------------------- what is told */

struct telling {
	struct arena	*arena;
	const char	*v[CLIENT_FEATURES_MAX];
	size_t		 n;
};

static void
add(struct telling *t, const char *var)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->v[i], var) == 0)
			return;
	}
	if (t->n < LENGTH(t->v))
		t->v[t->n++] = var;
}

static void
add_of(struct telling *t, const struct client *c, bool notify)
{
	for (size_t i = 0; c->kind != NULL && i < c->kind->n; i++) {
		if (is_notify(c->kind->features[i]) == notify)
			add(t, c->kind->features[i]);
	}
}

/* Events go to the account, and from there to whichever client wants them; all
 * else is asked of the one that would answer.  false: that is not known yet. */
static bool
gather(const struct user *user, struct telling *t)
{
	const struct client *best = user_best_client(user), *c;

	t->n = 0;
	if (best == NULL || (best->caps != NULL && best->kind == NULL &&
	    best->caps_state < CAPS_SILENT))
		return false;
	add_of(t, best, false);
	TAILQ_FOREACH(c, &user->clients, entry)
		add_of(t, c, true);
	qsort(t->v, t->n, sizeof(t->v[0]), by_octets);
	return true;
}

/* 0: nothing, as what a new backend knows. */
static unsigned
sum(const struct telling *t)
{
	struct buf b = { 0 };
	unsigned hash;

	if (t->n == 0)
		return 0;
	for (size_t i = 0; i < t->n; i++)
		buf_addf(&b, "%s\n", t->v[i]);
	buf_addc(&b, '\0');
	hash = siphash_string(buf_data(&b));
	buf_free(&b);
	return hash != 0 ? hash : 1;
}

void
client_caps_fill(struct user *user, struct arena *a, struct msg_presence *m)
{
	struct telling t;
	unsigned now;

	if (!gateway_can(user->gw, FEATURE_RAW) || !gather(user, &t) ||
	    (now = sum(&t)) == user->features_told)
		return;
	user->features_told = now;
	m->features.v = arena_alloc(a, sizeof(t.v));
	memcpy(m->features.v, t.v, t.n * sizeof(t.v[0]));
	m->features.n = t.n;
}

void
client_caps_tell(struct user *user)
{
	struct telling t;

	if (gather(user, &t) && sum(&t) != user->features_told)
		session_presence(user);
}

/* ----------------------------------------------------------------- clients */

struct question {
	char	*caps;
	char	 full[];
};

static void
learn(struct user *user, struct client *client, const struct stanza *answer)
{
	const struct stanza *query = stanza_child(answer, "query",
	    NS_DISCO_INFO);
	const char *type = stanza_attr(answer, "type");

	if (type == NULL || strcmp(type, "result") != 0 || query == NULL)
		return;
	client->kind = kind_read(client->caps, query);
	if (strncmp(client->caps, "sha-1 ", 6) == 0 &&
	    client_caps_verify(query, strrchr(client->caps, '#') + 1))
		keep(user->gw, client->kind);
}

static void	look(struct user *, struct client *);

/* There is room for a question again. */
static void
ask_waiting(struct user *user)
{
	struct client *client;

	TAILQ_FOREACH(client, &user->clients, entry) {
		if (client->caps_state == CAPS_NEW)
			look(user, client);
	}
}

static void
answered(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct question *q = ctx;
	char *bare = xstrndup(q->full, strcspn(q->full, "/"));
	struct user *user = user_find(gw, bare);
	struct client *client = user ? user_client(user, q->full) : NULL;

	(void)a;
	if (user != NULL && user->caps_asking > 0)
		user->caps_asking--;
	/* Another one by now, or another question is out. */
	if (client != NULL && client->kind == NULL && client->caps != NULL &&
	    client->caps_state == CAPS_ASKED &&
	    strcmp(client->caps, q->caps) == 0) {
		client->caps_state = answer != NULL ? CAPS_REFUSED :
		    CAPS_SILENT;
		learn(user, client, answer);
	}
	/* The link may be down: that changes nothing for now. */
	if (user != NULL && answer != NULL) {
		ask_waiting(user);
		client_caps_tell(user);
	}
	free(bare);
	free(q->caps);
	free(q);
}

/* node '#' ver, in a question about it. */
static void
ask(struct user *user, struct client *client)
{
	struct xml *x = iq_begin(user->gw, "get", NULL, client->full);
	size_t size = strlen(client->full) + 1;
	struct question *q = xmalloc(sizeof(*q) + size);

	q->caps = xstrdup(client->caps);
	memcpy(q->full, client->full, size);
	client->caps_state = CAPS_ASKED;
	user->caps_asking++;
	xml_open_ns(x, "query", NS_DISCO_INFO);
	xml_attr(x, "node", strchr(client->caps, ' ') + 1);
	iq_send(user->gw, x, q->full, TIMEOUT, answered, q);
}

static void
look(struct user *user, struct client *client)
{
	if (client->caps == NULL || client->kind != NULL ||
	    client->caps_state == CAPS_ASKED ||
	    client->caps_state == CAPS_REFUSED ||
	    !gateway_can(user->gw, FEATURE_RAW))
		return;
	client->kind = find(user->gw, client->caps);
	if (client->kind != NULL)
		client->kind->refs++;
	else if (user->caps_asking < QUESTIONS_MAX)
		ask(user, client);
}

void
client_caps_drop(struct client *client)
{
	kind_unref(client->kind);
	free(client->caps);
	client->kind = NULL;
	client->caps = NULL;
	client->caps_state = CAPS_NEW;
}

void
client_caps_note(struct user *user, struct client *client,
    const struct stanza *presence)
{
	const struct stanza *c = stanza_child(presence, "c", NS_CAPS);
	const char *hash = stanza_attr(c, "hash");
	const char *node = stanza_attr(c, "node");
	const char *ver = stanza_attr(c, "ver");
	char *caps;

	/* XEP-0115 1.3 had no hash: nothing that could be known again. */
	if (hash == NULL || node == NULL || ver == NULL ||
	    strchr(hash, ' ') != NULL || strchr(ver, '#') != NULL ||
	    strlen(hash) + strlen(node) + strlen(ver) > CAPS_BYTES_MAX) {
		client_caps_drop(client);
		return;
	}
	caps = xasprintf("%s %s#%s", hash, node, ver);
	if (client->caps == NULL || strcmp(client->caps, caps) != 0) {
		client_caps_drop(client);
		client->caps = xstrdup(caps);
	}
	free(caps);
	look(user, client);
}

void
client_caps_session_up(struct user *user)
{
	struct client *client;

	user->features_told = 0;
	if (!gateway_can(user->gw, FEATURE_RAW))
		return;
	TAILQ_FOREACH(client, &user->clients, entry)
		look(user, client);
}

/* ---------------------------------------------------------- over an upgrade */

void
client_caps_pack(const struct gateway *gw, struct packer *p)
{
	const struct client_kind *kind;

	if (gw->client_kinds == NULL)
		return;
	TAILQ_FOREACH(kind, &gw->client_kinds->list, entry) {
		pack_map(p, NULL);
		pack_str(p, "caps", kind->caps);
		pack_list(p, "features");
		for (size_t i = 0; i < kind->n; i++)
			pack_str(p, NULL, kind->features[i]);
		pack_end(p);
		pack_end(p);
	}
}

void
client_caps_unpack(struct gateway *gw, const struct packed *list)
{
	for (size_t i = packed_count(list); i > 0; i--) {
		const struct packed *facts = packed_at(list, i - 1);
		const struct packed *features = packed_get(facts, "features");
		const char *caps = packed_str(facts, "caps");
		const char *vars[CLIENT_FEATURES_MAX];
		struct client_kind *kind;
		size_t n = 0;

		for (size_t j = 0; j < packed_count(features) &&
		    n < LENGTH(vars); j++) {
			vars[n] = packed_str(packed_at(features, j), NULL);
			n += vars[n] != NULL;
		}
		if (caps == NULL)
			continue;
		kind = kind_new(caps, vars, n);
		keep(gw, kind);
		kind_unref(kind);
	}
}

/* One of a kind of its own is asked again when it next says so; until then
 * what was told of it holds. */
void
client_caps_restore(struct gateway *gw, struct client *client,
    const char *caps)
{
	if (caps == NULL)
		return;
	client->caps = xstrdup(caps);
	if ((client->kind = find(gw, caps)) != NULL)
		client->kind->refs++;
}
