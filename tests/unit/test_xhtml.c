/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Rich text made harmless, both ways. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/xhtml.h"

static const struct {
	const char *in, *out;	/* NULL: nothing is written */
} cases[] = {
	{ "plain", "plain" },
	{ "[<span style='font-weight:bold;'>bold</span>] end",
	    "[<span style='font-weight:bold;'>bold</span>] end" },
	{ "", NULL },
	{ "<p style='color: red'>x</p>", "<p style='color: red'>x</p>" },
	{ "<b>1</b><i>2</i><u>3</u>", "<b>1</b><i>2</i><u>3</u>" },
	{ "a<br/>b", "a<br></br>b" },
	{ "&lt;b&gt;&amp;", "&lt;b&gt;&amp;" },
	{ "<a href='https://x.example/?a=1&amp;b=2'>l</a>",
	    "<a href='https://x.example/?a=1&amp;b=2'>l</a>" },
	/* What could run or load something. */
	{ "<a href='javascript:alert(1)'>l</a>", "<a>l</a>" },
	{ "<a href=' javascript:alert(1)'>l</a>", "<a>l</a>" },
	{ "<a href='JaVaScRiPt:x'>l</a>", "<a>l</a>" },
	{ "<a href='data:text/html,x'>l</a>", "<a>l</a>" },
	{ "<a href='java&#10;script:x'>l</a>", "<a>l</a>" },
	{ "<img src='file:///etc/passwd' alt='x'/>", "<img alt='x'></img>" },
	{ "<script>x</script>", "x" },
	{ "<b onclick='x()'>x</b>", "<b>x</b>" },
	{ "<p style='background-image: url(http://x)'>x</p>", "<p>x</p>" },
	{ "<p style='color: expression(x)'>x</p>", "<p>x</p>" },
	{ "<p style='color: \\65xpression'>x</p>", "<p>x</p>" },
	{ "<p style='color: red; behavior: x'>x</p>", "<p>x</p>" },
	{ "<p style='colour: red'>x</p>", "<p>x</p>" },
	{ "<p style=';;color:red;;'>x</p>", "<p style=';;color:red;;'>x</p>" },
	/* Part of a known attribute's name is none. */
	{ "<a ref='x' href='http://x'>x</a>", "<a href='http://x'>x</a>" },
	{ "<img t='x' rc='http://x' alt='y'/>", "<img alt='y'></img>" },
	{ "<a xmlns:q='urn:q' q:href='http://x'>x</a>", "<a>x</a>" },
	{ "<a href=\"http://x/'onclick='y\">x</a>",
	    "<a href='http://x/&apos;onclick=&apos;y'>x</a>" },
	{ "<iframe src='x'><b>y</b></iframe>", "<b>y</b>" },
	/* Not well-formed, or an attempt to leave the body. */
	{ "<b>", NULL },
	{ "</b>", NULL },
	{ "<b></i>", NULL },
	{ "&nbsp;", NULL },
	{ "<!DOCTYPE x [<!ENTITY y 'z'>]>&y;", NULL },
	{ "<?php x ?>", NULL },
	{ "<!-- x -->", NULL },
	{ "</body><body>", NULL },
	{ "x</body>", NULL },
	{ "</body></stream:stream>", NULL },
	{ "</body></html><evil/><html><body>", NULL },
	{ "a\001b", NULL },
	{ "a\xff" "b", NULL },
};

static void
put(const char *in, struct buf *out)
{
	struct xml x;

	buf_clear(out);
	xml_begin(&x, out);
	xml_open(&x, "message");
	xhtml_put(&x, in);
	xml_close(&x);
	buf_addc(out, '\0');
}

static void
up_cases(void **state)
{
	struct buf out = { 0 };
	char *want;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		put(cases[i].in, &out);
		want = cases[i].out == NULL ? xstrdup("<message/>") :
		    xasprintf("<message><html xmlns='http://jabber.org/"
		    "protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/"
		    "xhtml'>%s</body></html></message>", cases[i].out);
		if (strcmp(buf_data(&out), want) != 0)
			print_error("%s\n", cases[i].in);
		assert_string_equal(buf_data(&out), want);
		free(want);
	}
	buf_free(&out);
}

/* Neither deep nor large ones cost more than they are. */
static void
too_much(void **state)
{
	struct buf in = { 0 }, out = { 0 };

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_adds(&in, "<b>");
	for (int i = 0; i < 5000; i++)
		buf_adds(&in, "</b>");
	buf_addc(&in, '\0');
	put(buf_data(&in), &out);
	assert_true(buf_len(&out) < 2000);
	buf_clear(&in);
	for (int i = 0; i < 70000; i++)
		buf_addc(&in, 'x');
	buf_addc(&in, '\0');
	put(buf_data(&in), &out);
	assert_string_equal(buf_data(&out), "<message/>");
	buf_free(&in);
	buf_free(&out);
}

static void
down(void **state)
{
	(void)state;
	log_in();
	come("<message to='bob@" GW "' type='chat'><body>x</body>"
	    "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns="
	    "'http://www.w3.org/1999/xhtml'><p onclick='y'>x <a href="
	    "'javascript:z'>z</a></p></body></html></message>");
	expect_did("send chat bob x / <p>x <a>z</a></p>");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(up_cases),
		gateway_test(too_much),
		gateway_test(down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
