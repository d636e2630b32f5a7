/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spectrum2_purple_backend: the kit on one side, libpurple on the other. */
#include <purple.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "backends/kit/kit_glib.h"
#include "backends/purple/account.h"
#include "backends/purple/authorise.h"
#include "backends/purple/certificate.h"
#include "backends/purple/command.h"
#include "backends/purple/contact_down.h"
#include "backends/purple/core.h"
#include "backends/purple/directory.h"
#include "backends/purple/down.h"
#include "backends/purple/features.h"
#include "backends/purple/listing.h"
#include "backends/purple/loop.h"
#include "backends/purple/offer.h"
#include "backends/purple/privacy.h"
#include "backends/purple/profile.h"
#include "backends/purple/profile_set.h"
#include "backends/purple/protocol.h"
#include "backends/purple/room.h"
#include "backends/purple/send.h"
#include "backends/purple/session.h"
#include "backends/purple/talk.h"
#include "backends/purple/typing.h"

static int
start(const struct sections *config, struct msg_initialize_result *say,
    char **why)
{
	PurplePlugin *protocol;

	if (directory_create(kit_config("purple", "user_dir", NULL), why) < 0 ||
	    core_start(directory_path(), why) < 0 ||
	    protocol_choose(kit_config("service", "protocol", ""), why) < 0 ||
	    accounts_configure(config, why) < 0 || certificates_start(why) < 0)
		return -1;
	sessions_init();
	protocol = protocol_only();
	say->features = features_of(protocol);
	command_offer(say);
	offer_add(say);
	say->users_max = protocol_users_max(protocol);
	if (protocol != NULL)
		say->name = purple_plugin_get_name(protocol);
	return 0;
}

static void
stop(void)
{
	sessions_logout_all();
	kit_stopped();
}

static const struct kit_backend backend = {
	.program = "spectrum2_purple_backend",
	.about = "connects users of Spectrum 2 to the networks that libpurple "
	    "speaks",
	.options = "--list-protocols",
	.name = "libpurple",
	.start = start,
	.stop = stop,
	.pause = loop_pause,
	.resume = loop_resume,
	.sessions = sessions_count,
	.handle = {
		.login = down_login,
		.logout = down_logout,
		.presence = down_presence,
		.command = down_command,
		.contact_add = down_contact_add,
		.contact_update = down_contact_update,
		.contact_remove = down_contact_remove,
		.contact_allow = down_contact_allow,
		.contact_deny = down_contact_deny,
		.contact_block = down_contact_block,
		.contact_watch = down_contact_watch,
		.profile = down_profile,
		.profile_set = down_profile_set,
		.room_join = down_room_join,
		.room_leave = down_room_leave,
		.room_nick = down_room_nick,
		.room_subject_set = down_room_subject,
		.room_moderate = down_room_moderate,
		.room_affiliations = down_room_affiliations,
		.room_invite = down_room_invite,
		.room_list = down_room_list,
		.setting = down_setting,
		.send = down_message,
		.marker = down_marker,
		.chat_state = down_chat_state,
		.attention = down_attention,
	},
};

/* Needs no configuration, nor the main process. */
static int
list_protocols(void)
{
	char *why = NULL;

	if (directory_create(NULL, &why) < 0 ||
	    core_start(directory_path(), &why) < 0) {
		fprintf(stderr, "%s: %s\n", backend.program, why);
		free(why);
		return EX_SOFTWARE;
	}
	listing_print(stdout);
	return EX_OK;
}

int
main(int argc, char **argv)
{
	int status;

	if (argc == 2 && strcmp(argv[1], "--list-protocols") == 0)
		status = list_protocols();
	else
		status = kit_glib_main(argc, argv, &backend);
	directory_remove();
	return status;
}
