/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine under both links: bytes of a connection go to the parser, headers
 * and errors go out, and the end comes exactly once.  Which stanzas are allowed
 * when is for component.c and server*.c to say. */
#include "manager/xmpp/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manager/xmpp/xml.h"
#include "util/later.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define GOODBYE	5.0		/* seconds for the last bytes to leave */

struct stream {
	struct stream_config cfg;
	const struct stream_events *events;
	void		*ctx;
	struct ev_loop	*loop;
	struct conn	*conn;
	struct parser	*parser;
	ev_tstamp	 heard;
	bool		 header_sent;
	bool		 finished;	/* their end tag has come */
	bool		 over;		/* nothing is read or written now */
	bool		 paused;	/* the parser is held */
	bool		 dead;		/* destroyed, freed after the turn */
};

static void
over(struct stream *s)
{
	s->over = true;
	parser_stop(s->parser);
}

/* We have said all; let it leave. */
static void
say_goodbye(struct stream *s)
{
	buf_adds(conn_out(s->conn), "</stream:stream>");
	conn_send(s->conn);
	over(s);
	conn_finish(s->conn, GOODBYE);
}

static void
write_error(struct stream *s, const char *condition, const char *text)
{
	struct xml x;

	xml_begin(&x, conn_out(s->conn));
	xml_open(&x, "stream:error");
	xml_element(&x, condition, NS_STREAM_ERRORS, NULL);
	if (text != NULL) {
		xml_open_ns(&x, "text", NS_STREAM_ERRORS);
		xml_attr(&x, "xml:lang", "en");
		xml_text(&x, text);
		xml_close(&x);
	}
	xml_close(&x);
}

void
stream_error(struct stream *s, const char *condition, const char *text)
{
	if (s->over)
		return;
	/* RFC 6120 4.9.1.2: an error, too, is inside a stream. */
	if (!s->header_sent)
		stream_open(s);
	if (condition != NULL)
		write_error(s, condition, text);
	say_goodbye(s);
}

void
stream_close(struct stream *s)
{
	stream_error(s, NULL, NULL);
}

static void
on_opened(void *ctx, struct arena *a, const struct stanza *header)
{
	struct stream *s = ctx;

	s->events->opened(s->ctx, a, header);
}

static void
on_stanza(void *ctx, struct arena *a, const struct stanza *st)
{
	struct stream *s = ctx;

	s->events->stanza(s->ctx, a, st);
}

static void
on_ended(void *ctx)
{
	struct stream *s = ctx;

	s->finished = true;
	stream_close(s);
	s->events->ended(s->ctx, "the peer ended the stream", false);
}

static const struct parser_events parser_events = {
	on_opened, on_stanza, on_ended
};

static void
on_connected(void *ctx)
{
	struct stream *s = ctx;

	s->heard = ev_now(s->loop);
	if (!s->over)
		s->events->connected(s->ctx);
}

static void
on_secured(void *ctx)
{
	struct stream *s = ctx;

	if (!s->over)
		s->events->secured(s->ctx);
}

/* In the middle of a stanza there is no rest: the stream could not be handed
 * over. */
static void
rest(struct stream *s)
{
	if (s->paused && stream_is_idle(s))
		conn_pause(s->conn);
}

static void
feed(struct stream *s, const char *data, size_t len)
{
	const char *condition;
	char why[64];

	if (s->over)
		return;
	if (parser_feed(s->parser, data, len, &condition) == 0 || s->over) {
		rest(s);
		return;
	}
	snprintf(why, sizeof(why), "it sent what is not allowed (%s)",
	    condition);
	stream_error(s, condition, NULL);
	s->events->ended(s->ctx, why, true);
}

/* What came while it was paused. */
static void
go_on(void *object)
{
	struct stream *s = object;

	if (!s->paused)
		feed(s, "", 0);
}

static void
on_data(void *ctx, const char *data, size_t len)
{
	struct stream *s = ctx;

	s->heard = ev_now(s->loop);
	feed(s, data, len);
}

static void
on_drained(void *ctx)
{
	struct stream *s = ctx;

	if (!s->over && s->events->drained != NULL)
		s->events->drained(s->ctx);
}

static void
on_closed(void *ctx, const char *why)
{
	struct stream *s = ctx;

	if (!s->over) {
		over(s);
		s->events->ended(s->ctx, why, false);
	}
	if (!s->dead)
		s->events->closed(s->ctx);
}

static const struct conn_events conn_events = {
	.connected = on_connected,
	.secured = on_secured,
	.data = on_data,
	.drained = on_drained,
	.closed = on_closed,
};

static struct stream *
create(struct ev_loop *loop, const struct stream_config *cfg,
    const struct stream_events *events, void *ctx)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->cfg = *cfg;
	s->events = events;
	s->ctx = ctx;
	s->loop = loop;
	s->heard = ev_now(loop);
	s->parser = parser_create(cfg->ns, cfg->stanza_max, &parser_events, s);
	return s;
}

