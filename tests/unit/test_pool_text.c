/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: pool protocol util */
/* What the pool makes of text: command lines, last words, exit codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "manager/pool/command.h"
#include "manager/pool/place.h"
#include "manager/pool/report.h"
#include "manager/pool/tail.h"
#include "util/log.h"
#include "util/xalloc.h"

static void
command_words(void **state)
{
	static const struct {
		const char *command, *words;	/* as [a][b], or why not */
	} cases[] = {
		{ "", "it names no program" },
		{ " \t ", "it names no program" },
		{ "''", "it names no program" },
		{ "'' x", "it names no program" },
		{ "a", "[a]" },
		{ "  a  b\tc ", "[a][b][c]" },
		{ "a ''", "[a][]" },
		{ "a '' \"\"x", "[a][][x]" },
		{ "'a b' \"c d\"", "[a b][c d]" },
		{ "a'b'\"c\"d", "[abcd]" },
		{ "'a\\'b", "[a\\b]" },
		{ "\"a\\\"b\\\\c\\d'\"", "[a\"b\\c\\d']" },
		{ "a\\ b \\'c", "[a b]['c]" },
		{ "'a", "a quote is not closed" },
		{ "a \"b\\\"", "a quote is not closed" },
		{ "a'", "a quote is not closed" },
		{ "a\\", "it ends with a backslash" },
		{ "a $HOME *;|", "[a][$HOME][*;|]" },
		{ "env X=Y b", "[env][X=Y][b]" },
		{ "b --id BACKEND_ID", "[b][--id][17]" },
		{ "b -iBACKEND_ID-BACKEND_ID x",
		    "[b][-i17-17][x]" },
		{ "b BACKEND_I", "[b][BACKEND_I]" },
		{ "b \xc3\xa4\xff", "[b][\xc3\xa4\xff]" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct buf got = { 0 };
		const char *why = NULL;
		char **words, *text;

		printf("<%s>\n", cases[i].command);
		words = command_split(cases[i].command, 17, &why);
		for (size_t k = 0; words != NULL && words[k] != NULL; k++)
			buf_addf(&got, "[%s]", words[k]);
		if (words == NULL)
			buf_adds(&got, why);
		text = buf_steal(&got);
		assert_string_equal(text, cases[i].words);
		free(text);
		command_free(words);
	}
}

static char logged[4096];
static unsigned log_lines;

static void
on_log(enum log_level level, const char *line)
{
	log_lines++;
	snprintf(logged, sizeof(logged), "%d %s", level, line);
}

static void
assert_words(const struct tail *t, unsigned lines, const char *expected)
{
	struct buf out = { 0 };
	char *text;

	tail_words(t, lines, &out);
	text = buf_steal(&out);
	assert_string_equal(text, expected);
	free(text);
}

static void
feed(struct tail *t, const char *text)
{
	tail_feed(t, text, strlen(text));
}

static struct tail *
tail_on_pipe(const char *path, int *to)
{
	struct tail *t = calloc(1, sizeof(*t));
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	*to = fds[1];
	tail_open(t, ev_default_loop(0), fds[0], path, "me");
	log_capture(on_log);
	log_lines = 0;
	return t;
}

static void
last_words(void **state)
{
	char text[64];
	int to;
	struct tail *t = tail_on_pipe(NULL, &to);

	(void)state;
	assert_words(t, 3, "");
	feed(t, "one\n\n\r\ntw");
	assert_words(t, 3, "one");
	feed(t, "o\r\nthree  \n");
	assert_words(t, 3, "one / two / three");
	assert_words(t, 2, "two / three");
	for (int i = 0; i < 25; i++) {
		snprintf(text, sizeof(text), "line %d\n", i);
		feed(t, text);
	}
	assert_words(t, 2, "line 23 / line 24");
	assert_words(t, 99, "line 15 / line 16 / line 17 / line 18 / line 19 / "
	    "line 20 / line 21 / line 22 / line 23 / line 24");
	feed(t, "bad \xff\x01 bytes\n");
	assert_words(t, 1, "bad ?? bytes");
	/* What it said long ago has no part in its end. */
	for (int i = 0; i < TAIL_LINES; i++)
		t->times[i] -= TAIL_FRESH + 1;
	assert_words(t, 3, "");
	feed(t, "news\n");
	assert_words(t, 3, "news");
	/* What has no end of line is taken when the pipe ends. */
	assert_int_equal(write(to, "the end", 7), 7);
	close(to);
	tail_read_rest(t);
	assert_words(t, 1, "the end");
	tail_close(t);
	assert_words(t, 1, "the end");
	log_capture(NULL);
	free(t);
}

