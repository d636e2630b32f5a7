/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An upgrade as the parts of an instance see it: who becomes quiet first, what
 * is handed over in which order, and what a new configuration may not change. */
#include "manager/instance_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "manager/daemon.h"
#include "manager/gateway/handover.h"
#include "net/tls.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

/* -------------------------------------------------------------------- facts */

/* Settings in which the old and the new program must agree: who and where we
 * are, what is open, and what the state refers to. */
static const struct agreed {
	const char	*section, *key;
	bool		 in_server_mode;	/* no matter in the other */
} agreed[] = {
	{ "service", "jid", false }, { "service", "server_mode", false },
	{ "service", "pidfile", false }, { "service", "control", false },
	{ "service", "server", true }, { "service", "port", true },
	{ "service", "tls_port", true },
	{ "database", "type", false }, { "database", "database", false },
	{ "database", "prefix", false }, { "database", "key_file", false },
};

/* As text; caller frees. */
static char *
value_of(const struct config *c, const struct agreed *a)
{
	const struct setting *row = config_row(a->section, a->key);
	const char *at;

	if (row == NULL)
		fatal("there is no setting %s.%s", a->section, a->key);
	at = (const char *)c + row->offset;
	switch (row->type) {
	case SETTING_TYPE_BOOL:
		return xasprintf("%d", *(const bool *)at);
	case SETTING_TYPE_INT:
		return xasprintf("%ld",
		    *(const long *)(const void *)at);
	case SETTING_TYPE_STRING:
	case SETTING_TYPE_ENUM:
		return xstrdup(*(char *const *)(const void *)at);
	case SETTING_TYPE_LIST:
		break;
	}
	fatal("%s.%s is a list", a->section, a->key);
}

static void
facts(void *ctx, struct packer *p)
{
	const struct instance *in = ctx;
	char *value;

	for (size_t i = 0; i < LENGTH(agreed); i++) {
		value = value_of(in->config, &agreed[i]);
		pack_str(p, agreed[i].key, value);
		free(value);
	}
}

static int
check_agreed(const struct config *c, const struct packed *from, char **why)
{
	for (size_t i = 0; i < LENGTH(agreed) && *why == NULL; i++) {
		const struct agreed *a = &agreed[i];
		const char *old = packed_str(from, a->key);
		char *value = value_of(c, a);

		if (old != NULL && strcmp(old, value) != 0 &&
		    (!a->in_server_mode || c->service_server_mode))
			*why = config_wrong(c, a->section, a->key,
			    "has changed, and that needs a restart");
		free(value);
	}
	return *why == NULL ? 0 : -1;
}

/* Without it no client could be served any more. */
static int
check_certificate(const struct config *c, char **why)
{
	struct tls *tls;

	if (!c->service_server_mode || *c->service_cert == '\0')
		return 0;
	tls = tls_server(c->service_cert,
	    *c->service_key != '\0' ? c->service_key : NULL,
	    *c->service_cert_password != '\0' ? c->service_cert_password :
	    NULL, why);
	tls_destroy(tls);
	return tls != NULL ? 0 : -1;
}

int
instance_can_follow(const struct config *c, const struct packed *from,
    char **why)
{
	return check_agreed(c, from, why) == 0 ? check_certificate(c, why) :
	    -1;
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
	char *text;

	if (in->upgrade == NULL)
		why = "the instance is stopping";
	else if (upgrade_start(in->upgrade) < 0)
		why = "an upgrade is under way already";
	else
		in->upgrade_asker = id;
	if (why == NULL)
		return;
	log_warn("upgrade: not upgraded: %s", why);
	text = xasprintf("Error: not upgraded: %s", why);
	control_reply(in->control, id, text);
	free(text);
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
