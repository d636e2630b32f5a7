/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do the bytes of a stream become stanzas, and when is it enough?  expat
 * does the XML; this file adds the limits, builds the tree, and starts expat
 * afresh between stanzas when it has collected too many names, which it keeps
 * for a parser's life. */
#include "manager/xmpp/parser.h"

#include <expat.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "manager/xmpp/element.h"
#include "manager/xmpp/xml.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

#define DEPTH_MAX	64		/* elements inside a stanza */
#define TOKEN_MAX	(16 * 1024)	/* bytes of one tag */
#define SLICE		(16 * 1024)	/* bytes given to expat at once */
#define NAMES_BUDGET	(48 * 1024)	/* expat's memory between stanzas */
#define FED_MAX		(1L << 30)	/* expat counts bytes in a long */

/* Expat of Debian 12 waits for more bytes before it looks at a split tag again,
 * for ever if none come.  The switch was backported without a version number,
 * so whether it is there is seen when the program is loaded. */
XML_Bool XMLCALL XML_SetReparseDeferralEnabled(XML_Parser, XML_Bool);
#pragma weak XML_SetReparseDeferralEnabled

struct parser {
	XML_Parser	 expat;
	const struct parser_events *events;
	void		*ctx;
	const char	*ns;		/* of the content, borrowed */
	const char	*condition;	/* why it cannot go on, or NULL */
	char		*header;	/* to give to a fresh expat; owned */
	struct buf	 prefixes;	/* declared by the header being read */
	char		*prefix;	/* of its own name; owned */
	struct arena	 arena;		/* the stanza being built */
	struct buf	 text;		/* of it, not in the tree yet */
	struct stanza	*at;		/* innermost open element, or NULL */
	struct buf	 rest;		/* fed beyond where it was held */
	size_t		 stanza_max;
	size_t		 memory;	/* taken by expat */
	long		 fed;		/* bytes given to this expat */
	long		 progress;	/* of these, seen in a callback */
	long		 start;		/* where the stanza began */
	unsigned	 depth;		/* 0: before the header */
	unsigned	 elements;	/* of the stanza so far */
	bool		 replaying;	/* the header is our own */
	bool		 halted;	/* expat was told to stop */
	bool		 stopped, ended, restart, refresh;
	bool		 feeding, doomed, held;
};

/* Expat's allocator has no context argument, so this is set around each call
 * into expat.  A failed allocation ends the stream, not the process. */
static struct parser *meter;

static void
account(void *mem, int sign)
{
	if (meter != NULL && mem != NULL)
		meter->memory += (size_t)sign * malloc_usable_size(mem);
}

static bool
afford(size_t n)
{
	return meter == NULL ||
	    meter->memory + n < 8 * meter->stanza_max + (1 << 20);
}

static void *
expat_malloc(size_t n)
{
	void *mem = afford(n) ? malloc(n) : NULL;

	account(mem, 1);
	return mem;
}

static void
expat_free(void *mem)
{
	account(mem, -1);
	free(mem);
}

static void *
expat_realloc(void *mem, size_t n)
{
	void *again;

	if (!afford(n))
		return NULL;
	account(mem, -1);
	again = realloc(mem, n);
	account(again != NULL ? again : mem, 1);
	return again;
}

static const XML_Memory_Handling_Suite memory = {
	expat_malloc, expat_realloc, expat_free
};

static void
halt(struct parser *p)
{
	if (p->feeding && !p->halted)
		XML_StopParser(p->expat, XML_FALSE);
	p->halted = true;
}

static void
refuse(struct parser *p, const char *condition)
{
	if (p->condition == NULL)
		p->condition = condition;
	halt(p);
}

/* The number of bytes up to the end of the current token. */
static long
position(const struct parser *p)
{
	return XML_GetCurrentByteIndex(p->expat) +
	    XML_GetCurrentByteCount(p->expat);
}

/* Every callback that costs memory begins here. */
static bool
go_on(struct parser *p)
{
	if (p->halted)
		return false;
	p->progress = position(p);
	if (p->depth > 1 && (size_t)(p->progress - p->start) > p->stanza_max) {
		refuse(p, "policy-violation");
		return false;
	}
	/* "<a/>" is four bytes and some two hundred of memory. */
	if (p->arena.total > 8 * p->stanza_max + TOKEN_MAX) {
		refuse(p, "policy-violation");
		return false;
	}
	return true;
}

