/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: irc kit net protocol util */
/* What is said and kept about connections: policies of servers, certificates
 * and addresses of users, and whose turn it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/irc/certificate.h"
#include "backends/irc/config.h"
#include "backends/irc/source.h"
#include "backends/irc/sts.h"
#include "backends/irc/turn.h"
#include "backends/irc/unwelcome.h"

static void
sts_values(void **state)
{
	static const struct {
		const char	*text;
		long		 port, duration;
	} cases[] = {
		{ "port=6697", 6697, -1 },
		{ "duration=2592000,port=6697", 6697, 2592000 },
		{ "duration=0", -1, 0 },
		{ "duration=99999999999999999999", -1, 2L * 365 * 86400 },
		{ "port=0", -1, -1 }, { "port=65536", -1, -1 },
		{ "port=-1", -1, -1 }, { "port= 1", -1, -1 },
		{ "port=6697x", -1, -1 }, { "port", -1, -1 },
		{ "", -1, -1 }, { ",,,=,=1,port=1,", 1, -1 },
		{ "preload,port=6697,new=x", 6697, -1 },
		{ "ports=1,xport=2", -1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct sts sts = sts_parse(cases[i].text);

		printf("%s\n", cases[i].text);
		assert_int_equal(sts.port, cases[i].port);
		assert_int_equal(sts.duration, cases[i].duration);
	}
}

static void
sts_kept(void **state)
{
	struct irc irc = { 0 };
	char future[40], past[40];
	struct pair pairs[] = {
		{ "sts/irc.example", future }, { "sts/old.example", past },
		{ "sts/", "x" }, { "sts/bad.example", "70000 99999999999" },
		{ "sts/odd.example", "6697" }, { "nick", "ana" },
	};
	const struct pairs all = { pairs, LENGTH(pairs) };

	(void)state;
	snprintf(future, sizeof(future), "6697 %.0f", ev_time() + 100);
	snprintf(past, sizeof(past), "6697 %.0f", ev_time() - 1);
	sts_load(&irc, "ana@example", &all);
	assert_string_equal(sts_port(&irc, "irc.example"), "6697");
	assert_null(sts_port(&irc, "old.example"));
	assert_null(sts_port(&irc, "bad.example"));
	assert_null(sts_port(&irc, "odd.example"));
	/* An older one does not shorten it. */
	snprintf(future, sizeof(future), "1 %.0f", ev_time() + 1);
	sts_load(&irc, "ana@example", &all);
	assert_string_equal(sts_port(&irc, "irc.example"), "6697");
	sts_finish(&irc);
}

/* Somebody with many servers leaves room for those of others. */
static void
sts_of_one_user(void **state)
{
	struct irc irc = { 0 };
	char future[40], names[100][40];
	struct pair pairs[100];
	const struct pairs all = { pairs, LENGTH(pairs) };
	unsigned known = 0;

	(void)state;
	snprintf(future, sizeof(future), "6697 %.0f", ev_time() + 100);
	for (size_t i = 0; i < LENGTH(pairs); i++) {
		snprintf(names[i], sizeof(names[i]), "sts/irc%zu.example", i);
		pairs[i] = (struct pair){ names[i], future };
	}
	sts_load(&irc, "ana@example", &all);
	for (size_t i = 0; i < LENGTH(pairs); i++)
		known += sts_port(&irc, names[i] + 4) != NULL;
	assert_int_equal(known, 64);
	/* What is known already is nobody's more. */
	sts_load(&irc, "bob@example", &all);
	for (size_t i = 0; i < LENGTH(pairs); i++)
		assert_non_null(sts_port(&irc, names[i] + 4));
	sts_finish(&irc);
}

static void
certificates(void **state)
{
	char *pem = certificate_new("ana"), *other;
	char *one = certificate_fingerprint(pem, "sha256");
	char *two = certificate_fingerprint(pem, "sha512");
	char *three = certificate_fingerprint(pem, "sha1");

	(void)state;
	assert_int_equal(strlen(one), 64);
	assert_int_equal(strlen(two), 128);
	assert_int_equal(strlen(three), 40);
	assert_int_equal(strspn(one, "0123456789abcdef"), 64);
	assert_non_null(strstr(pem, "-----BEGIN CERTIFICATE-----"));
	assert_non_null(strstr(pem, "-----BEGIN PRIVATE KEY-----"));
	assert_null(certificate_fingerprint("no certificate", "sha256"));
	assert_null(certificate_fingerprint(pem, "md99"));
	/* Any name, and never the same key. */
	other = certificate_new("\xff\xfe not a name at all, and much longer "
	    "than what may be the name of anybody in the world");
	free(one);
	one = certificate_fingerprint(other, "sha256");
	assert_non_null(one);
	free(one);
	free(two);
	free(three);
	free(pem);
	free(other);
}

