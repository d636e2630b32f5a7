/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What messages say: reading.  payload_put.c writes. */
#include "backends/xmpp/payload.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/stanza.h"
#include "util/buf.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define NS_RETRACT_OLD	"urn:xmpp:message-retract:0"
#define NS_FASTEN	"urn:xmpp:fasten:0"
#define XHTML_MAX	(64 * 1024)
#define SUBJECT_MAX	1000
#define THREAD_MAX	1024
#define LANG_MAX	35	/* RFC 5646 4.4.1 */
#define URL_MAX		4096
#define EMOJI_MAX	64	/* bytes; a family with skins has 50 */

const char *
payload_id_of(xmpp_stanza_t *st, const char *attribute)
{
	const char *id = stanza_attr(st, attribute);

	return id != NULL && *id != '\0' && strlen(id) <= PAYLOAD_ID ? id :
	    NULL;
}

const char *
payload_id(xmpp_stanza_t *m)
{
	const char *id = payload_id_of(m, "id");

	return id != NULL ? id :
	    payload_id_of(stanza_child(m, "origin-id", NS_SID), "id");
}

const char *
payload_state(xmpp_stanza_t *m)
{
	static const char *const states[] = { "active", "composing", "paused",
	    "inactive", "gone" };

	for (size_t i = 0; i < LENGTH(states); i++) {
		if (stanza_child(m, states[i], NS_STATES) != NULL)
			return states[i];
	}
	return NULL;
}

/* --------------------------------------------------------------------- text */

/* Of several in different languages, the one in that of the message. */
static xmpp_stanza_t *
choose(xmpp_stanza_t *m, const char *name)
{
	xmpp_stanza_t *first = stanza_child(m, name, NS_CLIENT);
	const char *lang = stanza_attr(m, "xml:lang"), *its;

	for (xmpp_stanza_t *st = first; st != NULL;
	    st = stanza_beside(st, name, NS_CLIENT)) {
		its = stanza_attr(st, "xml:lang");
		if (its == NULL || (lang != NULL && strcmp(its, lang) == 0))
			return st;
	}
	return first;
}

/* So many characters in bytes, at most all there are. */
static size_t
bytes_of(const char *s, size_t len, unsigned long chars)
{
	size_t at = 0, step;
	uint32_t cp;

	for (; chars > 0 && at < len; chars--) {
		if ((step = utf8_next(s + at, len - at, &cp)) == 0)
			break;
		at += step;
	}
	return at;
}

/* The part of a body that is there for those who do not know that namespace;
 * false: there is none. */
static bool
fallback(xmpp_stanza_t *m, const char *ns, const char *body, size_t *start,
    size_t *end)
{
	size_t len = body != NULL ? strlen(body) : 0;
	xmpp_stanza_t *f, *range;
	const char *from, *to;

	for (f = stanza_child(m, "fallback", NS_FALLBACK); f != NULL;
	    f = stanza_beside(f, "fallback", NS_FALLBACK)) {
		if (!stanza_attr_is(f, "for", ns))
			continue;
		range = stanza_child(f, "body", NS_FALLBACK);
		if (range == NULL && xmpp_stanza_get_children(f) != NULL)
			continue;
		from = stanza_attr(range, "start");
		to = stanza_attr(range, "end");
		*start = bytes_of(body, len, from != NULL ?
		    strtoul(from, NULL, 10) : 0);
		*end = to != NULL ? bytes_of(body, len,
		    strtoul(to, NULL, 10)) : len;
		return *start < *end;
	}
	return false;
}

/* Lines without the marks of a quotation; malloced, NULL for nothing. */
static char *
unquote(const char *lines, size_t len)
{
	char *text = xstrndup(lines, len), *to = text;

	for (const char *s = text; *s != '\0';) {
		s += s[0] == '>' ? s[1] == ' ' ? 2 : 1 : 0;
		while (*s != '\0' && (*to++ = *s++) != '\n')
			;
	}
	while (to > text && to[-1] == '\n')
		to--;
	*to = '\0';
	if (*text == '\0') {
		free(text);
		text = NULL;
	}
	return text;
}

static const char *
language(xmpp_stanza_t *m)
{
	const char *lang = stanza_attr(choose(m, "body"), "xml:lang");

	if (lang == NULL)
		lang = stanza_attr(m, "xml:lang");
	return lang != NULL && strlen(lang) <= LANG_MAX ? lang : NULL;
}

static char *
rich(xmpp_stanza_t *m)
{
	xmpp_stanza_t *st = stanza_child(stanza_child(m, "html", NS_XHTML_IM),
	    "body", NS_XHTML);
	struct buf out = { 0 };
	char *piece, *text = NULL;
	size_t len;

	st = st != NULL ? xmpp_stanza_get_children(st) : NULL;
	for (; st != NULL; st = xmpp_stanza_get_next(st)) {
		if (xmpp_stanza_to_text(st, &piece, &len) != XMPP_EOK)
			continue;
		buf_add(&out, piece, len);
		xmpp_free(xmpp_stanza_get_context(st), piece);
	}
	/* Half of it would not be well-formed. */
	if (buf_len(&out) > 0 && buf_len(&out) <= XHTML_MAX)
		text = xstrndup(buf_data(&out), buf_len(&out));
	buf_free(&out);
	return text;
}