static void
flush_text(struct parser *p)
{
	if (buf_len(&p->text) == 0)
		return;
	stanza_add_text(&p->arena, p->at, buf_data(&p->text),
	    buf_len(&p->text));
	buf_clear(&p->text);
}

/* What a fresh expat must have read to understand the stanzas that follow. */
static void
keep_header(struct parser *p)
{
	struct buf h = { 0 };

	buf_addf(&h, "<%s:stream", p->prefix);
	buf_add(&h, buf_data(&p->prefixes), buf_len(&p->prefixes));
	buf_addc(&h, '>');
	free(p->header);
	p->header = buf_steal(&h);
	buf_free(&p->prefixes);
	xreplace(&p->prefix, NULL);
}

static void
open_stream(struct parser *p, const struct stanza *s)
{
	p->depth = 1;
	if (p->replaying)
		return;
	if (strcmp(s->ns, NS_STREAM) != 0)
		refuse(p, "invalid-namespace");
	else if (strcmp(s->name, "stream") != 0)
		refuse(p, "bad-format");
	else {
		keep_header(p);
		p->events->opened(p->ctx, &p->arena, s);
	}
}

static void XMLCALL
on_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	struct parser *p = arg;
	struct stanza *s;

	if (p->depth == 1)
		p->start = XML_GetCurrentByteIndex(p->expat);
	if (!go_on(p))
		return;
	if (p->at != NULL)
		flush_text(p);
	if (p->depth > DEPTH_MAX ||
	    ++p->elements > 64 + p->stanza_max / 16 ||
	    (s = element_build(&p->arena, p->at, name, atts)) == NULL) {
		refuse(p, "policy-violation");
		return;
	}
	if (p->depth == 0) {
		open_stream(p, s);
		arena_reset(&p->arena);
		return;
	}
	p->at = s;
	p->depth++;
}

static void XMLCALL
on_end(void *arg, const XML_Char *name)
{
	struct parser *p = arg;
	struct stanza *s = p->at;

	(void)name;
	if (!go_on(p))
		return;
	p->depth--;
	if (s == NULL) {
		p->ended = true;
		halt(p);
		p->events->ended(p->ctx);
		return;
	}
	flush_text(p);
	p->at = s->parent;
	if (p->at != NULL)
		return;
	p->elements = 0;
	p->events->stanza(p->ctx, &p->arena, s);
	arena_reset(&p->arena);
	if (!p->halted && (p->held || p->memory > NAMES_BUDGET ||
	    p->fed > FED_MAX)) {
		p->refresh = true;
		halt(p);
	}
}

static void XMLCALL
on_text(void *arg, const XML_Char *text, int len)
{
	struct parser *p = arg;

	if (!go_on(p))
		return;
	if (p->at != NULL) {
		buf_add(&p->text, text, (size_t)len);
		return;
	}
	for (int i = 0; i < len; i++)
		if (strchr(" \t\r\n", text[i]) == NULL) {
			refuse(p, "bad-format");
			return;
		}
}

/* The header's own declarations: the default one must be ours, the others are
 * needed again by a fresh expat. */
static void XMLCALL
on_ns(void *arg, const XML_Char *prefix, const XML_Char *uri)
{
	struct parser *p = arg;

	if (p->depth != 0 || p->replaying || p->halted)
		return;
	if (uri == NULL)
		uri = "";
	if (prefix == NULL && strcmp(uri, p->ns) != 0) {
		refuse(p, "invalid-namespace");
		return;
	}
	if (strcmp(uri, NS_STREAM) == 0 && p->prefix != NULL) {
		refuse(p, "bad-namespace-prefix");	/* which one is it? */
		return;
	}
	if (buf_len(&p->prefixes) + strlen(uri) > ELEMENT_NS_MAX ||
	    (prefix != NULL && strlen(prefix) > ELEMENT_NAME_MAX)) {
		refuse(p, "policy-violation");
		return;
	}
	if (strcmp(uri, NS_STREAM) == 0)
		p->prefix = xstrdup(prefix);
	buf_addf(&p->prefixes, " xmlns%s%s='", prefix ? ":" : "",
	    prefix ? prefix : "");
	xml_escape_attr(&p->prefixes, uri, strlen(uri));
	buf_addc(&p->prefixes, '\'');
}

