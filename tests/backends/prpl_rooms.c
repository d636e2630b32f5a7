/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prpl-rooms: a protocol of libpurple that is nothing but rooms, without a
 * network.  How a join goes is in the room's name, and what is said in a room
 * is done in it: see joins and commands below.  Its occupants have ids for
 * names. */
#include <errno.h>
#include <purple.h>
#include <stdlib.h>
#include <string.h>

#include "tests/backends/prpl.h"

#define ME "me#1"

static int serial;

static void
destroy_list(PurpleRoomlist *list)
{
	purple_roomlist_unref(list);
}

/* ------------------------------------------------------------- being there */

static void
set_alias(PurpleConvChat *chat, const char *name, const char *alias)
{
	PurpleConvChatBuddy *cb = purple_conv_chat_cb_find(chat, name);

	if (cb == NULL)
		return;
	g_free(cb->alias);
	cb->alias = g_strdup(alias);
	purple_conv_chat_user_set_flags(chat, name,
	    cb->flags ^ PURPLE_CBFLAGS_VOICE);
}

static void
add(PurpleConvChat *chat, const char *name, const char *alias)
{
	purple_conv_chat_add_user(chat, name, NULL, PURPLE_CBFLAGS_NONE, FALSE);
	if (alias != NULL)
		set_alias(chat, name, alias);
}

static PurpleConversation *
enter(PurpleConnection *gc, const char *name)
{
	PurpleConversation *conv = serv_got_joined_chat(gc, ++serial, name);

	purple_conv_chat_set_nick(PURPLE_CONV_CHAT(conv), ME);
	purple_conversation_set_title(conv, "A <room>");
	return conv;
}

static void
join_sync(PurpleConnection *gc, GHashTable *data)
{
	PurpleConvChat *chat = PURPLE_CONV_CHAT(enter(gc,
	    g_hash_table_lookup(data, "channel")));

	add(chat, "bob#2", "Bob");
	add(chat, "bob#3", "Bob");
	add(chat, ME, "Myself");
}

static void
join_alone(PurpleConnection *gc, GHashTable *data)
{
	add(PURPLE_CONV_CHAT(enter(gc, g_hash_table_lookup(data, "channel"))),
	    "bob#2", "Bob");
}

static void
join_fail(PurpleConnection *gc, GHashTable *data)
{
	purple_serv_got_join_chat_failed(gc, data);
	purple_notify_error(gc, "No", "It cannot be", "You are banned there");
}

static void
join_told(PurpleConnection *gc, GHashTable *data)
{
	char *text = g_strdup_printf("%s is full",
	    (char *)g_hash_table_lookup(data, "channel"));

	purple_notify_error(gc, NULL, text, NULL);
	g_free(text);
}

static void
join_dies(PurpleConnection *gc, GHashTable *data)
{
	join_sync(gc, data);
	serv_got_chat_left(gc, serial);
}

static void
join_gone(PurpleConnection *gc, GHashTable *data)
{
	purple_conversation_destroy(enter(gc,
	    g_hash_table_lookup(data, "channel")));
}

static void
join_twice(PurpleConnection *gc, GHashTable *data)
{
	join_sync(gc, data);
	join_sync(gc, data);
}

static const struct {
	const char *start;
	void (*join)(PurpleConnection *, GHashTable *);
} joins[] = {
	{ "alone", join_alone }, { "fail", join_fail }, { "told", join_told },
	{ "dies", join_dies }, { "gone", join_gone }, { "twice", join_twice },
	{ "", join_sync },
};

static void
join_chat(PurpleConnection *gc, GHashTable *data)
{
	const char *name = g_hash_table_lookup(data, "channel");
	size_t i = 0;

	while (!g_str_has_prefix(name, joins[i].start))
		i++;
	joins[i].join(gc, data);
}

/* "tea/word": both are needed. */
static GList *
chat_info(PurpleConnection *gc)
{
	static const char *const rows[][2] = {
		{ "_Channel:", "channel" }, { "Secret _word:", "word" } };
	GList *list = NULL;

	(void)gc;
	for (int i = 0; i < 2; i++) {
		struct proto_chat_entry *e = g_new0(struct proto_chat_entry, 1);

		e->label = rows[i][0];
		e->identifier = rows[i][1];
		e->required = TRUE;
		list = g_list_append(list, e);
	}
	return list;
}

