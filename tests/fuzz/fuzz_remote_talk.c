/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: remote_guard protocol util */
/* Any bytes as what a server says, to libstrophe behind its guard and on its
 * wire: the logins of all kinds that it knows, and what comes after.  A NUL is
 * where the server waits for what is said to it. */
#include <stdint.h>
#include <stdlib.h>
#include <strophe.h>

#include "backends/xmpp/guard.h"
#include "backends/xmpp/vet.h"
#include "backends/xmpp/wire.h"

static void
ignore(void *ctx, const char *data, size_t len)
{
	(void)ctx, (void)data, (void)len;
}

static void
secure(void *ctx)
{
	(void)ctx;
}

static const struct wire_events wire_events = { ignore, secure };
/* ---- as link_talk.c has it */

static struct vet vet;
static struct guard *guard;

static void
on_element(void *ctx, int depth, const char *ns, const char *name,
    const char *const *attributes)
{
	(void)ctx, (void)attributes;
	vet_element(&vet, depth, ns, name);
}

static bool
on_text(void *ctx, int depth, const char *text, size_t len)
{
	bool pass;
	const char *why = vet_text(&vet, depth, text, len, &pass);

	(void)ctx;
	if (why != NULL)
		guard_refuse(guard, why);
	return pass;
}

static void
on_ending(void *ctx)
{
	const char *why = vet_ending(&vet);

	(void)ctx;
	if (why != NULL)
		guard_refuse(guard, why);
}

static const struct guard_events guard_events = { .element = on_element,
	.text = on_text, .ending = on_ending };

static void
on_event(xmpp_conn_t *c, xmpp_conn_event_t event, int error,
    xmpp_stream_error_t *e, void *ctx)
{
	(void)c, (void)event, (void)error, (void)e, (void)ctx;
}

static int
on_stanza(xmpp_conn_t *c, xmpp_stanza_t *stanza, void *ctx)
{
	char *text = xmpp_message_get_body(stanza);

	(void)c;
	if (text != NULL)
		xmpp_free(ctx, text);
	return 1;
}

static void
turn(xmpp_ctx_t *ctx, struct wire *w, xmpp_conn_t *c)
{
	for (int i = 0; i < 3 || buf_len(&w->in) > 0; i++) {
		if (xmpp_conn_is_disconnected(c))
			return;
		xmpp_run_once(ctx, 0);
	}
}

static void
talk(xmpp_ctx_t *ctx, struct wire *w, xmpp_conn_t *c, const uint8_t *data,
    size_t size)
{
	const uint8_t *end;
	size_t n;

	turn(ctx, w, c);
	while (size > 0 && !xmpp_conn_is_disconnected(c)) {
		end = memchr(data, '\0', size);
		n = end != NULL ? (size_t)(end - data) : size;
		buf_add(&w->in, data, n);
		turn(ctx, w, c);
		n += end != NULL;
		data += n;
		size -= n;
	}
	buf_clear(&w->in);
	w->eof = true;
	turn(ctx, w, c);
}

const char	*__lsan_default_suppressions(void);

/* It forgets what it has begun when a connection ends in the middle of SCRAM. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libstrophe.so\n";
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	xmpp_ctx_t *ctx;
	xmpp_conn_t *c;
	struct wire w;

	if (size < 1)
		return 0;
	ctx = xmpp_ctx_new(NULL, NULL);
	guard_expect(&guard_events, NULL);
	c = xmpp_conn_new(ctx);
	guard = guard_expected();
	if (guard == NULL)
		abort();
	vet = (struct vet){ 0 };
	wire_init(&w, &wire_events, NULL);
	xmpp_conn_set_jid(c, "bob@xmpp.test/there");
	xmpp_conn_set_pass(c, "secret");
	xmpp_conn_set_flags(c, data[0] & 1 ? XMPP_CONN_FLAG_DISABLE_TLS :
	    XMPP_CONN_FLAG_MANDATORY_TLS);
	xmpp_conn_set_sockopt_callback(c, wire_socket);
	xmpp_handler_add(c, on_stanza, NULL, NULL, NULL, ctx);
	wire_enter(&w);
	if (xmpp_connect_client(c, "127.0.0.1", 5222, on_event, NULL) != 0)
		abort();
	talk(ctx, &w, c, data + 1, size - 1);
	xmpp_free_sm_state(xmpp_conn_get_sm_state(c));
	xmpp_conn_release(c);
	wire_leave();
	wire_finish(&w);
	xmpp_ctx_free(ctx);
	return 0;
}
