/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libpurple's verifier of certificates, ours: whose connection is it, what has
 * that user accepted, and what is he asked?  Whether a certificate is good is
 * said by trust.c. */
#include "backends/purple/certificate.h"

#include <ctype.h>
#include <purple.h>
#include <stdlib.h>
#include <string.h>

#include "backends/kit/kit.h"
#include "backends/purple/command.h"
#include "backends/purple/interpose.h"
#include "backends/purple/question.h"
#include "backends/purple/section.h"
#include "backends/purple/session.h"
#include "backends/purple/trust.h"
#include "protocol/scope.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/map.h"
#include "util/xalloc.h"

#define SETTING		"certificate"
#define PINS_MAX	50	/* hosts of one user */

/* An accepted certificate. */
struct pin {
	char	 fingerprint[TRUST_FINGERPRINT_SIZE];
	char	 setting[];	/* certificate/HOST; key in the map */
};

struct certificates {
	struct map	 pins;
	char		*why;		/* the last refusal of this login */

	/* What the user is being asked about; 0: nothing. */
	unsigned	 question;
	PurpleCertificateVerificationRequest *request;
	struct verdict	 verdict;
};

static bool verify = true;
/* PurpleSslConnection -> PurpleAccount, as long as the first is there. */
static GHashTable *owners;

/* ------------------------------------------------------------------- owners */

static void
begun(PurpleSslConnection *gsc, PurpleAccount *account)
{
	if (account != NULL)
		g_hash_table_replace(owners, gsc, account);
	else
		g_hash_table_remove(owners, gsc);
}

static gboolean
is_owned_by(gpointer gsc, gpointer account, gpointer wanted)
{
	(void)gsc;
	return account == wanted;
}

/* With the TLS libraries that libpurple has, the connection is what its result
 * goes to. */
static struct session *
owner_of(const PurpleCertificateVerificationRequest *request)
{
	return session_of(g_hash_table_lookup(owners, request->cb_data));
}

/* --------------------------------------------------------------------- pins */

/* The same hexadecimal digits, however they are written. */
static bool
is_same(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a == ':' || *a == ' ')
			a++;
		while (*b == ':' || *b == ' ')
			b++;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (*a == '\0')
			return true;
	}
}

static struct pin *
pin_find(const struct session *s, const char *host)
{
	char setting[SCOPE_NAME_MAX];

	if (scope_name(setting, SETTING, host) < 0)
		return NULL;
	return map_get(&s->certificates->pins, setting);
}

static bool
pin_put(struct session *s, const char *setting, const char *fingerprint)
{
	struct map *pins = &s->certificates->pins;
	size_t len = strlen(setting) + 1;
	struct pin *pin;

	free(map_remove(pins, setting));
	if (fingerprint == NULL || *fingerprint == '\0')
		return true;
	if (strlen(fingerprint) >= sizeof(pin->fingerprint) ||
	    map_count(pins) >= PINS_MAX)
		return false;
	pin = xcalloc(1, sizeof(*pin) + len);
	memcpy(pin->fingerprint, fingerprint, strlen(fingerprint) + 1);
	memcpy(pin->setting, setting, len);
	map_put(pins, pin->setting, pin);
	return true;
}

/* fingerprint NULL: not any more. */
static void
pin_keep(struct session *s, const char *host, const char *fingerprint)
{
	char setting[SCOPE_NAME_MAX];
	struct msg_setting_up m = {
		.user = s->user, .name = setting, .value = fingerprint,
	};

	if (scope_name(setting, SETTING, host) < 0)
		return;
	if (pin_put(s, setting, fingerprint))
		kit_notify(METHOD_setting_up, &m);
	else
		log_warn("%s: has accepted too many certificates: this one "
		    "is not remembered", s->user);
}

bool
certificates_setting(struct session *s, const char *name, const char *value)
{
	if (strncmp(name, SETTING "/", strlen(SETTING "/")) != 0)
		return false;
	if (!pin_put(s, name, value))
		log_info("%s: %s: no fingerprint, or too many", s->user, name);
	return true;
}

void
certificates_know(struct session *s, const struct pairs *settings)
{
	for (size_t i = 0; i < settings->n; i++)
		certificates_setting(s, settings->v[i].key,
		    settings->v[i].value);
}

size_t
certificates_count(const struct session *s)
{
	return map_count(&s->certificates->pins);
}

