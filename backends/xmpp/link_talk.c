/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libstrophe over a link's connection.  It negotiates; what it does not report
 * to its user, such as why a login was refused, is heard by the guard. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/link_private.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/xalloc.h"

/* ------------------------------------------------------ what the guard hears */

static void
on_word(struct link *l, const char *ns, const char *name,
    const char *const *attributes)
{
	if (l->vet.saying == FEATURES) {
		l->featured = true;
		l->sm_offered = false;
	} else if (strcmp(ns, XMPP_NS_SASL) == 0 &&
	    strcmp(name, "success") == 0) {
		l->authenticated = true;
	} else if (strcmp(ns, NS_SM) == 0) {
		link_hear_answer(l, name, attributes);
	} else if (strcmp(ns, XMPP_NS_TLS) == 0 &&
	    strcmp(name, "failure") == 0) {
		link_fail(l, LINK_PLAIN, true, xasprintf("%s cannot encrypt "
		    "the connection now.", l->domain));
	}
}

static void
on_element(void *ctx, int depth, const char *ns, const char *name,
    const char *const *attributes)
{
	struct link *l = ctx;

	vet_element(&l->vet, depth, ns, name);
	if (l->state != TALKING)
		return;
	if (depth == 1)
		on_word(l, ns, name, attributes);
	else if (depth == 2 && l->vet.saying == SASL_FAILURE &&
	    strcmp(name, "text") != 0)
		snprintf(l->sasl, sizeof(l->sasl), "%s", name);
	else if (depth == 2 && l->vet.saying == FEATURES &&
	    strcmp(ns, NS_SM) == 0 && strcmp(name, "sm") == 0)
		l->sm_offered = true;
}

static bool
on_text(void *ctx, int depth, const char *text, size_t len)
{
	struct link *l = ctx;
	bool pass;
	const char *why = vet_text(&l->vet, depth, text, len, &pass);

	if (why != NULL)
		guard_refuse(l->guard, why);
	else if (depth == 1 && l->vet.saying == CHALLENGE)
		proof_challenge(&l->proof, text, len);
	else if (depth == 1 && l->vet.saying == SUCCESS)
		proof_success(&l->proof, l->password, text, len);
	return pass;
}

static void
on_ending(void *ctx)
{
	struct link *l = ctx;
	const char *why = vet_ending(&l->vet);

	if (why == NULL && l->vet.saying == SUCCESS &&
	    !proof_is_good(&l->proof)) {
		why = "no proof that it knows the password";
		link_fail(l, LINK_AUTH, false, xasprintf("%s does not prove "
		    "that it knows the password: somebody else may have taken "
		    "its place.", l->domain));
	}
	if (why != NULL)
		guard_refuse(l->guard, why);
}

/* Nothing may come after an error (RFC 6120 4.9.1.1); libstrophe would wait. */
static void
on_whole(void *ctx)
{
	struct link *l = ctx;

	if (l->state == TALKING && l->resumed)
		link_let_in(l);
	/* Names are never forgotten; the session goes on with a new parser. */
	if (l->state == UP && guard_memory(l->guard) > GUARD_TIRED)
		link_fail(l, LINK_NETWORK, true, xasprintf("%s uses too many "
		    "names", l->domain));
	if (l->vet.saying != STREAM_ERROR)
		return;
	buf_clear(&l->wire.in);
	l->wire.eof = true;
	l->again = true;
}

static void
on_refused(void *ctx, const char *why)
{
	static const char goodbye[] = "<stream:error><policy-violation "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
	    "</stream:stream>";
	struct link *l = ctx;

	log_info("%s: %s has sent %s", l->jid, l->domain, why);
	if (l->state < ENDING) {
		buf_adds(conn_out(l->conn), goodbye);
		conn_send(l->conn);
	}
	link_fail(l, LINK_REFUSED, true, xasprintf("%s has sent what no "
	    "server may send: %s.", l->domain, why));
}