static void XMLCALL
on_declaration(void *arg, const XML_Char *version, const XML_Char *encoding,
    int standalone)
{
	struct parser *p = arg;

	(void)version;
	(void)standalone;
	if (go_on(p) && encoding != NULL && strcasecmp(encoding, "UTF-8") != 0)
		refuse(p, "unsupported-encoding");
}

/* RFC 6120 11.1 forbids all of these. */
static void XMLCALL
on_doctype(void *arg, const XML_Char *name, const XML_Char *sysid,
    const XML_Char *pubid, int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	refuse(arg, "restricted-xml");
}

static void XMLCALL
on_comment(void *arg, const XML_Char *text)
{
	(void)text;
	refuse(arg, "restricted-xml");
}

static void XMLCALL
on_instruction(void *arg, const XML_Char *target, const XML_Char *data)
{
	(void)target;
	(void)data;
	refuse(arg, "restricted-xml");
}

/* A new expat rather than a reset one: a reset one keeps its memory and turns
 * reparse deferral on again. */
static void
fresh_expat(struct parser *p)
{
	static const char separator[] = { ELEMENT_SEPARATOR, '\0' };
	struct parser *outer = meter;

	meter = p;
	if (p->expat != NULL)
		XML_ParserFree(p->expat);
	p->memory = 0;
	p->fed = p->progress = p->start = 0;
	p->halted = false;
	p->expat = XML_ParserCreate_MM("UTF-8", &memory, separator);
	if (p->expat == NULL)
		fatal("no memory for a parser");
	if (XML_SetReparseDeferralEnabled != NULL)
		XML_SetReparseDeferralEnabled(p->expat, XML_FALSE);
	XML_SetUserData(p->expat, p);
	XML_SetElementHandler(p->expat, on_start, on_end);
	XML_SetCharacterDataHandler(p->expat, on_text);
	XML_SetStartNamespaceDeclHandler(p->expat, on_ns);
	XML_SetXmlDeclHandler(p->expat, on_declaration);
	XML_SetStartDoctypeDeclHandler(p->expat, on_doctype);
	XML_SetCommentHandler(p->expat, on_comment);
	XML_SetProcessingInstructionHandler(p->expat, on_instruction);
	meter = outer;
}

struct parser *
parser_create(const char *ns, size_t stanza_max,
    const struct parser_events *events, void *ctx)
{
	struct parser *p = xcalloc(1, sizeof(*p));

	p->ns = ns;
	p->stanza_max = stanza_max;
	p->events = events;
	p->ctx = ctx;
	fresh_expat(p);
	return p;
}

void
parser_destroy(struct parser *p)
{
	struct parser *outer = meter;

	if (p == NULL)
		return;
	if (p->feeding) {	/* parser_feed() will do it */
		p->doomed = true;
		parser_stop(p);
		return;
	}
	meter = p;
	XML_ParserFree(p->expat);
	meter = outer;
	arena_free(&p->arena);
	buf_free(&p->text);
	buf_free(&p->prefixes);
	buf_free(&p->rest);
	free(p->prefix);
	free(p->header);
	free(p);
}

void
parser_set_max(struct parser *p, size_t stanza_max)
{
	p->stanza_max = stanza_max;
}

void
parser_restart(struct parser *p)
{
	p->restart = true;
	halt(p);
}

void
parser_stop(struct parser *p)
{
	p->stopped = true;
	halt(p);
}

/* Why expat gave up, as a stream error condition. */
static const char *
condition_of(enum XML_Error error)
{
	switch (error) {
	case XML_ERROR_UNDEFINED_ENTITY:
		return "restricted-xml";
	case XML_ERROR_NO_MEMORY:
		return "policy-violation";
	case XML_ERROR_UNKNOWN_ENCODING:
	case XML_ERROR_INCORRECT_ENCODING:
		return "unsupported-encoding";
	default:
		return "not-well-formed";
	}
}

