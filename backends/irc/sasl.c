/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How does a user prove who he is?  By the best mechanism that the server and
 * he have in common; when that one is refused, by the next. */
#include "backends/irc/sasl.h"

#include <openssl/crypto.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/irc/cap.h"
#include "backends/irc/derive.h"
#include "backends/irc/message.h"
#include "backends/irc/settings.h"
#include "util/log.h"
#include "util/xalloc.h"

#define CHUNK		400	/* bytes of base64 in one AUTHENTICATE */
#define IN_MAX		(16 * CHUNK)	/* of what a server may say in one */
#define PATIENCE	20.0	/* seconds for all of it */

struct sasl {
	struct network	*network;
	enum mechanism	 mechanism;	/* 0: none is under way */
	unsigned	 refused;	/* enum mechanism */
	bool		 sent;		/* all of what we had to say */
	bool		 verified;	/* the server has shown itself, too */
	struct scram	*scram;		/* or NULL */
	struct derive	*derive;	/* while the key is made, or NULL */
	struct buf	 in;		/* chunks so far; <= IN_MAX */
	struct ev_timer	 clock;
};

static const struct {
	const char	*name;
	enum mechanism	 mechanism;
} mechanisms[] = {			/* the best first */
	{ "EXTERNAL",		MECHANISM_EXTERNAL },
	{ "SCRAM-SHA-256",	MECHANISM_SCRAM_SHA_256 },
	{ "PLAIN",		MECHANISM_PLAIN },
};

static const char *
name_of(enum mechanism m)
{
	for (size_t i = 0; i < LENGTH(mechanisms); i++)
		if (mechanisms[i].mechanism == m)
			return mechanisms[i].name;
	return "none";
}

unsigned
sasl_parse_mechanisms(const char *list)
{
	unsigned bits = 0;

	while (*list != '\0') {
		size_t len = strcspn(list, ",");

		for (size_t i = 0; i < LENGTH(mechanisms); i++)
			if (strlen(mechanisms[i].name) == len &&
			    strncasecmp(mechanisms[i].name, list, len) == 0)
				bits |= mechanisms[i].mechanism;
		list += len;
		list += *list == ',';
	}
	return bits;
}

/* ---- which */

/* What the gateway was given at login is for the one network that it serves. */
static const char *
password_of(const struct network *n)
{
	const char *own = settings_get(n, "sasl_password");

	if (own != NULL)
		return own;
	if (!network_is_fixed(n) || n->password == NULL ||
	    *n->password == '\0' || n->irc->config.send_pass)
		return NULL;
	return n->password;
}

static const char *
user_of(const struct network *n)
{
	const char *own = settings_get(n, "sasl_user");

	if (own != NULL)
		return own;
	return network_is_fixed(n) ? n->account : n->wanted;
}

/* Nobody on the way can read along. */
static bool
is_private(const struct network *n)
{
	return n->link.conn == NULL || conn_is_tls(n->link.conn) ||
	    conn_is_loopback(n->link.conn);
}

/* What the user could do, whatever the server offers. */
static unsigned
usable(const struct network *n)
{
	const char *how = settings_get(n, "sasl");
	unsigned bits = 0;

	if (how == NULL)
		how = n->irc->config.sasl == SASL_OFF ? "off" : "auto";
	if (n->certified)
		bits |= MECHANISM_EXTERNAL;
	if (password_of(n) != NULL) {
		bits |= MECHANISM_SCRAM_SHA_256;
		if (is_private(n) || strcmp(how, "plain") == 0)
			bits |= MECHANISM_PLAIN;
	}
	if (strcmp(how, "off") == 0)
		return 0;
	return strcmp(how, "auto") == 0 ? bits :
	    bits & sasl_parse_mechanisms(how);
}

/* Does the user insist on being logged in?  A password meant for services that
 * know nothing of SASL may be refused by it without harm. */
static bool
is_required(const struct network *n)
{
	const char *how = settings_get(n, "sasl");

	if (how != NULL)
		return strcmp(how, "off") != 0 && (strcmp(how, "auto") != 0 ||
		    settings_get(n, "sasl_password") != NULL);
	return n->irc->config.sasl == SASL_REQUIRE ||
	    settings_get(n, "sasl_password") != NULL;
}

/* Has he anything to log in with at all? */
static bool
has_something(const struct network *n)
{
	return n->certified || password_of(n) != NULL;
}

static enum mechanism
choose(const struct network *n)
{
	unsigned bits = usable(n), offered = n->cap.mechanisms;

	if (!(offered & MECHANISM_UNKNOWN))
		bits &= offered;
	if (n->sasl != NULL)
		bits &= ~n->sasl->refused;
	for (size_t i = 0; i < LENGTH(mechanisms); i++)
		if (bits & mechanisms[i].mechanism)
			return mechanisms[i].mechanism;
	return 0;
}

