/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spectrum2_irc_backend: the kit on one side, the IRC code on the other. */
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>

#include "backends/irc/adhoc.h"
#include "backends/irc/down.h"
#include "backends/irc/session.h"
#include "backends/kit/kit_ev.h"
#include "net/tls.h"
#include "util/log.h"
#include "util/xalloc.h"

static struct irc irc;
static struct ev_timer stop_timer;

/* ---- requests: the kit's name for one, as a number that is not 0 */

static request_t
pack(const struct kit_call *call)
{
	if (!call->wanted)
		return 0;
	return (request_t)1 << 48 | (request_t)call->method << 32 | call->id;
}

static struct kit_call
unpack(request_t request)
{
	return (struct kit_call){ .id = (uint32_t)request,
		.method = (enum method)(request >> 32 & 0xffff),
		.wanted = true };
}

static void
sink_result(request_t request, enum method method, const void *result)
{
	static const struct msg_send_result accepted;
	struct kit_call call = unpack(request);

	/* A command typed as a message, done by the server. */
	if (call.method == METHOD_send && method != METHOD_send)
		result = &accepted;
	kit_reply(&call, result);
}

static void
sink_error(request_t request, const char *code, const char *text)
{
	struct kit_call call = unpack(request);

	kit_error(&call, code, text);
}

static const struct up_sink sink = {
	.notify = kit_notify, .result = sink_result, .error = sink_error,
	.queued = kit_queued, .request = kit_request,
};

#define HANDLER(name) \
static void \
on_##name(const struct kit_call *call, const struct msg_##name *m) \
{ \
	down_##name(&irc, pack(call), m); \
}
HANDLER(login)
HANDLER(logout)
HANDLER(presence)
HANDLER(setting)
HANDLER(send)
HANDLER(chat_state)
HANDLER(react)
HANDLER(retract)
HANDLER(room_history)
HANDLER(profile)
HANDLER(query)
HANDLER(contact_add)
HANDLER(contact_update)
HANDLER(contact_remove)
HANDLER(contact_watch)
HANDLER(room_join)
HANDLER(room_leave)
HANDLER(room_nick)
HANDLER(room_subject_set)
HANDLER(room_moderate)
HANDLER(room_affiliations)
HANDLER(room_invite)
HANDLER(room_list)
HANDLER(room_config)
HANDLER(room_config_set)
HANDLER(command)

/* ---- the process */

static const char *const features[] = {
	"rooms", "room_list", "room_prefixes=#&+!", "no_jid_escaping",
	"no_registration", "identity=irc", "xhtml", "vcard",
	"chat_states", "replies", "reactions", "retraction", "history",
	"console", "query", "watch", NULL
};
/* Where users name the server there is no account to have a password. */
static const char *many_networks[] = {
	"rooms", "room_list", "room_prefixes=#&+!", "no_jid_escaping",
	"no_registration", "identity=irc", "xhtml", "vcard", "no_password",
	"chat_states", "replies", "reactions", "retraction", "history",
	"networks", "query", "watch",
};

/* A file that cannot be used is the admin's trouble, now, and not that of each
 * user who logs in. */
static int
load_ca(char **why)
{
	char *because = NULL;

	if (irc.config.ca == NULL)
		return 0;
	irc.tls = tls_client(irc.config.verify, irc.config.ca, &because);
	if (irc.tls == NULL)
		*why = xasprintf("[service] irc_ca_file: %s", because);
	free(because);
	return irc.tls != NULL ? 0 : -1;
}

static int
start(const struct sections *config, struct msg_initialize_result *say,
    char **why)
{
	irc.loop = EV_DEFAULT;
	irc.instance = kit_instance();
	if (config_read(&irc.config, config, why) == -1 || load_ca(why) == -1)
		return -1;
	irc.connects = irc.config.connects;
	adhoc_offer(say);
	if (irc.config.identd_port != 0 || irc.config.oidentd != NULL)
		irc.identd = identd_create(irc.loop, irc.config.identd_port,
		    irc.config.identd_bind, irc.config.oidentd, irc.instance);
	if (irc.config.nservers > 0)
		say->name = irc.config.servers[0].host;
	else
		say->features = (struct strs){ many_networks,
		    LENGTH(many_networks) };
	return 0;
}

static void
check_stopped(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)revents;
	if (sessions_leaving() > 0)
		return;
	ev_timer_stop(loop, w);
	kit_stopped();
}

static void
stop(void)
{
	down_stop(&irc);
	ev_timer_init(&stop_timer, check_stopped, 0, 0.02);
	ev_timer_start(irc.loop, &stop_timer);
}

static void
pause_networks(void)
{
	down_pause(&irc, true);
}

static void
resume_networks(void)
{
	down_pause(&irc, false);
}

static size_t
count_sessions(void)
{
	return map_count(&irc.sessions);
}

/* A server sees one address, whichever process a connection is of. */
static void
share_connects(size_t users)
{
	struct flood_limit *c = &irc.connects;
	size_t ours = map_count(&irc.sessions);

	*c = irc.config.connects;
	if (c->burst <= 0 || ours >= users)
		return;
	/* Who comes first need not wait for the next ping. */
	c->rate *= (double)(ours + 1) / (double)(users + 1);
	c->burst *= (double)(ours + 1) / (double)(users + 1);
	if (c->burst < 1)
		c->burst = 1;
}

static const struct kit_backend backend = {
	.program = "spectrum2_irc_backend",
	.about = "connects users of Spectrum 2 to IRC",
	.name = "IRC",
	.features = features,
	.start = start,
	.stop = stop,
	.pause = pause_networks,
	.resume = resume_networks,
	.sessions = count_sessions,
	.all_sessions = share_connects,
	.handle = {
		.login = on_login,
		.logout = on_logout,
		.presence = on_presence,
		.setting = on_setting,
		.send = on_send,
		.chat_state = on_chat_state,
		.react = on_react,
		.retract = on_retract,
		.room_history = on_room_history,
		.profile = on_profile,
		.query = on_query,
		.contact_add = on_contact_add,
		.contact_update = on_contact_update,
		.contact_remove = on_contact_remove,
		.contact_watch = on_contact_watch,
		.room_join = on_room_join,
		.room_leave = on_room_leave,
		.room_nick = on_room_nick,
		.room_subject_set = on_room_subject_set,
		.room_moderate = on_room_moderate,
		.room_affiliations = on_room_affiliations,
		.room_invite = on_room_invite,
		.room_list = on_room_list,
		.room_config = on_room_config,
		.room_config_set = on_room_config_set,
		.command = on_command,
	},
};

int
main(int argc, char **argv)
{
	up_init(&sink);
	return kit_main(argc, argv, &backend);
}