struct stream *
stream_connect(struct ev_loop *loop, const struct conn_target *target,
    const struct stream_config *cfg, const struct stream_events *events,
    void *ctx)
{
	struct stream *s = create(loop, cfg, events, ctx);

	s->conn = conn_connect(loop, target, &conn_events, s);
	return s;
}

struct stream *
stream_accept(struct ev_loop *loop, int fd, struct tls *tls, double tls_timeout,
    const struct stream_config *cfg, const struct stream_events *events,
    void *ctx)
{
	struct stream *s = create(loop, cfg, events, ctx);

	s->conn = conn_accept(loop, fd, tls, tls_timeout, &conn_events, s);
	return s;
}

struct stream *
stream_adopt(struct ev_loop *loop, const struct packed *map,
    const struct stream_config *cfg, const struct stream_events *events,
    void *ctx)
{
	const char *header = packed_str(map, "header");
	int fd = packed_fd(map, "fd");
	struct stream *s;
	const void *bytes;
	size_t len;

	if (fd == -1)
		return NULL;
	s = create(loop, cfg, events, ctx);
	if (header == NULL || parser_enter(s->parser, header) != 0) {
		parser_destroy(s->parser);
		free(s);
		close(fd);
		return NULL;
	}
	s->header_sent = true;
	s->conn = conn_adopt(loop, fd, &conn_events, s);
	bytes = packed_bin(map, "out", &len);
	buf_add(conn_out(s->conn), bytes, len);
	conn_send(s->conn);
	/* Not at once: who adopts it is not ready for stanzas. */
	stream_pause(s);
	bytes = packed_bin(map, "in", &len);
	feed(s, bytes, len);
	stream_resume(s);
	return s;
}

void
stream_pause(struct stream *s)
{
	s->paused = true;
	parser_hold(s->parser, true);
	rest(s);
}

void
stream_resume(struct stream *s)
{
	s->paused = false;
	parser_hold(s->parser, false);
	conn_resume(s->conn);
	if (buf_len(parser_rest(s->parser)) > 0)
		later(go_on, s);
}

void
stream_set_ctx(struct stream *s, void *ctx)
{
	s->ctx = ctx;
}

bool
stream_is_finished(const struct stream *s)
{
	return s->finished;
}

bool
stream_is_idle(const struct stream *s)
{
	return !s->over && conn_fd(s->conn) != -1 &&
	    parser_is_idle(s->parser);
}

void
stream_handover(const struct stream *s, struct packer *p)
{
	const struct buf *out = conn_out(s->conn);
	const struct buf *in = parser_rest(s->parser);

	pack_fd(p, "fd", conn_fd(s->conn));
	pack_str(p, "header", parser_header(s->parser));
	pack_bin(p, "out", buf_data(out), buf_len(out));
	pack_bin(p, "in", buf_data(in), buf_len(in));
}

void
stream_destroy(struct stream *s)
{
	if (s == NULL || s->dead)
		return;
	s->dead = s->over = true;
	parser_destroy(s->parser);
	conn_destroy(s->conn);
	later_free(s);
}

static void
header_attr(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, " %s='", name);
	xml_escape_attr(b, value, strlen(value));
	buf_addc(b, '\'');
}

void
stream_open(struct stream *s)
{
	struct buf *b = conn_out(s->conn);
	char id[24];

	buf_adds(b, "<?xml version='1.0'?><stream:stream");
	header_attr(b, "xmlns", s->cfg.ns);
	header_attr(b, "xmlns:stream", NS_STREAM);
	if (s->cfg.server) {
		rand_token(id, sizeof(id));
		header_attr(b, "id", id);
		header_attr(b, "from", s->cfg.domain);
		header_attr(b, "version", "1.0");
		header_attr(b, "xml:lang", "en");
	} else {
		header_attr(b, "to", s->cfg.domain);
	}
	buf_addc(b, '>');
	s->header_sent = true;
	conn_send(s->conn);
}

struct buf *
stream_out(struct stream *s)
{
	return conn_out(s->conn);
}

void
stream_send(struct stream *s)
{
	conn_send(s->conn);
}

void
stream_restart(struct stream *s, size_t stanza_max)
{
	s->header_sent = false;
	parser_set_max(s->parser, stanza_max);
	parser_restart(s->parser);
}

void
stream_start_tls(struct stream *s, struct tls *tls)
{
	s->header_sent = false;
	parser_restart(s->parser);
	conn_start_tls(s->conn, tls, NULL);
}

const char *
stream_error_condition(struct arena *a, const struct stanza *error,
    const char **text)
{
	const struct stanza *c = stanza_first(error);

	*text = stanza_child_text(a, error, "text", NS_STREAM_ERRORS);
	if (*text == NULL)
		*text = "";
	while (c != NULL && strcmp(c->name, "text") == 0)
		c = stanza_next(c);
	return c != NULL ? c->name : "undefined-condition";
}

struct conn *
stream_conn(struct stream *s)
{
	return s->conn;
}

ev_tstamp
stream_heard(const struct stream *s)
{
	return s->heard;
}
