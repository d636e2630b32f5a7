/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libpurple's transfers.  It reads and writes the files itself, as all plug-ins
 * are used to: some open them by name.  What is ours is to say where they are,
 * to watch that none is too large or stuck, and to tell what became of it. */
#include "backends/purple/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "backends/purple/contact.h"
#include "backends/purple/core.h"
#include "backends/purple/fetch.h"
#include "backends/purple/filename.h"
#include "backends/purple/media.h"
#include "backends/purple/peer.h"
#include "backends/purple/send.h"
#include "backends/purple/talk.h"
#include "backends/purple/text.h"
#include "util/later.h"
#include "util/xalloc.h"

#define TRANSFERS_MAX	20		/* of a session */
#define STUCK		300		/* seconds without progress */
#define TICK		10

enum state { GOING, DONE, FAILED };

struct transfer {
	LIST_ENTRY(transfer) entry;
	struct session	*session;	/* NULL: has ended */
	PurpleXfer	*xfer;		/* its ui_data is this; NULL: there is
					 * none yet, or none any more */
	char		*who;		/* the plug-in's name */
	char		*contact;	/* id */
	char		*name;		/* for humans */
	char		*path;
	char		*url;		/* where it came from; NULL: it comes
					 * from a contact */
	enum state	 state;
	bool		 dropped;
	size_t		 seen;		/* bytes that had gone at */
	gint64		 when;		/* this time, in seconds */
};

static LIST_HEAD(, transfer) transfers = LIST_HEAD_INITIALIZER(transfers);
static guint clock_id;
static struct transfer *offered;	/* inside of a plug-in's send_file */

static gint64
now(void)
{
	return g_get_monotonic_time() / G_USEC_PER_SEC;
}

/* ------------------------------------------------------------------ lives */

static void
transfer_free(void *object)
{
	struct transfer *t = object;

	if (t->url != NULL)
		fetch_remove(t->path);
	else
		media_abandon(t->path);
	free(t->who);
	free(t->contact);
	free(t->name);
	free(t->url);
	free(t);
}

static void
drop(struct transfer *t)
{
	if (t->dropped)
		return;
	t->dropped = true;
	LIST_REMOVE(t, entry);
	if (t->xfer != NULL)
		t->xfer->ui_data = NULL;
	t->session = NULL;
	later(transfer_free, t);
}

static gboolean tick(gpointer);

static struct transfer *
create(struct session *s, const char *who, const char *name)
{
	struct transfer *t = xcalloc(1, sizeof(*t));
	const char *id = contact_id(s->account, who);

	t->session = s;
	t->who = xstrdup(who);
	t->contact = xstrdup(id ? id : who);
	t->name = text_line(name ? name : "A file", FILENAME_MAX_BYTES);
	if (t->name == NULL)
		t->name = xstrdup("A file");
	t->when = now();
	LIST_INSERT_HEAD(&transfers, t, entry);
	if (clock_id == 0)
		clock_id = g_timeout_add_seconds(TICK, tick, NULL);
	return t;
}

static unsigned
count(const struct session *s)
{
	struct transfer *t;
	unsigned n = 0;

	LIST_FOREACH(t, &transfers, entry)
		n += t->session == s;
	return n;
}

bool
file_going(const struct session *s, const char *contact)
{
	struct transfer *t;

	LIST_FOREACH(t, &transfers, entry) {
		if (contact == NULL ||
		    (t->session == s && strcmp(contact, t->contact) == 0))
			return true;
	}
	return false;
}

/* --------------------------------------------------------------- outcomes */

static void
tell_trouble(const struct transfer *t, const char *why)
{
	char *text = xasprintf("[%s was sent, but %s.]", t->name, why);

	talk_say(t->session, t->who, text);
	free(text);
}

static void
received(struct transfer *t)
{
	struct msg_attachment file = { .name = t->name };
	struct msg_message m = { .attachments = { &file, 1 } };
	struct media stored;
	struct peer peer;
	const char *why;
	int status = media_finish(t->path, t->name, &stored, &why);

	t->path = NULL;
	if (status < 0) {
		tell_trouble(t, why);
		return;
	}
	file.url = stored.url;
	file.type = stored.type;
	file.size = stored.size;
	m.body = stored.url;
	if (peer_of(t->session, t->who, &peer))
		talk_send_up(t->session, &peer, &m);
	free(stored.url);
}

