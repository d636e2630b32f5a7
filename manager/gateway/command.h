/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command.h - ad-hoc commands (XEP-0050): the gateway's own, and what the
 * backend offers, each on the JIDs where it makes sense. */
#ifndef MANAGER_GATEWAY_COMMAND_H
#define MANAGER_GATEWAY_COMMAND_H

#include "manager/gateway/asked.h"
#include "manager/gateway/down.h"
#include "manager/xmpp/xml.h"

/* Where a command is asked for.  Where there is one network only, what there
 * is to do with it is offered by the gateway. */
enum command_place {
	AT_NOTHING, AT_GATEWAY, AT_NETWORK, AT_ROOM, AT_CONTACT,
};

enum command_place command_place(const struct down *);
/* Id of the server, room or contact; NULL: the gateway. */
const char	*command_target(const struct down *);
/* One that the backend offers there, or NULL. */
const struct msg_command_info *command_of_backend(const struct down *,
		    const char *node);

/* For disco: the name of a command for humans, NULL for none such there; and
 * all that are there as items. */
const char	*command_label(const struct down *, const char *node);
void		 command_put_items(const struct down *, struct xml *);

/* An answer: the <command/> is open.  session NULL: a new one.  status: of
 * XEP-0050; one that is executing can be completed. */
struct xml	*command_begin(const struct asked *, const char *node,
		    const char *session, const char *status);
/* One that is executing: actions are "prev", "next", "complete". */
struct xml	*command_begin_step(const struct asked *, const char *node,
		    const char *session, const struct strs *actions);
/* Words in it; and what is wrong. */
void		 command_note(struct xml *, const char *text);
void		 command_wrong(struct xml *, const char *text);

#endif