bool
sasl_is_wanted(const struct network *n)
{
	return choose(n) != 0;
}

/* ---- the end */

static void
forget(struct network *n)
{
	struct sasl *s = n->sasl;

	if (s == NULL)
		return;
	n->sasl = NULL;
	ev_timer_stop(n->irc->loop, &s->clock);
	derive_cancel(s->derive);
	scram_destroy(s->scram);
	buf_free(&s->in);
	free(s);
}

void
sasl_stop(struct network *n)
{
	forget(n);
}

/* Nothing works.  Who insists on it ends here; anybody else goes on without,
 * and is told. */
static void
end_without(struct network *n, const char *text, bool for_good)
{
	char *copy = xstrdup(*text != '\0' ? text :
	    "the server refuses the login");

	forget(n);
	if (is_required(n) && n->state == NETWORK_REGISTERING) {
		xreplace(&n->last_error, copy);
		if (for_good)
			n->fatal = "auth";
		network_lost(n, "SASL failed");
	} else {
		message_from(n, network_id(n), copy);
		cap_end(n);
	}
	free(copy);
}

/* The server's verdict, or a lie of its. */
static void
failed(struct network *n, const char *text)
{
	end_without(n, text, true);
}

/* Nobody was there to judge.  After a restart of the network its services may
 * be the last to come back: who was let in before tries again. */
static void
unanswered(struct network *n, const char *text)
{
	end_without(n, text, !n->was_online);
}

/* ---- saying something */

/* AUTHENTICATE in chunks; a last chunk that is full is followed by an empty
 * one, "+". */
static void
say(struct network *n, const void *data, size_t len)
{
	size_t size = sodium_base64_encoded_len(len,
	    sodium_base64_VARIANT_ORIGINAL), at = 0, take;
	char *text = xmalloc(size), chunk[CHUNK + 1];

	sodium_bin2base64(text, size, data, len,
	    sodium_base64_VARIANT_ORIGINAL);
	size--;
	do {
		take = size - at < CHUNK ? size - at : CHUNK;
		memcpy(chunk, text + at, take);
		chunk[take] = '\0';
		at += take;
		link_now(&n->link, "AUTHENTICATE", take ? chunk : "+", NULL);
	} while (take == CHUNK);
	OPENSSL_cleanse(text, size);
	OPENSSL_cleanse(chunk, sizeof(chunk));
	free(text);
}

/* RFC 4616 */
static void
say_plain(struct network *n)
{
	const char *user = user_of(n);
	struct buf plain = { 0 };

	buf_add(&plain, user, strlen(user) + 1);
	buf_add(&plain, user, strlen(user) + 1);
	buf_adds(&plain, password_of(n));
	say(n, buf_data(&plain), buf_len(&plain));
	OPENSSL_cleanse((void *)(uintptr_t)buf_data(&plain), buf_len(&plain));
	buf_free(&plain);
	n->sasl->sent = true;
}

static void
say_text(struct network *n, const char *text)
{
	say(n, text, strlen(text));
}

/* ---- SCRAM */

static void
give_up(struct network *n, const char *why)
{
	link_now(&n->link, "AUTHENTICATE", "*", NULL);
	failed(n, why);
}

static void
on_derived(void *ctx)
{
	struct network *n = ctx;

	n->sasl->derive = NULL;
	say_text(n, scram_final(n->sasl->scram));
	n->sasl->sent = true;
}

/* The three things that a server says: nothing, the challenge, and that it
 * knows the password, too. */
static void
scram_heard(struct network *n, const char *text)
{
	struct sasl *s = n->sasl;
	const char *why;

	if (s->scram == NULL) {
		if (n->scram == NULL)
			n->scram = xcalloc(1, sizeof(*n->scram));
		s->scram = scram_create(user_of(n), password_of(n), NULL,
		    n->scram);
		say_text(n, scram_first(s->scram));
	} else if (!s->sent) {
		if (scram_challenge(s->scram, text, &why) == -1)
			give_up(n, why);
		else
			s->derive = derive_start(n->irc->loop, s->scram,
			    on_derived, n);
	} else if (scram_verify(s->scram, text, &why) == -1) {
		n->distrusted = true;
		give_up(n, why);
	} else {
		s->verified = true;
		link_now(&n->link, "AUTHENTICATE", "+", NULL);
	}
}

/* ---- the exchange */

static void
on_clock(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct sasl *s = CONTAINER(w, struct sasl, clock);

	(void)loop, (void)revents;
	link_now(&s->network->link, "AUTHENTICATE", "*", NULL);
	unanswered(s->network, "SASL: the server did not answer in time");
}

