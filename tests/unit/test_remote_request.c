/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote_guard protocol util */
/* Requests that nobody answers in time.  The file is a part of this one, as
 * its half minute is not waited for here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backends/xmpp/request.c"

static xmpp_ctx_t *strophe;
static struct outgoing *sent;
static bool left;
static unsigned taken_back, answers;

xmpp_ctx_t *
session_strophe(const struct session *s)
{
	(void)s;
	return strophe;
}

int
session_send_as(struct session *s, xmpp_stanza_t *st, struct outgoing *out)
{
	(void)s, (void)st;
	sent = out;
	return 0;
}

bool
session_take_back(struct session *s, struct outgoing *out)
{
	(void)s;
	assert_ptr_equal(out, sent);
	if (left)
		return false;
	taken_back++;
	out->ended(out, LEDGER_UNSENT);
	return true;
}

void
kit_reply(const struct kit_call *call, const void *result)
{
	(void)call, (void)result;
	fail();
}

void
kit_error(const struct kit_call *call, const char *code, const char *text)
{
	(void)call, (void)text;
	assert_string_equal(code, ERR_TIMEOUT);
	answers++;
}

static void
ask(struct session *s)
{
	const struct kit_call call = { 0 };
	struct request *r;

	taken_back = answers = 0;
	request_send_for(s, request_new(s, "set", NULL), &call);
	r = CONTAINER(sent, struct request, out);
	on_timeout(EV_DEFAULT_ &r->timer, 0);
}

static void
too_late(void **state)
{
	struct session s = { 0 };

	(void)state;
	strophe = xmpp_ctx_new(NULL, NULL);
	ev_default_loop(0);
	left = false;
	ask(&s);
	assert_int_equal(taken_back, 1);
	assert_int_equal(answers, 1);
	/* What may have arrived is answered all the same. */
	left = true;
	ask(&s);
	assert_int_equal(taken_back, 0);
	assert_int_equal(answers, 1);
	sent->ended(sent, LEDGER_DONE);
	assert_int_equal(answers, 1);
	request_end(&s);
	xmpp_ctx_free(strophe);
	ev_loop_destroy(EV_DEFAULT);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
