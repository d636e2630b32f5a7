/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple_text util */
/* HTML of libpurple's plug-ins as text and XHTML-IM, and XHTML-IM as theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "backends/purple/markup.h"
#include "util/macros.h"
#include "util/utf8.h"

#define ALL (MARKUP_RICH | MARKUP_SIZES | MARKUP_BACKGROUND | MARKUP_LINKS)

/* ---- what comes in */

static const struct {
	const char	*html, *plain, *xhtml;
} in[] = {
	{ "", "", "" },
	{ "hello", "hello", "" },
	{ "a &amp; b &lt;c&gt;", "a & b <c>", "" },
	{ "2 < 3 & 4 > 1", "2 < 3 & 4 > 1", "" },
	{ "I <3 you", "I <3 you", "" },
	{ "a <vector> of <ints>", "a <vector> of <ints>", "" },
	{ "&unknown; &#0; &#xd800; &#x110000; &;", "&unknown; &#0; &#xd800; "
	    "&#x110000; &;", "" },
	{ "&#65;&#x42;&euro;&nbsp;x", "AB\u20ac x", "" },
	{ "one<br>two<BR/>three\nfour\r\nfive", "one\ntwo\nthree\nfour\nfive",
	    "" },
	{ "<p>one</p> <p>two</p>", "one\ntwo", "" },
	{ "<div>one</div><div><p>two</p></div>three", "one\ntwo\nthree", "" },
	{ "<b>bold</b> <i>and</i>", "bold and",
	    "<strong>bold</strong> <em>and</em>" },
	{ "<b>a<i>b</b>c</i>", "abc",
	    "<strong>a</strong><strong><em>b</em></strong>c" },
	{ "<b>never closed", "never closed",
	    "<strong>never closed</strong>" },
	{ "closed</b></i> only", "closed only", "" },
	{ "<FONT COLOR=\"#ff0000\" SIZE=5 face='Arial Black'>x</FONT>", "x",
	    "<span style=\"color: #ff0000; font-family: Arial Black; "
	    "font-size: x-large\">x</span>" },
	{ "<font color='red;background:url(x)'>x</font>", "x", "" },
	{ "<span style='color: rgb(1, 2, 255); position: fixed'>x</span>", "x",
	    "<span style=\"color: #0102ff\">x</span>" },
	{ "<span style='font-weight: bold; text-decoration: underline "
	    "line-through'>x</span>", "x", "<strong><span style=\""
	    "text-decoration: underline line-through\">x</span></strong>" },
	{ "<span style='font-family: &quot;DejaVu Sans&quot;; font-size: "
	    "10pt'>x</span>", "x", "<span style=\"font-family: DejaVu Sans; "
	    "font-size: small\">x</span>" },
	{ "<span style='color: expression(alert(1))'>x</span>", "x", "" },
	{ "<font size='+1'>x</font><font size='-9'>y</font>", "xy",
	    "<span style=\"font-size: large\">x</span>"
	    "<span style=\"font-size: x-small\">y</span>" },
	{ "<u><s>x</s></u>", "x", "<span style=\"text-decoration: underline "
	    "line-through\">x</span>" },
	{ "<code>x</code>", "x",
	    "<span style=\"font-family: monospace\">x</span>" },
	{ "<font face='Arial'>x<samp>y<i style='font-family: Arial'>z</i></samp>"
	    "</font>", "xyz", "<span style=\"font-family: Arial\">x</span>"
	    "<span style=\"font-family: monospace\">y</span><em>"
	    "<span style=\"font-family: Arial\">z</span></em>" },
	{ "a<script>alert('<b>')</script>b<title>t</title>c", "abc", "" },
	{ "a<script>never closed", "anever closed", "" },
	{ "a<!-- <b> -->b<!DOCTYPE html>c<?xml version='1.0'?>d", "abcd", "" },
	{ "a<!-- never closed", "a<!-- never closed", "" },
	{ "<html><body bgcolor='#fff'>x</body></html>", "x", "" },
	{ "<ul><li>one</li><li>two</li></ul>after",
	    "\u2022 one\n\u2022 two\nafter", "" },
	{ "<b class='>' title=\"<\">x</b>", "x", "<strong>x</strong>" },
	{ "<b", "<b", "" },
	{ "<a href=\"unfinished", "<a href=\"unfinished", "" },
	{ "</", "</", "" },
	{ "<b/>x<br />y", "x\ny", "" },
	{ "ctrl\x01\x1f\x7f\xef\xbf\xbf!", "ctrl\x7f!", "" },
	{ "bad \xff\xc3 utf8 \xed\xa0\x80", "bad ?? utf8 ???", "" },
	/* Links */
	{ "<a href='http://x.example/'>http://x.example/</a>",
	    "http://x.example/", "" },
	{ "<a href='http://www.x.example/'>x.example</a>", "x.example", "" },
	{ "<a href=\"https://x.example/?a=1&amp;b=2\">here</a>!",
	    "here <https://x.example/?a=1&b=2>!",
	    "<a href=\"https://x.example/?a=1&amp;b=2\">here</a>!" },
	{ "<a href='mailto:a@x.example'>a@x.example</a>", "a@x.example", "" },
	{ "<a href='javascript:alert(1)'>x</a>", "x", "" },
	{ "<a href=' javascript:alert(1)'>x</a>", "x", "" },
	{ "<a href='data:text/html,x'>x</a>", "x", "" },
	{ "<a href='ftp://x.example/f'>f</a>", "f <ftp://x.example/f>", "" },
	{ "<a href='http://x.example/'></a>", "http://x.example/", "" },
	{ "<a href=http://x.example/>t</a>", "t <http://x.example/>",
	    "<a href=\"http://x.example/\">t</a>" },
	{ "<a href='http://a'>x<a href='http://b'>y</a>z",
	    "x <http://a>y <http://b>z", "<a href=\"http://a\">x</a>"
	    "<a href=\"http://b\">y</a>z" },
	{ "<a href='http://a'><b>x</b></a>", "x <http://a>",
	    "<a href=\"http://a\"><strong>x</strong></a>" },
	{ "<a href='http://a&quot;onclick=&quot;x'>x</a>",
	    "x <http://a%22onclick=%22x>",
	    "<a href=\"http://a%22onclick=%22x\">x</a>" },
	{ "<a href='http://a\x01 b&#10;c>'>x</a>", "x <http://a%01%20b%0Ac%3E>",
	    "<a href=\"http://a%01%20b%0Ac%3E\">x</a>" },
	/* Images: those with a number are no text */
	{ "see <img id=\"7\">", "see ", "" },
	{ "<img src='http://x.example/p.png' alt='cat'>",
	    "cat <http://x.example/p.png>",
	    "<a href=\"http://x.example/p.png\">cat</a>" },
	{ "<img src='http://x.example/p.png'>", "http://x.example/p.png", "" },
	{ "<img src='data:image/png;base64,AAAA' alt=':)'>", ":)", "" },
};

