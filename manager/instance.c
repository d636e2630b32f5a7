/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wiring: which part gets which setting, and who is told of what.  What is
 * asked on the control socket is instance_control.c's. */
#include "manager/instance_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/daemon.h"
#include "manager/gateway/admin.h"
#include "manager/gateway/handover.h"
#include "manager/logging.h"
#include "manager/xmpp/component.h"
#include "manager/xmpp/server.h"
#include "util/log.h"
#include "util/xalloc.h"

#define OUTBOX_MAX	100	/* messages of a user waiting for the login */
#define INFLIGHT_MAX	1000	/* messages of a user not yet accepted */
#define HISTORY_MAX	20	/* messages of a room kept for a new client */
#define FAREWELL	1.0	/* seconds for the last bytes of the link */
#define FAREWELL_STEP	0.02

/* ---------------------------------------------------------------- settings */

static char **
string_list(struct arena *a, const struct config_list *list)
{
	char **v = arena_alloc(a, (list->n + 1) * sizeof(*v));

	for (size_t i = 0; i < list->n; i++)
		v[i] = arena_strdup(a, list->v[i]);
	v[list->n] = NULL;
	return v;
}

/* Addresses are compared prepared; one that is none is kept as it is and
 * matches nobody. */
static char **
jid_list(struct instance *in, const struct config_list *list,
    const char *section, const char *key)
{
	struct arena *a = &in->arena;
	char **v = string_list(a, list);
	struct jid jid;
	char *text;

	for (size_t i = 0; v[i] != NULL; i++) {
		if (jid_parse(a, v[i], &jid) == 0) {
			v[i] = arena_strdup(a, jid.bare);
			continue;
		}
		text = config_wrong(in->config, section, key,
		    "\"%s\" is not a JID, and matches nobody", v[i]);
		log_warn("%s", text);
		free(text);
	}
	return v;
}

static void
fill_lists(struct instance *in)
{
	const struct config *c = in->config;
	struct gateway_config *g = &in->gateway_config;

	g->admin_jids = jid_list(in, &c->service_admin_jid,
	    "service", "admin_jid");
	g->notify_jids = jid_list(in, &c->registration_notify_jid,
	    "registration", "notify_jid");
	g->allowed_servers = jid_list(in, &c->service_allowed_servers,
	    "service", "allowed_servers");
}

static void
fill_gateway_config(struct instance *in, const char *domain)
{
	const struct config *c = in->config;

	in->gateway_config = (struct gateway_config){
		.jid = domain,
		.protocol = c->service_protocol,
		.identity_name = c->identity_name,
		.identity_category = c->identity_category,
		.identity_type = c->identity_type,
		.public_registration =
		    c->registration_enable_public_registration,
		.auto_register = c->registration_auto_register,
		.admin_password = c->service_admin_password,
		.register_instructions = c->registration_instructions,
		.username_label = c->registration_username_label,
		.password_label = c->registration_password_label,
		.username_mask = c->registration_username_mask,
		.allowed_usernames = c->registration_allowed_usernames,
		.gateway_prompt = c->gateway_responder_prompt,
		.gateway_label = c->gateway_responder_label,
		.jid_escaping = c->service_jid_escaping,
		.enable_xhtml = c->service_enable_xhtml,
		.remove_contacts = c->service_enable_remove_buddy,
		.vip_only = c->service_vip_only,
		.vip_message = c->service_vip_message,
		.send_headlines = c->settings_send_headlines,
		.stay_connected = c->settings_stay_connected,
		.room_list_max = (unsigned)c->service_max_room_list_size,
		.login_timeout = (double)c->service_login_timeout,
		.crash_grace = (double)c->service_crash_grace,
		.login_delay = (double)c->service_login_delay,
		.login_rate = (double)c->service_login_rate,
		.spool_age = (double)c->service_spool_age,
		.spool_max = (size_t)c->service_spool_max,
		.outbox_max = OUTBOX_MAX,
		.inflight_max = INFLIGHT_MAX,
		.history_max = HISTORY_MAX,
		.archive_max = (unsigned)c->service_archive_max,
		.archive_age = (double)c->service_archive_days * 86400,
		.record_history = c->service_record_history,
		.persistent = c->service_persistent_by_default,
	};
	fill_lists(in);
}

