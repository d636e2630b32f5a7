/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple kit_glib kit net protocol util */
/* libpurple's look-ups, answered by a small name server in this process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <purple.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/purple/core.h"
#include "backends/purple/directory.h"
#include "util/buf.h"
#include "util/later.h"
#include "util/log.h"

/* ------------------------------------------------------------- a name server */

enum { A = 1, TXT = 16, SRV = 33 };

static const struct record {
	const char	*name;
	int		 type;
	const char	*data;
	size_t		 len;
} records[] = {
#define R(name, type, data)	{ name, type, data, sizeof(data) - 1 }
	R("host.example", A, "\x7f\0\0\x07"),
	R("host.example", A, "\x7f\0\0\x08"),
	R("_x._tcp.srv.example", SRV, "\0\x0a\0\x01\x14\x66\001b\007example\0"),
	R("_x._tcp.srv.example", SRV, "\0\x05\0\0\x14\x67\001a\007example\0"),
	R("_x._tcp.srv.example", SRV, "\0\x07\0\0\0\0\006noport\007example\0"),
	R("_x._tcp.none.example", SRV, "\0\0\0\0\0\0\0"),
	R("_x._tcp.cut.example", SRV, "\0\0\0"),
	R("o.txt.example", TXT, "\003a=b\001c"),
	R("o.txt.example", TXT, "\006second"),
	R("o.ugly.example", TXT, "\005\xff\xfe\0zz"),
#undef R
};

static int server;
static int questions;

static void
put_answer(struct buf *b, const struct record *r)
{
	buf_add(b, "\xc0\x0c\0", 3);
	buf_addc(b, (char)r->type);
	buf_add(b, "\0\1\0\0\0\x3c\0", 7);
	buf_addc(b, (char)r->len);
	buf_add(b, r->data, r->len);
}

/* The name of the question, and where what follows it begins. */
static size_t
read_name(const unsigned char *packet, size_t len, char *name)
{
	size_t at = 12;

	*name = '\0';
	while (at < len && packet[at] != 0) {
		if (*name != '\0')
			strcat(name, ".");
		strncat(name, (const char *)packet + at + 1, packet[at]);
		at += packet[at] + 1u;
	}
	return at + 1;
}

static gboolean
asked(gint fd, GIOCondition condition, gpointer data)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	unsigned char packet[512];
	char name[512];
	struct buf b = { 0 };
	ssize_t len = recvfrom(fd, packet, sizeof(packet), 0,
	    (struct sockaddr *)&from, &size);
	size_t end;
	char n = 0;

	(void)condition;
	(void)data;
	assert_true(len > 12);
	questions++;
	end = read_name(packet, (size_t)len, name);
	if (strncmp(name, "silent", 6) == 0)
		return G_SOURCE_CONTINUE;
	buf_add(&b, packet, end + 4);
	for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
		if (strcmp(name, records[i].name) == 0 &&
		    packet[end + 1] == records[i].type) {
			put_answer(&b, &records[i]);
			n++;
		}
	}
	memcpy(buf_data(&b) + 2, "\x81\x80\0\1\0\0\0\0\0\0", 10);
	buf_data(&b)[7] = n;
	if (strncmp(name, "no.", 3) == 0)
		buf_data(&b)[3] = '\x83';		/* no such name */
	sendto(fd, buf_data(&b), buf_len(&b), 0, (struct sockaddr *)&from,
	    size);
	buf_free(&b);
	return G_SOURCE_CONTINUE;
}

static int
start(void **state)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(sa);
	char servers[64], *why = NULL;

	(void)state;
	log_set_level(LOG_ERROR);
	server = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&sa, size), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&sa, &size), 0);
	snprintf(servers, sizeof(servers), "127.0.0.1:%u",
	    ntohs(sa.sin_port));
	setenv("CARES_SERVERS", servers, 1);
	g_unix_fd_add(server, G_IO_IN, asked, NULL);
	assert_int_equal(directory_create(NULL, &why), 0);
	assert_int_equal(core_start(directory_path(), &why), 0);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	directory_remove();
	close(server);
	return 0;
}

/* --------------------------------------------------------------- who asks it */

static struct {
	int	 answers;
	bool	 asking;	/* inside the call that asks */
	char	 text[512];	/* what came, in one line */
	char	 why[256];
} got;

static void
answered(void)
{
	assert_false(got.asking);
	got.answers++;
}