static void
test_in(void **state)
{
	struct markup m = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(in); i++) {
		markup_read(&m, in[i].html);
		print_message("%s\n", in[i].html);
		assert_string_equal(buf_data(&m.plain), in[i].plain);
		assert_string_equal(buf_data(&m.xhtml), in[i].xhtml);
	}
	markup_free(&m);
}

static void
test_images(void **state)
{
	struct markup m = { 0 };
	struct buf many = { 0 };

	(void)state;
	markup_read(&m, "<IMG ID='12'>a<img id=3/><img id='99999999999999'>");
	assert_int_equal(m.nimages, 2);
	assert_int_equal(m.images[0], 12);
	assert_int_equal(m.images[1], 3);
	for (int i = 0; i < 1000; i++)
		buf_adds(&many, "<img id='1'>");
	buf_addc(&many, '\0');
	markup_read(&m, buf_data(&many));
	assert_int_equal(m.nimages, MARKUP_IMAGES_MAX);
	markup_free(&m);
	buf_free(&many);
}

/* ---- limits */

static char *
repeat(const char *what, size_t bytes)
{
	size_t n = strlen(what), count = bytes / n;
	char *s = malloc(count * n + 1);

	for (size_t i = 0; i < count; i++)
		memcpy(s + i * n, what, n);
	s[count * n] = '\0';
	return s;
}

