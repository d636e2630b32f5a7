/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spectrum2_twitter_backend: the kit on one side, the API of X on the other. */
#include <ev.h>

#include "backends/kit/kit_ev.h"
#include "backends/twitter/avatar.h"
#include "backends/twitter/budget.h"
#include "backends/twitter/command.h"
#include "backends/twitter/config.h"
#include "backends/twitter/down.h"
#include "backends/twitter/http.h"
#include "backends/twitter/people.h"
#include "backends/twitter/renew.h"
#include "backends/twitter/search.h"
#include "backends/twitter/session.h"
#include "backends/twitter/settings.h"

/* Not "repeats": X refuses a text that it has had a moment ago, but it does not
 * say under which id it has it, nor whether it was the lost message or one
 * before that, and with a file it does not notice.  Not "correction": X has it
 * for some who pay, as another post under another id. */
static const char *const features[] = {
	"no_password", "no_jid_escaping", "identity=twitter",
	"rooms", "room_list", "room_prefixes=#",
	"replies", "reactions", "retraction", "attachments", "carbons",
	"contacts", "groups", "watch", "blocking", "avatars", "vcard", "search",
	"contact_commands",
	NULL
};

static int
start(const struct sections *sections, struct msg_initialize_result *say,
    char **why)
{
	if (config_read(sections, why) < 0)
		return -1;
	settings_offer(say);
	search_offer(say);
	command_offer(say);
	http_init(EV_DEFAULT, config.ca_file, config.private_urls);
	http_proxy(config.proxy, config.proxy_user, config.proxy_password);
	return 0;
}

static void
all_kept(void *ctx)
{
	(void)ctx;
	kit_stopped();
}

static void
stop(void)
{
	sessions_logout_all();
	renew_wait(NULL, all_kept, NULL);
}

static const struct kit_backend backend = {
	.program = "spectrum2_twitter_backend",
	.about = "connects users of Spectrum 2 to X (Twitter)",
	.name = "X (Twitter)",
	.features = features,
	.start = start,
	.stop = stop,
	.sessions = sessions_count,
	.all_sessions = budget_all_sessions,
	.handle = {
		.login = down_login,
		.logout = down_logout,
		.setting = down_setting,
		.presence = down_presence,
		.command = down_command,
		.room_join = down_room_join,
		.room_leave = down_room_leave,
		.room_nick = down_room_nick,
		.room_subject_set = down_room_subject_set,
		.room_invite = down_room_invite,
		.room_list = down_room_list,
		.contact_add = down_contact_add,
		.contact_update = down_contact_update,
		.contact_remove = down_contact_remove,
		.contact_block = down_contact_block,
		.contact_watch = down_contact_watch,
		.profile = down_profile,
		.search = down_search,
		.send = down_send,
		.react = down_react,
		.retract = down_retract,
	},
};

int
main(int argc, char **argv)
{
	int status = kit_main(argc, argv, &backend);

	renew_finish();
	avatar_finish();
	http_finish();
	budget_finish();
	people_finish();
	config_finish();
	return status;
}
