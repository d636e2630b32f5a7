/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In the place of libpurple's own functions.
 *
 * A PurpleSslConnection does not say whose it is, nor does the request to judge
 * its certificate: all accounts are one user's to libpurple.  But whoever makes
 * one names the account, to one of two functions.  Between the call and its
 * return the TLS library may have begun already, and the connection may even be
 * gone: so the library's own operations are wrapped, too. */
#include "backends/purple/interpose.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "backends/purple/directory.h"
#include "util/log.h"
#include "util/xalloc.h"

#define EXPORT_MAX	(64 * 1024)	/* bytes of a certificate as PEM */

static tls_begun *begun;
static tls_ended *ended;

/* Whose call is under way? */
static PurpleAccount *calling;
/* What an export is written to, in place of a file. */
static char **export;

void
interpose_next(const char *name, void *function, size_t size)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	/* libpurple is there, so it is, too. */
	if (symbol == NULL)
		fatal("libpurple has no %s", name);
	memcpy(function, &symbol, size);
}

/* ---------------------------------------------------------------------- TLS */

PurpleSslConnection *
purple_ssl_connect_with_ssl_cn(PurpleAccount *account, const char *host,
    int port, PurpleSslInputFunction connected, PurpleSslErrorFunction failed,
    const char *name, void *data)
{
	static PurpleSslConnection *(*next)(PurpleAccount *, const char *,
	    int, PurpleSslInputFunction, PurpleSslErrorFunction,
	    const char *, void *);
	PurpleSslConnection *gsc;

	if (next == NULL)
		interpose_next(__func__, &next, sizeof(next));
	gsc = next(account, host, port, connected, failed, name, data);
	/* TLS begins when there is a connection, which takes a while. */
	if (gsc != NULL && begun != NULL)
		begun(gsc, account);
	return gsc;
}

PurpleSslConnection *
purple_ssl_connect_with_host_fd(PurpleAccount *account, int fd,
    PurpleSslInputFunction connected, PurpleSslErrorFunction failed,
    const char *host, void *data)
{
	static PurpleSslConnection *(*next)(PurpleAccount *, int,
	    PurpleSslInputFunction, PurpleSslErrorFunction, const char *,
	    void *);
	PurpleAccount *outer = calling;
	PurpleSslConnection *gsc;

	if (next == NULL)
		interpose_next(__func__, &next, sizeof(next));
	calling = account;
	gsc = next(account, fd, connected, failed, host, data);
	calling = outer;
	return gsc;
}

static PurpleSslOps *tls;	/* the library's own */

static void
connect_tls(PurpleSslConnection *gsc)
{
	if (calling != NULL)
		begun(gsc, calling);
	tls->connectfunc(gsc);
}

static void
close_tls(PurpleSslConnection *gsc)
{
	ended(gsc);
	tls->close(gsc);
}

/* Does a plug-in find our functions? */
static bool
is_first(void)
{
	PurpleSslConnection *(*ours)(PurpleAccount *, int,
	    PurpleSslInputFunction, PurpleSslErrorFunction, const char *,
	    void *) = purple_ssl_connect_with_host_fd;
	void *found = dlsym(RTLD_DEFAULT, "purple_ssl_connect_with_host_fd");

	return memcmp(&found, &ours, sizeof(found)) == 0;
}

static int
wrap_tls(char **why)
{
	static PurpleSslOps wrapped;

	/* This loads the plug-in for it. */
	if (!purple_ssl_is_supported()) {
		log_warn("libpurple has no TLS: its plug-in ssl-nss or "
		    "ssl-gnutls is missing");
		return 0;
	}
	if (!is_first()) {
		*why = xstrdup("the dynamic linker does not prefer this "
		    "program's functions to libpurple's");
		return -1;
	}
	tls = purple_ssl_get_ops();
	wrapped = *tls;
	wrapped.connectfunc = connect_tls;
	wrapped.close = close_tls;
	purple_ssl_set_ops(&wrapped);
	return 0;
}

int
interpose_init(tls_begun *on_begun, tls_ended *on_ended, char **why)
{
	begun = on_begun;
	ended = on_ended;
	return wrap_tls(why);
}

/* -------------------------------------------------------------------- files */

/* A certificate can be had as a file only. */
char *
interpose_export(PurpleCertificate *certificate)
{
	char *pem = NULL;

	if (certificate == NULL || certificate->scheme == NULL ||
	    certificate->scheme->export_certificate == NULL)
		return NULL;
	export = &pem;
	certificate->scheme->export_certificate("memory", certificate);
	export = NULL;
	return pem;
}

/* Everything else that libpurple writes, it writes by this one: preferences,
 * the list of contacts, what other clients can do.  It would be written as a
 * whole after each change, and synced, with everybody waiting, and nothing of
 * it is read again: the main process keeps what must be kept. */
gboolean
purple_util_write_data_to_file(const char *name, const char *data,
    gssize size)
{
	static gboolean (*next)(const char *, const char *, gssize);

	if (next == NULL)
		interpose_next(__func__, &next, sizeof(next));
	if (directory_is_kept())
		return next(name, data, size);
	log_debug("not written: %s", name != NULL ? name : "a file");
	return TRUE;
}

gboolean
purple_util_write_data_to_file_absolute(const char *path, const char *data,
    gssize size)
{
	static gboolean (*next)(const char *, const char *, gssize);
	size_t len = size >= 0 ? (size_t)size : data != NULL ? strlen(data) :
	    0;

	if (next == NULL)
		interpose_next(__func__, &next, sizeof(next));
	if (export == NULL)
		return next(path, data, size);
	if (data == NULL || len > EXPORT_MAX || *export != NULL)
		return FALSE;
	*export = xstrndup(data, len);
	return TRUE;
}
