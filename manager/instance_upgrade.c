/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An upgrade as the parts of an instance see it: who becomes quiet first, what
 * is handed over in which order, and what a new configuration may not change. */
#include "manager/instance_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "manager/daemon.h"
#include "manager/gateway/handover.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

/* -------------------------------------------------------------------- facts */

/* Settings in which the old and the new program must agree. */
static void
facts(void *ctx, struct packer *p)
{
	const struct config *c = ((const struct instance *)ctx)->config;

	pack_str(p, "jid", c->service_jid);
	pack_str(p, "pidfile", c->service_pidfile);
	pack_str(p, "control", c->service_control);
	pack_bool(p, "server_mode", c->service_server_mode);
}

int
instance_can_follow(const struct config *c, const struct packed *from,
    char **why)
{
	const struct {
		const char *key, *value;
	} rows[] = {
		{ "jid", c->service_jid }, { "pidfile", c->service_pidfile },
		{ "control", c->service_control },
	};
	const char *key = NULL, *old;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		old = packed_str(from, rows[i].key);
		if (key == NULL &&
		    (old == NULL || strcmp(old, rows[i].value) != 0))
			key = rows[i].key;
	}
	if (key == NULL && packed_bool(from, "server_mode", false) !=
	    c->service_server_mode)
		key = "server_mode";
	if (key == NULL)
		return 0;
	*why = xasprintf("%s: [service] %s: has changed, and that needs a "
	    "restart", c->path, key);
	return -1;
}

/* ------------------------------------------------------------------- leaving */

static void
no_matter(void *ctx, const struct store_user *user, const char *error)
{
	(void)ctx;
	(void)user;
	(void)error;
}

static void
quiet(void *ctx, bool yes)
{
	struct instance *in = ctx;

	if (yes) {
		daemon_reloading();
		link_pause(in->link);
		/* Gathered writes take their time, unless somebody reads. */
		store_find_uin(in->store, "", no_matter, NULL);
	} else {
		link_resume(in->link);
		daemon_ready();
	}
}

static bool
settled(void *ctx)
{
	const struct instance *in = ctx;

	return pool_pending(in->pool) == 0 && link_settled(in->link) &&
	    store_pending(in->store) == 0;
}

/* pack() has closed it. */
static void
reopen_store(struct instance *in)
{
	char *why = NULL;

	if (in->store != NULL)
		return;
	in->store = instance_open_store(in, &why);
	if (in->store == NULL) {
		log_error("upgrade: the store that was open before: %s", why);
		exit(EX_SOFTWARE);	/* to be started again */
	}
	in->gateway->store = in->store;
}

static void
freeze(void *ctx, bool yes)
{
	struct instance *in = ctx;

	if (yes) {
		instance_trace_end(in, "the program is upgraded: trace again");
		gateway_settle(in->gateway);
		later_run();	/* what that has put off */
	} else {
		reopen_store(in);
	}
	pool_freeze(in->pool, yes);
	link_freeze(in->link, yes);
}

/* The pool refuses what cannot go along, the gateway tells users of it by the
 * link: in this order. */
static void
pack(void *ctx, struct packer *p)
{
	struct instance *in = ctx;

	pack_map(p, "pool");
	pool_handover(in->pool, p);
	pack_end(p);
	pack_map(p, "gateway");
	gateway_handover(in->gateway, p);
	pack_end(p);
	pack_map(p, "link");
	link_handover(in->link, p);
	pack_end(p);
	pack_map(p, "control");
	control_handover(in->control, in->upgrade_asker, p);
	pack_end(p);
	pack_map(p, "daemon");
	daemon_handover(p);
	pack_end(p);
	store_close(in->store);
	in->store = NULL;
}

static void
answer(void *ctx, const char *text)
{
	struct instance *in = ctx;

	control_reply(in->control, in->upgrade_asker, text);
	in->upgrade_asker = 0;
}

const struct upgrade_parts instance_upgrade_parts = {
	.facts = facts, .quiet = quiet, .settled = settled, .freeze = freeze,
	.pack = pack, .failed = answer,
};

/* ------------------------------------------------------------------- public */

void
instance_upgrade_asked(struct instance *in, uint64_t id)
{
	const char *why = NULL;

	if (in->upgrade == NULL)
		why = "Error: not upgraded: the instance is stopping";
	else if (upgrade_start(in->upgrade) < 0)
		why = "Error: an upgrade is under way already";
	else
		in->upgrade_asker = id;
	if (why == NULL)
		return;
	log_warn("%s: %s", in->gateway_config.jid, why);
	control_reply(in->control, id, why);
}

void
instance_upgrade(struct instance *in)
{
	instance_upgrade_asked(in, 0);
}

void
instance_upgraded(struct instance *in, const char *text)
{
	answer(in, text);
}
