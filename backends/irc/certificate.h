/* SPDX-License-Identifier: GPL-2.0-or-later */
/* certificate.h - a user's own certificate, by which services know him
 * (CertFP, SASL EXTERNAL). */
#ifndef BACKENDS_IRC_CERTIFICATE_H
#define BACKENDS_IRC_CERTIFICATE_H

/* A new self-signed one with its private key (EC P-256), both in PEM: a value
 * for the setting client_certificate.  name is what it is called, the nick
 * perhaps; longer ones are cut.  It holds for 25 years.  Owned by the caller,
 * who wipes it. */
char	*certificate_new(const char *name);
/* The fingerprint of the certificate in the PEM text: digest "sha256",
 * "sha512" or "sha1", as services want it: lower-case hexadecimal without
 * colons.  Owned by the caller; NULL when there is none. */
char	*certificate_fingerprint(const char *pem, const char *digest);

#endif
