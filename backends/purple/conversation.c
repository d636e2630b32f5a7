/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The windows that nobody sees. */
#include "backends/purple/conversation.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "backends/purple/core.h"
#include "backends/purple/room.h"
#include "backends/purple/talk.h"
#include "util/later.h"
#include "util/xalloc.h"

#define IDLE		600		/* seconds until it is closed */
#define SWEEP		60
#define WINDOWS_MAX	200		/* of one session */

/* ui_data of a conversation with a contact. */
struct window {
	TAILQ_ENTRY(window) entry;	/* the one used last at the end */
	PurpleConversation *conv;
	struct windows	*windows;	/* NULL: the session has ended */
	gint64		 used;		/* microseconds */
};

struct windows {
	TAILQ_HEAD(, window) list;
	unsigned	 count;
	bool		 crowded;	/* some are to be closed */
};

static bool
is_im(PurpleConversation *conv)
{
	return purple_conversation_get_type(conv) == PURPLE_CONV_TYPE_IM;
}

/* ------------------------------------------------------------------ lives */

static void
unlist(struct window *w)
{
	if (w->windows == NULL)
		return;
	TAILQ_REMOVE(&w->windows->list, w, entry);
	w->windows->count--;
	w->windows = NULL;
}

static void
touch(struct window *w)
{
	w->used = g_get_monotonic_time();
	if (w->windows == NULL)
		return;
	TAILQ_REMOVE(&w->windows->list, w, entry);
	TAILQ_INSERT_TAIL(&w->windows->list, w, entry);
}

/* Not within a callback of a plug-in, which may hold it. */
static void
close_oldest(struct windows *windows, gint64 before)
{
	struct window *w;

	while ((w = TAILQ_FIRST(&windows->list)) != NULL &&
	    (w->used < before || windows->count > WINDOWS_MAX)) {
		unlist(w);
		purple_conversation_destroy(w->conv);
	}
}

static void
thin_out(void *object)
{
	struct session *s;
	size_t at = 0;

	(void)object;
	while ((s = sessions_next(&at)) != NULL) {
		if (s->windows == NULL || !s->windows->crowded)
			continue;
		s->windows->crowded = false;
		close_oldest(s->windows, 0);
	}
}

static gboolean
sweep(gpointer data)
{
	gint64 before = g_get_monotonic_time() - IDLE * G_USEC_PER_SEC;
	struct session *s;
	size_t at = 0;

	(void)data;
	while ((s = sessions_next(&at)) != NULL) {
		if (s->windows != NULL)
			close_oldest(s->windows, before);
	}
	return G_SOURCE_CONTINUE;
}

static void
created(PurpleConversation *conv)
{
	struct session *s = session_of(purple_conversation_get_account(conv));
	struct window *w;

	if (!is_im(conv)) {
		room_created(conv);
		return;
	}
	if (s == NULL || s->windows == NULL)
		return;
	w = xcalloc(1, sizeof(*w));
	w->conv = conv;
	w->windows = s->windows;
	w->used = g_get_monotonic_time();
	TAILQ_INSERT_TAIL(&s->windows->list, w, entry);
	conv->ui_data = w;
	if (++s->windows->count > WINDOWS_MAX && !s->windows->crowded) {
		s->windows->crowded = true;
		later(thin_out, NULL);
	}
}

static void
destroyed(PurpleConversation *conv)
{
	struct window *w = conv->ui_data;

	if (!is_im(conv)) {
		room_destroyed(conv);
		return;
	}
	if (w == NULL)
		return;
	unlist(w);
	conv->ui_data = NULL;
	later_free(w);
}

/* ------------------------------------------------------------------ words */

static void
wrote(PurpleConversation *conv, const char *who, const char *html,
    PurpleMessageFlags flags, time_t when)
{
	if (html == NULL)
		return;
	if (!is_im(conv)) {
		room_wrote(conv, who, html, flags, when);
		return;
	}
	if (conv->ui_data != NULL)
		touch(conv->ui_data);
	talk_heard(purple_conversation_get_account(conv),
	    purple_conversation_get_name(conv), html, flags, when);
}

static void
wrote_any(PurpleConversation *conv, const char *name, const char *alias,
    const char *html, PurpleMessageFlags flags, time_t when)
{
	(void)alias;
	wrote(conv, name, html, flags, when);
}

/* libpurple keeps what was written, for a window to be opened later. */
static void
written(PurpleAccount *account, const char *who, const char *html,
    PurpleConversation *conv, PurpleMessageFlags flags)
{
	(void)account;
	(void)who;
	(void)html;
	(void)flags;
	purple_conversation_clear_message_history(conv);
}

PurpleConversation *
conversation_with(struct session *s, const char *name)
{
	PurpleConversation *conv =
	    purple_find_conversation_with_account(PURPLE_CONV_TYPE_IM, name,
	    s->account);

	if (conv == NULL && purple_account_get_connection(s->account) != NULL)
		conv = purple_conversation_new(PURPLE_CONV_TYPE_IM,
		    s->account, name);
	if (conv != NULL && conv->ui_data != NULL)
		touch(conv->ui_data);
	return conv;
}

void
conversation_seen(struct session *s, const char *name)
{
	PurpleConversation *conv =
	    purple_find_conversation_with_account(PURPLE_CONV_TYPE_IM, name,
	    s->account);

	if (conv == NULL)
		return;
	purple_conversation_set_data(conv, "unseen-count", NULL);
	purple_conversation_set_data(conv, "unseen-state", NULL);
	purple_conversation_update(conv, PURPLE_CONV_UPDATE_UNSEEN);
}

/* ----------------------------------------------------------------- module */

static void
init(void)
{
	static PurpleConversationUiOps ops = {
		.create_conversation = created,
		.destroy_conversation = destroyed,
		.write_chat = wrote,
		.write_im = wrote,
		.write_conv = wrote_any,
		.chat_add_users = room_users_added,
		.chat_rename_user = room_user_renamed,
		.chat_remove_users = room_users_removed,
		.chat_update_user = room_user_updated,
	};
	void *conversations = purple_conversations_get_handle();

	purple_conversations_set_ui_ops(&ops);
	purple_signal_connect(conversations, "wrote-im-msg", core_handle(),
	    PURPLE_CALLBACK(written), NULL);
	purple_signal_connect(conversations, "wrote-chat-msg", core_handle(),
	    PURPLE_CALLBACK(written), NULL);
	g_timeout_add_seconds(SWEEP, sweep, NULL);
}

static void
begin(struct session *s)
{
	s->windows = xcalloc(1, sizeof(*s->windows));
	TAILQ_INIT(&s->windows->list);
}

static void
end(struct session *s)
{
	struct window *w;

	while ((w = TAILQ_FIRST(&s->windows->list)) != NULL)
		unlist(w);
	/* To close one may have been the end of the session. */
	later_free(s->windows);
	s->windows = NULL;
}

const struct module conversation_module = {
	.init = init, .begin = begin, .end = end,
};
