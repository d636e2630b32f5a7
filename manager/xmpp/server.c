/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may connect, and what can the gateway ask of the server?  What happens on
 * one connection is in server_client.c and its neighbours. */
#include "manager/xmpp/server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manager/xmpp/server_private.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

struct server *
server_of(const struct link *l)
{
	return (struct server *)CONTAINER(l, struct server, ln);
}

static const char *
admit_source(struct server *s, struct client *c)
{
	const char *address = conn_address(stream_conn(c->stream));
	struct source *source = map_get(&s->sources, address);

	if (source == NULL) {
		source = xcalloc(1, sizeof(*source));
		source->address = xstrdup(address);
		map_put(&s->sources, source->address, source);
	}
	c->source = source;
	if (++source->clients <= s->cfg.clients_per_address)
		return NULL;
	if (source->told)
		return "";
	source->told = true;
	return "too many connections from there that have not logged in; no "
	    "more of them until there are fewer";
}

const char *
server_admit(struct client *c)
{
	struct server *s = c->server;

	if (s->count++ < s->cfg.clients_max) {
		s->crowded = false;
		return admit_source(s, c);
	}
	if (s->crowded)
		return "";
	s->crowded = true;
	return "no more clients are admitted, the limit is reached";
}

void
server_forget_source(struct client *c)
{
	struct source *source = c->source;

	c->source = NULL;
	if (source == NULL || --source->clients > 0)
		return;
	map_remove(&c->server->sources, source->address);
	free(source->address);
	free(source);
}

void
server_tell_gone(struct server *s)
{
	struct client *c;

	while ((c = LIST_FIRST(&s->gone)) != NULL) {
		LIST_REMOVE(c, list);
		c->untold = false;
		s->ln.events->gone(s->ln.ctx, c->full);
		if (s->dead)
			return;
	}
}

void
server_accept_plain(void *ctx, int fd)
{
	client_accept(ctx, fd, NULL);
}

void
server_accept_tls(void *ctx, int fd)
{
	struct server *s = ctx;

	client_accept(s, fd, s->tls);
}

static struct buf *
begin(struct link *l)
{
	return &server_of(l)->out;
}

static int
end(struct link *l, const char *to, unsigned flags, size_t mark)
{
	struct server *s = server_of(l);
	int sent;

	sent = route_out(s, to, buf_data(&s->out) + mark,
	    buf_len(&s->out) - mark, (flags & LINK_KEEP) != 0);
	buf_truncate(&s->out, mark);
	if (s->out.cap > 1 << 16)
		buf_free(&s->out);
	return sent;
}

static bool
is_up(const struct link *l)
{
	return server_of(l)->listening;
}

static void
pause_reading(struct link *l, bool paused)
{
	struct server *s = server_of(l);
	struct client *c;

	if (s->paused == paused)
		return;
	s->paused = paused;
	LIST_FOREACH(c, &s->clients, link) {
		if (c->stream == NULL)
			continue;
		if (paused)
			conn_pause(stream_conn(c->stream));
		else
			conn_resume(stream_conn(c->stream));
	}
}

static struct client *
find_waiting(struct link *l, uint64_t id)
{
	struct client *c;

	LIST_FOREACH(c, &server_of(l)->waiting, list)
		if (c->id == id)
			return c;
	return NULL;
}

static void
login_result(struct link *l, uint64_t id, const char *condition,
    const char *text)
{
	struct client *c = find_waiting(l, id);

	if (c != NULL)
		sasl_decided(c, condition, text);
}

static void
login_guest(struct link *l, uint64_t id)
{
	struct client *c = find_waiting(l, id);

	if (c == NULL)
		return;
	c->guest = true;
	sasl_decided(c, NULL, NULL);
}

static void
trust(struct link *l, const char *bare)
{
	struct server *s = server_of(l);
	struct client *c;

	LIST_FOREACH(c, &s->clients, link)
		if (c->guest && c->bare != NULL &&
		    strcmp(c->bare, bare) == 0) {
			c->guest = false;
			server_forget_source(c);
		}
	held_offer(s, bare);
}

