/* SPDX-License-Identifier: GPL-2.0-or-later */
/* instance_parts.h - what the files of instance share; for nobody else. */
#ifndef MANAGER_INSTANCE_PARTS_H
#define MANAGER_INSTANCE_PARTS_H

#include "manager/control.h"
#include "manager/gateway/gateway.h"
#include "manager/instance.h"
#include "manager/pool/pool.h"
#include "manager/store/store.h"
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
	char		*backend_log;
	LIST_HEAD(, tracing) traces;	/* instance_trace.c */
	bool		 stopping;
	ev_timer	 farewell;	/* the link writes its last */
	void		(*done)(void *);
	void		*done_ctx;
};

/* Listen for spectrum2_manager. */
int	 instance_open_control(struct instance *, char **why) MUST_CHECK;

/* instance_trace.c: for the control socket, and the end of all traces. */
control_handler	 instance_trace;
void		 instance_trace_gone(void *ctx, uint64_t id);
void		 instance_trace_end(struct instance *);

#endif
