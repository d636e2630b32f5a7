/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prpl-people: a protocol of libpurple without a network, whose list of
 * contacts is what no network should have.  Whoever is added to it by the name
 * of one of the commands below makes that happen. */
#include <purple.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/backends/prpl.h"

static PurpleBuddy *
put(PurpleConnection *gc, const char *name, const char *alias,
    const char *group)
{
	PurpleGroup *g = purple_find_group(group);
	PurpleBuddy *buddy = purple_buddy_new(gc->account, name, alias);

	if (g == NULL)
		purple_blist_add_group(g = purple_group_new(group), NULL);
	purple_blist_add_buddy(buddy, NULL, g, NULL);
	return buddy;
}

static void
show(PurpleConnection *gc, const char *who, const char *message)
{
	purple_prpl_got_user_status(gc->account, who, "available",
	    message ? "message" : NULL, message, NULL);
}

/* ---------------------------------------------------------------------- lists */

static void
odd(PurpleConnection *gc)
{
	char *large = g_strnfill(1000000, 'x'), group[16];

	put(gc, "line\nbreak", NULL, "Buddies");
	large[3000] = '\0';
	put(gc, large, NULL, "Buddies");
	large[3000] = 'x';
	put(gc, "me", "the account itself", "Buddies");
	put(gc, "!refused", "has no normal form", "Buddies");
	put(gc, "wordy", large, large);
	for (int i = 0; i < 40; i++) {
		snprintf(group, sizeof(group), "group %02d", i);
		put(gc, "social", i == 39 ? "Social" : NULL, group);
	}
	show(gc, "wordy", large);
	put(gc, "sad", NULL, "Buddies");
	show(gc, "sad", "at <b>home</b> &amp; alone");
	purple_prpl_got_user_status(gc->account, "sad", "mood",
	    PURPLE_MOOD_NAME, "sad", PURPLE_MOOD_COMMENT, "<i>oh</i>", NULL);
	purple_prpl_got_user_idle(gc->account, "sad", TRUE, 1000000000);
	serv_got_alias(gc, "sad", "Server's");
	put(gc, "last", "Last", "Buddies");
	g_free(large);
}

static void
many(PurpleConnection *gc)
{
	char name[32], group[32];

	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "many%d", i);
		snprintf(group, sizeof(group), "Group %d", i % 20);
		put(gc, name, name, group);
		show(gc, name, "here");
	}
}

static gboolean
change_all(gpointer gc)
{
	static int n;
	char message[32];

	for (int i = 0; i < 200; i++) {
		snprintf(message, sizeof(message), "%d", ++n);
		show(gc, "restless", message);
	}
	if (n < 20000)
		return TRUE;
	show(gc, "restless", "tired");
	return FALSE;
}

static void
endless(PurpleConnection *gc)
{
	put(gc, "restless", NULL, "Buddies");
	purple_timeout_add(1, change_all, gc);
}

static void
renamed(PurpleConnection *gc)
{
	purple_blist_rename_buddy(put(gc, "before", "Name", "Buddies"),
	    "after");
}

static gboolean
rename_late(gpointer gc)
{
	purple_blist_rename_buddy(purple_find_buddy(
	    ((PurpleConnection *)gc)->account, "after"), "later");
	return FALSE;
}

static void
renamed_late(PurpleConnection *gc)
{
	purple_timeout_add(1, rename_late, gc);
}

static void
clubbed(PurpleConnection *gc)
{
	put(gc, "member", NULL, "Club");
}

/* The network has another name for it. */
static void
club_renamed(PurpleConnection *gc)
{
	(void)gc;
	purple_blist_rename_group(purple_find_group("Club"), "Pub");
}

/* As prpl-bonjour does. */
static void
passing(PurpleConnection *gc)
{
	PurpleBuddy *buddy = put(gc, "passing", NULL, "Buddies");

	purple_blist_node_set_flags((PurpleBlistNode *)buddy,
	    PURPLE_BLIST_NODE_FLAG_NO_SAVE);
	show(gc, "passing", NULL);
}

static void
passed(PurpleConnection *gc)
{
	purple_blist_remove_buddy(purple_find_buddy(gc->account, "passing"));
}