static void
addresses(void **state)
{
	static const char *const bad[] = { "", "2001:db8::", "2001:db8::/",
		"2001:db8::/7", "2001:db8::/113", "2001:db8::/64x",
		"10.0.0.0/8", "x/64", "2001:db8::/-1",
	};
	struct source_prefix p, none = { .bits = 0 };
	char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN], host[SOURCE_HOST_MAX];

	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_int_equal(source_parse(&p, bad[i]), -1);
	assert_int_equal(source_parse(&p, "2001:db8:0:ff::/60"), 0);
	source_address(a, &p, "irc.example", "ana@example");
	assert_int_equal(strncmp(a, "2001:db8:0:f", 12), 0);
	source_address(b, &p, "irc.example", "ana@example");
	assert_string_equal(a, b);
	source_address(b, &p, "irc.example", "bob@example");
	assert_string_not_equal(a, b);
	source_address(b, &p, "other.example", "ana@example");
	assert_string_not_equal(a, b);
	source_address(a, &none, "irc.example", "ana@example");
	assert_int_equal(strncmp(a, "fd", 2), 0);
	source_host(host, "irc.example", "ana@example");
	assert_string_equal(host + 12, ".irc.example");
}

static void
webirc(void **state)
{
	struct irc_config c = { .webirc = strdup("fixed word\n"
	    "irc.example secret\nIRC.other more words\nlast") };

	(void)state;
	assert_string_equal(config_webirc(&c, "irc.example"), "secret");
	assert_string_equal(config_webirc(&c, "irc.other"), "more words");
	assert_null(config_webirc(&c, "irc.exampl"));
	assert_null(config_webirc(&c, "last"));
	assert_string_equal(config_webirc(&c, NULL), "last");
	free(c.webirc);
}

/* ---- turns */

struct guest {
	struct turn	 turn;
	int		 came;
};

static int order;

static void
on_come(struct turn *t)
{
	CONTAINER(t, struct guest, turn)->came = ++order;
}

/* Until so many have come; 0: until no gate is left. */
static void
run_until(struct ev_loop *loop, const struct turns *all, int count)
{
	double end = ev_time() + 20;

	while (count > 0 ? order < count : map_count(&all->gates) > 0) {
		assert_true(ev_time() < end);
		ev_run(loop, EVRUN_ONCE);
	}
}

static void
turns(void **state)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct turns all = { 0 };
	const struct flood_limit limit = { .burst = 2, .rate = 20 };
	struct guest back[6] = { 0 }, anew[2] = { 0 };
	double begun;
	int now = 0;

	(void)state;
	order = 0;
	for (size_t i = 0; i < LENGTH(back); i++)
		now += turn_take(&all, loop, &limit, &back[i].turn, "h",
		    false, on_come);
	assert_int_equal(now, 2);
	/* Another server is another matter. */
	assert_true(turn_take(&all, loop, &limit, &anew[0].turn, "i", true,
	    on_come));
	for (size_t i = 0; i < LENGTH(anew); i++)
		assert_false(turn_take(&all, loop, &limit, &anew[i].turn, "h",
		    true, on_come));
	turn_cancel(&back[5].turn);
	turn_cancel(&back[5].turn);
	run_until(loop, &all, 5);
	assert_int_equal(order, 5);
	assert_int_equal(back[5].came, 0);
	/* Who comes anew does not wait for all who come back. */
	assert_true(anew[0].came <= 2 && anew[1].came <= 4);
	assert_true(back[2].came < back[3].came);
	run_until(loop, &all, 0);
	/* Told to go slow. */
	turn_hold(&all, loop, &limit, "h", 0.3);
	back[0].came = 0;
	assert_false(turn_take(&all, loop, &limit, &back[0].turn, "h", false,
	    on_come));
	begun = ev_now(loop);
	run_until(loop, &all, 6);
	assert_true(ev_now(loop) - begun > 0.25);
	run_until(loop, &all, 0);
	map_finish(&all.gates);
	ev_loop_destroy(loop);
}

static void
unwelcome_by_words(void **state)
{
	(void)state;
	assert_int_equal(unwelcome_means("Closing Link: h (K-Lined)"),
	    UNWELCOME_EVER);
	assert_int_equal(unwelcome_means("(u@h) [G:Lined: spam]"),
	    UNWELCOME_EVER);
	assert_int_equal(unwelcome_means("Trying to reconnect too fast."),
	    UNWELCOME_NOW);
	/* What our own host or nick is called is nobody's verdict. */
	assert_int_equal(unwelcome_means("Closing Link: ana[h.free-line.test] "
	    "(Ping timeout: 240 seconds)"), UNWELCOME_NOT);
	assert_int_equal(unwelcome_means("Closing Link: unbanned[h] (bye)"),
	    UNWELCOME_NOT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sts_values),
		cmocka_unit_test(sts_kept),
		cmocka_unit_test(sts_of_one_user),
		cmocka_unit_test(certificates),
		cmocka_unit_test(addresses),
		cmocka_unit_test(webirc),
		cmocka_unit_test(turns),
		cmocka_unit_test(unwelcome_by_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
