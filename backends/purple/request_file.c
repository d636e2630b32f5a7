/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests for a file or a folder: the user has no disk here to point at, so
 * the answer is that there is none. */
#include "backends/purple/request.h"

#include "backends/purple/asker.h"
#include "backends/purple/notify.h"

static void
no_form(const struct request *r, struct msg_ask *m, struct arena *arena)
{
	(void)r;
	(void)m;
	(void)arena;
}

static void
cancel_file(struct request *r, const struct pairs *values)
{
	PurpleRequestFileCb call = (PurpleRequestFileCb)r->cancel;

	(void)values;
	if (call != NULL)
		call(r->data, NULL);
}

static const struct request_kind file_kind = {
	.type = PURPLE_REQUEST_FILE, .form = no_form, .answer = cancel_file,
};
static const struct request_kind folder_kind = {
	.type = PURPLE_REQUEST_FOLDER, .form = no_form, .answer = cancel_file,
};

static void *
refuse(const struct request_kind *kind, const char *title, const char *name,
    GCallback cancel, struct session *s, void *data)
{
	struct request *r = request_create(kind, NULL, data);

	r->cancel = cancel;
	if (s != NULL)
		notify_user(s, title, name, "The network asks for a file on "
		    "your disk, which cannot be given through this gateway.");
	return request_put(r, title, name, NULL);
}

void *
request_file(const char *title, const char *name, gboolean saving,
    GCallback ok, GCallback cancel, PurpleAccount *account, const char *who,
    PurpleConversation *conv, void *data)
{
	(void)saving;
	(void)ok;
	(void)who;
	return refuse(&file_kind, title, name, cancel, asker(account, conv),
	    data);
}

void *
request_folder(const char *title, const char *name, GCallback ok,
    GCallback cancel, PurpleAccount *account, const char *who,
    PurpleConversation *conv, void *data)
{
	(void)ok;
	(void)who;
	return refuse(&folder_kind, title, name, cancel,
	    asker(account, conv), data);
}