static void
parse(struct parser *p, const char *data, size_t len)
{
	struct parser *outer = meter;

	meter = p;
	p->feeding = true;
	p->fed += (long)len;
	if (XML_Parse(p->expat, data, (int)len, 0) == XML_STATUS_ERROR &&
	    !p->halted)
		p->condition = condition_of(XML_GetErrorCode(p->expat));
	p->feeding = false;
	meter = outer;
	if (!p->halted && p->fed - p->progress > TOKEN_MAX)
		p->condition = "policy-violation";
}

static void
begin_again(struct parser *p)
{
	p->restart = p->refresh = p->ended = false;
	p->at = NULL;
	p->depth = p->elements = 0;
	arena_free(&p->arena);
	buf_free(&p->text);
	buf_free(&p->prefixes);
	xreplace(&p->prefix, NULL);
	fresh_expat(p);
}

/* Same stream, new expat. */
static void
replay(struct parser *p)
{
	begin_again(p);
	p->replaying = true;
	parse(p, p->header, strlen(p->header));
	p->replaying = false;
	if (p->condition != NULL)
		p->condition = "internal-server-error";
}

void
parser_hold(struct parser *p, bool held)
{
	p->held = held;
}

const struct buf *
parser_rest(const struct parser *p)
{
	return &p->rest;
}

bool
parser_is_idle(const struct parser *p)
{
	return p->depth == 1 && p->fed == p->progress && !p->feeding &&
	    !p->restart && !p->ended && !p->stopped && p->condition == NULL;
}

const char *
parser_header(const struct parser *p)
{
	return p->header;
}

int
parser_enter(struct parser *p, const char *header)
{
	p->header = xstrdup(header);
	replay(p);
	return p->condition == NULL && p->depth == 1 ? 0 : -1;
}

/* One slice; returns how much of it was used. */
static size_t
feed_slice(struct parser *p, const char *data, size_t len)
{
	long before = p->fed;
	size_t used = len;

	parse(p, data, len);
	if (p->refresh && !p->stopped && !p->restart) {
		used = (size_t)(p->progress - before);
		replay(p);
	}
	return used;
}

/* Expat would follow a byte order mark or a NUL into UTF-16, whatever encoding
 * it was given. */
static bool
is_utf16(const struct parser *p, const char *data, size_t len)
{
	for (long i = p->fed; i < 2 && len > 0; i++, data++, len--)
		if (*data == '\0' || (i == 0 && (*data & 0xfe) == 0xfe))
			return true;
	return false;
}

/* Nothing is kept for a stanza that has not begun. */
static void
give_back(struct parser *p)
{
	if (p->depth > 1)
		return;
	arena_free(&p->arena);
	buf_free(&p->text);
}

static void
take(struct parser *p, const char *data, size_t len)
{
	/* What a client sent to keep the last stream alive may come late. */
	for (; p->fed == 0 && len > 0 && strchr(" \t\r\n", *data) != NULL &&
	    *data != '\0'; data++, len--)
		continue;
	if (p->fed < 2 && is_utf16(p, data, len))
		p->condition = "unsupported-encoding";
	while (len > 0 && p->condition == NULL && !p->stopped && !p->ended &&
	    !p->restart && !(p->held && parser_is_idle(p))) {
		size_t used = feed_slice(p, data, len < SLICE ? len : SLICE);

		data += used;
		len -= used;
	}
	if (p->held && parser_is_idle(p))
		buf_add(&p->rest, data, len);
}

int
parser_feed(struct parser *p, const char *data, size_t len,
    const char **condition)
{
	struct buf rest = p->rest;

	if (p->restart && !p->stopped)
		begin_again(p);
	if (!p->held && buf_len(&rest) > 0) {
		p->rest = (struct buf){ 0 };
		take(p, buf_data(&rest), buf_len(&rest));
		buf_free(&rest);
	}
	take(p, data, len);
	give_back(p);
	*condition = p->condition;
	if (p->doomed) {
		parser_destroy(p);
		return 0;
	}
	return *condition != NULL && !p->stopped ? -1 : 0;
}