static const struct guard_events guard_events = { .element = on_element,
	.text = on_text, .ending = on_ending, .whole = on_whole,
	.refused = on_refused };

/* ------------------------------------------------------ what libstrophe says */

static void
on_ready(struct link *l)
{
	if (l->resumed)
		link_up(l, true);
	else
		link_begin(l);
}

static bool
is_temporary(const char *sasl)
{
	return strcmp(sasl, "temporary-auth-failure") == 0 ||
	    strcmp(sasl, "aborted") == 0;
}

/* Not let in: by what was heard before. */
static void
fail_login(struct link *l)
{
	if (!l->secure && !l->plain && l->featured)
		link_fail(l, LINK_PLAIN, false, xasprintf("%s does not "
		    "encrypt connections.", l->domain));
	else if (*l->sasl != '\0' && is_temporary(l->sasl))
		link_fail(l, LINK_NETWORK, true, xasprintf("%s cannot check "
		    "passwords now.", l->domain));
	else if (*l->sasl != '\0')
		link_fail(l, LINK_AUTH, false, xasprintf("%s does not accept "
		    "the account or its password (%s).", l->domain, l->sasl));
	else if (l->featured)
		link_fail(l, LINK_AUTH, false, xasprintf("%s offers no way "
		    "of logging in that is known here.", l->domain));
	else
		link_fail(l, LINK_NETWORK, true, xasprintf("%s has closed "
		    "the connection.", l->domain));
}

static const struct fault {
	xmpp_error_type_t type;
	enum link_reason reason;
	bool		 retry;
	const char	*text;		/* after the domain */
} faults[] = {
	{ XMPP_SE_CONFLICT, LINK_CONFLICT, false,
	    "says that another client has taken this one's place" },
	{ XMPP_SE_HOST_GONE, LINK_AUTH, false, "does not serve it any more" },
	{ XMPP_SE_HOST_UNKNOWN, LINK_AUTH, false, "does not serve it" },
	{ XMPP_SE_NOT_AUTHORIZED, LINK_AUTH, false,
	    "does not let this account in any more" },
	{ XMPP_SE_POLICY_VIOLATION, LINK_REFUSED, true,
	    "says that this is against its rules" },
	{ XMPP_SE_SYSTEM_SHUTDOWN, LINK_NETWORK, true, "is being stopped" },
	{ XMPP_SE_RESOURCE_CONSTRAINT, LINK_NETWORK, true, "is overloaded" },
	{ XMPP_SE_CONN_TIMEOUT, LINK_NETWORK, true, "heard nothing of us" },
	{ XMPP_SE_UNDEFINED_CONDITION, LINK_NETWORK, true,
	    "has closed the connection" },
};

static void
fail_stream(struct link *l, const xmpp_stream_error_t *e)
{
	static const struct fault other = { .reason = LINK_REFUSED,
	    .retry = true, .text = "does not understand us" };
	const struct fault *f = &other;

	for (size_t i = 0; i < LENGTH(faults); i++) {
		if (faults[i].type == e->type)
			f = &faults[i];
	}
	link_fail(l, f->reason, f->retry, e->text != NULL ?
	    xasprintf("%s %s: %.500s", l->domain, f->text, e->text) :
	    xasprintf("%s %s.", l->domain, f->text));
}

static void
on_gone(struct link *l, const xmpp_stream_error_t *e)
{
	/* Of a connection that was lost, its owner knows more. */
	if (e != NULL)
		fail_stream(l, e);
	else if (l->state == TALKING && !l->authenticated &&
	    (!l->wire.eof || *l->sasl != '\0'))
		fail_login(l);
	else if (l->state == TALKING && !l->wire.eof)
		link_fail(l, LINK_REFUSED, true, xasprintf("%s does not let "
		    "us have a session.", l->domain));
	else if (!l->wire.eof)
		link_fail(l, LINK_NETWORK, true, xasprintf("%s has closed "
		    "the connection.", l->domain));
}

