/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command.h - ad-hoc commands of the gateway (XEP-0050): its settings, and what
 * the backend offers. */
#ifndef MANAGER_GATEWAY_COMMAND_H
#define MANAGER_GATEWAY_COMMAND_H

#include "manager/gateway/asked.h"
#include "manager/xmpp/xml.h"

/* For disco: the name of a command for humans, NULL for none such; and all as
 * items. */
const char	*command_label(const struct gateway *, const char *node);
void		 command_put_items(const struct gateway *, struct xml *);

/* An answer: the <command/> is open.  session NULL: a new one.  status: of
 * XEP-0050. */
struct xml	*command_begin(const struct asked *, const char *node,
		    const char *session, const char *status);
/* Words in it. */
void		 command_note(struct xml *, const char *text);

#endif