/* With the best that is left; false: nothing is. */
static bool
try_next(struct network *n)
{
	enum mechanism m = choose(n);
	struct sasl *s = n->sasl;

	if (m == 0)
		return false;
	if (s == NULL) {
		s = n->sasl = xcalloc(1, sizeof(*s));
		s->network = n;
		ev_timer_init(&s->clock, on_clock, PATIENCE, 0);
		ev_timer_start(n->irc->loop, &s->clock);
	}
	s->mechanism = m;
	s->sent = s->verified = false;
	derive_cancel(s->derive);
	scram_destroy(s->scram);
	s->derive = NULL;
	s->scram = NULL;
	buf_free(&s->in);
	link_now(&n->link, "AUTHENTICATE", name_of(m), NULL);
	return true;
}

void
sasl_begin(struct network *n)
{
	if (n->sasl != NULL || n->identified ||
	    (n->cap.ended && n->state == NETWORK_REGISTERING))
		return;
	if ((n->caps & CAP_SASL) && try_next(n))
		return;
	if (n->state != NETWORK_REGISTERING)
		return;
	if (has_something(n) && is_required(n))
		unanswered(n, (n->caps_offered & CAP_SASL) ?
		    "the server offers no way to log in (SASL) that may be "
		    "used here" : "the server offers no login (SASL)");
	else
		cap_end(n);
}

bool
sasl_allows_welcome(struct network *n)
{
	if (n->cap.ended || n->identified || !has_something(n) ||
	    !is_required(n))
		return true;
	unanswered(n, "the server offers no login (SASL)");
	return false;
}

void
sasl_gone(struct network *n)
{
	if (n->sasl != NULL)
		unanswered(n, "SASL: the server does not offer it any more");
}

/* All of what the server says in this step. */
static void
heard(struct network *n, const char *text)
{
	struct sasl *s = n->sasl;

	switch (s->mechanism) {
	case MECHANISM_SCRAM_SHA_256:
		/* Not while the key is made, and not after the end. */
		if (s->derive == NULL && !s->verified)
			scram_heard(n, text);
		return;
	case MECHANISM_PLAIN:
		if (!s->sent)
			say_plain(n);
		return;
	case MECHANISM_EXTERNAL:
		/* As whom is in the certificate, unless it is said here. */
		if (!s->sent)
			say_text(n, settings_get(n, "sasl_user") != NULL ?
			    settings_get(n, "sasl_user") : "");
		s->sent = true;
		return;
	case MECHANISM_UNKNOWN:
		return;
	}
}

/* What came is whole: out of base64, as text. */
static void
take_step(struct network *n)
{
	struct buf in = n->sasl->in;
	size_t size = buf_len(&in), len = 0;
	char *text = xmalloc(size + 1);
	int r;

	n->sasl->in = (struct buf){ 0 };
	r = sodium_base642bin((unsigned char *)text, size, buf_data(&in), size,
	    NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL);
	text[len] = '\0';
	if (r == -1 || strlen(text) != len)
		give_up(n, "SASL: what the server says is not understood");
	else
		heard(n, text);
	free(text);
	buf_free(&in);
}

void
sasl_line(struct network *n, struct line *l)
{
	struct sasl *s = n->sasl;
	const char *text = l->params[0];
	size_t len = strlen(text);

	if (s == NULL)
		return;
	if (strcmp(text, "+") != 0)
		buf_adds(&s->in, text);
	if (len > CHUNK || buf_len(&s->in) > IN_MAX)
		give_up(n, "SASL: the server says too much");
	else if (len < CHUNK)
		take_step(n);
}

static void
succeeded(struct network *n)
{
	/* RFC 5802 3: without this proof it may be anybody, who would have us
	 * believe that we are safe with him. */
	if (n->sasl->mechanism == MECHANISM_SCRAM_SHA_256 &&
	    !n->sasl->verified) {
		n->distrusted = true;
		failed(n, "SCRAM: the server has not shown that it knows the "
		    "password");
		return;
	}
	forget(n);
	n->identified = true;
	cap_end(n);
}

static void
refused(struct network *n, const char *text)
{
	n->sasl->refused |= n->sasl->mechanism;
	if (!try_next(n))
		failed(n, text);
}

void
sasl_numeric(struct network *n, struct line *l)
{
	const char *text = l->params[l->nparams > 0 ? l->nparams - 1 : 0];

	if (n->sasl == NULL)
		return;
	switch (l->numeric) {
	case 900:
		return;			/* logged in as; 903 follows */
	case 903:
		succeeded(n);
		return;
	case 907:			/* logged in already */
		forget(n);
		cap_end(n);
		return;
	case 908:			/* 904 follows */
		if (l->nparams > 2)
			n->cap.mechanisms =
			    sasl_parse_mechanisms(l->params[1]);
		return;
	case 906:			/* by the server: its services went */
		unanswered(n, text);
		return;
	case 902: case 904: case 905:
		refused(n, text);
		return;
	}
}
