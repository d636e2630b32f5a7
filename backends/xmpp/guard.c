/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expat's functions as libstrophe finds them.  Each does what is asked of it by
 * calling the real one, with handlers of ours in between: they count, refuse,
 * join text, keep prefixes, and call those of libstrophe. */
#include "backends/xmpp/guard.h"

#include <dlfcn.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/meter.h"
#include "backends/xmpp/rename.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

#define FEW		4		/* attributes of a stanza that is cut */

/* In expat 2.6, and in the packages of older ones that got its security fix. */
XML_Bool XMLCALL XML_SetReparseDeferralEnabled(XML_Parser, XML_Bool);
#pragma weak XML_SetReparseDeferralEnabled

struct guard {
	/* What libstrophe has set. */
	void		*user;
	XML_StartElementHandler start;
	XML_EndElementHandler end;
	XML_CharacterDataHandler text;

	XML_Parser	 parser;
	const struct guard_events *events;	/* NULL: of a stanza alone */
	void		*ctx;
	bool		 deaf;
	bool		 refused;
	int		 depth;		/* of elements that are open */
	bool		 forgiving;
	bool		 cut;		/* the rest of it is left out */
	int		 passed;	/* of a cut one: elements that are open
					 * for libstrophe */
	bool		 empty;		/* nothing is in this stanza yet */
	unsigned	 elements;	/* of this stanza */
	/* By how deep they are: of those that are open, texts counted. */
	unsigned	 children[GUARD_DEPTH + 2];
	size_t		 fed;		/* bytes since the last whole stanza */
	size_t		 begun;		/* bytes since expat said anything */
	size_t		 memory;	/* of expat */
	struct buf	 said;		/* text since the last tag */
};

static struct {
	const struct guard_events *events;
	void		*ctx;
	struct guard	*made;
} expected;

static size_t stanza_max = GUARD_STANZA;

/* ---------------------------------------------------------- the real expat */

static struct {
	XML_Parser	(*create)(const XML_Char *,
			    const XML_Memory_Handling_Suite *,
			    const XML_Char *);
	void		(*set_user)(XML_Parser, void *);
	void		(*set_element)(XML_Parser, XML_StartElementHandler,
			    XML_EndElementHandler);
	void		(*set_text)(XML_Parser, XML_CharacterDataHandler);
	enum XML_Status	(*parse)(XML_Parser, const char *, int, int);
	XML_Bool	(*reset)(XML_Parser, const XML_Char *);
	void		(*free)(XML_Parser);
} real;

static void
find(void *slot, const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (function == NULL)
		fatal("expat has no %s", name);
	/* POSIX lets an object pointer be a function; C has no cast for it. */
	memcpy(slot, &function, sizeof(function));
}

static void
find_all(void)
{
	if (real.create != NULL)
		return;
	find(&real.set_user, "XML_SetUserData");
	find(&real.set_element, "XML_SetElementHandler");
	find(&real.set_text, "XML_SetCharacterDataHandler");
	find(&real.parse, "XML_Parse");
	find(&real.reset, "XML_ParserReset");
	find(&real.free, "XML_ParserFree");
	find(&real.create, "XML_ParserCreate_MM");
}

/* ------------------------------------------------------------------ refusal */

static void
refuse(struct guard *g, const char *why)
{
	if (g->refused)
		return;
	g->refused = true;
	XML_StopParser(g->parser, XML_FALSE);
	if (g->events != NULL && g->events->refused != NULL)
		g->events->refused(g->ctx, why);
}

static bool
is_over(const struct guard *g)
{
	return g->refused || g->deaf;
}

/* Something is too large.  In a stanza it is left out, with all that follows;
 * this is in one, in an element that libstrophe has seen, from depth 2 on. */
static void
cut(struct guard *g, const char *why)
{
	if (g->cut)
		return;
	if (!g->forgiving || g->depth < 2) {
		refuse(g, why);
		return;
	}
	log_info("a stanza was cut: %s", why);
	g->cut = true;
	g->passed = g->depth;
	buf_free(&g->said);
}

/* ------------------------------------------------------------------ elements */

