/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The handle that a plug-in gives with a dialog is its connection or account,
 * but libpurple keeps it to itself: an error message comes without any hint at
 * whose it is.  So the functions that plug-ins call are defined here once more.
 * The linker gives these to everybody, as a program comes before its
 * libraries; each notes the handle and calls the one of libpurple. */
#include "backends/purple/asker.h"

#include "backends/purple/interpose.h"

static const void *handle;	/* of the call in progress, or NULL */

static bool
is_handle_of(const struct session *s, const void *h)
{
	const PurpleConnection *gc = purple_account_get_connection(s->account);

	return h == s->account || (gc != NULL &&
	    (h == gc || h == gc->proto_data));
}

struct session *
asker(const PurpleAccount *account, const PurpleConversation *conv)
{
	struct session *s;
	size_t at = 0;

	if (account == NULL && conv != NULL)
		account = purple_conversation_get_account(conv);
	if (account != NULL)
		return session_of(account);
	while (handle != NULL && (s = sessions_next(&at)) != NULL) {
		if (is_handle_of(s, handle))
			return s;
	}
	return NULL;
}

#define NEXT(name) \
	static __typeof__(name) *next; \
	const void *outer = handle; \
	void *result; \
	if (next == NULL) \
		interpose_next(#name, &next, sizeof(next)); \
	handle = h

#define DONE() \
	handle = outer; \
	return result

void *
purple_notify_message(void *h, PurpleNotifyMsgType type, const char *title,
    const char *primary, const char *secondary, PurpleNotifyCloseCallback cb,
    gpointer data)
{
	NEXT(purple_notify_message);
	result = next(h, type, title, primary, secondary, cb, data);
	DONE();
}

void *
purple_notify_formatted(void *h, const char *title, const char *primary,
    const char *secondary, const char *text, PurpleNotifyCloseCallback cb,
    gpointer data)
{
	NEXT(purple_notify_formatted);
	result = next(h, title, primary, secondary, text, cb, data);
	DONE();
}

void *
purple_notify_uri(void *h, const char *uri)
{
	NEXT(purple_notify_uri);
	result = next(h, uri);
	DONE();
}

void *
purple_request_input(void *h, const char *title, const char *primary,
    const char *secondary, const char *value, gboolean multiline,
    gboolean masked, gchar *hint, const char *ok_text, GCallback ok,
    const char *cancel_text, GCallback cancel, PurpleAccount *account,
    const char *who, PurpleConversation *conv, void *data)
{
	NEXT(purple_request_input);
	result = next(h, title, primary, secondary, value, multiline, masked,
	    hint, ok_text, ok, cancel_text, cancel, account, who, conv, data);
	DONE();
}

void *
purple_request_fields(void *h, const char *title, const char *primary,
    const char *secondary, PurpleRequestFields *fields, const char *ok_text,
    GCallback ok, const char *cancel_text, GCallback cancel,
    PurpleAccount *account, const char *who, PurpleConversation *conv,
    void *data)
{
	NEXT(purple_request_fields);
	result = next(h, title, primary, secondary, fields, ok_text, ok,
	    cancel_text, cancel, account, who, conv, data);
	DONE();
}

void *
purple_request_action_varg(void *h, const char *title, const char *primary,
    const char *secondary, int usual, PurpleAccount *account, const char *who,
    PurpleConversation *conv, void *data, size_t count, va_list actions)
{
	NEXT(purple_request_action_varg);
	result = next(h, title, primary, secondary, usual, account, who, conv,
	    data, count, actions);
	DONE();
}
