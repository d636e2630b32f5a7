/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a backend says is XHTML comes out well formed and harmless. */
/* links: gateway pool store xmpp net protocol util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "manager/gateway/xhtml.h"
#include "util/macros.h"

#define HEAD "<message><html xmlns='http://jabber.org/protocol/xhtml-im'>" \
	"<body xmlns='http://www.w3.org/1999/xhtml'"
#define TAIL "</body></html></message>"

static void
test_put(void **state)
{
	static const struct { const char *in, *out; } cases[] = {
		{ "[<span style='font-weight:bold;'>bold</span>] end",
		    HEAD ">[<span style='font-weight:bold;'>bold</span>] end"
		    TAIL },
		{ "plain", HEAD ">plain" TAIL },
		{ "a &lt; b", HEAD ">a &lt; b" TAIL },
		{ "<b>not closed", "<message/>" },
		{ "</body><body>", "<message/>" },
		{ "&bomb;", "<message/>" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct buf out = { 0 };
		struct xml x;

		xml_begin(&x, &out);
		xml_open(&x, "message");
		xhtml_put(&x, cases[i].in);
		xml_close(&x);
		buf_addc(&out, '\0');
		assert_string_equal(buf_data(&out), cases[i].out);
		buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_put) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