/* A guest's password was no better than one that is refused at once. */
static void
close_client(struct client *c, const char *condition, const char *text)
{
	if (c->guest && condition != NULL)
		sasl_log_refusal(c, condition, text);
	client_end(c, condition, text, NULL);
}

/* Those that have not bound yet must not do so when the trial is over. */
static void
close_guests(struct server *s, const char *bare, const char *condition,
    const char *text)
{
	struct client *c, *next;

	for (c = LIST_FIRST(&s->clients); c != NULL; c = next) {
		next = LIST_NEXT(c, link);
		if (c->guest && c->user == NULL && c->bare != NULL &&
		    c->state != CLIENT_CLOSING && strcmp(c->bare, bare) == 0)
			close_client(c, condition, text);
	}
}

static void
close_clients(struct link *l, const char *jid, const char *condition,
    const char *text)
{
	struct server *s = server_of(l);
	struct client *c = map_get(&s->bound, jid), *next;
	struct user *user;

	if (c != NULL) {
		close_client(c, condition, text);
		return;
	}
	close_guests(s, jid, condition, text);
	if ((user = map_get(&s->users, jid)) == NULL)
		return;
	for (c = LIST_FIRST(&user->clients); c != NULL; c = next) {
		next = LIST_NEXT(c, same);	/* user dies with its last */
		close_client(c, condition, text);
	}
}

static unsigned
clients(const struct link *l, const char *bare)
{
	const struct user *user = map_get(&server_of(l)->users, bare);

	return user != NULL ? user->count : 0;
}

static void
stop_listening(struct server *s)
{
	listener_destroy(s->plain);
	listener_destroy(s->direct);
	s->plain = s->direct = NULL;
	s->listening = false;
}

static void
shut_down(struct link *l)
{
	struct server *s = server_of(l);
	struct client *c, *next;

	stop_listening(s);
	s->ending = true;
	for (c = LIST_FIRST(&s->clients); c != NULL; c = next) {
		next = LIST_NEXT(c, link);
		client_end(c, "system-shutdown", NULL, NULL);
	}
}

static void
free_config(struct server_config *cfg)
{
	free((char *)cfg->domain);
	free((char *)cfg->address);
	free((char *)cfg->cert);
	free((char *)cfg->key);
	if (cfg->cert_password != NULL)
		explicit_bzero((char *)cfg->cert_password,
		    strlen(cfg->cert_password));
	free((char *)cfg->cert_password);
}

static void
destroy(struct link *l)
{
	struct server *s = server_of(l);
	struct client *c;

	s->dead = true;
	stop_listening(s);
	while ((c = LIST_FIRST(&s->clients)) != NULL)
		client_destroy(c);
	held_destroy(s);
	free(s->ended);
	map_finish(&s->sessions);
	map_finish(&s->bound);
	map_finish(&s->users);
	map_finish(&s->sources);
	tls_destroy(s->tls);
	buf_free(&s->out);
	free_config(&s->cfg);
	later_free(s->domain);
	later_free(s);
}

static void
each_kept(struct link *l, link_kept *f, void *ctx)
{
	struct server *s = server_of(l);
	struct client *c;

	held_each(s, f, ctx);
	LIST_FOREACH(c, &s->clients, link)
		sm_each(c, f, ctx);
}

static void
put_kept(struct link *l, const struct kept_item *item)
{
	struct server *s = server_of(l);
	char *bare = xstrndup(item->to, strcspn(item->to, "/"));

	if (held_put(s, bare, item, true) == 0)
		held_offer(s, bare);
	else if (l->events->dropped != NULL)
		l->events->dropped(l->ctx, 1, "too many messages wait");
	free(bare);
}

static const struct link_ops ops = {
	.begin = begin,
	.end = end,
	.is_up = is_up,
	.destroy = destroy,
	.shutdown = shut_down,
	.pause = pause_reading,
	.login_result = login_result,
	.login_guest = login_guest,
	.trust = trust,
	.close = close_clients,
	.clients = clients,
	.settled = server_settled,
	.freeze = server_freeze,
	.handover = server_handover,
	.each_kept = each_kept,
	.put_kept = put_kept,
	.describe = server_describe,
};