static void
not_taken(struct transfer *t)
{
	struct peer peer;
	char *text;

	if (!peer_of(t->session, t->who, &peer) || peer.room != NULL)
		return;
	send_unasked(t->session, peer.id, t->url);
	if (t->session == NULL)
		return;
	text = xasprintf("%s was not taken as a file; its address was sent "
	    "instead.", t->name);
	talk_notice(t->session, t->who, text);
	free(text);
}

static void
conclude(void *object)
{
	struct transfer *t = object;

	if (t->dropped)
		return;
	if (t->xfer != NULL && t->xfer->dest_fp != NULL)
		fflush(t->xfer->dest_fp);
	if (t->url != NULL && t->state == FAILED)
		not_taken(t);
	else if (t->url == NULL && t->state == DONE)
		received(t);
	else if (t->url == NULL)
		tell_trouble(t, "did not arrive");
	drop(t);
}

/* libpurple tells it in the middle of its own work: it is looked at when that
 * is over, and the file closed. */
static void
ends(struct transfer *t, enum state state)
{
	if (t == NULL || t->dropped || t->state != GOING)
		return;
	t->state = state;
	later(conclude, t);
}

static void
completed(PurpleXfer *xfer)
{
	ends(xfer->ui_data, DONE);
}

static void
cancelled(PurpleXfer *xfer)
{
	ends(xfer->ui_data, FAILED);
}

static void
destroyed(PurpleXfer *xfer)
{
	struct transfer *t = xfer->ui_data;

	ends(t, FAILED);
	if (t != NULL)
		t->xfer = NULL;
	xfer->ui_data = NULL;
}

/* -------------------------------------------------------------- receiving */

static void
deny(void *object)
{
	struct transfer *t = object;
	PurpleXfer *xfer = t->xfer;	/* held by refuse() */

	drop(t);
	if (!purple_xfer_is_canceled(xfer)) {
		purple_xfer_request_denied(xfer);
		/* That of the question which was not asked. */
		purple_xfer_unref(xfer);
	}
	purple_xfer_unref(xfer);
}

/* As if it was accepted, or libpurple would ask; and denied after it has
 * returned, as that may be the end of it. */
static void
refuse(struct transfer *t, PurpleXfer *xfer, const char *why)
{
	tell_trouble(t, why);
	t->state = FAILED;
	xfer->status = PURPLE_XFER_STATUS_ACCEPTED;
	purple_xfer_set_local_filename(xfer, "");
	purple_xfer_ref(xfer);
	later(deny, t);
}

static const char *
why_not(struct session *s, const PurpleXfer *xfer)
{
	if (!media_available())
		return "this gateway cannot receive files";
	if ((int64_t)purple_xfer_get_size(xfer) > media_file_max())
		return "it is too large for this gateway";
	if (contact_find(s, xfer->who) == NULL)
		return "files are taken only from those in your contact list";
	if (count(s) > TRANSFERS_MAX)
		return "there are too many at a time";
	return NULL;
}

/* A file that has no name yet is asked for a second time when it has one. */
static void
requested(PurpleXfer *xfer)
{
	struct session *s = session_of(purple_xfer_get_account(xfer));
	struct transfer *t = xfer->ui_data;
	const char *why;

	if (s == NULL)
		return;
	if (t == NULL) {
		t = create(s, xfer->who, purple_xfer_get_filename(xfer));
		t->xfer = xfer;
		xfer->ui_data = t;
		why = why_not(s, xfer);
		if (why == NULL)
			t->path = media_begin((int64_t)purple_xfer_get_size(
			    xfer), &why);
		if (t->path == NULL) {
			refuse(t, xfer, why);
			return;
		}
	}
	if (purple_xfer_get_filename(xfer) != NULL) {
		free(t->name);
		t->name = text_line(purple_xfer_get_filename(xfer),
		    FILENAME_MAX_BYTES);
		if (t->name == NULL)
			t->name = xstrdup("A file");
	}
	purple_xfer_request_accepted(xfer, t->path);
}