static void
on_event(xmpp_conn_t *c, xmpp_conn_event_t event, int error,
    xmpp_stream_error_t *e, void *ctx)
{
	struct link *l = ctx;

	(void)error;
	if (l->xmpp != c || l->state == DEAD)
		return;
	if (event == XMPP_CONN_CONNECT)
		on_ready(l);
	else
		on_gone(l, e);
}

static int
on_stanza(xmpp_conn_t *c, xmpp_stanza_t *stanza, void *ctx)
{
	struct link *l = ctx;

	if (l->xmpp == c)
		link_hear(l, stanza);
	return 1;
}

/* -------------------------------------------------------------------- doing */

void
link_pump(struct link *l)
{
	double begin = clock_now();
	size_t left;

	if (l->xmpp == NULL || l->resting)
		return;
	l->again = true;
	if (l->pumping)
		return;
	l->pumping = true;
	wire_enter(&l->wire);
	/* Once more than there is to read: answers are written by the next
	 * turn of libstrophe's. */
	do {
		left = buf_len(&l->wire.in);
		l->again = false;
		xmpp_run_once(l->strophe, 0);
	} while (!xmpp_conn_is_disconnected(l->xmpp) &&
	    (l->again || left > 0 || buf_len(&l->wire.in) > 0) &&
	    !link_rests(l, begin));
	wire_leave();
	l->pumping = false;
	/* It would wait for the server's. */
	if (l->goodbye && l->state == TALKING)
		on_gone(l, NULL);
}

static long
flags(const struct link *l)
{
	if (l->plain)
		return XMPP_CONN_FLAG_DISABLE_SM | XMPP_CONN_FLAG_DISABLE_TLS;
	return XMPP_CONN_FLAG_DISABLE_SM | XMPP_CONN_FLAG_MANDATORY_TLS |
	    (l->targets[l->at].direct ? XMPP_CONN_FLAG_LEGACY_SSL : 0);
}

void
link_talk(struct link *l)
{
	int result;

	l->vet = (struct vet){ 0 };
	proof_finish(&l->proof);
	l->goodbye = false;
	l->featured = l->authenticated = l->sm_offered = l->resumed = false;
	l->asked = l->sm_on = l->owed = l->met = false;
	*l->sasl = '\0';
	guard_expect(&guard_events, l);
	l->xmpp = xmpp_conn_new(l->strophe);
	l->guard = guard_expected();
	if (l->xmpp == NULL || l->guard == NULL)
		fatal("libstrophe makes no connection");
	xmpp_conn_set_jid(l->xmpp, l->full);
	xmpp_conn_set_pass(l->xmpp, l->password);
	xmpp_conn_set_flags(l->xmpp, flags(l));
	xmpp_conn_set_sockopt_callback(l->xmpp, wire_socket);
	xmpp_handler_add(l->xmpp, on_stanza, NULL, NULL, NULL, l);
	wire_enter(&l->wire);
	/* Numbers, so that it asks nobody; wire_socket() sees to the rest. */
	result = xmpp_connect_client(l->xmpp, "127.0.0.1", 5222, on_event, l);
	wire_leave();
	if (result != XMPP_EOK)
		link_fail(l, LINK_NETWORK, true, xstrdup("There are no "
		    "descriptors left here."));
	/* It connects in one turn, and speaks in the next. */
	link_pump(l);
	link_pump(l);
}

void
link_hang_up(struct link *l)
{
	xmpp_conn_t *c = l->xmpp;

	if (c == NULL)
		return;
	wire_enter(&l->wire);
	/* It has no way of closing at once, but to find that it has to. */
	buf_clear(&l->wire.in);
	l->wire.eof = true;
	for (int i = 0; i < 3 && !xmpp_conn_is_disconnected(c); i++)
		xmpp_run_once(l->strophe, 0);
	proof_finish(&l->proof);
	l->xmpp = NULL;
	l->guard = NULL;
	xmpp_conn_release(c);
	wire_leave();
	wire_finish(&l->wire);
}