static bool
may_pass(struct guard *g)
{
	return g->events == NULL || g->events->text == NULL ||
	    g->depth - 1 > GUARD_HEARD || g->events->text(g->ctx,
	    g->depth - 1, buf_data(&g->said), buf_len(&g->said));
}

/* In one call, however expat has cut it. */
static void
say(struct guard *g)
{
	if (buf_len(&g->said) == 0)
		return;
	g->empty = false;
	g->children[g->depth]++;
	if (may_pass(g) && g->text != NULL && !is_over(g))
		g->text(g->user, buf_data(&g->said), (int)buf_len(&g->said));
	buf_clear(&g->said);
}

static void
on_text(void *ctx, const XML_Char *s, int len)
{
	struct guard *g = ctx;

	g->begun = 0;
	/* Between stanzas there is only white space that keeps the connection
	 * alive. */
	if (g->events != NULL && g->depth < 2)
		g->fed = 0;
	else if (!is_over(g) && !g->cut)
		buf_add(&g->said, s, (size_t)len);
}

static void
tell_element(struct guard *g, const char *name, const char *const *attributes)
{
	const char *end = strchr(name, SEPARATOR);
	char *ns;

	if (g->events == NULL || g->events->element == NULL ||
	    g->depth > GUARD_HEARD)
		return;
	ns = xstrndup(name, end != NULL ? (size_t)(end - name) : 0);
	g->events->element(g->ctx, g->depth, ns,
	    end != NULL ? end + 1 : name, attributes);
	free(ns);
}

static void
pass_renamed(struct guard *g, const XML_Char *name,
    const XML_Char **attributes)
{
	struct renamed r;

	memset(&r.names, 0, sizeof(r.names));
	g->start(g->user, name, rename_all(&r, attributes));
	buf_free(&r.names);
}

static void
pass_start(struct guard *g, const XML_Char *name, const XML_Char **attributes)
{
	char *unspaced = NULL;

	/* Said to libstrophe, which would have it inherit its parent's. */
	if (g->depth > 1 && strchr(name, SEPARATOR) == NULL)
		name = unspaced = xasprintf("%c%s", SEPARATOR, name);
	if (rename_needed(attributes))
		pass_renamed(g, name, attributes);
	else
		g->start(g->user, name, attributes);
	free(unspaced);
}

/* Of a stanza's own tag that has too much in it: who says it to whom. */
static void
keep_few(const XML_Char **attributes, const XML_Char **few)
{
	static const char *const names[FEW] = { "from", "to", "id", "type" };
	size_t n = 0;

	for (size_t i = 0; i < FEW; i++) {
		const char *value = guard_attribute(
		    (const char *const *)attributes, names[i]);

		if (value == NULL || strlen(value) > GUARD_TAG / FEW)
			continue;
		few[n++] = names[i];
		few[n++] = value;
	}
	few[n] = NULL;
}

/* What is too much, or NULL.  tag: its bytes. */
static const char *
count(struct guard *g, size_t tag, const XML_Char **attributes)
{
	size_t n = 0;

	while (n <= GUARD_ATTRIBUTES && attributes[2 * n] != NULL)
		n++;
	if (g->depth > GUARD_DEPTH)
		return "elements nested too deeply";
	if (g->depth < 2)
		g->elements = 0;
	else
		g->children[g->depth]++;
	g->children[g->depth + 1] = 0;
	if (++g->elements > GUARD_ELEMENTS || (g->depth > 1 &&
	    g->children[g->depth] > GUARD_CHILDREN))
		return "too many elements";
	if (n > GUARD_ATTRIBUTES)
		return "too many attributes";
	/* A stanza alone is fed at once. */
	return g->events != NULL && tag > GUARD_TAG ? "a tag too large" : NULL;
}

