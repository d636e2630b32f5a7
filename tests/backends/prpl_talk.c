/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prpl-talk: a protocol of libpurple without a network.  Its one contact,
 * "robot", answers as plug-ins do, the bad ones as well: see commands below.
 * What is no command it repeats, as the plug-in has got it. */
#include <errno.h>
#include <purple.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/backends/prpl.h"

#define ROBOT "robot"

static void
say(PurpleConnection *gc, const char *html)
{
	serv_got_im(gc, ROBOT, html, PURPLE_MESSAGE_RECV, time(NULL));
}

static PurpleConversation *
conversation(PurpleConnection *gc)
{
	return purple_conversation_new(PURPLE_CONV_TYPE_IM, gc->account,
	    ROBOT);
}

static void
write_own(PurpleConnection *gc, const char *html, PurpleMessageFlags flags)
{
	purple_conv_im_write(PURPLE_CONV_IM(conversation(gc)), "me", html,
	    PURPLE_MESSAGE_SEND | flags, time(NULL));
}

/* ----------------------------------------------------------- what it says */

static const unsigned char png[] = {
	0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H',
	'D', 'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4,
	0x89,
};

static int
image(PurpleConnection *gc)
{
	int id = purple_imgstore_add_with_id(g_memdup2(png, sizeof(png)),
	    sizeof(png), "a \"cat\".png");
	char *html = g_strdup_printf("look <img id=\"%d\"> here", id);

	serv_got_im(gc, ROBOT, html, PURPLE_MESSAGE_RECV |
	    PURPLE_MESSAGE_IMAGES, time(NULL));
	purple_imgstore_unref_by_id(id);
	g_free(html);
	return 1;
}

static int
no_image(PurpleConnection *gc)
{
	say(gc, "<img id=\"4711\">");
	return 1;
}

static int
automatic(PurpleConnection *gc)
{
	serv_got_im(gc, ROBOT, "I am <b>away</b>", PURPLE_MESSAGE_RECV |
	    PURPLE_MESSAGE_AUTO_RESP, time(NULL));
	return 1;
}

static int
notice(PurpleConnection *gc)
{
	purple_conversation_write(conversation(gc), NULL, "missed a call",
	    PURPLE_MESSAGE_SYSTEM, time(NULL));
	return 1;
}

static int
odd(PurpleConnection *gc)
{
	char *large = g_strnfill(2000000, 'x');

	say(gc, "bad \xff\xc3 \x01 utf8 <b>");
	serv_got_im(gc, "", "from nobody", PURPLE_MESSAGE_RECV, time(NULL));
	serv_got_im(gc, "a\nb", "from two lines", PURPLE_MESSAGE_RECV, -5);
	say(gc, "");
	say(gc, large);
	large[5000] = '\0';
	serv_got_im(gc, large, "from far too long", PURPLE_MESSAGE_RECV, 0);
	g_free(large);
	return 1;
}

static int
remote(PurpleConnection *gc)
{
	write_own(gc, "from the phone", PURPLE_MESSAGE_REMOTE_SEND);
	return 1;
}

/* More windows than anybody looks at. */
static int
crowd(PurpleConnection *gc)
{
	char name[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "guest %d", i);
		serv_got_im(gc, name, "hi", PURPLE_MESSAGE_RECV, time(NULL));
	}
	return 1;
}

static int
windows(PurpleConnection *gc)
{
	char text[32];

	snprintf(text, sizeof(text), "%u windows",
	    g_list_length(purple_get_ims()));
	say(gc, text);
	return 1;
}

static int
typing(PurpleConnection *gc)
{
	serv_got_typing(gc, ROBOT, 1, PURPLE_TYPING);
	return 1;
}

/* -------------------------------------------------------- what it refuses */

static gboolean
echo_now(gpointer gc)
{
	write_own(gc, "echo", 0);
	return FALSE;
}

static int
echo(PurpleConnection *gc)
{
	g_timeout_add(50, echo_now, gc);
	return 0;
}

static gboolean
fail_now(gpointer gc)
{
	purple_conv_present_error(ROBOT,
	    ((PurpleConnection *)gc)->account, "never <b>arrived</b>");
	return FALSE;
}

static int
soon(PurpleConnection *gc)
{
	g_timeout_add(50, fail_now, gc);
	return 1;
}

static int
late(PurpleConnection *gc)
{
	g_timeout_add(1800, fail_now, gc);
	return 1;
}

static int
at_once(PurpleConnection *gc)
{
	fail_now(gc);
	return 1;
}

static gboolean
tell_now(gpointer gc)
{
	purple_notify_error(gc, "Error", "Unable to send message to robot.",
	    "The robot is busy.");
	return FALSE;
}

