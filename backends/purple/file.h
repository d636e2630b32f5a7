/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.h - files between a user and contacts, by the network's own means.
 *
 * Those of contacts are taken without asking, as far as there is a place for
 * them (media.h); nobody else's are. */
#ifndef BACKENDS_PURPLE_FILE_H
#define BACKENDS_PURPLE_FILE_H

#include <stdbool.h>

#include "backends/purple/module.h"
#include "backends/purple/session.h"

extern const struct module file_module;

/* Could a file be sent to this contact?  name is the plug-in's. */
bool	file_can_send(struct session *, const char *name);
/* Offer it: path, as from fetch.h, goes with it.  When it does not get there,
 * the contact gets the address as a text instead. */
void	file_send(struct session *, const char *contact, char *path,
	    const char *url);

/* Is one with this contact under way?  Then what libpurple says about it is
 * known already.  NULL: with anybody. */
bool	file_going(const struct session *, const char *contact);

#endif
