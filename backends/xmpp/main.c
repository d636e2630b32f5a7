/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spectrum2_xmpp_backend: the kit on one side, other XMPP servers on the
 * other. */
#include <signal.h>

#include "backends/kit/kit_ev.h"
#include "backends/xmpp/config.h"
#include "backends/xmpp/down.h"
#include "backends/xmpp/guard.h"
#include "backends/xmpp/login.h"
#include "backends/xmpp/room.h"
#include "backends/xmpp/session.h"
#include "protocol/features.h"

static const char *const features[] = {
	FEATURE_CONTACTS, FEATURE_GROUPS, FEATURE_BLOCKING, FEATURE_QUERY,
	FEATURE_VCARD, FEATURE_VCARD_SET, FEATURE_AVATARS, FEATURE_SEARCH,
	FEATURE_RECEIPTS, FEATURE_MARKERS, FEATURE_CHAT_STATES,
	FEATURE_CORRECTION, FEATURE_REACTIONS, FEATURE_REPLIES,
	FEATURE_RETRACTION, FEATURE_ATTACHMENTS, FEATURE_ATTENTION,
	FEATURE_XHTML, FEATURE_CARBONS, FEATURE_ROOMS,
	FEATURE_ROOM_LIST, FEATURE_HISTORY, FEATURE_RAW,
	NULL,
};

static int
start(const struct sections *sections, struct msg_initialize_result *say,
    char **why)
{
	if (config_read(sections, why) < 0 || login_init(why) < 0)
		return -1;
	guard_set_stanza_max((size_t)config.stanza_max);
	say->users_max = config.users_max;
	return 0;
}

static void
stop(void)
{
	sessions_logout_all(kit_stopped);
}

static void
pause_servers(void)
{
	sessions_pause(true);
}

static void
resume_servers(void)
{
	sessions_pause(false);
}

static const struct kit_backend backend = {
	.program = "spectrum2_xmpp_backend",
	.about = "connects users of Spectrum 2 to accounts on other XMPP "
	    "servers",
	.name = "XMPP",
	.features = features,
	.start = start,
	.stop = stop,
	.pause = pause_servers,
	.resume = resume_servers,
	.sessions = sessions_count,
	.handle = {
		.login = down_login,
		.logout = down_logout,
		.setting = down_setting,
		.presence = down_presence,
		.send = down_send,
		.contact_add = down_contact_add,
		.contact_update = down_contact_update,
		.contact_remove = down_contact_remove,
		.contact_allow = down_contact_allow,
		.contact_deny = down_contact_deny,
		.stanza = down_stanza,
		.query = down_query,
		.search = down_search,
		.profile = down_profile,
		.profile_set = down_profile_set,
		.contact_block = down_contact_block,
		.marker = down_marker,
		.chat_state = down_chat_state,
		.react = down_react,
		.retract = down_retract,
		.attention = down_attention,
		.room_join = down_room_join,
		.room_leave = down_room_leave,
		.room_nick = down_room_nick,
		.room_subject_set = down_room_subject,
		.room_moderate = down_room_moderate,
		.room_affiliations = down_room_affiliations,
		.room_config = down_room_config,
		.room_config_set = down_room_config_set,
		.room_destroy = down_room_destroy,
		.room_invite = down_room_invite,
		.room_decline = down_room_decline,
		.room_list = down_room_list,
		.room_history = down_room_history,
		.command = down_command,
	},
};

int
main(int argc, char **argv)
{
	int status;

	signal(SIGPIPE, SIG_IGN);
	status = kit_main(argc, argv, &backend);
	login_finish();
	config_finish();
	return status;
}