static void
copy_config(struct server_config *own, const struct server_config *cfg)
{
	*own = *cfg;
	own->domain = xstrdup(cfg->domain);
	own->address = xstrdup(cfg->address);
	own->cert = xstrdup_null(cfg->cert);
	own->key = xstrdup_null(cfg->key);
	own->cert_password = xstrdup_null(cfg->cert_password);
	own->stanza_max = cfg->stanza_max ? cfg->stanza_max : 256 * 1024;
	own->clients_max = cfg->clients_max ? cfg->clients_max : 10000;
	own->clients_per_address = cfg->clients_per_address ?
	    cfg->clients_per_address : 20;
	own->login_timeout = cfg->login_timeout > 0 ? cfg->login_timeout : 60;
	own->idle_timeout = cfg->idle_timeout > 0 ? cfg->idle_timeout : 300;
	own->queue_max = cfg->queue_max ? cfg->queue_max : 1 << 20;
	own->patience = cfg->patience > 0 ? cfg->patience : 20;
}

static int
load_tls(struct server *s, char **why)
{
	if (s->cfg.cert == NULL)
		return 0;
	s->tls = tls_server(s->cfg.cert, s->cfg.key, s->cfg.cert_password,
	    why);
	if (s->tls == NULL)
		return -1;
	if (tls_expired(s->tls))
		log_warn("%s: the certificate in %s has expired", s->domain,
		    s->cfg.cert);
	return 0;
}

int
server_listen(struct server *s, char **why)
{
	if (s->plain == NULL)
		s->plain = listener_create(s->loop, s->cfg.address,
		    s->cfg.port, server_accept_plain, s, why);
	if (s->plain == NULL)
		return -1;
	s->listening = true;
	if (s->cfg.tls_port == 0 || s->direct != NULL)
		return 0;
	if (s->tls == NULL) {
		*why = xstrdup("a port for direct TLS needs a certificate");
		return -1;
	}
	s->direct = listener_create(s->loop, s->cfg.address, s->cfg.tls_port,
	    server_accept_tls, s, why);
	return s->direct != NULL ? 0 : -1;
}

static int
prepare_domain(struct server *s, char **why)
{
	struct arena a = { 0 };
	struct jid jid;
	int bad = jid_parse(&a, s->cfg.domain, &jid);

	if (bad == 0 && strcmp(jid.full, jid.domain) == 0)
		s->domain = xstrdup(jid.domain);
	else
		*why = xasprintf("\"%s\" is not a domain", s->cfg.domain);
	arena_free(&a);
	return s->domain != NULL ? 0 : -1;
}

static void
come_up(void *object)
{
	struct server *s = object;

	if (s->listening)
		s->ln.events->up(s->ln.ctx);
}

struct server *
server_new(struct ev_loop *loop, const struct server_config *cfg,
    const struct link_events *events, void *ctx, char **why)
{
	struct server *s = xcalloc(1, sizeof(*s));

	copy_config(&s->cfg, cfg);
	s->loop = loop;
	s->ln.ops = &ops;
	s->ln.events = events;
	s->ln.ctx = ctx;
	s->ln.server = true;
	if (prepare_domain(s, why) != 0 || load_tls(s, why) != 0) {
		destroy(&s->ln);
		return NULL;
	}
	s->ln.domain = s->domain;
	return s;
}

struct link *
server_create(struct ev_loop *loop, const struct server_config *cfg,
    const struct link_events *events, void *ctx, char **why)
{
	struct server *s = server_new(loop, cfg, events, ctx, why);

	if (s == NULL)
		return NULL;
	if (server_listen(s, why) != 0) {
		destroy(&s->ln);
		return NULL;
	}
	later(come_up, s);
	return &s->ln;
}

unsigned
server_port(const struct link *l)
{
	return listener_port(server_of(l)->plain);
}

unsigned
server_tls_port(const struct link *l)
{
	const struct server *s = server_of(l);

	return s->direct != NULL ? listener_port(s->direct) : 0;
}

int
server_reload(struct link *l, char **why)
{
	struct server *s = server_of(l);

	if (s->tls == NULL)
		return 0;
	if (tls_reload(s->tls, why) != 0)
		return -1;
	if (tls_expired(s->tls))
		log_warn("%s: the certificate in %s has expired", s->domain,
		    s->cfg.cert);
	return 0;
}
