/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is the client?  SASL PLAIN (RFC 6120 6, RFC 4616): the password goes to
 * the gateway, which decides; nothing of it is kept here. */
#include <stdlib.h>
#include <string.h>

#include "manager/xmpp/server_private.h"
#include "util/log.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define FAILURES_MAX	3
#define MESSAGE_MAX	4096	/* characters of base64 */

/* A failure of the step; the client may try again a few times. */
static void
fail(struct client *c, const char *condition, const char *text)
{
	struct xml x;

	xml_begin(&x, client_out(c));
	xml_open_ns(&x, "failure", NS_SASL);
	xml_element(&x, condition, NULL, NULL);
	if (text != NULL) {
		xml_open(&x, "text");
		xml_attr(&x, "xml:lang", "en");
		xml_text(&x, text);
		xml_close(&x);
	}
	xml_close(&x);
	client_send(c);
	xreplace(&c->bare, NULL);
	client_set_state(c, CLIENT_CHOOSING);
	if (++c->failures >= FAILURES_MAX)
		client_end(c, "policy-violation", "Too many failed logins",
		    "too many failed logins");
}

static int
base64_digit(char ch)
{
	if (ch >= 'A' && ch <= 'Z')
		return ch - 'A';
	if (ch >= 'a' && ch <= 'z')
		return ch - 'a' + 26;
	if (ch >= '0' && ch <= '9')
		return ch - '0' + 52;
	return ch == '+' ? 62 : ch == '/' ? 63 : -1;
}

/* RFC 4648 4, padding required, nothing else tolerated (RFC 6120 6.4.2).
 * Returns the number of bytes, terminated, or -1. */
static int
base64_decode(const char *in, size_t len, char *out)
{
	unsigned bits = 0;
	int n = 0, digit;
	size_t pad = 0;

	if (len % 4 != 0)
		return -1;
	while (pad < 2 && pad < len && in[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len - pad; i++) {
		if ((digit = base64_digit(in[i])) == -1)
			return -1;
		bits = bits << 6 | (unsigned)digit;
		if (i % 4 != 0)
			out[n++] = (char)(bits >> (6 - i % 4 * 2) & 0xff);
	}
	if (pad != 0 && (bits & (pad == 1 ? 0x3 : 0xf)) != 0)
		return -1;
	out[n] = '\0';
	return n;
}

/* "user" or "user@DOMAIN" as an address of ours. */
static int
user_of(struct client *c, struct arena *a, const char *name, struct jid *jid)
{
	const char *at = strrchr(name, '@');
	struct jid whole;

	if (at != NULL && jid_parse(a, at + 1, &whole) == 0 &&
	    strcmp(whole.full, c->server->domain) == 0)
		name = arena_strndup(a, name, (size_t)(at - name));
	return jid_make(a, name, c->server->domain, NULL, jid);
}

static bool
may_act_as(struct arena *a, const char *authzid, const struct jid *user)
{
	struct jid jid;

	return *authzid == '\0' || (jid_parse(a, authzid, &jid) == 0 &&
	    strcmp(jid.full, user->bare) == 0);
}

/* RFC 4616 2: authzid NUL authcid NUL password.  An empty password is let
 * through: there are networks without any. */
static void
plain(struct client *c, struct arena *a, char *message, size_t len)
{
	struct server *s = c->server;
	char *name = memchr(message, '\0', len), *password;
	struct jid user;

	password = name ? memchr(name + 1, '\0',
	    len - (size_t)(name + 1 - message)) : NULL;
	if (name == NULL || password == NULL || *++name == '\0' ||
	    memchr(password + 1, '\0',
	    len - (size_t)(password + 1 - message)) != NULL ||
	    !utf8_valid(message, len)) {
		fail(c, "malformed-request", NULL);
		return;
	}
	if (user_of(c, a, name, &user) != 0) {
		fail(c, "not-authorized", "This name cannot be an address");
		return;
	}
	if (!may_act_as(a, message, &user)) {
		fail(c, "invalid-authzid", NULL);
		return;
	}
	c->id = ++s->last_id;
	xreplace(&c->bare, user.bare);
	client_set_state(c, CLIENT_WAITING);
	s->ln.events->login(s->ln.ctx, c->id, user.bare, password + 1);
}

static void
respond(struct client *c, struct arena *a, const struct stanza *s)
{
	const char *text = stanza_text(a, s);
	size_t size = strlen(text);
	char *message;
	int len;

	/* RFC 6120 6.4.2: "=" stands for nothing at all. */
	if (strcmp(text, "=") == 0)
		text = "", size = 0;
	if (size > MESSAGE_MAX) {
		fail(c, "malformed-request", NULL);
		return;
	}
	message = xmalloc(size + 1);
	len = base64_decode(text, size, message);
	if (len == -1)
		fail(c, "incorrect-encoding", NULL);
	else
		plain(c, a, message, (size_t)len);
	explicit_bzero(message, size + 1);
	free(message);
}

static void
begin(struct client *c, struct arena *a, const struct stanza *s)
{
	const char *mechanism = stanza_attr(s, "mechanism");
	struct xml x;

	if (!client_may_log_in(c)) {
		fail(c, "encryption-required", NULL);
		return;
	}
	if (mechanism == NULL || strcmp(mechanism, "PLAIN") != 0) {
		fail(c, "invalid-mechanism", NULL);
		return;
	}
	if (s->children != NULL) {
		respond(c, a, s);
		return;
	}
	xml_begin(&x, client_out(c));
	xml_element(&x, "challenge", NS_SASL, NULL);
	client_send(c);
	client_set_state(c, CLIENT_RESPONDING);
}

void
sasl_stanza(struct client *c, struct arena *a, const struct stanza *s)
{
	if (c->state == CLIENT_CHOOSING && stanza_is(s, "auth", NS_SASL))
		begin(c, a, s);
	else if (c->state == CLIENT_RESPONDING &&
	    stanza_is(s, "response", NS_SASL))
		respond(c, a, s);
	else if (c->state != CLIENT_CHOOSING && stanza_is(s, "abort", NS_SASL))
		fail(c, "aborted", NULL);
	else
		client_end(c, "not-authorized", NULL,
		    "it did something else than logging in");
}

void
sasl_log_refusal(const struct client *c, const char *condition,
    const char *text)
{
	log_info("%s: login of %s from %s refused: %s%s%s",
	    c->server->domain, c->bare, client_peer(c), condition,
	    text ? ": " : "", text ? text : "");
}

void
sasl_decided(struct client *c, const char *condition, const char *text)
{
	struct xml x;

	if (condition != NULL) {
		sasl_log_refusal(c, condition, text);
		fail(c, condition, text);
		return;
	}
	xml_begin(&x, client_out(c));
	xml_element(&x, "success", NS_SASL, NULL);
	client_send(c);
	if (!c->guest)
		server_forget_source(c);
	client_set_state(c, CLIENT_LOGGED_IN);
	stream_restart(c->stream, c->server->cfg.stanza_max);
}

void
sasl_give_up(struct client *c)
{
	fail(c, "temporary-auth-failure", "The network did not answer in time");
}
