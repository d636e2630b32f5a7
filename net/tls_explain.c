/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What went wrong with TLS, in words that a user or an admin can act on.  Text
 * out of certificates is a stranger's: only printable ASCII gets through. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls_private.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define NAMES_MAX	5	/* names of a certificate that are listed */
#define NAME_MAX_SHOWN	100	/* bytes of each */

char *
tls_explain_error(void)
{
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);
	const char *text = ERR_reason_error_string(code);
	int library = ERR_GET_LIB(code);

	ERR_clear_error();
	if (code == 0)
		return xstrdup("TLS failed for an unknown reason");
	if (library != ERR_LIB_SSL)
		return xasprintf("TLS: %s", text != NULL ? text : "unknown");
	switch (reason) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
	case SSL_R_RECORD_LENGTH_MISMATCH:
	case SSL_R_UNEXPECTED_MESSAGE:
	case SSL_R_BAD_RECORD_TYPE:
		return xstrdup("the peer does not speak TLS here");
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
		return xstrdup("no TLS version in common (1.2 or later is "
		    "required)");
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
		return xstrdup("no TLS cipher in common");
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
		return xstrdup("the peer does not trust the authority of our "
		    "certificate");
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
		return xstrdup("the peer says that our certificate has "
		    "expired");
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
		return xstrdup("the peer does not accept our certificate");
	}
	if (reason > SSL_AD_REASON_OFFSET &&
	    reason <= SSL_AD_REASON_OFFSET + 255)
		return xasprintf("TLS: the peer says: %s",
		    SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
	return xasprintf("TLS: %s", text != NULL ? text : "unknown");
}

static void
add_clean(struct buf *b, const unsigned char *s, int len)
{
	for (int i = 0; i < len && i < NAME_MAX_SHOWN; i++)
		buf_addc(b, s[i] > 0x1f && s[i] < 0x7f ? (char)s[i] : '?');
}

static void
add_general_name(struct buf *b, const GENERAL_NAME *name)
{
	char ip[INET6_ADDRSTRLEN];
	const ASN1_STRING *s = name->type == GEN_IPADD ? name->d.iPAddress :
	    name->d.dNSName;
	const unsigned char *data = ASN1_STRING_get0_data(s);
	int len = ASN1_STRING_length(s);

	if (name->type == GEN_DNS)
		add_clean(b, data, len);
	else if (len == 4 || len == 16)
		buf_adds(b, inet_ntop(len == 4 ? AF_INET : AF_INET6, data, ip,
		    sizeof(ip)));
}

static void
add_common_name(struct buf *b, X509_NAME *name)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *s;

	if (at < 0) {
		buf_adds(b, "no name at all");
		return;
	}
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	add_clean(b, ASN1_STRING_get0_data(s), ASN1_STRING_length(s));
}

/* The names that a certificate is good for: those in subjectAltName, or
 * without any the subject's own (RFC 6125 6.4.4). */
static void
add_names(struct buf *b, X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name,
	    NULL, NULL);
	const GENERAL_NAME *name;
	int shown = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		name = sk_GENERAL_NAME_value(names, i);
		if (name->type != GEN_DNS && name->type != GEN_IPADD)
			continue;
		if (shown == NAMES_MAX) {
			buf_adds(b, ", ...");
			break;
		}
		if (shown++ > 0)
			buf_adds(b, ", ");
		add_general_name(b, name);
	}
	if (shown == 0)
		add_common_name(b, X509_get_subject_name(cert));
	GENERAL_NAMES_free(names);
}

static void
add_date(struct buf *b, const ASN1_TIME *when)
{
	char text[32];
	struct tm tm;

	if (ASN1_TIME_to_tm(when, &tm) != 1 ||
	    strftime(text, sizeof(text), "%Y-%m-%d", &tm) == 0)
		buf_adds(b, "a date nobody understands");
	else
		buf_adds(b, text);
}