/* ---------------------------------------------------------------- sending */

bool
file_can_send(struct session *s, const char *name)
{
	PurplePluginProtocolInfo *info = session_protocol(s);
	PurpleConnection *gc = purple_account_get_connection(s->account);

	return PROTOCOL_HAS(info, send_file) &&
	    (!PROTOCOL_HAS(info, can_receive_file) ||
	    info->can_receive_file(gc, name)) && count(s) < TRANSFERS_MAX;
}

static void
begun(PurpleXfer *xfer)
{
	if (offered == NULL || offered->xfer != NULL ||
	    purple_xfer_get_type(xfer) != PURPLE_XFER_SEND ||
	    session_of(purple_xfer_get_account(xfer)) != offered->session)
		return;
	offered->xfer = xfer;
	xfer->ui_data = offered;
}

void
file_send(struct session *s, const char *contact, char *path, const char *url)
{
	const char *name = peer_name(s, contact);
	struct transfer *t = create(s, name ? name : contact,
	    strrchr(path, '/') + 1);

	t->path = path;
	t->url = xstrdup(url);
	offered = t;
	if (name != NULL)
		serv_send_file(purple_account_get_connection(s->account),
		    t->who, path);
	offered = NULL;
	if (t->xfer == NULL)
		ends(t, FAILED);
}

/* ----------------------------------------------------------------- limits */

static bool
is_too_large(const struct transfer *t)
{
	return t->url == NULL && t->xfer != NULL &&
	    (int64_t)purple_xfer_get_bytes_sent(t->xfer) > media_file_max();
}

static void
stop_large(void *object)
{
	struct transfer *t = object;

	if (!t->dropped && t->state == GOING && is_too_large(t))
		purple_xfer_cancel_local(t->xfer);
}

static void
progress(PurpleXfer *xfer, double percent)
{
	struct transfer *t = xfer->ui_data;

	(void)percent;
	if (t != NULL && t->state == GOING && is_too_large(t))
		later(stop_large, t);
}

static bool
is_stuck(struct transfer *t)
{
	size_t sent = t->xfer ? purple_xfer_get_bytes_sent(t->xfer) : 0;

	if (sent == t->seen)
		return now() - t->when > STUCK;
	t->seen = sent;
	t->when = now();
	return false;
}

static gboolean
tick(gpointer data)
{
	struct transfer *t;

	(void)data;
	/* One at a time: to cancel it is to call the plug-in. */
	LIST_FOREACH(t, &transfers, entry) {
		if (t->state == GOING && t->xfer != NULL &&
		    (is_stuck(t) || is_too_large(t)))
			break;
	}
	if (t != NULL)
		purple_xfer_cancel_local(t->xfer);
	if (!LIST_EMPTY(&transfers))
		return G_SOURCE_CONTINUE;
	clock_id = 0;
	return G_SOURCE_REMOVE;
}

/* ----------------------------------------------------------------- module */

static void
init(void)
{
	static PurpleXferUiOps ops = {
		.new_xfer = begun,
		.destroy = destroyed,
		.update_progress = progress,
		.cancel_local = cancelled,
		.cancel_remote = cancelled,
	};
	void *xfers = purple_xfers_get_handle();

	purple_xfers_set_ui_ops(&ops);
	purple_signal_connect(xfers, "file-recv-request", core_handle(),
	    PURPLE_CALLBACK(requested), NULL);
	purple_signal_connect(xfers, "file-recv-complete", core_handle(),
	    PURPLE_CALLBACK(completed), NULL);
	purple_signal_connect(xfers, "file-send-complete", core_handle(),
	    PURPLE_CALLBACK(completed), NULL);
}

static void
end(struct session *s)
{
	struct transfer *t, *next;

	for (t = LIST_FIRST(&transfers); t != NULL; t = next) {
		next = LIST_NEXT(t, entry);
		if (t->session == s)
			drop(t);
	}
}

const struct module file_module = { .init = init, .end = end };