static GHashTable *
chat_info_defaults(PurpleConnection *gc, const char *name)
{
	GHashTable *data = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	    g_free);
	const char *slash = name != NULL ? strchr(name, '/') : NULL;

	(void)gc;
	if (name != NULL)
		g_hash_table_insert(data, "channel",
		    g_strndup(name, strcspn(name, "/")));
	if (slash != NULL)
		g_hash_table_insert(data, "word", g_strdup(slash + 1));
	return data;
}

static char *
chat_name(GHashTable *data)
{
	return g_strdup(g_hash_table_lookup(data, "channel"));
}

/* ---------------------------------------------------------------- commands */

struct saying {
	PurpleConnection *gc;
	int id;
	char *text;
};

static gboolean
echo_now(gpointer p)
{
	struct saying *s = p;

	if (g_list_find(purple_connections_get_all(), s->gc) != NULL)
		serv_got_chat_in(s->gc, s->id, ME, 0, s->text, time(NULL));
	g_free(s->text);
	g_free(s);
	return FALSE;
}

static void
echo_later(PurpleConversation *conv, const char *text)
{
	struct saying *s = g_new0(struct saying, 1);

	s->gc = purple_conversation_get_gc(conv);
	s->id = purple_conv_chat_get_id(PURPLE_CONV_CHAT(conv));
	s->text = g_strdup(text);
	purple_timeout_add(50, echo_now, s);
}

/* So many who are all called the same. */
static void
crowd(PurpleConversation *conv, const char *number)
{
	char name[32];

	for (int i = 0; i < atoi(number); i++) {
		snprintf(name, sizeof(name), "c#%d", i);
		add(PURPLE_CONV_CHAT(conv), name, "Same");
	}
}

static void
odd(PurpleConversation *conv, const char *unused)
{
	PurpleConvChat *chat = PURPLE_CONV_CHAT(conv);

	(void)unused;
	add(chat, "", "");
	add(chat, "bad\xff", "\xfe\xff");
	add(chat, "line\nline", " ");
	add(chat, "bob#2", "Bob");
	purple_conv_chat_rename_user(chat, "bob#2", "bob#2");
	purple_conv_chat_rename_user(chat, "nobody", "somebody");
	purple_conv_chat_remove_user(chat, "nowhere", NULL);
	purple_conv_chat_remove_user(chat, "bad\xff", "\xff");
	purple_conv_chat_set_topic(chat, NULL, NULL);
	purple_conv_chat_set_topic(chat, "\xff", "\xff<b>");
	purple_conversation_write(conv, NULL, "<b>\xff", PURPLE_MESSAGE_ERROR,
	    -5);
	purple_conversation_write(conv, NULL, "", PURPLE_MESSAGE_SYSTEM, 0);
	purple_conv_chat_write(chat, "\xff", "said by \xff", 0, -1);
}

/* As plug-ins do that have got a new list of all users: in it are those who
 * were there, but one. */
static void
clear(PurpleConversation *conv, const char *unused)
{
	PurpleConvChat *chat = PURPLE_CONV_CHAT(conv);

	(void)unused;
	purple_conv_chat_clear_users(chat);
	add(chat, "bob#3", "Bob");
	add(chat, ME, "Myself");
}

static void
alias_me(PurpleConversation *conv, const char *alias)
{
	set_alias(PURPLE_CONV_CHAT(conv), ME, alias);
}

static void
close_it(PurpleConversation *conv, const char *why)
{
	purple_conv_chat_write(PURPLE_CONV_CHAT(conv), "", why,
	    PURPLE_MESSAGE_SYSTEM, time(NULL));
	serv_got_chat_left(purple_conversation_get_gc(conv),
	    purple_conv_chat_get_id(PURPLE_CONV_CHAT(conv)));
}

static void
destroy(PurpleConversation *conv, const char *unused)
{
	(void)unused;
	purple_conversation_destroy(conv);
}

static void
invite(PurpleConversation *conv, const char *room)
{
	serv_got_chat_invite(purple_conversation_get_gc(conv), room, "zoe",
	    "<i>come</i>", chat_info_defaults(NULL, "den/sesame"));
}