static struct pool_config
pool_settings(const struct instance *in)
{
	const struct config *c = in->config;

	return (struct pool_config){
		.instance = in->gateway_config.jid,
		.command = c->service_backend,
		.config = c->all,
		.places = { c->path, c->lines },
		.log_path = in->backend_log,
		.users_max = (unsigned)c->service_users_per_backend,
		.backends_max = (unsigned)c->service_backends_max,
		.backends_min = (unsigned)c->service_backends_min,
		.spare = c->service_backend_spare,
		.start_timeout = (double)c->service_start_timeout,
		.ping_interval = (double)c->service_ping_interval,
		.stop_timeout = (double)c->service_stop_timeout,
		.retire_after = (double)c->service_retire_after,
		.request_timeout = (double)c->service_request_timeout,
		.queue_max = (size_t)c->service_backend_queue_max,
		.memory_limit_mb = (unsigned)c->service_backend_memory_limit,
		.max_age = (double)c->service_backend_max_age,
	};
}

/* ------------------------------------------------------------------- parts */

struct store *
instance_open_store(struct instance *in, char **why)
{
	const struct config *c = in->config;
	const struct store_config sc = {
		.type = c->database_type, .database = c->database_database,
		.server = c->database_server, .user = c->database_user,
		.password = c->database_password,
		.port = (unsigned)c->database_port,
		.prefix = c->database_prefix,
		.encryption_key = c->database_encryption_key,
		.key_path = c->database_key_file,
	};

	return store_open(in->loop, &sc, why);
}

static struct link *
open_component(struct instance *in, const struct packed *from)
{
	const struct config *c = in->config;
	char port[16];
	const struct component_config cc = {
		.domain = in->gateway_config.jid, .host = c->service_server,
		.port = port, .secret = c->service_password,
		.ping_interval = (double)c->service_component_ping_interval,
		.queue_max = (size_t)c->service_component_queue_max,
		.held_max = (size_t)c->service_component_held_max,
		.held_age = (double)c->service_component_held_age,
		.stanza_max = (size_t)c->service_component_stanza_max,
	};

	snprintf(port, sizeof(port), "%ld", c->service_port);
	return from == NULL ? component_create(in->loop, &cc,
	    &gateway_link_events, in->gateway) :
	    component_adopt(in->loop, &cc, &gateway_link_events, in->gateway,
	    from);
}

static const char *
or_null(const char *s)
{
	return *s ? s : NULL;
}

static struct link *
open_server(struct instance *in, const struct packed *from, char **why)
{
	const struct config *c = in->config;
	const struct server_config sc = {
		.domain = in->gateway_config.jid, .address = c->service_server,
		.port = (unsigned)c->service_port,
		.tls_port = (unsigned)c->service_tls_port,
		.cert = or_null(c->service_cert),
		.key = or_null(c->service_key),
		.cert_password = or_null(c->service_cert_password),
		.plain_without_tls = c->service_plain_without_tls,
		.stanza_max = (size_t)c->service_client_stanza_max,
		.clients_max = (unsigned)c->service_clients_max,
		.clients_per_address =
		    (unsigned)c->service_clients_per_address,
		.login_timeout = (double)c->service_login_timeout,
		.idle_timeout = (double)c->service_idle_timeout,
		.queue_max = (size_t)c->service_client_queue_max,
		.resume_timeout = (double)c->service_resume_timeout,
		.many_resources = c->service_more_resources,
	};

	return from == NULL ? server_create(in->loop, &sc,
	    &gateway_link_events, in->gateway, why) :
	    server_adopt(in->loop, &sc, &gateway_link_events, in->gateway,
	    from, why);
}

/* ------------------------------------------------------------------- public */

static char *
reload(void *ctx)
{
	return instance_reload(ctx);
}

static struct pool *
open_pool(struct instance *in, const struct packed *from, char **why)
{
	struct pool_config pc;

	in->backend_log = logging_backend_file(in->config);
	pc = pool_settings(in);
	return from == NULL ?
	    pool_create(in->loop, &pc, &gateway_pool_events, in->gateway) :
	    pool_adopt(in->loop, &pc, &gateway_pool_events, in->gateway, from,
	    why);
}

/* The gateway first: pool and link ask it about what was under way.  Without a
 * state all packed_get() are NULL. */
static int
open_parts(struct instance *in, const struct packed *state, char **why)
{
	const struct packed *link = packed_get(state, "link");

	if ((in->store = instance_open_store(in, why)) == NULL)
		return -1;
	in->gateway = gateway_create(in->loop, &in->gateway_config);
	if (state != NULL)
		gateway_adopt(in->gateway, packed_get(state, "gateway"));
	in->pool = open_pool(in, packed_get(state, "pool"), why);
	if (in->pool == NULL)
		return -1;
	in->link = in->config->service_server_mode ?
	    open_server(in, link, why) : open_component(in, link);
	if (in->link == NULL)
		return -1;
	gateway_start(in->gateway, in->link, in->pool, in->store);
	admin_on_reload(reload, in);
	in->upgrade = upgrade_create(in->loop, &instance_upgrade_parts, in);
	return instance_open_control(in, packed_get(state, "control"), why);
}