static void
long_lines_are_cut(void **state)
{
	int to;
	struct tail *t = tail_on_pipe(NULL, &to);
	struct buf out = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		feed(t, "0123456789");
	assert_true(log_lines > 10);		/* no end: ended for it */
	assert_true(buf_len(&t->part) < 32768);
	tail_words(t, 1, &out);
	assert_int_equal(buf_len(&out), TAIL_WIDTH - 1);
	buf_free(&out);
	/* Not in the middle of a character. */
	feed(t, "\n");
	for (int i = 0; i < 300; i++)
		feed(t, "\xe2\x82\xac");
	feed(t, "\n");
	tail_words(t, 1, &out);
	assert_int_equal(buf_len(&out), 198);
	buf_free(&out);
	tail_close(t);
	close(to);
	log_capture(NULL);
	free(t);
}

/* [xmpp] host and "host name" are in lines 7 and 8, [service] a in line 3. */
static struct pair in_service[] = { { "a", "3" }, { "over", "0" } };
static struct pair in_xmpp[] = { { "host", "7" }, { "host name", "8" } };
static struct section with_keys[] = {
	{ "service", { in_service, 2 } }, { "xmpp", { in_xmpp, 2 } },
};
static const struct places places = {
	"/etc/x.cfg", { with_keys, LENGTH(with_keys) },
};

static void
settings_have_places(void **state)
{
	static const struct {
		const char *text, *before;
	} cases[] = {
		{ "[xmpp] host: bad", "/etc/x.cfg:7: " },
		{ "[xmpp] host=y: bad", "/etc/x.cfg:7: " },
		{ "[xmpp] host = y: bad", "/etc/x.cfg:7: " },
		{ "[xmpp] host, port: bad", "/etc/x.cfg:7: " },
		{ "[xmpp] host", "/etc/x.cfg:7: " },
		{ "[xmpp] host name = y", "/etc/x.cfg:8: " },
		{ "[xmpp] hostname = y", "/etc/x.cfg: " },
		{ "[xmpp] port is not set", "/etc/x.cfg: " },
		{ "[xmpp] ", "/etc/x.cfg: " },
		{ "[service] a: bad", "/etc/x.cfg:3: " },
		{ "[service] over: bad", "command line: " },
		{ "[xmp] host: bad", "" },
		{ "[xmpp]host: bad", "" },
		{ "[] a", "" },
		{ "[", "" },
		{ "", "" },
		{ " [xmpp] host: bad", "" },
		{ "see [xmpp] host: bad", "" },
	};
	static const struct places nowhere;
	struct buf out = { 0 };
	char *text;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char *expected = xasprintf("%s%s", cases[i].before,
		    cases[i].text);

		place_add(&places, cases[i].text, &out);
		text = buf_steal(&out);
		assert_string_equal(text, expected);
		free(text);
		free(expected);
	}
	place_add(NULL, "[xmpp] host: bad", &out);
	place_add(&nowhere, "[xmpp] host: bad", &out);
	text = buf_steal(&out);
	assert_string_equal(text, "[xmpp] host: bad[xmpp] host: bad");
	free(text);
}

static void
levels_and_floods(void **state)
{
	int to;
	struct tail *t = tail_on_pipe(NULL, &to);

	(void)state;
	feed(t, "plain\n");
	assert_string_equal(logged, "2 me: plain");
	feed(t, "<3>bad\n");
	assert_string_equal(logged, "0 me: bad");
	assert_words(t, 2, "plain / bad");
	feed(t, "<4>warn\n");
	assert_string_equal(logged, "1 me: warn");
	feed(t, "<9>plain\n");
	assert_string_equal(logged, "2 me: <9>plain");
	feed(t, "[xmpp] host: odd\n");
	assert_string_equal(logged, "2 me: [xmpp] host: odd");
	t->places = &places;
	feed(t, "<4>[xmpp] host: odd\n");
	assert_string_equal(logged, "1 me: /etc/x.cfg:7: [xmpp] host: odd");
	log_lines = 0;
	for (int i = 0; i < 10000; i++)
		feed(t, "flood\n");
	assert_true(log_lines >= 190 && log_lines <= 200);
	assert_true(t->held > 9000);
	tail_close(t);
	close(to);
	log_capture(NULL);
	free(t);
}

