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
#include "backends/irc/message.h"
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
	struct buf	 in;		/* chunks so far; <= IN_MAX */
	struct ev_timer	 clock;
};

static const struct {
	const char	*name;
	enum mechanism	 mechanism;
} mechanisms[] = {			/* the best first */
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

static const char *
password_of(const struct network *n)
{
	if (!network_is_fixed(n) || n->password == NULL ||
	    *n->password == '\0')
		return NULL;
	return n->password;
}

static const char *
user_of(const struct network *n)
{
	return n->account;
}

/* What the user could do, whatever the server offers. */
static unsigned
usable(const struct network *n)
{
	const struct irc_config *c = &n->irc->config;
	unsigned bits = 0;

	if (c->sasl == SASL_OFF || c->send_pass)
		return 0;
	if (password_of(n) != NULL)
		bits |= MECHANISM_PLAIN;
	return bits;
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
failed(struct network *n, const char *text)
{
	char *copy = xstrdup(text);

	forget(n);
	if (n->irc->config.sasl == SASL_REQUIRE) {
		xreplace(&n->last_error, copy);
		n->fatal = "auth";
		network_lost(n, "SASL failed");
	} else {
		message_from(n, network_id(n), copy);
		cap_end(n);
	}
	free(copy);
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

/* ---- the exchange */

static void
on_clock(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct sasl *s = CONTAINER(w, struct sasl, clock);

	(void)loop, (void)revents;
	link_now(&s->network->link, "AUTHENTICATE", "*", NULL);
	failed(s->network, "SASL: the server did not answer in time");
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
	s->sent = false;
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
	if (usable(n) != 0 && n->irc->config.sasl == SASL_REQUIRE)
		failed(n, "the server offers no SASL mechanism that can be "
		    "used");
	else
		cap_end(n);
}

void
sasl_gone(struct network *n)
{
	if (n->sasl != NULL)
		failed(n, "SASL: the server does not offer it any more");
}

/* All of what the server says in this step. */
static void
heard(struct network *n)
{
	struct sasl *s = n->sasl;

	if (s->mechanism == MECHANISM_PLAIN && !s->sent)
		say_plain(n);
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
	if (len > CHUNK || buf_len(&s->in) > IN_MAX) {
		link_now(&n->link, "AUTHENTICATE", "*", NULL);
		failed(n, "SASL: the server says too much");
	} else if (len < CHUNK) {
		heard(n);
		if (n->sasl != NULL)
			buf_free(&n->sasl->in);
	}
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
	case 903: case 907:		/* success; we are logged in already */
		forget(n);
		n->identified = true;
		cap_end(n);
		return;
	case 908:			/* 904 follows */
		if (l->nparams > 2)
			n->cap.mechanisms =
			    sasl_parse_mechanisms(l->params[1]);
		return;
	case 902: case 904: case 905: case 906:
		refused(n, text);
		return;
	}
}