void
certificates_forget(struct session *s)
{
	struct buf text = { 0 };
	struct msg_command_result result = { 0 };
	struct pin *pin;
	size_t at = 0;

	buf_adds(&text, "You are asked again about:");
	while ((pin = map_next(&s->certificates->pins, &at)) != NULL) {
		struct msg_setting_up m = {
			.user = s->user, .name = pin->setting,
		};

		buf_addf(&text, " %s", pin->setting + strlen(SETTING "/"));
		kit_notify(METHOD_setting_up, &m);
		map_remove(&s->certificates->pins, pin->setting);
		free(pin);
	}
	buf_addc(&text, '\0');
	result.text = buf_data(&text);
	command_result(s, &result);
	buf_free(&text);
}

/* -------------------------------------------------------------------- judge */

/* The TLS library's callback may end the session, so this comes last. */
static void
accept_it(PurpleCertificateVerificationRequest *request)
{
	purple_certificate_verify_complete(request, PURPLE_CERTIFICATE_VALID);
}

static void
refuse(struct session *s, PurpleCertificateVerificationRequest *request,
    const struct verdict *v, const char *more)
{
	char *why = xasprintf("The certificate of %s is not accepted: it %s. "
	    "Its SHA-256 fingerprint is %s.%s", request->subject_name,
	    v->what, *v->fingerprint ? v->fingerprint : "unknown", more);

	log_info("%s: %s", s != NULL ? s->user : "somebody", why);
	if (s != NULL && !s->connected) {
		free(s->certificates->why);
		s->certificates->why = why;
	} else {
		free(why);
	}
	purple_certificate_verify_complete(request,
	    PURPLE_CERTIFICATE_INVALID);
}

const char *
certificates_why(const struct session *s)
{
	return s->certificates != NULL ? s->certificates->why : NULL;
}

/* prpl-jabber wants the name of the server that it has been told to connect to;
 * that of the account's domain is as good, or better (RFC 6120 13.7.2.1). */
static char *
domain_of(const struct session *s, const char *host)
{
	const char *name, *at, *server;

	if (s == NULL || strcmp(purple_account_get_protocol_id(s->account),
	    "prpl-jabber") != 0)
		return NULL;
	server = purple_account_get_string(s->account, "connect_server", "");
	name = purple_account_get_username(s->account);
	if (strcmp(server, host) != 0 || (at = strchr(name, '@')) == NULL)
		return NULL;
	return xstrndup(at + 1, strcspn(at + 1, "/"));
}

static void
judge(const struct session *s,
    const PurpleCertificateVerificationRequest *request, struct verdict *v)
{
	char *domain = domain_of(s, request->subject_name);
	const char *names[] = { request->subject_name, domain };
	char *pem[TRUST_CHAIN_MAX];
	size_t n = 0;

	for (GList *l = request->cert_chain; l != NULL && n < LENGTH(pem);
	    l = l->next)
		pem[n++] = interpose_export(l->data);
	trust_judge((const char *const *)pem, n, names, LENGTH(names), v);
	while (n > 0)
		free(pem[--n]);
	free(domain);
}

/* ---------------------------------------------------------------------- ask */

/* The connection is gone: libpurple need not hear. */
static void
ignored(PurpleCertificateVerificationStatus status, gpointer data)
{
	(void)status;
	(void)data;
}

/* Nobody waits for the answer any more. */
static void
dropped(void *ctx)
{
	struct certificates *c = ((struct session *)ctx)->certificates;

	c->question = 0;
	verdict_finish(&c->verdict);
	c->request->cb = ignored;
	purple_certificate_verify_complete(c->request,
	    PURPLE_CERTIFICATE_INVALID);
	c->request = NULL;
}

static bool
is_yes(const char *value)
{
	return value != NULL && (strcmp(value, "1") == 0 ||
	    strcmp(value, "true") == 0);
}

/* values NULL: he has said nothing. */
static void
answered(void *ctx, const struct pairs *values)
{
	struct session *s = ctx;
	struct certificates *c = s->certificates;
	PurpleCertificateVerificationRequest *request = c->request;
	struct verdict v = c->verdict;

	c->question = 0;
	c->request = NULL;
	c->verdict = (struct verdict){ 0 };
	if (is_yes(question_value(values, "accept"))) {
		log_info("%s: accepts the certificate of %s with the "
		    "fingerprint %s, which %s", s->user,
		    request->subject_name, v.fingerprint, v.what);
		pin_keep(s, request->subject_name, v.fingerprint);
		accept_it(request);
	} else {
		refuse(s, request, &v, " Log in again to be asked once more "
		    "whether you accept it.");
	}
	verdict_finish(&v);
}

