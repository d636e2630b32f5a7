/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prpl-test: a protocol of libpurple without a network.  Its one contact,
 * "robot", opens whatever dialog it is told to, says what came of it, and
 * misbehaves on request: see commands below. */
#include <purple.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/backends/prpl.h"

#define ROBOT "robot"

static void
say(PurpleConnection *gc, const char *text)
{
	serv_got_im(gc, ROBOT, text, PURPLE_MESSAGE_RECV, time(NULL));
}

/* ------------------------------------------------------------------ requests */

static void
input_ok(void *gc, const char *text)
{
	char *said = g_strdup_printf("input: %s", text);

	say(gc, said);
	g_free(said);
}

/* The cancel callbacks of all kinds: what else they are given is not looked
 * at. */
static void
closed(void *gc)
{
	say(gc, "closed");
}

static void
number(void *gc, int value)
{
	char said[32];

	snprintf(said, sizeof(said), "number: %d", value);
	say(gc, said);
}

static void
action_yes(void *gc, int index)
{
	char said[32];

	snprintf(said, sizeof(said), "yes: %d", index);
	say(gc, said);
}

static void
action_no(void *gc, int index)
{
	char said[32];

	snprintf(said, sizeof(said), "no: %d", index);
	say(gc, said);
}

static void
fields_ok(void *gc, PurpleRequestFields *f)
{
	GList *l = purple_request_field_list_get_selected(
	    purple_request_fields_get_field(f, "list"));
	char *said = g_strdup_printf("fields: %s %s %d %d %d %s",
	    purple_request_fields_get_string(f, "string"),
	    purple_request_fields_get_string(f, "secret"),
	    purple_request_fields_get_integer(f, "int"),
	    purple_request_fields_get_bool(f, "bool"),
	    purple_request_fields_get_choice(f, "choice"),
	    l != NULL ? (char *)l->data : "none");

	say(gc, said);
	g_free(said);
}

static void
ask_input(PurpleConnection *gc)
{
	purple_request_input(gc, "Code", "Please type the code", "from the box",
	    "123", FALSE, TRUE, NULL, "OK", G_CALLBACK(input_ok), "Cancel",
	    G_CALLBACK(closed), gc->account, NULL, NULL, gc);
}

/* Without an account: only the handle tells whose it is. */
static void
ask_anonymous(PurpleConnection *gc)
{
	purple_request_input(gc, "Anonymous", NULL, NULL, NULL, TRUE, FALSE,
	    NULL, "OK", G_CALLBACK(input_ok), "Cancel", G_CALLBACK(closed),
	    NULL, NULL, NULL, gc);
}

static void
ask_choice(PurpleConnection *gc)
{
	purple_request_choice(gc, "Colour", "Which one?", NULL, 20, "OK",
	    G_CALLBACK(number), "Cancel", G_CALLBACK(closed), gc->account,
	    NULL, NULL, gc, "red", 10, "green", 20, NULL);
}

static void
ask_action(PurpleConnection *gc)
{
	purple_request_action(gc, "Sure?", "Really?", NULL, 0, gc->account,
	    NULL, NULL, gc, 2, "_Yes", action_yes, "_No", action_no);
}

static void
ask_fields(PurpleConnection *gc)
{
	PurpleRequestFields *fields = purple_request_fields_new();
	PurpleRequestFieldGroup *group = purple_request_field_group_new("One");
	PurpleRequestField *f;

	purple_request_fields_add_group(fields, group);
	f = purple_request_field_string_new("string", "A text", "x", FALSE);
	purple_request_field_set_required(f, TRUE);
	purple_request_field_group_add_field(group, f);
	f = purple_request_field_string_new("secret", "A secret", NULL, FALSE);
	purple_request_field_string_set_masked(f, TRUE);
	purple_request_field_group_add_field(group, f);
	group = purple_request_field_group_new("Two");
	purple_request_fields_add_group(fields, group);
	purple_request_field_group_add_field(group,
	    purple_request_field_label_new("label", "Only words"));
	purple_request_field_group_add_field(group,
	    purple_request_field_int_new("int", "A number", 7));
	purple_request_field_group_add_field(group,
	    purple_request_field_bool_new("bool", "A switch", TRUE));
	f = purple_request_field_choice_new("choice", "One of", 1);
	purple_request_field_choice_add(f, "zero");
	purple_request_field_choice_add(f, "one");
	purple_request_field_choice_add(f, "two");
	purple_request_field_group_add_field(group, f);
	f = purple_request_field_list_new("list", "Of a list");
	purple_request_field_list_add_icon(f, "north", NULL, GINT_TO_POINTER(1));
	purple_request_field_list_add_icon(f, "south", NULL, GINT_TO_POINTER(2));
	purple_request_field_group_add_field(group, f);
	purple_request_fields(gc, "Form", "Fill it in", NULL, fields, "OK",
	    G_CALLBACK(fields_ok), "Cancel", G_CALLBACK(closed), gc->account,
	    NULL, NULL, gc);
}