static int
dialog(PurpleConnection *gc)
{
	g_timeout_add(50, tell_now, gc);
	return 1;
}

static int
large(PurpleConnection *gc)
{
	(void)gc;
	return -E2BIG;
}

static int
offline(PurpleConnection *gc)
{
	(void)gc;
	return -ENOTCONN;
}

static int
broken(PurpleConnection *gc)
{
	(void)gc;
	return -1;
}

static int
close_window(PurpleConnection *gc)
{
	purple_conversation_destroy(conversation(gc));
	return 1;
}

static int
leave(PurpleConnection *gc)
{
	purple_connection_error_reason(gc,
	    PURPLE_CONNECTION_ERROR_NETWORK_ERROR, "gone");
	return 1;
}

/* ------------------------------------------------------------------ files */

static void
pour(PurpleXfer *xfer)
{
	static guchar block[10000];

	if (purple_xfer_get_filename(xfer) == NULL) {
		/* Only now does the network tell. */
		purple_xfer_set_filename(xfer, "endless.txt");
		purple_xfer_request(xfer);
		return;
	}
	purple_xfer_start(xfer, -1, NULL, 0);
	for (int i = 0; i < 50 && !purple_xfer_is_canceled(xfer); i++) {
		if (!purple_xfer_write_file(xfer, block, sizeof(block)))
			return;
		purple_xfer_update_progress(xfer);
	}
}

static int
endless(PurpleConnection *gc)
{
	PurpleXfer *xfer = purple_xfer_new(gc->account, PURPLE_XFER_RECEIVE,
	    ROBOT);

	purple_xfer_set_init_fnc(xfer, pour);
	purple_xfer_request(xfer);
	return 1;
}

static const struct {
	const char	*word;
	int		(*run)(PurpleConnection *);
} commands[] = {
	{ "image", image }, { "no image", no_image }, { "auto", automatic },
	{ "notice", notice }, { "odd", odd }, { "remote", remote },
	{ "crowd", crowd }, { "windows", windows }, { "typing", typing },
	{ "echo", echo }, { "soon", soon }, { "late", late },
	{ "at once", at_once }, { "dialog", dialog }, { "large", large },
	{ "offline", offline }, { "broken", broken },
	{ "close", close_window }, { "leave", leave },
	{ "endless", endless },
};

/* --------------------------------------------------------------- protocol */

static int
send_im(PurpleConnection *gc, const char *who, const char *html,
    PurpleMessageFlags flags)
{
	char *escaped;

	(void)who;
	(void)flags;
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(html, commands[i].word) == 0)
			return commands[i].run(gc);
	}
	escaped = g_markup_escape_text(html, -1);
	say(gc, escaped);
	g_free(escaped);
	return 1;
}

static unsigned int
send_typing(PurpleConnection *gc, const char *who, PurpleTypingState state)
{
	(void)who;
	/* Not when a window is closed, after the end. */
	if (state == PURPLE_TYPING)
		say(gc, "you are typing");
	return 1;
}

static void
updated(PurpleConversation *conv, PurpleConvUpdateType what)
{
	PurpleConnection *gc = purple_conversation_get_gc(conv);

	if (what == PURPLE_CONV_UPDATE_UNSEEN && gc != NULL &&
	    purple_account_get_bool(conv->account, "receipts", FALSE))
		say(gc, "you have seen it");
}

static void
log_in(PurpleAccount *account)
{
	static int handle;
	PurpleConnection *gc = purple_account_get_connection(account);
	PurpleBuddy *robot = purple_buddy_new(account, ROBOT, NULL);

	if (purple_account_get_bool(account, "html", FALSE))
		gc->flags |= PURPLE_CONNECTION_HTML;
	if (purple_account_get_bool(account, "one_line", FALSE))
		gc->flags |= PURPLE_CONNECTION_NO_NEWLINES;
	purple_blist_add_buddy(robot, NULL, NULL, NULL);
	purple_signal_connect(purple_conversations_get_handle(),
	    "conversation-updated", &handle, PURPLE_CALLBACK(updated), NULL);
	purple_connection_set_state(gc, PURPLE_CONNECTED);
}

static PurplePluginProtocolInfo protocol = {
	PRPL_BASE,
	.status_types = prpl_status_types,
	.login = log_in,
	.send_im = send_im,
	.send_typing = send_typing,
};

static void
init(PurplePlugin *plugin)
{
	static const char *const options[] = { "html", "one_line",
		"receipts" };

	(void)plugin;
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		protocol.protocol_options = g_list_append(
		    protocol.protocol_options, purple_account_option_bool_new(
		    options[i], options[i], FALSE));
}

PRPL(talk, "Talk", protocol, init, NULL)