static void
to_a_file(void **state)
{
	char path[] = "/tmp/test-pool-text-XXXXXX";
	int to, fd = mkstemp(path);
	struct tail *t = tail_on_pipe(path, &to);
	char text[64] = "";

	(void)state;
	feed(t, "one\ntw");
	feed(t, "o\n");
	assert_int_equal(log_lines, 0);
	assert_int_equal(pread(fd, text, sizeof(text) - 1, 0), 8);
	assert_string_equal(text, "one\ntwo\n");
	/* Rotated away. */
	assert_int_equal(unlink(path), 0);
	tail_reopen(t);
	feed(t, "three\n");
	close(fd);
	fd = open(path, O_RDONLY);
	assert_int_equal(pread(fd, text, sizeof(text) - 1, 0), 6);
	assert_int_equal(unlink(path), 0);
	tail_close(t);
	free(t);
	close(to);
	close(fd);
	/* One complaint, and the words are kept all the same. */
	t = tail_on_pipe("/proc/nonexistent/log", &to);
	feed(t, "one\n");
	feed(t, "two\n");
	assert_int_equal(log_lines, 1);
	assert_non_null(strstr(logged, "cannot open /proc/nonexistent/log"));
	assert_words(t, 2, "one / two");
	tail_close(t);
	close(to);
	log_capture(NULL);
	free(t);
}

static void PRINTF(3, 4)
put(char *to, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_text(to, size, fmt, ap);
	va_end(ap);
}

static void
text_is_cut_between_characters(void **state)
{
	char text[8];

	(void)state;
	put(text, sizeof(text), "%s", "");
	assert_string_equal(text, "");
	put(text, sizeof(text), "ab%dcdefgh", 1);
	assert_string_equal(text, "ab1cdef");
	put(text, sizeof(text), "%s", "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac");
	assert_string_equal(text, "\xe2\x82\xac\xe2\x82\xac");
}

static void
exit_words(void **state)
{
	static const struct {
		int status;
		const char *words;
	} cases[] = {
		{ 0, "exit 0" },
		{ 3 << 8, "exit 3" },
		{ 127 << 8, "exit 127 (command not found)" },
		{ 126 << 8, "exit 126 (command cannot be executed)" },
		{ SIGSEGV, "signal 11 (Segmentation fault)" },
		{ SIGABRT | 0x80, "signal 6 (Aborted, core dumped)" },
		{ 40, "signal 40 (unknown)" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct buf out = { 0 };
		char *text;

		report_status(cases[i].status, &out);
		text = buf_steal(&out);
		assert_string_equal(text, cases[i].words);
		free(text);
	}
}

static void
report_ring(void **state)
{
	static struct report r;
	struct buf out = { 0 };
	char *text;

	(void)state;
	report_print(&r, &out);
	assert_int_equal(buf_len(&out), 0);
	report_add(&r, 0, 1, 0, "cannot execute x", "");
	for (int i = 1; i <= 100; i++)
		report_add(&r, 1000 + i, 2, 1, "exit 1", "words");
	assert_int_equal(r.crashes, 100);
	report_print_pids(&r, &out);
	text = buf_steal(&out);
	assert_true(strncmp(text, "1037\n", 5) == 0);
	assert_non_null(strstr(text, "1100\n"));
	free(text);
	report_print(&r, &out);
	text = buf_steal(&out);
	assert_non_null(strstr(text,
	    "1037 id 2: exit 1, 1 user, 0 s ago; it last said: words\n"));
	assert_null(strstr(text, "cannot execute"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_words),
		cmocka_unit_test(last_words),
		cmocka_unit_test(text_is_cut_between_characters),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(settings_have_places),
		cmocka_unit_test(levels_and_floods),
		cmocka_unit_test(to_a_file),
		cmocka_unit_test(exit_words),
		cmocka_unit_test(report_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