static void
ask(struct session *s, PurpleCertificateVerificationRequest *request,
    const struct verdict *v, const struct pin *pin)
{
	static const struct question_events events = { answered, dropped };
	struct certificates *c = s->certificates;
	char *title = xasprintf("%s shows a certificate that %s.",
	    request->subject_name, v->what);
	char *text = xasprintf("%s%s%sIts SHA-256 fingerprint is\n%s\n"
	    "and it expires on %s. If this is not what whoever runs %s has "
	    "told you, somebody may be listening in.", pin != NULL ?
	    "It is not the one that you have accepted before, with the "
	    "fingerprint\n" : "",
	    pin != NULL ? pin->fingerprint : "", pin != NULL ? "\n" : "",
	    v->fingerprint, v->expires, request->subject_name);
	struct msg_field accept = {
		.var = "accept", .type = "bool", .value = "0",
		.label = "Do you accept it from now on",
	};
	struct msg_ask m = {
		.title = title, .instructions = text, .fields = { &accept, 1 },
	};

	c->request = request;
	c->verdict = *v;
	c->question = question_put(s, &m, &events, s);
	free(title);
	free(text);
}

/* One that is pinned is as good as a valid one.  What is asked for later than at
 * the login is no server that the user has chosen: addresses that others have
 * sent him, perhaps.  So he is not asked then. */
static void
start_verification(PurpleCertificateVerificationRequest *request)
{
	struct session *s = owner_of(request);
	struct verdict v = { 0 };
	struct pin *pin;

	if (!verify) {
		accept_it(request);
		return;
	}
	if (request->subject_name == NULL)
		request->subject_name = g_strdup("");
	judge(s, request, &v);
	pin = s != NULL ? pin_find(s, request->subject_name) : NULL;
	if (v.good) {
		/* It has got a better one: the old one is not needed. */
		if (pin != NULL && !is_same(pin->fingerprint, v.fingerprint))
			pin_keep(s, request->subject_name, NULL);
		accept_it(request);
	} else if (pin != NULL && *v.fingerprint != '\0' &&
	    is_same(pin->fingerprint, v.fingerprint)) {
		accept_it(request);
	} else if (s != NULL && !s->connected && *v.fingerprint != '\0' &&
	    *request->subject_name != '\0' &&
	    s->certificates->question == 0) {
		ask(s, request, &v, pin);
		return;			/* who keeps the verdict */
	} else {
		refuse(s, request, &v, "");
	}
	verdict_finish(&v);
}

/* --------------------------------------------------------------------- life */

static void
nothing_to_destroy(PurpleCertificateVerificationRequest *request)
{
	(void)request;
}

static void
ended(PurpleSslConnection *gsc)
{
	struct session *s = session_of(g_hash_table_lookup(owners, gsc));

	if (s != NULL && s->certificates->question != 0 &&
	    s->certificates->request->cb_data == gsc) {
		question_drop(s->certificates->question);
		dropped(s);
	}
	g_hash_table_remove(owners, gsc);
}

int
certificates_start(char **why)
{
	static char scheme[] = "x509", name[] = "tls_cached";
	static PurpleCertificateVerifier ours = {
		.scheme_name = scheme, .name = name,
		.start_verification = start_verification,
		.destroy_request = nothing_to_destroy,
	};
	PurpleCertificateVerifier *old;

	verify = kit_config_bool("service", "verify_certs", true);
	if (verify && !kit_config_bool("service", "verify_certs", false) &&
	    kit_config("service", "verify_certs", NULL) != NULL) {
		*why = xasprintf("[service] verify_certs = %s: want 0 or 1",
		    kit_config("service", "verify_certs", ""));
		return -1;
	}
	if (!verify)
		log_warn("[service] verify_certs is off: anybody on the way "
		    "to a network can read and change what is sent");
	owners = g_hash_table_new(NULL, NULL);
	if (trust_init(section_own("cacerts_dir"), why) < 0 ||
	    interpose_init(begun, ended, why) < 0)
		return -1;
	old = purple_certificate_find_verifier(scheme, name);
	if (old != NULL)
		purple_certificate_unregister_verifier(old);
	if (purple_certificate_find_scheme(scheme) != NULL &&
	    !purple_certificate_register_verifier(&ours)) {
		*why = xstrdup("libpurple does not let certificates be "
		    "verified");
		return -1;
	}
	return 0;
}

static void
begin(struct session *s)
{
	s->certificates = xcalloc(1, sizeof(*s->certificates));
}

/* Later connections have nothing to do with the login. */
static void
connected(struct session *s)
{
	free(s->certificates->why);
	s->certificates->why = NULL;
}

static void
end(struct session *s)
{
	struct pin *pin;
	size_t at = 0;

	g_hash_table_foreach_remove(owners, is_owned_by, s->account);
	while ((pin = map_next(&s->certificates->pins, &at)) != NULL)
		free(pin);
	map_finish(&s->certificates->pins);
	free(s->certificates->why);
	free(s->certificates);
	s->certificates = NULL;
}

const struct module certificate_module = {
	.begin = begin, .connected = connected, .end = end,
};