static void
twice(PurpleConnection *gc)
{
	for (int i = 0; i < 2; i++) {
		purple_blist_remove_buddy(put(gc, "twice", NULL, "Buddies"));
		put(gc, "twice", "Here", "Buddies");
	}
}

static void
deadly(PurpleConnection *gc)
{
	put(gc, "deadly", NULL, "Buddies");
	show(gc, "deadly", NULL);
}

/* ------------------------------------------------------------------- requests */

static int yes, no;

static void
count(PurpleConnection *gc)
{
	char said[64];

	snprintf(said, sizeof(said), "yes %d, no %d", yes, no);
	if (purple_find_buddy(gc->account, "count") == NULL)
		put(gc, "count", NULL, "Buddies");
	serv_got_alias(gc, "count", said);
}

static void
accepted(void *gc)
{
	yes++;
	count(gc);
}

static void
refused(void *gc)
{
	no++;
	count(gc);
}

static void
request(PurpleConnection *gc)
{
	for (int i = 0; i < 2; i++)
		purple_account_request_authorization(gc->account, "Asker",
		    NULL, "<Asker>", i ? "<b>Please</b>" : NULL, FALSE,
		    accepted, refused, gc);
}

static void
request_many(PurpleConnection *gc)
{
	char name[32];

	for (int i = 0; i < 250; i++) {
		snprintf(name, sizeof(name), "asker%d", i);
		purple_account_request_authorization(gc->account, name, NULL,
		    NULL, NULL, FALSE, accepted, refused, gc);
	}
}

/* Taken back at once. */
static void
request_back(PurpleConnection *gc)
{
	purple_account_request_authorization(gc->account, "shy", NULL, NULL,
	    NULL, FALSE, accepted, refused, gc);
	purple_account_request_close_with_account(gc->account);
}

static void
offer(PurpleConnection *gc)
{
	purple_account_notify_added(gc->account, "fan", NULL, "Fan", "Hi");
	purple_account_request_add(gc->account, "fan", NULL, "Fan", NULL);
	purple_account_request_add(gc->account, "count", NULL, NULL, NULL);
	purple_blist_request_add_buddy(gc->account, "found", "Buddies", "F");
}

/* ------------------------------------------------------------------- pictures */

static void
picture(PurpleConnection *gc, const char *data, size_t n)
{
	if (purple_find_buddy(gc->account, "model") == NULL)
		put(gc, "model", NULL, "Buddies");
	purple_buddy_icons_set_for_user(gc->account, "model",
	    g_memdup2(data, n), n, NULL);
}

static void
picture_odd(PurpleConnection *gc)
{
	char *data = g_malloc0(300000);

	picture(gc, "x", 1);
	memcpy(data, "GIF89a", 6);
	picture(gc, data, 300000);
	g_free(data);
}

static void
picture_good(PurpleConnection *gc)
{
	picture(gc, "GIF89a\1\0\1\0;;", 12);
}

static void
picture_none(PurpleConnection *gc)
{
	purple_buddy_icons_set_for_user(gc->account, "model", NULL, 0, NULL);
}

static const struct {
	const char	*word;
	void		(*run)(PurpleConnection *);
} commands[] = {
	{ "odd", odd }, { "many", many }, { "endless", endless },
	{ "renamed", renamed }, { "renamed late", renamed_late },
	{ "club", clubbed }, { "club renamed", club_renamed },
	{ "passing!", passing }, { "passed", passed }, { "twice!", twice },
	{ "deadly!", deadly }, { "request", request },
	{ "request many", request_many }, { "request back", request_back },
	{ "count!", count }, { "offer", offer },
	{ "picture odd", picture_odd }, { "picture good", picture_good },
	{ "picture none", picture_none },
};

/* --------------------------------------------------------------- the protocol */

static void
add_buddy(PurpleConnection *gc, PurpleBuddy *buddy, PurpleGroup *group)
{
	char *name = g_strdup(purple_buddy_get_name(buddy));

	(void)group;
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(commands[i].word, name) != 0)
			continue;
		/* The buddy goes while its caller still holds it. */
		purple_blist_remove_buddy(buddy);
		commands[i].run(gc);
		break;
	}
	g_free(name);
}

static void
remove_buddy(PurpleConnection *gc, PurpleBuddy *buddy, PurpleGroup *group)
{
	(void)gc;
	(void)buddy;
	(void)group;
}

