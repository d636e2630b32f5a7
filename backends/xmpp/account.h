/* SPDX-License-Identifier: GPL-2.0-or-later */
/* account.h - the name of an account of another server. */
#ifndef BACKENDS_XMPP_ACCOUNT_H
#define BACKENDS_XMPP_ACCOUNT_H

/* A bare JID with a local part, prepared (RFC 6122); a resource is left out.
 * NULL when it is none.  The caller frees it. */
char	*account_jid(const char *);

/* The resource that the name of an account has in it, prepared; NULL when there
 * is none that could be one.  The caller frees it. */
char	*account_resource(const char *);

/* A bare JID of anybody: servers are called by their domains. */
char	*account_contact(const char *);

/* The bare JID of a full one, as it stands. */
char	*account_bare(const char *jid);

#endif
