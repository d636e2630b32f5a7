/* SPDX-License-Identifier: GPL-2.0-or-later */
/* instance_parts.h - what the files of instance share; for nobody else. */
#ifndef MANAGER_INSTANCE_PARTS_H
#define MANAGER_INSTANCE_PARTS_H

#include "manager/control.h"
#include "manager/gateway/gateway.h"
#include "manager/instance.h"
#include "manager/pool/pool.h"
#include "manager/store/store.h"
#include "manager/upgrade.h"
#include "manager/xmpp/link.h"
#include "manager/xmpp/server.h"

struct instance {
	struct ev_loop	*loop;
	struct config	*config;
	struct arena	 arena;		/* what lives as long as we do */
	struct gateway_config gateway_config;
	struct gateway	*gateway;
	struct store	*store;
	struct pool	*pool;
	struct link	*link;
	struct control	*control;
	struct upgrade	*upgrade;
	uint64_t	 upgrade_asker;	/* on the control socket; 0: nobody */
	char		*backend_log;
	LIST_HEAD(, tracing) traces;	/* instance_trace.c */
	bool		 stopping;
	ev_timer	 farewell;	/* the link writes its last */
	double		 farewell_end;
	void		(*done)(void *);
	void		*done_ctx;
};

struct store	*instance_open_store(struct instance *, char **why);

/* Listen for spectrum2_manager, or go on with it: from may be NULL. */
int	 instance_open_control(struct instance *, const struct packed *from,
	    char **why) MUST_CHECK;

/* What upgrade.h needs of us; ctx is the instance. */
extern const struct upgrade_parts instance_upgrade_parts;
/* As instance_upgrade(), with somebody who waits for the answer. */
void	 instance_upgrade_asked(struct instance *, uint64_t id);

/* instance_trace.c: for the control socket, and the end of all traces; why is
 * their last line. */
control_handler	 instance_trace;
void		 instance_trace_gone(void *ctx, uint64_t id);
void		 instance_trace_end(struct instance *, const char *why);

#endif