static void
get_info(PurpleConnection *gc, const char *who)
{
	PurpleNotifyUserInfo *page = purple_notify_user_info_new();

	purple_notify_user_info_add_section_header(page, "About <them>");
	purple_notify_user_info_add_pair(page, NULL, "No label");
	purple_notify_user_info_add_pair(page, "Nick:", "<b>N</b>");
	purple_notify_user_info_add_pair(page, "Nick", "second");
	purple_notify_user_info_add_pair(page, "First Name", "Ann");
	purple_notify_user_info_add_pair(page, "Surname", "Bee");
	purple_notify_user_info_add_pair(page, "Birthday", "in May");
	purple_notify_user_info_add_pair(page, "Photo", "<img id='77'>");
	purple_notify_user_info_add_pair(page, "Odd", "\xff\xfe");
	purple_notify_user_info_add_pair(page, "Nothing", NULL);
	if (strcmp(who, "silent") != 0)
		for (int i = 0; i < 2; i++)
			purple_notify_userinfo(gc, who, page, NULL, NULL);
	purple_notify_user_info_destroy(page);
}

static void
set_public_alias(PurpleConnection *gc, const char *alias,
    PurpleSetPublicAliasSuccessCallback success,
    PurpleSetPublicAliasFailureCallback failure)
{
	if (strcmp(alias, "never") == 0)
		return;
	if (strcmp(alias, "bad") == 0)
		failure(gc->account, "<b>Bad</b> name");
	else
		success(gc->account, alias);
	success(gc->account, alias);
}

static void
set_buddy_icon(PurpleConnection *gc, PurpleStoredImage *image)
{
	(void)gc;
	(void)image;
}

static const char *
normalize(const PurpleAccount *account, const char *who)
{
	static char buf[4096];
	char *lower;

	(void)account;
	if (*who == '!')
		return NULL;
	lower = g_ascii_strdown(who, -1);
	g_strlcpy(buf, lower, sizeof(buf));
	g_free(lower);
	return buf;
}

static char *
status_text(PurpleBuddy *buddy)
{
	PurpleConnection *gc = purple_account_get_connection(
	    purple_buddy_get_account(buddy));

	char *large;

	if (strcmp(purple_buddy_get_name(buddy), "wordy") == 0) {
		large = g_strnfill(300000, '<');
		*large = (char)0xff;
		return large;
	}
	if (strcmp(purple_buddy_get_name(buddy), "deadly") == 0)
		purple_connection_error_reason(gc,
		    PURPLE_CONNECTION_ERROR_NETWORK_ERROR, "looked at");
	return NULL;
}

static void
log_in(PurpleAccount *account)
{
	purple_connection_set_state(purple_account_get_connection(account),
	    PURPLE_CONNECTED);
}

static GList *
status_types(PurpleAccount *account)
{
	GList *list = NULL;

	(void)account;
	list = g_list_append(list, purple_status_type_new_with_attrs(
	    PURPLE_STATUS_AVAILABLE, "available", NULL, TRUE, TRUE, FALSE,
	    "message", "Message", purple_value_new(PURPLE_TYPE_STRING), NULL));
	list = g_list_append(list, purple_status_type_new_with_attrs(
	    PURPLE_STATUS_MOOD, "mood", NULL, TRUE, TRUE, TRUE,
	    PURPLE_MOOD_NAME, "Mood", purple_value_new(PURPLE_TYPE_STRING),
	    PURPLE_MOOD_COMMENT, "Text", purple_value_new(PURPLE_TYPE_STRING),
	    NULL));
	return g_list_append(list, purple_status_type_new(
	    PURPLE_STATUS_OFFLINE, NULL, NULL, TRUE));
}

static PurplePluginProtocolInfo protocol = {
	PRPL_BASE,
	.icon_spec = { "png,gif,jpg", 16, 16, 64, 64, 2000,
	    PURPLE_ICON_SCALE_SEND },
	.status_text = status_text,
	.status_types = status_types,
	.login = log_in,
	.get_info = get_info,
	.add_buddy = add_buddy,
	.remove_buddy = remove_buddy,
	.normalize = normalize,
	.set_buddy_icon = set_buddy_icon,
	.set_public_alias = set_public_alias,
};

PRPL(people, "People", protocol, prpl_init, NULL)
