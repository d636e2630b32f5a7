/* SPDX-License-Identifier: GPL-2.0-or-later */
/* interpose.h - functions of libpurple that this program defines itself.
 *
 * The dynamic linker takes a program's own definition of a function before that
 * of a library, also for calls from within the library and from plug-ins.  Two
 * things that libpurple offers no hook for are got at like this: on whose
 * account a TLS connection is made, and what is written to files. */
#ifndef BACKENDS_PURPLE_INTERPOSE_H
#define BACKENDS_PURPLE_INTERPOSE_H

#include <purple.h>

#include "util/macros.h"

/* Put the library's own function of this name, before which one of ours stands,
 * into the pointer at function. */
void	interpose_next(const char *name, void *function, size_t size);

/* A TLS connection begins, on behalf of an account. */
typedef void tls_begun(PurpleSslConnection *, PurpleAccount *);
/* It has ended: the pointer may be another one's from here on. */
typedef void tls_ended(PurpleSslConnection *);

/* After core_start().  -1 and *why (malloced) when the linker did not do what
 * was expected of it. */
int	interpose_init(tls_begun *, tls_ended *, char **why) MUST_CHECK;
/* A certificate as PEM (malloced); NULL when that cannot be had. */
char	*interpose_export(PurpleCertificate *);

#endif