static void
ask_file(PurpleConnection *gc)
{
	purple_request_file(gc, "Open", "a.txt", FALSE, NULL,
	    G_CALLBACK(closed), gc->account, NULL, NULL, gc);
}

static void
ask_folder(PurpleConnection *gc)
{
	purple_request_folder(gc, "Folder", "/", NULL, G_CALLBACK(closed),
	    gc->account, NULL, NULL, gc);
}

/* Asked, and taken back before anybody can answer. */
static void
ask_and_close(PurpleConnection *gc)
{
	ask_input(gc);
	purple_request_close_with_handle(gc);
}

static void
ask_twenty(PurpleConnection *gc)
{
	for (int i = 0; i < 20; i++)
		ask_input(gc);
}

/* -------------------------------------------------------------------- notices */

static void
notice_message(PurpleConnection *gc)
{
	purple_notify_error(gc, "Title", "Something", "has happened");
}

static void
notice_formatted(PurpleConnection *gc)
{
	purple_notify_formatted(gc, "Title", "Page", NULL,
	    "<b>bold</b> &amp; <i>more</i>", NULL, NULL);
}

/* More than a message to the main process can hold. */
static void
notice_book(PurpleConnection *gc)
{
	char *text = g_strnfill(2 * 1024 * 1024, 'x');

	purple_notify_error(gc, "Book", text, NULL);
	g_free(text);
}

static void
notice_uri(PurpleConnection *gc)
{
	purple_notify_uri(gc, "https://login.example/?a=1&b=2");
}

static void
notice_mail(PurpleConnection *gc)
{
	purple_notify_email(gc, "Subject", "ana@example", "me",
	    "https://mail.example/", NULL, NULL);
}

static void
notice_search(PurpleConnection *gc)
{
	PurpleNotifySearchResults *r = purple_notify_searchresults_new();
	GList *row = NULL;

	purple_notify_searchresults_column_add(r,
	    purple_notify_searchresults_column_new("Name"));
	purple_notify_searchresults_column_add(r,
	    purple_notify_searchresults_column_new("Town"));
	row = g_list_append(row, g_strdup("Juliet"));
	row = g_list_append(row, g_strdup("Verona"));
	purple_notify_searchresults_row_add(r, row);
	purple_notify_searchresults(gc, "People", "Found", NULL, r, NULL,
	    NULL);
}

/* --------------------------------------------------------------- misbehaviour */

static void
print(PurpleConnection *gc)
{
	printf("this would break the protocol\n");
	fflush(stdout);
	say(gc, "printed");
}

static void
crash(PurpleConnection *gc)
{
	(void)gc;
	raise(SIGSEGV);
}

static void
hang(PurpleConnection *gc)
{
	(void)gc;
	for (;;)
		pause();
}

static void
leave(PurpleConnection *gc)
{
	(void)gc;
	exit(0);
}

static void
fail(PurpleConnection *gc)
{
	purple_connection_error_reason(gc,
	    PURPLE_CONNECTION_ERROR_NETWORK_ERROR, "the wire is cut");
}

/* Whoever does not answer is thrown out. */
static void
ask_or_fail(PurpleConnection *gc)
{
	purple_request_input(gc, "Now or never", NULL, NULL, NULL, FALSE,
	    FALSE, NULL, "OK", G_CALLBACK(input_ok), "Cancel",
	    G_CALLBACK(fail), gc->account, NULL, NULL, gc);
}

