/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: net util */
#include "tests/unit/net_kit.h"

static void
echo_plain(void **state)
{
	struct door door = { 0 };
	struct end server = { .echo = true }, client = { 0 };
	char *peer;

	(void)state;
	door_open(&door, &server, 1);
	end_connect(&client, "127.0.0.1", door.port, NULL, NULL);
	end_say(&client, "said before it was up\n");
	assert_int_equal(client.connected, 0);
	RUN_UNTIL(end_heard(&client, "said before it was up\n"));
	assert_int_equal(client.connected, 1);
	assert_int_equal(server.connected, 1);
	assert_int_equal(client.drained, 1);
	assert_int_equal(conn_queued(client.conn), 0);
	assert_false(conn_is_tls(client.conn));
	assert_true(conn_is_loopback(client.conn));
	peer = xasprintf("127.0.0.1:%s", door.port);
	assert_string_equal(conn_peer(client.conn), peer);
	assert_string_equal(conn_address(server.conn), "127.0.0.1");
	free(peer);

	conn_destroy(client.conn);
	client.conn = NULL;
	RUN_UNTIL(server.closed);
	assert_string_equal(server.why, "closed by the peer");
	assert_string_equal(conn_address(server.conn), "127.0.0.1");
	end_finish(&server);
	end_finish(&client);
	door_close(&door);
}

static void
echo_tls(void **state)
{
	char *trust;
	struct door door = { .tls = kit_server("DNS:irc.example", -1, 1,
	    &trust) };
	struct tls *tls = kit_client(true, trust);
	struct end server = { .echo = true }, client = { 0 };

	(void)state;
	door_open(&door, &server, 1);
	end_connect(&client, "127.0.0.1", door.port, tls, "irc.example");
	end_say(&client, "said before it was up\n");
	RUN_UNTIL(end_heard(&client, "said before it was up\n") ||
	    client.closed);
	assert_null(client.why);
	assert_int_equal(client.connected, 1);
	assert_int_equal(server.connected, 1);
	assert_int_equal(client.secured, 0);
	assert_true(conn_is_tls(client.conn));
	assert_true(conn_is_tls(server.conn));

	conn_destroy(client.conn);
	client.conn = NULL;
	RUN_UNTIL(server.closed);
	assert_string_equal(server.why, "closed by the peer");
	end_finish(&server);
	end_finish(&client);
	door_close(&door);
	tls_destroy(tls);
	free(trust);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo_plain),
		cmocka_unit_test(echo_tls),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