static void
on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct guard *g = ctx;
	const XML_Char *few[2 * FEW + 1];
	const char *why = NULL;
	size_t tag = g->begun;

	g->begun = 0;
	if (is_over(g))
		return;
	if (!g->cut && (why = count(g, tag, attributes)) != NULL) {
		if (g->depth != 1)
			cut(g, why);
		else if (!g->forgiving)
			refuse(g, why);
	}
	if (is_over(g))
		return;
	if (g->cut) {
		g->depth++;
		return;
	}
	if (why != NULL) {
		keep_few(attributes, few);
		attributes = few;
	}
	say(g);
	tell_element(g, name, (const char *const *)attributes);
	if (g->start != NULL && !is_over(g))
		pass_start(g, name, attributes);
	g->empty = g->depth == 1;
	g->depth++;
	if (why != NULL)
		cut(g, why);
}

/* libstrophe looks for the first thing in a stream error without asking whether
 * there is one. */
static void
fill_error(struct guard *g, const char *name)
{
	static const char error[] = "http://etherx.jabber.org/streams\x1f"
	    "error", filling[] = "urn:ietf:params:xml:ns:xmpp-streams\x1f"
	    "undefined-condition";
	static const char *none[] = { NULL };

	if (g->depth != 2 || !g->empty || strcmp(name, error) != 0 ||
	    g->start == NULL || g->end == NULL)
		return;
	g->start(g->user, filling, none);
	g->end(g->user, filling);
}

static void
on_end(void *ctx, const XML_Char *name)
{
	struct guard *g = ctx;

	g->begun = 0;
	if (is_over(g))
		return;
	if (g->cut && g->depth > g->passed) {
		g->depth--;
		return;
	}
	say(g);
	if (g->depth == 2 && g->events != NULL && g->events->ending != NULL)
		g->events->ending(g->ctx);
	if (is_over(g))
		return;
	fill_error(g, name);
	g->depth--;
	g->passed--;
	if (g->depth == 1) {
		g->fed = 0;
		buf_trim(&g->said);
	}
	if (g->end != NULL)
		g->end(g->user, name);
	if (g->depth > 1)
		return;
	g->cut = false;
	if (g->events != NULL && g->events->whole != NULL)
		g->events->whole(g->ctx);
}

/* RFC 6120 11.1: none of these in a stream; and with no DTD there are no
 * entities to be expanded. */
static void
on_doctype(void *ctx, const XML_Char *name, const XML_Char *system_id,
    const XML_Char *public_id, int subset)
{
	(void)name, (void)system_id, (void)public_id, (void)subset;
	refuse(ctx, "a document type");
}

static void
on_instruction(void *ctx, const XML_Char *target, const XML_Char *data)
{
	(void)target, (void)data;
	refuse(ctx, "a processing instruction");
}

static void
on_comment(void *ctx, const XML_Char *data)
{
	(void)data;
	refuse(ctx, "a comment");
}

/* ---------------------------------------------------------------------- life */

/* A parser that is new, or as good as new. */
static void
take(struct guard *g)
{
	g->deaf = false;
	g->refused = g->cut = g->forgiving = false;
	g->depth = 0;
	g->fed = 0;
	g->begun = 0;
	buf_free(&g->said);
	real.set_user(g->parser, g);
	real.set_element(g->parser, on_start, on_end);
	real.set_text(g->parser, on_text);
	XML_SetStartDoctypeDeclHandler(g->parser, on_doctype);
	XML_SetProcessingInstructionHandler(g->parser, on_instruction);
	XML_SetCommentHandler(g->parser, on_comment);
	/* Otherwise the end of a tag that comes in two pieces is not seen until
	 * as much again has come. */
	if (XML_SetReparseDeferralEnabled != NULL)
		XML_SetReparseDeferralEnabled(g->parser, XML_FALSE);
}

static struct guard *
guard_of(XML_Parser parser)
{
	return XML_GetUserData(parser);
}

/* ---- what libstrophe calls */

XML_Parser XMLCALL
XML_ParserCreate_MM(const XML_Char *encoding,
    const XML_Memory_Handling_Suite *suite, const XML_Char *separator)
{
	struct guard *g = xcalloc(1, sizeof(*g));
	size_t *before;

	(void)suite;
	find_all();
	before = meter_read(&g->memory);
	g->parser = real.create(encoding, &meter_suite, separator);
	meter_read(before);
	if (g->parser == NULL) {
		free(g);
		return NULL;
	}
	g->events = expected.events;
	g->ctx = expected.ctx;
	if (expected.events != NULL)
		expected.made = g;
	expected.events = NULL;
	take(g);
	return g->parser;
}

