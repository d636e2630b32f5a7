/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a session keeps its link.  A break is bridged for some minutes, of which
 * the main process hears nothing: what is to be sent waits, and the server may
 * still have the session (XEP-0198). */
#include "backends/xmpp/login.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/config.h"
#include "util/backoff.h"
#include "util/clock.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define PIN		"tls_fingerprint"	/* a setting */
#define QUESTION	"certificate"	/* its key */
#define ASK_TIMEOUT	3600.0		/* seconds; the main process has less */
#define BRIDGE_MAX	300.0		/* seconds of a break */
#define BRIEF		10.0		/* seconds of a connection */
#define BRIEF_MAX	3		/* of those in a row */

struct login {
	struct session	*session;	/* NULL: freed when it is answered */
	struct link	*link;		/* NULL: the session has ended */
	char		*pin;		/* accepted, and not kept yet */
	char		*offered;	/* asked about */
	bool		 asking;
	ev_timer	 again;
	struct backoff	 pause;
	double		 broken;	/* since when; 0: it is not */
	double		 since;		/* it is connected; 0: it is not */
	unsigned	 brief;		/* connections in a row that were */
};

static struct tls *tls;

int
login_init(char **why)
{
	char *wrong = NULL;

	tls = tls_client(config.verify, config.ca_file, &wrong);
	if (tls == NULL)
		*why = config.ca_file == NULL ? xstrdup(wrong) :
		    xasprintf("[xmpp] ca_file: %s", wrong);
	free(wrong);
	return tls != NULL ? 0 : -1;
}

void
login_finish(void)
{
	tls_destroy(tls);
	tls = NULL;
}

struct link *
login_link(const struct session *s)
{
	return s->login->link;
}

/* ------------------------------------------------------------------- answers */

static void
on_ended(void *ctx, void *tag, const char *xml, enum ledger_end end)
{
	struct outgoing *out = tag;

	(void)ctx, (void)xml;
	if (out != NULL)
		out->ended(out, end);
}

/* --------------------------------------------------------------- certificate */

static void
forget(void *object)
{
	struct login *l = object;

	free(l->pin);
	free(l->offered);
	free(l);
}

static void
on_answer(void *ctx, const struct msg_error *error, const union result *result)
{
	struct login *l = ctx;

	(void)result;
	l->asking = false;
	if (l->session == NULL) {
		forget(l);
	} else if (error != NULL) {
		session_fail(l->session, "certificate", "The certificate of "
		    "the server was not accepted.", false);
	} else {
		free(l->pin);
		l->pin = l->offered;
		l->offered = NULL;
		link_trust(l->link, l->pin);
		link_open(l->link);
	}
}

static void
ask(struct login *l, const struct link_end *end)
{
	const char *at = strchr(l->session->jid, '@') + 1;
	char *title = xasprintf("Certificate of %s", at);
	char *text = xasprintf("It cannot be verified: %s.\nThis may be the "
	    "server's fault, or somebody may be listening in between. Its "
	    "SHA-256 fingerprint is %s. Do you trust it, from now on?",
	    end->text, end->pin);
	const struct msg_ask m = { .user = l->session->user, .title = title,
	    .instructions = text, .key = QUESTION };

	xreplace(&l->offered, end->pin);
	l->asking = true;
	kit_request(METHOD_ask, &m, ASK_TIMEOUT, on_answer, l);
	free(title);
	free(text);
}

/* --------------------------------------------------------------------- link */

static void
on_connected(void *ctx, const char *jid, bool resumed)
{
	struct login *l = ctx;

	l->broken = 0;
	l->since = clock_now();
	if (l->pin != NULL)
		session_keep(l->session, PIN, l->pin, false);
	xreplace(&l->pin, NULL);
	session_online(l->session, jid, resumed);
}

static void
on_stanza(void *ctx, xmpp_stanza_t *stanza)
{
	struct login *l = ctx;

	session_stanza(l->session, stanza);
}

static void
on_cut(void *ctx, xmpp_stanza_t *stanza)
{
	struct login *l = ctx;

	session_cut(l->session, stanza);
}

