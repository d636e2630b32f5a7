/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is watched, and how a stanza or a message reads. */
#include "manager/gateway/trace.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "manager/xmpp/jid.h"
#include "protocol/layout.h"
#include "util/later.h"
#include "util/xalloc.h"

#define TRACES_MAX	16

struct trace {
	LIST_ENTRY(trace) entry;	/* in gw->traces */
	char		*jid;		/* bare */
	bool		 bodies;
	trace_line	*line;
	void		*ctx;
};

struct trace *
trace_start(struct gateway *gw, const char *user, bool bodies,
    trace_line *line, void *ctx, const char **why)
{
	struct arena a = { 0 };
	struct trace *t;
	unsigned n = 0;
	struct jid jid;

	LIST_FOREACH(t, &gw->traces, entry)
		n++;
	if (n >= TRACES_MAX) {
		*why = "too many traces are running";
		return NULL;
	}
	if (jid_parse(&a, user, &jid) < 0 || jid.node == NULL) {
		*why = "that is not the JID of a user";
		arena_free(&a);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->jid = xstrdup(jid.bare);
	t->bodies = bodies;
	t->line = line;
	t->ctx = ctx;
	LIST_INSERT_HEAD(&gw->traces, t, entry);
	arena_free(&a);
	return t;
}

void
trace_stop(struct trace *t)
{
	if (t == NULL)
		return;
	LIST_REMOVE(t, entry);
	free(t->jid);
	later_free(t);
}

static bool
is_about(const struct trace *t, const char *jid)
{
	size_t n = strlen(t->jid);

	return strncmp(jid, t->jid, n) == 0 && (jid[n] == '\0' ||
	    jid[n] == '/');
}

static void
begin(struct buf *b, const struct gateway *gw, const char *what)
{
	double now = ev_now(gw->loop);
	time_t seconds = (time_t)now;
	char stamp[16];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), "%H:%M:%S", &tm);
	buf_addf(b, "%s.%03u %s ", stamp,
	    (unsigned)((now - (double)seconds) * 1000), what);
}

static void
end(const struct trace *t, struct buf *b)
{
	char *text = buf_steal(b);

	t->line(t->ctx, text);
	free(text);
}

/* ------------------------------------------------------------------ stanzas */

static void
hide(struct buf *out, const char *text, size_t n, bool show)
{
	if (n == 0)
		return;
	if (show)
		buf_add(out, text, n);
	else
		buf_addf(out, "[%zu]", n);
}

/* A password may be an attribute, too (that of a room in an invitation). */
static void
put_tag(struct buf *out, const char *tag, size_t n)
{
	static const char secret[] = " password='";
	const char *at = memmem(tag, n, secret, sizeof(secret) - 1), *stop;

	if (at == NULL) {
		buf_add(out, tag, n);
		return;
	}
	at += sizeof(secret) - 1;
	stop = memchr(at, '\'', n - (size_t)(at - tag));
	buf_add(out, tag, (size_t)(at - tag));
	buf_adds(out, "[hidden]");
	if (stop != NULL)
		buf_add(out, stop, n - (size_t)(stop - tag));
}

/* The end tag up to which no text is shown, NULL: all may be. */
static const char *
secret_until(const char *tag, size_t n)
{
	static const char *const secrets[] = {
		"var='password'", "roomsecret'",
	};
	static const char submit[] = " type='submit'";
	static const char quoted[] = " type=\"submit\"";	/* by a backend */

	if (n > 9 && memcmp(tag, "<password", 9) == 0)
		return "</password";
	/* Which fields of a backend's form are secret is not to be seen in what
	 * comes back, so none is shown. */
	if (n > 3 && memcmp(tag, "<x ", 3) == 0 &&
	    (memmem(tag, n, submit, sizeof(submit) - 1) != NULL ||
	    memmem(tag, n, quoted, sizeof(quoted) - 1) != NULL))
		return "</x";
	if (n < 7 || memcmp(tag, "<field ", 7) != 0)
		return NULL;
	for (size_t i = 0; i < LENGTH(secrets); i++) {
		if (memmem(tag, n, secrets[i], strlen(secrets[i])) != NULL)
			return "</field";
	}
	return NULL;
}

/* XML as we write it, or a backend; the texts between the tags by their
 * length. */
static void
put_xml(struct buf *out, const char *xml, size_t len, bool bodies)
{
	const char *at = xml, *stop = xml + len, *tag, *close, *until = NULL;
	size_t n;

	while (at < stop) {
		tag = memchr(at, '<', (size_t)(stop - at));
		if (tag == NULL)
			tag = stop;
		hide(out, at, (size_t)(tag - at), bodies && until == NULL);
		if (tag == stop)
			return;
		close = memchr(tag, '>', (size_t)(stop - tag));
		at = close != NULL ? close + 1 : stop;
		n = (size_t)(at - tag);
		put_tag(out, tag, n);
		if (until == NULL)
			until = secret_until(tag, n);
		else if (n >= strlen(until) &&
		    memcmp(tag, until, strlen(until)) == 0)
			until = NULL;
	}
}