static void
whisper(PurpleConversation *conv, const char *text)
{
	serv_got_chat_in(purple_conversation_get_gc(conv),
	    purple_conv_chat_get_id(PURPLE_CONV_CHAT(conv)), "bob#3",
	    PURPLE_MESSAGE_WHISPER, text, time(NULL));
}

static const struct {
	const char *word;
	void (*run)(PurpleConversation *, const char *rest);
} commands[] = {
	{ "echo ", echo_later }, { "crowd ", crowd }, { "odd", odd },
	{ "alias ", alias_me }, { "close ", close_it }, { "destroy", destroy },
	{ "invite ", invite }, { "whisper ", whisper }, { "clear", clear },
};

static int
chat_send(PurpleConnection *gc, int id, const char *text,
    PurpleMessageFlags flags)
{
	PurpleConversation *conv = purple_find_chat(gc, id);

	if (strcmp(text, "long") == 0)
		return -E2BIG;
	/* Shows what it sends, as most do; but "echo", "mute". */
	if (!g_str_has_prefix(text, "echo ") && strcmp(text, "mute") != 0)
		serv_got_chat_in(gc, id, ME, flags, text, time(NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (g_str_has_prefix(text, commands[i].word))
			commands[i].run(conv, text + strlen(commands[i].word));
	}
	return 0;
}

static int
send_im(PurpleConnection *gc, const char *who, const char *text,
    PurpleMessageFlags flags)
{
	char *said = g_strdup_printf("%s got %s", who, text);

	(void)flags;
	serv_got_im(gc, who, said, PURPLE_MESSAGE_RECV, time(NULL));
	g_free(said);
	return 1;
}

static void
reject(PurpleConnection *gc, GHashTable *data)
{
	(void)data;
	purple_notify_error(gc, "rejected", "rejected", NULL);
}

/* ---------------------------------------------------------------- the list */

static PurpleRoomlist *
get_list(PurpleConnection *gc)
{
	PurpleRoomlist *list = purple_roomlist_new(gc->account);
	PurpleRoomlistRoom *category, *room;
	GList *fields = g_list_append(NULL, purple_roomlist_field_new(
	    PURPLE_ROOMLIST_FIELD_STRING, "", "topic", FALSE));

	purple_roomlist_set_fields(list, fields);
	if (strcmp(purple_account_get_username(gc->account), "cut off") == 0) {
		purple_connection_error_reason(gc,
		    PURPLE_CONNECTION_ERROR_NETWORK_ERROR, NULL);
		destroy_list(list);
		return NULL;
	}
	purple_roomlist_set_in_progress(list, TRUE);
	category = purple_roomlist_room_new(PURPLE_ROOMLIST_ROOMTYPE_CATEGORY,
	    "Drinks", NULL);
	purple_roomlist_room_add(list, category);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "tea", "\xff", "tea" };

		room = purple_roomlist_room_new(PURPLE_ROOMLIST_ROOMTYPE_ROOM,
		    names[i], category);
		/* The last has fewer fields than there are. */
		if (i < 2)
			purple_roomlist_room_add_field(list, room, "hot");
		purple_roomlist_room_add(list, room);
	}
	purple_roomlist_set_in_progress(list, FALSE);
	destroy_list(list);
	return NULL;
}

/* ------------------------------------------------------------ the protocol */

static void
log_in(PurpleAccount *account)
{
	PurpleConnection *gc = purple_account_get_connection(account);
	PurpleChat *chat = purple_chat_new(account, "My den",
	    chat_info_defaults(gc, "den/sesame"));

	purple_blist_add_chat(chat, NULL, NULL);
	purple_connection_set_state(gc, PURPLE_CONNECTED);
}

static PurplePluginProtocolInfo protocol = {
	PRPL_BASE,
	.status_types = prpl_status_types,
	.login = log_in,
	.send_im = send_im,
	.chat_info = chat_info,
	.chat_info_defaults = chat_info_defaults,
	.get_chat_name = chat_name,
	.join_chat = join_chat,
	.reject_chat = reject,
	.chat_send = chat_send,
	.roomlist_get_list = get_list,
};

PRPL(rooms, "Rooms", protocol, prpl_init, NULL)