/* As a plug-in with tokens that are used up: each time others. */
static void
remember(PurpleConnection *gc)
{
	PurpleAccount *account = purple_connection_get_account(gc);
	int count = purple_account_get_int(account, "count", 0) + 1;
	char *token = g_strdup_printf("%s+", purple_account_get_string(account,
	    "token", ""));

	purple_account_set_int(account, "count", count);
	purple_account_set_bool(account, "even", count % 2 == 0);
	purple_account_set_string(account, "refresh", "1");
	purple_account_set_string(account, "refresh", count % 2 ? "\xff" :
	    "2");
	purple_account_set_string(account, "token", token);
	purple_account_set_password(account, token);
	g_free(token);
}

static const struct {
	const char	*word;
	void		(*run)(PurpleConnection *);
} commands[] = {
	{ "remember", remember },
	{ "input", ask_input }, { "anonymous", ask_anonymous },
	{ "choice", ask_choice }, { "action", ask_action },
	{ "fields", ask_fields }, { "file", ask_file },
	{ "folder", ask_folder }, { "close", ask_and_close },
	{ "twenty", ask_twenty },
	{ "notice", notice_message }, { "formatted", notice_formatted },
	{ "uri", notice_uri }, { "book", notice_book }, { "mail", notice_mail },
	{ "search", notice_search },
	{ "print", print }, { "crash", crash }, { "hang", hang },
	{ "exit", leave }, { "fail", fail },
	{ "never", ask_or_fail },
};

static void
run(PurpleConnection *gc, const char *word)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(commands[i].word, word) == 0)
			commands[i].run(gc);
	}
}

/* ----------------------------------------------------------------- the protocol */

static int
send_im(PurpleConnection *gc, const char *who, const char *text,
    PurpleMessageFlags flags)
{
	(void)who;
	(void)flags;
	run(gc, text);
	return 1;
}

static void
log_in(PurpleAccount *account)
{
	PurpleConnection *gc = purple_account_get_connection(account);
	const char *word = purple_account_get_string(account, "at_login", "");

	if (g_strcmp0(purple_account_get_password(account), "+++") == 0) {
		purple_connection_error_reason(gc,
		    PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED, "too old");
		return;
	}
	/* As a plug-in that wants a second factor. */
	if (*word != '\0')
		run(gc, word);
	purple_connection_set_state(gc, PURPLE_CONNECTED);
}

static void
run_action(PurplePluginAction *action)
{
	run(action->context, action->label);
}

static GList *
actions(PurplePlugin *plugin, gpointer context)
{
	GList *list = NULL;

	(void)plugin;
	(void)context;
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		list = g_list_append(list, purple_plugin_action_new(
		    commands[i].word, run_action));
	return g_list_append(list, NULL);
}

static void
run_menu(PurpleBlistNode *node, gpointer data)
{
	run(purple_account_get_connection(purple_buddy_get_account(
	    PURPLE_BUDDY(node))), data);
}

static GList *
menu(PurpleBlistNode *node)
{
	GList *below = g_list_append(NULL, purple_menu_action_new("Ask",
	    PURPLE_CALLBACK(run_menu), "input", NULL));
	GList *list = g_list_append(NULL, purple_menu_action_new("Notice",
	    PURPLE_CALLBACK(run_menu), "notice", NULL));

	(void)node;
	return g_list_append(list, purple_menu_action_new("Sub", NULL, NULL,
	    below));
}

static void
add_buddy(PurpleConnection *gc, PurpleBuddy *buddy, PurpleGroup *group)
{
	(void)gc;
	(void)buddy;
	(void)group;
}

static PurplePluginProtocolInfo protocol = {
	PRPL_BASE,
	.status_types = prpl_status_types,
	.blist_node_menu = menu,
	.login = log_in,
	.send_im = send_im,
	.add_buddy = add_buddy,
};

static void
init(PurplePlugin *plugin)
{
	(void)plugin;
	protocol.protocol_options = g_list_append(NULL,
	    purple_account_option_string_new("At login", "at_login", ""));
	protocol.protocol_options = g_list_append(protocol.protocol_options,
	    purple_account_option_string_new("Token", "token", ""));
}

PRPL(test, "Test", protocol, init, actions)