/* ------------------------------------------------------------------ replies */

static void
read_reply(struct payload *p, xmpp_stanza_t *m)
{
	xmpp_stanza_t *reply = stanza_child(m, "reply", NS_REPLY);
	const char *to = stanza_attr(reply, "to");
	size_t start, end;

	p->reply.id = payload_id_of(reply, "id");
	if (p->reply.id == NULL)
		return;
	if (to != NULL)
		p->author = xstrndup(to, strcspn(to, "/"));
	p->reply.author = p->author;
	if (p->body == NULL ||
	    !fallback(m, NS_REPLY, p->body, &start, &end))
		return;
	/* Where all of it were that, it would be the answer itself. */
	if (start == 0 && p->body[end] == '\0')
		return;
	p->reply.text = unquote(p->body + start, end - start);
	memmove(p->body + start, p->body + end, strlen(p->body + end) + 1);
	free(p->xhtml);
	p->xhtml = NULL;
}

static void
read_files(struct payload *p, xmpp_stanza_t *m)
{
	xmpp_stanza_t *x = stanza_child(m, "x", NS_OOB);

	for (; x != NULL && p->nfiles < LENGTH(p->files);
	    x = stanza_beside(x, "x", NS_OOB)) {
		char *url = stanza_text(stanza_child(x, "url", NS_OOB),
		    URL_MAX);

		if (url == NULL)
			continue;
		p->files[p->nfiles].url = url;
		p->files[p->nfiles++].name = stanza_text(stanza_child(x,
		    "desc", NS_OOB), SUBJECT_MAX);
	}
}

/* Of one that is too long, the beginning. */
static char *
read_body(xmpp_stanza_t *m)
{
	char *text = stanza_text(choose(m, "body"), PAYLOAD_BODY + 4), *cut;
	size_t len = text != NULL ? strlen(text) : 0;

	if (len <= PAYLOAD_BODY)
		return text;
	cut = xasprintf("%.*s...", (int)utf8_cut(text, len, PAYLOAD_BODY),
	    text);
	free(text);
	return cut;
}

static void
put_subject(struct payload *p, xmpp_stanza_t *m)
{
	char *subject = stanza_text(choose(m, "subject"), SUBJECT_MAX), *both;

	if (subject == NULL)
		return;
	both = p->body != NULL ? xasprintf("%s\n\n%s", subject, p->body) :
	    xstrdup(subject);
	free(p->body);
	free(p->xhtml);
	free(subject);
	p->body = both;
	p->xhtml = NULL;
}

bool
payload_read(struct payload *p, xmpp_stanza_t *m)
{
	memset(p, 0, sizeof(*p));
	p->body = read_body(m);
	p->xhtml = rich(m);
	read_reply(p, m);
	put_subject(p, m);
	read_files(p, m);
	if (p->body == NULL && p->nfiles == 0) {
		payload_finish(p);
		return false;
	}
	p->id = payload_id(m);
	p->lang = language(m);
	p->replaces = payload_id_of(stanza_child(m, "replace", NS_CORRECT),
	    "id");
	p->thread = stanza_text(stanza_child(m, "thread", NS_CLIENT),
	    THREAD_MAX);
	return true;
}

void
payload_finish(struct payload *p)
{
	free(p->body);
	free(p->xhtml);
	free(p->thread);
	free(p->author);
	free((char *)(uintptr_t)p->reply.text);
	for (size_t i = 0; i < p->nfiles; i++) {
		free((char *)(uintptr_t)p->files[i].url);
		free((char *)(uintptr_t)p->files[i].name);
	}
	memset(p, 0, sizeof(*p));
}

/* ----------------------------------------------------------------- gestures */

static void
read_reactions(struct gesture *g, xmpp_stanza_t *reactions)
{
	xmpp_stanza_t *one = stanza_child(reactions, "reaction", NS_REACTIONS);

	for (; one != NULL && g->nemojis < LENGTH(g->emojis);
	    one = stanza_beside(one, "reaction", NS_REACTIONS)) {
		char *text = stanza_text(one, EMOJI_MAX);

		if (text != NULL)
			g->emojis[g->nemojis++] = text;
	}
}

bool
gesture_read(struct gesture *g, xmpp_stanza_t *m)
{
	xmpp_stanza_t *reactions = stanza_child(m, "reactions", NS_REACTIONS);
	xmpp_stanza_t *old = stanza_child(m, "apply-to", NS_FASTEN);

	memset(g, 0, sizeof(*g));
	g->retracts = payload_id_of(stanza_child(m, "retract", NS_RETRACT),
	    "id");
	if (g->retracts == NULL &&
	    stanza_child(old, "retract", NS_RETRACT_OLD) != NULL)
		g->retracts = payload_id_of(old, "id");
	if (g->retracts != NULL)
		return true;
	g->reacts = payload_id_of(reactions, "id");
	if (g->reacts != NULL)
		read_reactions(g, reactions);
	return g->reacts != NULL;
}

void
gesture_finish(struct gesture *g)
{
	for (size_t i = 0; i < g->nemojis; i++)
		free(g->emojis[i]);
	memset(g, 0, sizeof(*g));
}