static void
got_hosts(GSList *hosts, gpointer data, const char *why)
{
	char one[INET6_ADDRSTRLEN];

	(void)data;
	answered();
	g_strlcpy(got.why, why ? why : "", sizeof(got.why));
	while (hosts != NULL) {
		struct sockaddr_in *sa = hosts->next->data;

		assert_int_equal(GPOINTER_TO_SIZE(hosts->data), sizeof(*sa));
		assert_int_equal(ntohs(sa->sin_port), 5222);
		inet_ntop(AF_INET, &sa->sin_addr, one, sizeof(one));
		g_strlcat(got.text, one, sizeof(got.text));
		g_strlcat(got.text, " ", sizeof(got.text));
		g_free(sa);
		hosts = g_slist_delete_link(hosts, hosts);
		hosts = g_slist_delete_link(hosts, hosts);
	}
}

static void
got_srv(PurpleSrvResponse *list, int n, gpointer data)
{
	(void)data;
	answered();
	for (int i = 0; i < n; i++) {
		size_t at = strlen(got.text);

		snprintf(got.text + at, sizeof(got.text) - at, "%s:%d ",
		    list[i].hostname, list[i].port);
	}
	g_free(list);
}

static void
got_txt(GList *list, gpointer data)
{
	(void)data;
	answered();
	for (GList *l = list; l != NULL; l = l->next) {
		g_strlcat(got.text, purple_txt_response_get_content(l->data),
		    sizeof(got.text));
		g_strlcat(got.text, "|", sizeof(got.text));
		purple_txt_response_destroy(l->data);
	}
	g_list_free(list);
}

static void
turn(void)
{
	g_main_context_iteration(NULL, TRUE);
	later_run();
}

static void
await(void)
{
	got.asking = false;
	while (got.answers == 0)
		turn();
	assert_int_equal(got.answers, 1);
}

static PurpleDnsQueryData *
ask_host(const char *name)
{
	memset(&got, 0, sizeof(got));
	got.asking = true;
	return purple_dnsquery_a_account(NULL, name, 5222, got_hosts, NULL);
}

static const char *
srv(const char *domain)
{
	memset(&got, 0, sizeof(got));
	got.asking = true;
	assert_non_null(purple_srv_resolve_account(NULL, "x", "tcp", domain,
	    got_srv, NULL));
	await();
	return got.text;
}

static const char *
txt(const char *domain)
{
	memset(&got, 0, sizeof(got));
	got.asking = true;
	assert_non_null(purple_txt_resolve_account(NULL, "o", domain, got_txt,
	    NULL));
	await();
	return got.text;
}

/* -------------------------------------------------------------------- tests */

static void
finds_hosts(void **state)
{
	(void)state;
	questions = 0;
	ask_host("127.0.0.9");
	await();
	assert_string_equal(got.text, "127.0.0.9 ");
	assert_int_equal(questions, 0);
	ask_host("host.example");
	await();
	assert_string_equal(got.text, "127.0.0.7 127.0.0.8 ");
	ask_host("no.such.example");
	await();
	assert_string_equal(got.why, "no.such.example: no such name");
	ask_host("a..b.example");
	await();
	assert_string_equal(got.text, "");
	assert_string_not_equal(got.why, "");
}

static void
finds_services(void **state)
{
	(void)state;
	assert_string_equal(srv("srv.example"), "a.example:5223 b.example:5222 ");
	assert_string_equal(srv("none.example"), "");
	assert_string_equal(srv("cut.example"), "");
	assert_string_equal(srv("absent.example"), "");
}

static void
finds_texts(void **state)
{
	(void)state;
	assert_string_equal(txt("txt.example"), "a=bc|second|");
	assert_string_equal(txt("absent.example"), "");
	/* This crashes GLib's own resolver. */
	txt("ugly.example");
	assert_true(g_utf8_validate(got.text, -1, NULL));
	assert_non_null(strstr(got.text, "zz|"));
}

/* At each step, and with a server that never answers. */
static void
can_be_cancelled(void **state)
{
	static const char *const names[] = { "no.such.example",
	    "silent.example" };

	(void)state;
	for (int turns = 0; turns < 8; turns++) {
		PurpleDnsQueryData *query = ask_host(names[turns % 2]);

		got.asking = false;
		for (int i = 0; i < turns / 2 && got.answers == 0; i++)
			turn();
		if (got.answers == 0)
			purple_dnsquery_destroy(query);
		ask_host("host.example");
		await();
		assert_string_equal(got.text, "127.0.0.7 127.0.0.8 ");
		assert_string_equal(got.why, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_hosts),
		cmocka_unit_test(finds_services),
		cmocka_unit_test(finds_texts),
		cmocka_unit_test(can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, start, end);
}
