/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote_guard protocol util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/guard.h"
#include "backends/xmpp/payload.h"
#include "util/macros.h"
#include "util/xalloc.h"

#define REPLY		"<reply xmlns='urn:xmpp:reply:0' id='r' to='a@b/c'/>"
#define FALLBACK(range)	"<fallback xmlns='urn:xmpp:fallback:0' " \
			"for='urn:xmpp:reply:0'>" range "</fallback>"

static xmpp_ctx_t *ctx;

static xmpp_stanza_t *
message(const char *inside)
{
	char *xml = xasprintf("<message xmlns='jabber:client' id='m'>%s"
	    "</message>", inside);
	xmpp_stanza_t *m = xmpp_stanza_new_from_string(ctx, xml);

	assert_non_null(m);
	free(xml);
	return m;
}

/* What is left of a body, and what it answers. */
static const struct {
	const char	*inside, *body, *quoted;
} bodies[] = {
	{ "<body>a</body>", "a", NULL },
	{ "<body>&gt; \xc3\xbc\nb</body>" REPLY
	    FALLBACK("<body start='0' end='4'/>"), "b", "\xc3\xbc" },
	{ "<body>b\n&gt; q</body>" REPLY FALLBACK("<body start='2'/>"),
	    "b\n", "q" },
	{ "<body>&gt;q\n&gt; w\nb</body>" REPLY FALLBACK("<body end='7'/>"),
	    "b", "q\nw" },
	/* Ranges that are none, or would leave nothing. */
	{ "<body>abc</body>" REPLY FALLBACK("<body start='2' end='1'/>"),
	    "abc", NULL },
	{ "<body>abc</body>" REPLY FALLBACK("<body start='9' end='99'/>"),
	    "abc", NULL },
	{ "<body>abc</body>" REPLY FALLBACK("<body start='x' end='-1'/>"),
	    "abc", NULL },
	{ "<body>abc</body>" REPLY FALLBACK(""), "abc", NULL },
	{ "<body>abc</body>" REPLY FALLBACK("<subject/>"), "abc", NULL },
	{ "<body>abc</body>" REPLY, "abc", NULL },
	/* One that belongs to something else, or to nothing. */
	{ "<body>abc</body>" FALLBACK("<body end='1'/>"), "abc", NULL },
	{ "<subject>s</subject><body>b</body>", "s\n\nb", NULL },
	{ "<subject>s</subject>", "s", NULL },
	{ "<body xml:lang='de'>d</body><body>n</body>", "n", NULL },
	{ "<body xml:lang='de'>d</body><body xml:lang='en'>e</body>", "d",
	    NULL },
	{ "<body/>", NULL, NULL }, { "<body xmlns='x'>a</body>", NULL, NULL },
	{ "<thread>t</thread>" REPLY, NULL, NULL },
};

static void
words(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(bodies); i++) {
		xmpp_stanza_t *m = message(bodies[i].inside);
		struct payload p;

		assert_int_equal(payload_read(&p, m), bodies[i].body != NULL);
		if (bodies[i].body != NULL) {
			assert_string_equal(p.body, bodies[i].body);
			if (bodies[i].quoted != NULL)
				assert_string_equal(p.reply.text,
				    bodies[i].quoted);
			else
				assert_null(p.reply.text);
			if (p.reply.id != NULL)
				assert_string_equal(p.reply.author, "a@b");
			payload_finish(&p);
		}
		xmpp_stanza_release(m);
	}
}

static void
bounds(void **state)
{
	char long_id[PAYLOAD_ID + 2] = { 0 }, *xml;
	xmpp_stanza_t *m;
	struct payload p;

	(void)state;
	for (size_t i = 0; i <= PAYLOAD_ID; i++)
		long_id[i] = 'x';
	xml = xasprintf("<body>a</body><replace id='%s' "
	    "xmlns='urn:xmpp:message-correct:0'/>", long_id);
	m = message(xml);
	assert_true(payload_read(&p, m));
	assert_null(p.replaces);
	payload_finish(&p);
	xmpp_stanza_release(m);
	free(xml);
	/* What was left out is seen. */
	for (size_t more = 0; more < 2; more++) {
		char *body = xmalloc(PAYLOAD_BODY + 4);
		size_t len = PAYLOAD_BODY + more;

		memset(body, 'x', len);
		body[len] = '\0';
		xml = xasprintf("<body>%s</body>", body);
		m = message(xml);
		assert_true(payload_read(&p, m));
		if (more)
			strcpy(body + PAYLOAD_BODY, "...");
		assert_string_equal(p.body, body);
		payload_finish(&p);
		xmpp_stanza_release(m);
		free(body);
		free(xml);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(bounds),
	};
	int failed;

	/* Into this program, so that stanzas are read through it. */
	guard_set_stanza_max(0);
	ctx = xmpp_ctx_new(NULL, NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	xmpp_ctx_free(ctx);
	return failed;
}