XML_Bool XMLCALL
XML_ParserReset(XML_Parser parser, const XML_Char *encoding)
{
	struct guard *g = guard_of(parser);
	size_t *before = meter_read(&g->memory);
	XML_Bool done = real.reset(parser, encoding);

	meter_read(before);
	if (done)
		take(g);
	return done;
}

void XMLCALL
XML_ParserFree(XML_Parser parser)
{
	struct guard *g;
	size_t *before;

	if (parser == NULL)
		return;
	g = guard_of(parser);
	before = meter_read(&g->memory);
	real.free(parser);
	meter_read(before);
	buf_free(&g->said);
	free(g);
}

void XMLCALL
XML_SetUserData(XML_Parser parser, void *user)
{
	guard_of(parser)->user = user;
}

void XMLCALL
XML_SetElementHandler(XML_Parser parser, XML_StartElementHandler start,
    XML_EndElementHandler end)
{
	guard_of(parser)->start = start;
	guard_of(parser)->end = end;
}

void XMLCALL
XML_SetCharacterDataHandler(XML_Parser parser, XML_CharacterDataHandler text)
{
	guard_of(parser)->text = text;
}

enum XML_Status XMLCALL
XML_Parse(XML_Parser parser, const char *data, int len, int final)
{
	struct guard *g = guard_of(parser);
	size_t *before, size = len > 0 ? (size_t)len : 0;
	enum XML_Status status;

	if (g->refused)
		return XML_STATUS_ERROR;
	g->fed += size;
	g->begun += size;
	/* Who is to be forgiven is known when the stanza's own tag has ended. */
	if (g->fed > stanza_max + GUARD_TAG &&
	    (g->depth > 1 || !g->forgiving))
		cut(g, "a stanza too large");
	if (g->refused)
		return XML_STATUS_ERROR;
	before = meter_read(&g->memory);
	status = real.parse(parser, data, len, final);
	meter_read(before);
	if (g->begun > (g->forgiving ? GUARD_TAG_MAX : GUARD_TAG))
		refuse(g, "a tag too large");
	if (g->refused || (status != XML_STATUS_OK && !g->deaf)) {
		refuse(g, XML_ErrorString(XML_GetErrorCode(parser)));
		return XML_STATUS_ERROR;
	}
	return XML_STATUS_OK;
}

/* ---- what the rest of us calls */

void
guard_expect(const struct guard_events *events, void *ctx)
{
	expected.events = events;
	expected.ctx = ctx;
	expected.made = NULL;
}

struct guard *
guard_expected(void)
{
	expected.events = NULL;
	return expected.made;
}

void
guard_deafen(struct guard *g)
{
	g->deaf = true;
}

void
guard_forgive(struct guard *g)
{
	g->forgiving = true;
}

bool
guard_is_cut(const struct guard *g)
{
	return g->cut;
}

size_t
guard_memory(const struct guard *g)
{
	return g->memory;
}

void
guard_refuse(struct guard *g, const char *why)
{
	refuse(g, why);
}

void
guard_open(struct guard *g, const char *name, const char **attributes)
{
	if (!is_over(g) && g->start != NULL)
		g->start(g->user, name, attributes);
}

void
guard_text(struct guard *g, const char *s)
{
	if (!is_over(g) && g->text != NULL)
		g->text(g->user, s, (int)strlen(s));
}

void
guard_close(struct guard *g, const char *name)
{
	if (!is_over(g) && g->end != NULL)
		g->end(g->user, name);
}

const char *
guard_attribute(const char *const *attributes, const char *name)
{
	for (size_t i = 0; attributes[i] != NULL; i += 2) {
		if (strcmp(attributes[i], name) == 0)
			return attributes[i + 1];
	}
	return NULL;
}

void
guard_set_stanza_max(size_t bytes)
{
	stanza_max = bytes > 0 ? bytes : GUARD_STANZA;
}