static void
put_stanza(const struct gateway *gw, const char *jid, const char *what,
    const char *xml, size_t len, bool secret)
{
	const struct trace *t;

	LIST_FOREACH(t, &gw->traces, entry) {
		struct buf b = { 0 };

		if (!is_about(t, jid))
			continue;
		begin(&b, gw, what);
		put_xml(&b, xml, len, t->bodies && !secret);
		end(t, &b);
	}
}

void
trace_stanza_in(struct gateway *gw, const char *bare,
    const struct stanza *stanza, bool secret)
{
	struct buf xml = { 0 };

	stanza_write(&xml, stanza, stanza->ns);
	put_stanza(gw, bare, "XMPP >", buf_data(&xml), buf_len(&xml), secret);
	buf_free(&xml);
}

void
trace_stanza_out(struct gateway *gw, const char *to)
{
	const char *xml;
	size_t len;

	xml = link_written(gw->link, &len);
	put_stanza(gw, to, "XMPP <", xml, len, false);
}

/* ----------------------------------------------------------------- messages */

/* What people have written, or what is nobody's business. */
static bool
is_private(const char *field)
{
	static const char *const names[] = {
		"body", "xhtml", "text", "status", "subject", "reason",
		"value", "instructions", "title",
	};

	for (size_t i = 0; i < LENGTH(names); i++) {
		if (strcmp(field, names[i]) == 0)
			return true;
	}
	return false;
}

/* A stanza that passes as it is, or a part of one. */
static bool
is_stanza(const char *field)
{
	return strcmp(field, "xml") == 0 || strcmp(field, "extra") == 0;
}

static void
put_field(struct buf *b, const struct field *f, const char *at, bool bodies,
    bool secret)
{
	const char *s;

	switch (f->type) {
	case FIELD_STR:
		s = *(const char *const *)(const void *)at;
		if (s == NULL || strcmp(f->name, "user") == 0)
			return;
		if (is_stanza(f->name)) {
			buf_addf(b, " %s=", f->name);
			put_xml(b, s, strlen(s), bodies);
			return;
		}
		if (strcmp(f->name, "password") == 0 ||
		    (secret && strcmp(f->name, "value") == 0))
			buf_addf(b, " %s=[hidden]", f->name);
		else if (is_private(f->name) && !bodies)
			buf_addf(b, " %s=[%zu]", f->name, strlen(s));
		else
			buf_addf(b, " %s='%s'", f->name, s);
		return;
	case FIELD_INT:
		if (*(const int64_t *)(const void *)at != 0)
			buf_addf(b, " %s=%lld", f->name,
			    (long long)*(const int64_t *)(const void *)at);
		return;
	case FIELD_BOOL:
		if (*(const bool *)(const void *)at)
			buf_addf(b, " %s", f->name);
		return;
	case FIELD_TRI:
	case FIELD_BIN:
	case FIELD_STRS:
	case FIELD_MAP:
	case FIELD_SECTIONS:
	case FIELD_LIST:
	case FIELD_ONE:
		return;		/* long, and seldom what is looked for */
	}
}

static void
put_message(const struct user *user, const char *way, enum method method,
    const void *params)
{
	const struct layout *layout = layout_params(method);
	const struct gateway *gw = user->gw;
	const struct trace *t;

	LIST_FOREACH(t, &gw->traces, entry) {
		struct buf b = { 0 };

		if (!is_about(t, user->jid))
			continue;
		begin(&b, gw, "backend");
		buf_addf(&b, "%u %s %s", user->backend, way,
		    method_wire(method));
		for (unsigned i = 0; i < layout->count; i++)
			put_field(&b, &layout->fields[i], (const char *)params +
			    layout->fields[i].offset, t->bodies,
			    method == METHOD_setting ||
			    method == METHOD_setting_up);
		end(t, &b);
	}
}

void
trace_down(const struct user *user, enum method method, const void *params)
{
	put_message(user, "<", method, params);
}

void
trace_up(const struct user *user, enum method method, const void *params)
{
	put_message(user, ">", method, params);
}

void
trace_note(const struct user *user, const char *text)
{
	const struct trace *t;

	LIST_FOREACH(t, &user->gw->traces, entry) {
		struct buf b = { 0 };

		if (!is_about(t, user->jid))
			continue;
		begin(&b, user->gw, "state");
		buf_adds(&b, text);
		end(t, &b);
	}
}