/* What is left of one that could not be made; with a state it is needed by
 * whoever is executed next, and must not be touched. */
static struct instance *
fail(struct instance *in, const struct packed *state)
{
	if (state == NULL)
		instance_destroy(in);
	return NULL;
}

struct instance *
instance_create(struct ev_loop *loop, struct config *config,
    const struct packed *state, char **why)
{
	struct instance *in = xcalloc(1, sizeof(*in));
	struct jid jid;

	in->loop = loop;
	in->config = config;
	if (jid_parse(&in->arena, config->service_jid, &jid) < 0 ||
	    jid.node != NULL || jid.resource != NULL) {
		*why = config_wrong(config, "service", "jid", "\"%s\" is not "
		    "a domain; a name like irc.example.org would be",
		    config->service_jid);
		return fail(in, state);
	}
	fill_gateway_config(in, jid.domain);
	return open_parts(in, state, why) == 0 ? in : fail(in, state);
}

void
instance_describe(const struct instance *in)
{
	const struct config *c = in->config;

	if (c->service_server_mode)
		log_info("%s: server mode, clients connect to %s port %u%s",
		    in->gateway_config.jid, c->service_server,
		    server_port(in->link), *c->service_cert ? "" :
		    " (without TLS: no cert is set)");
	else
		log_info("%s: component of %s port %ld",
		    in->gateway_config.jid, c->service_server,
		    c->service_port);
}

char *
instance_reload(struct instance *in)
{
	struct buf report = { 0 };
	struct pool_config pc;
	struct config *newer;
	char *why = NULL, *rest, *line, *text;

	newer = config_load_again(in->config, &why);
	if (newer == NULL)
		return why;
	if (in->config->service_server_mode &&
	    server_reload(in->link, &why) < 0) {
		config_destroy(newer);
		return why;
	}
	config_reload(in->config, newer, &report);
	/* The strings it borrows have changed places. */
	fill_gateway_config(in, in->gateway_config.jid);
	gateway_reconfigured(in->gateway);
	log_set_level(logging_level(in->config));
	pc = pool_settings(in);
	pool_configure(in->pool, &pc);
	log_reopen();
	rest = text = buf_steal(&report);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line != '\0')
			log_info("%s: reload: %s", in->gateway_config.jid,
			    line);
	}
	free(text);
	config_destroy(newer);
	return NULL;
}

/* ---------------------------------------------------------------- the end */

static void
all_gone(struct instance *in)
{
	ev_timer_stop(in->loop, &in->farewell);
	in->done(in->done_ctx);
}

static void
on_farewell(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct instance *in = CONTAINER(w, struct instance, farewell);

	(void)loop;
	(void)revents;
	if (link_settled(in->link) || ev_now(in->loop) > in->farewell_end)
		all_gone(in);
}

/* The last answers of the backends are with the link: now it may go, too. */
static void
pool_stopped(void *ctx)
{
	struct instance *in = ctx;

	link_shutdown(in->link);
	in->farewell_end = ev_now(in->loop) + FAREWELL;
	ev_timer_init(&in->farewell, on_farewell, FAREWELL_STEP,
	    FAREWELL_STEP);
	ev_timer_start(in->loop, &in->farewell);
}

void
instance_stop(struct instance *in, void (*done)(void *), void *ctx)
{
	if (in->stopping) {
		done(ctx);
		return;
	}
	upgrade_destroy(in->upgrade);
	in->upgrade = NULL;
	in->stopping = true;
	in->done = done;
	in->done_ctx = ctx;
	gateway_stop(in->gateway);
	pool_stop(in->pool, pool_stopped, in);
}

void
instance_destroy(struct instance *in)
{
	if (in == NULL)
		return;
	ev_timer_stop(in->loop, &in->farewell);
	admin_on_reload(NULL, NULL);
	instance_trace_end(in, "the instance ends");
	upgrade_destroy(in->upgrade);
	control_destroy(in->control);
	pool_destroy(in->pool);
	gateway_save(in->gateway);
	gateway_destroy(in->gateway);
	link_destroy(in->link);
	store_close(in->store);
	config_destroy(in->config);
	arena_free(&in->arena);
	free(in->backend_log);
	free(in);
}