/* The name the certificate should have had. */
static char *
wanted_name(SSL *ssl)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char *host = X509_VERIFY_PARAM_get0_host(param, 0), *ip, *copy;

	if (host != NULL)
		return xstrdup(host);
	if ((ip = X509_VERIFY_PARAM_get1_ip_asc(param)) == NULL)
		return xstrdup("the peer");
	copy = xstrdup(ip);
	OPENSSL_free(ip);
	return copy;
}

static void
add_subject(struct buf *b, X509_STORE_CTX *store, const char *wanted)
{
	if (X509_STORE_CTX_get_error_depth(store) == 0) {
		buf_addf(b, "the certificate of %s", wanted);
		return;
	}
	buf_adds(b, "the authority \"");
	add_common_name(b, X509_get_subject_name(
	    X509_STORE_CTX_get_current_cert(store)));
	buf_addf(b, "\" behind the certificate of %s", wanted);
}

static void
add_complaint(struct buf *b, X509_STORE_CTX *store, const char *wanted)
{
	X509 *cert = X509_STORE_CTX_get_current_cert(store);
	int code = X509_STORE_CTX_get_error(store);

	switch (code) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		buf_adds(b, "the certificate is for ");
		add_names(b, cert);
		buf_addf(b, " and not for %s", wanted);
		return;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		buf_addf(b, "the certificate of %s is from an unknown "
		    "authority, \"", wanted);
		add_common_name(b, X509_get_issuer_name(cert));
		buf_addc(b, '"');
		return;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		buf_addf(b, "the certificate of %s is from an unknown "
		    "authority, \"", wanted);
		add_common_name(b, X509_get_subject_name(cert));
		buf_addc(b, '"');
		return;
	}
	add_subject(b, store, wanted);
	switch (code) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		buf_adds(b, " is self-signed");
		return;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		buf_adds(b, " expired on ");
		add_date(b, X509_get0_notAfter(cert));
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		buf_adds(b, " is not valid before ");
		add_date(b, X509_get0_notBefore(cert));
		return;
	}
	buf_addf(b, ": %s", X509_verify_cert_error_string(code));
}

static int
pin_index(void)
{
	static int index = -1;

	if (index == -1)
		index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return index;
}

void
tls_explain_pin(SSL *ssl)
{
	SSL_set_ex_data(ssl, pin_index(), ssl);
}

static int
refused_index(void)
{
	static int index = -1;

	if (index == -1)
		index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return index;
}

void
tls_explain_refused(SSL *ssl, char **pin)
{
	SSL_set_ex_data(ssl, refused_index(), pin);
}

static void
leave_pin(SSL *ssl, X509_STORE_CTX *store)
{
	char pin[TLS_PIN_SIZE], **slot = SSL_get_ex_data(ssl, refused_index());
	X509 *cert = X509_STORE_CTX_get0_cert(store);

	if (cert == NULL || slot == NULL)
		return;
	tls_pin_of(cert, pin);
	xreplace(slot, pin);
}

/* Of the server's own certificate, whichever of its chain is wrong. */
static void
add_pin(struct buf *b, SSL *ssl, X509_STORE_CTX *store)
{
	char pin[TLS_PIN_SIZE];
	X509 *cert = X509_STORE_CTX_get0_cert(store);

	if (cert == NULL || SSL_get_ex_data(ssl, pin_index()) == NULL)
		return;
	tls_pin_of(cert, pin);
	buf_addf(b, " (if you trust it nevertheless, set its SHA-256 "
	    "fingerprint: %s)", pin);
}

int
tls_explain_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	char **why = SSL_get_app_data(ssl), *wanted;
	struct buf text = { 0 };

	if (ok || *why != NULL)
		return ok;
	wanted = wanted_name(ssl);
	if (X509_STORE_CTX_get_current_cert(store) == NULL)
		buf_addf(&text, "the certificate of %s: %s", wanted,
		    X509_verify_cert_error_string(
		    X509_STORE_CTX_get_error(store)));
	else
		add_complaint(&text, store, wanted);
	add_pin(&text, ssl, store);
	leave_pin(ssl, store);
	*why = buf_steal(&text);
	free(wanted);
	return 0;
}
