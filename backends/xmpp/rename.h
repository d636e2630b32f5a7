/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rename.h - attributes of namespaces, for libstrophe.
 *
 * libstrophe drops the namespace of an attribute: xml:lang becomes lang, and
 * hides an attribute of that name.  It gets it as a name with its prefix; one
 * of another namespace gets a prefix, and the attribute that declares it. */
#ifndef BACKENDS_XMPP_RENAME_H
#define BACKENDS_XMPP_RENAME_H

#include <expat.h>
#include <stdbool.h>
#include <stddef.h>

#include "backends/xmpp/guard.h"
#include "util/buf.h"

#define SEPARATOR	'\x1f'		/* libstrophe's: NAMESPACE, it, NAME */

struct renamed {
	struct buf	 names;		/* found in it when it grows no more */
	const char	*list[4 * GUARD_ATTRIBUTES + 1];
	size_t		 at[4 * GUARD_ATTRIBUTES + 1];	/* in names, + 1 */
	size_t		 n;
};

bool		 rename_needed(const XML_Char **attributes);
/* Of a struct whose names are empty, and to be freed; dies with it. */
const XML_Char	**rename_all(struct renamed *, const XML_Char **attributes);

#endif