static const char *
reason_name(enum link_reason reason)
{
	static const char *const names[] = {
		[LINK_CLOSED] = "other", [LINK_NETWORK] = "network",
		[LINK_CERTIFICATE] = "certificate", [LINK_PLAIN] = "other",
		[LINK_AUTH] = "auth", [LINK_CONFLICT] = "replaced",
		[LINK_REFUSED] = "other",
	};

	return names[reason];
}

/* A server that lets us in and throws us out, again and again, is asked as
 * seldom as one that does not let us in. */
static void
note_closed(struct login *l)
{
	if (l->since == 0)
		return;
	l->brief = clock_now() - l->since < BRIEF ? l->brief + 1 : 0;
	l->since = 0;
	if (l->brief < BRIEF_MAX)
		backoff_reset(&l->pause);
}

static bool
may_bridge(struct login *l, const struct link_end *end)
{
	if (!l->session->connected || !end->retry)
		return false;
	if (l->broken == 0)
		l->broken = clock_now();
	return clock_now() - l->broken < BRIDGE_MAX;
}

static void
on_closed(void *ctx, const struct link_end *end)
{
	struct login *l = ctx;
	struct session *s = l->session;
	double pause;

	note_closed(l);
	if (s->ended) {
		session_gone(s);
	} else if (end->reason == LINK_CERTIFICATE && end->pin != NULL) {
		ask(l, end);
	} else if (may_bridge(l, end)) {
		pause = backoff_next(&l->pause);
		log_info("%s: %s; again in %.1f s", s->user, end->text, pause);
		ev_timer_set(&l->again, pause, 0.);
		ev_timer_start(EV_DEFAULT, &l->again);
	} else {
		session_fail(s, reason_name(end->reason), end->text,
		    end->retry);
	}
}

static const struct link_events events = {
	.connected = on_connected, .stanza = on_stanza, .cut = on_cut,
	.closed = on_closed, .ended = on_ended,
};

static void
connect_now(struct login *l)
{
	struct session *s = l->session;
	const char *host = session_setting(s, "host", config.host);
	char *own = xasprintf("Spectrum.%s", kit_instance());
	const struct link_account account = {
		.jid = s->jid, .password = s->password,
		.resource = session_setting(s, "resource",
		    s->resource != NULL ? s->resource :
		    config.resource != NULL ? config.resource : own),
		.host = host, .port = session_setting(s, "port", config.port),
		.direct_tls = config.tls == TLS_DIRECT,
		.plain = config.tls == TLS_OFF,
		.pin = session_setting(s, PIN, NULL),
		.tls = tls, .keepalive = (double)config.keepalive,
	};

	l->link = link_create(EV_DEFAULT, &account, &events, l);
	link_pause(l->link, kit_paused());
	link_open(l->link);
	free(own);
}

static void
on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	link_open(CONTAINER(w, struct login, again)->link);
}

/* --------------------------------------------------------------------- life */

void
login_begin(struct session *s)
{
	struct login *l = xcalloc(1, sizeof(*l));

	s->login = l;
	l->session = s;
	l->pause = (struct backoff){ .min = 1, .max = 60 };
	ev_timer_init(&l->again, on_again, 0., 0.);
	connect_now(l);
}

static void
gone(void *object)
{
	session_gone(object);
}

void
login_end(struct session *s)
{
	struct login *l = s->login;
	const struct msg_ask_gone m = { .user = s->user, .key = QUESTION };

	ev_timer_stop(EV_DEFAULT, &l->again);
	if (l->asking)
		kit_notify(METHOD_ask_gone, &m);
	if (l->link != NULL && link_is_up(l->link)) {
		link_close(l->link);
		return;
	}
	link_destroy(l->link);
	l->link = NULL;
	later(gone, s);
}

void
login_free(struct session *s)
{
	struct login *l = s->login;

	link_destroy(l->link);
	l->link = NULL;
	l->session = NULL;
	s->login = NULL;
	/* The link may still be in the middle of telling us something. */
	if (!l->asking)
		later(forget, l);
}