static void
test_limits(void **state)
{
	static const char *const floods[] = {
		"x", "\u20ac", "<b>", "<b>x", "<b><i>x</b>", "<a href='",
		"<a '",
		"<a \"<a '", "<a href=http://x>y", "<title>", "<!--", "</", "<",
		"&", "&amp;", "<img src='http://x'>", "<p>", "<hr>", "<br>",
		"<font face='abcdefghijklmnop' color='aliceblue' size='7'>x<b>"
		"y</b>", "<a href='http://abcdefghijkl'>", "<span style='"
		"color:red;'>", "\xff", "\x01",
	};
	struct markup m = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(floods); i++) {
		char *s = repeat(floods[i], 700000);

		print_message("%s...\n", floods[i]);
		markup_read(&m, s);
		assert_true(buf_len(&m.plain) <= MARKUP_MAX + 16);
		assert_true(buf_len(&m.xhtml) <= MARKUP_RICH_MAX + 1);
		assert_true(utf8_valid(buf_data(&m.plain),
		    buf_len(&m.plain)));
		free(s);
	}
	markup_read(&m, "short");
	assert_string_equal(buf_data(&m.plain), "short");
	markup_free(&m);
}

static void
test_cut(void **state)
{
	char *s = repeat("\u20ac", MARKUP_MAX + 9);
	struct markup m = { 0 };
	size_t len;

	(void)state;
	markup_read(&m, s);
	len = strlen(buf_data(&m.plain));
	assert_true(len > MARKUP_MAX - 3 && len < MARKUP_MAX + 16);
	assert_string_equal(buf_data(&m.plain) + len - 6, "\n[...]");
	markup_free(&m);
	free(s);
}

/* ---- what goes out */

static const struct {
	const char	*body, *xhtml;
	unsigned	 can;
	const char	*html;
} out[] = {
	{ "a <b> & \"c\"\nd", NULL, ALL,
	    "a &lt;b&gt; &amp; &quot;c&quot;<br>d" },
	{ "bold", "<strong>bold</strong>", ALL, "<b>bold</b>" },
	{ "bold", "<strong>bold</strong>", 0, "bold" },
	/* It says something else: who reads only the one is not to be told
	 * less than who reads the other. */
	{ "no", "<strong>yes</strong>", ALL, "no" },
	{ "same", "<p>same</p>", ALL, "same" },
	{ "a b\nc", "<p>a <em>b</em></p><p>c</p>", ALL, "a <i>b</i><br>c" },
	{ "x", "<span style='color: red; font-size: large; background-color: "
	    "#00f; font-family: Arial'>x</span>", ALL,
	    "<font face=\"Arial\"><font size=\"4\"><font color=\"red\">"
	    "<font back=\"#00f\">x</font></font></font></font>" },
	{ "x", "<span style='color: red; font-size: large; background-color: "
	    "#00f'>x</span>", MARKUP_RICH,
	    "<font color=\"red\">x</font>" },
	{ "x", "<span style='text-decoration: underline'>x</span>", ALL,
	    "<u>x</u>" },
	{ "here", "<a href='http://x/?a&amp;b'>here</a>", ALL,
	    "<a href=\"http://x/?a&amp;b\">here</a>" },
	{ "here", "<a href='http://x/?a&amp;b'>here</a>", MARKUP_RICH,
	    "here &lt;http://x/?a&amp;b&gt;" },
	{ "here", "<a href='http://x/?a&amp;b'>here</a>", 0,
	    "here &lt;http://x/?a&amp;b&gt;" },
	{ "<i>x</i>", "&lt;i&gt;<b>x</b>&lt;/i&gt;", ALL,
	    "&lt;i&gt;<b>x</b>&lt;/i&gt;" },
};

static void
test_out(void **state)
{
	struct buf scratch = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(out); i++) {
		print_message("%s\n", out[i].body);
		assert_string_equal(markup_html(out[i].body, out[i].xhtml,
		    out[i].can, &scratch), out[i].html);
	}
	buf_free(&scratch);
}

/* What goes out is what comes in again. */
static void
test_there_and_back(void **state)
{
	static const char *const bodies[] = {
		"plain", "a & b < c > d \"e\" 'f'", "l1\nl2\n\nl4",
		"<b>not bold</b>", "&amp; &lt;", "\u00fc \u4e2d \U0001f600",
		"/me waves", "*bold* _it_ `code`", "  two  blanks ",
		"http://x.example/?a=1&b=2#c",
	};
	struct buf scratch = { 0 };
	struct markup m = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(bodies); i++) {
		markup_read(&m, markup_html(bodies[i], NULL, ALL, &scratch));
		assert_string_equal(buf_data(&m.plain), bodies[i]);
		assert_string_equal(buf_data(&m.xhtml), "");
	}
	markup_free(&m);
	buf_free(&scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_out),
		cmocka_unit_test(test_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
