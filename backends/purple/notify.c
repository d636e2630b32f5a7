/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every notice is a text for the user, but for those that somebody here has
 * waited for. */
#include "backends/purple/notify.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/asker.h"
#include "backends/purple/command.h"
#include "backends/purple/profile.h"
#include "backends/purple/room.h"
#include "backends/purple/talk.h"
#include "backends/purple/text.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define ROWS_MAX	100
#define COLUMNS_MAX	20
#define CELL_MAX	300		/* bytes: all of them fit a message */
#define NOTICE_MAX	(16 * 1024)

/* libpurple keeps each notice until it is closed: at the end of the turn, as
 * nothing of it stays on a screen. */
struct notice {
	PurpleNotifyType type;
	void		*handle;
	PurpleNotifySearchResults *results;	/* or NULL */
};

static void
close_notice(void *object)
{
	struct notice *n = object;

	purple_notify_close(n->type, n->handle);
	if (n->results != NULL)
		purple_notify_searchresults_free(n->results);
	free(n);
}

static void *
shown(PurpleNotifyType type, PurpleNotifySearchResults *results)
{
	static uintptr_t serial;
	struct notice *n = xmalloc(sizeof(*n));

	*n = (struct notice){ type, (void *)++serial, results };
	later(close_notice, n);
	return n->handle;
}

/* ------------------------------------------------------------------ to whom */

static void
say(struct session *s, const char *text)
{
	struct msg_command_result result = { .text = text };
	struct msg_message m = { .user = s->user, .from = "",
	    .kind = "chat", .body = text };

	if (!command_result(s, &result))
		kit_notify(METHOD_message, &m);
}

static void
add(struct buf *to, const char *line)
{
	if (line != NULL && *line != '\0')
		buf_addf(to, "%s%s", buf_len(to) > 0 ? "\n" : "", line);
}

void
notify_user(struct session *s, const char *title, const char *primary,
    const char *secondary)
{
	struct buf b = { 0 };
	char *text, *cut = NULL;

	/* Often it is the same twice. */
	if (title != NULL && primary != NULL && strcmp(title, primary) == 0)
		title = NULL;
	add(&b, title);
	add(&b, primary);
	add(&b, secondary);
	if (buf_len(&b) == 0)
		return;
	buf_addc(&b, '\0');
	text = text_clean(buf_data(&b), NOTICE_MAX);
	if (buf_len(&b) - 1 > NOTICE_MAX)
		cut = xasprintf("%s\n[...]", text);
	say(s, cut ? cut : text);
	free(cut);
	free(text);
	buf_free(&b);
}

/* Where nobody knows whose it is, the log's: its words may be anybody's, so not
 * unless they are asked for. */
static void
tell(struct session *s, const char *title, const char *primary,
    const char *secondary)
{
	if (s != NULL)
		notify_user(s, title, primary, secondary);
	else
		log_debug("a notice for nobody: %s: %s", title ? title : "",
		    primary ? primary : "");
}

/* ---------------------------------------------------------------- the kinds */

static void *
message(PurpleNotifyMsgType type, const char *title, const char *primary,
    const char *secondary)
{
	struct session *s = asker(NULL, NULL);

	if (type != PURPLE_NOTIFY_MSG_ERROR ||
	    (!talk_notified(s, title, primary, secondary) && (s == NULL ||
	    !room_notified(s, title, primary, secondary))))
		tell(s, title, primary, secondary);
	return shown(PURPLE_NOTIFY_MESSAGE, NULL);
}

static void *
formatted(const char *title, const char *primary, const char *secondary,
    const char *html)
{
	char *text = purple_markup_strip_html(html ? html : "");
	struct buf b = { 0 };

	add(&b, secondary);
	add(&b, text);
	buf_add(&b, "", 1);
	tell(asker(NULL, NULL), title, primary, buf_data(&b));
	buf_free(&b);
	g_free(text);
	return shown(PURPLE_NOTIFY_FORMATTED, NULL);
}

static void *
uri(const char *address)
{
	tell(asker(NULL, NULL), "Please open this address:", address, NULL);
	return shown(PURPLE_NOTIFY_URI, NULL);
}

static void *
email(PurpleConnection *gc, const char *subject, const char *from,
    const char *to, const char *url)
{
	struct session *s = session_of_connection(gc);
	char *title;

	(void)to;
	if (s != NULL) {
		title = xasprintf("Mail from %s", from ? from : "somebody");
		notify_user(s, title, subject, url);
		free(title);
	}
	return shown(PURPLE_NOTIFY_EMAIL, NULL);
}

static void *
emails(PurpleConnection *gc, size_t count, gboolean detailed,
    const char **subjects, const char **froms, const char **tos,
    const char **urls)
{
	struct session *s = session_of_connection(gc);
	char *title;

	if (count == 1 && detailed)
		return email(gc, subjects ? *subjects : NULL, froms ? *froms :
		    NULL, tos ? *tos : NULL, urls ? *urls : NULL);
	if (s != NULL && count > 0) {
		title = xasprintf("%zu new mails", count);
		notify_user(s, title, NULL, urls ? *urls : NULL);
		free(title);
	}
	return shown(PURPLE_NOTIFY_EMAILS, NULL);
}

/* "Label: value", a line each. */
static void *
userinfo(PurpleConnection *gc, const char *who, PurpleNotifyUserInfo *info)
{
	struct session *s = session_of_connection(gc);
	char *html, *text;

	if (s != NULL && !profile_userinfo(gc, who, info)) {
		html = purple_notify_user_info_get_text_with_newline(info,
		    "<br>");
		text = purple_markup_strip_html(html);
		notify_user(s, who, NULL, text);
		g_free(text);
		g_free(html);
	}
	return shown(PURPLE_NOTIFY_USERINFO, NULL);
}

/* ----------------------------------------------------------- search results */

static const char *
column_title(const PurpleNotifySearchResults *results, unsigned i)
{
	PurpleNotifySearchColumn *column = g_list_nth_data(results->columns,
	    i);

	return column != NULL && column->title != NULL ? column->title : "";
}

/* As lines, for a message. */
static char *
results_text(const PurpleNotifySearchResults *results)
{
	struct buf b = { 0 };
	unsigned n = 0, i;

	for (GList *row = results->rows; row != NULL && n < ROWS_MAX;
	    row = row->next, n++) {
		i = 0;
		for (GList *cell = row->data; cell != NULL && i < COLUMNS_MAX;
		    cell = cell->next, i++) {
			if (cell->data != NULL && *(char *)cell->data != '\0')
				buf_addf(&b, "%s%s: %s", i ? ", " : "",
				    column_title(results, i),
				    (char *)cell->data);
		}
		buf_addf(&b, "\n");
	}
	if (n == 0)
		buf_addf(&b, "Nothing was found.");
	return buf_steal(&b);
}

static const char *
cell_text(struct arena *a, const char *text)
{
	char *line = text_line(text, CELL_MAX);
	const char *kept = line != NULL ? arena_strdup(a, line) : "";

	free(line);
	return kept;
}

/* As a table, for a command. */
static bool
results_table(struct session *s, const PurpleNotifySearchResults *results,
    const char *text)
{
	static const char *const vars[COLUMNS_MAX] = { "0", "1", "2", "3",
		"4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14",
		"15", "16", "17", "18", "19" };
	struct arena arena = { 0 };
	struct msg_command_result r = { .text = text };
	struct msg_column *columns = arena_zalloc(&arena,
	    COLUMNS_MAX * sizeof(*columns));
	struct msg_row *rows = arena_zalloc(&arena, ROWS_MAX * sizeof(*rows));
	bool taken;

	r.columns.v = columns;
	r.rows.v = rows;
	for (GList *c = results->columns; c != NULL &&
	    r.columns.n < COLUMNS_MAX; c = c->next) {
		columns[r.columns.n] = (struct msg_column){
			vars[r.columns.n],
			cell_text(&arena, column_title(results,
			    (unsigned)r.columns.n)) };
		r.columns.n++;
	}
	for (GList *row = results->rows; row != NULL && r.rows.n < ROWS_MAX;
	    row = row->next) {
		struct pairs *values = &rows[r.rows.n++].values;

		values->v = arena_zalloc(&arena,
		    COLUMNS_MAX * sizeof(*values->v));
		for (GList *cell = row->data; cell != NULL &&
		    values->n < r.columns.n; cell = cell->next) {
			values->v[values->n].key = vars[values->n];
			values->v[values->n++].value = cell_text(&arena,
			    cell->data);
		}
	}
	taken = command_result(s, &r);
	arena_free(&arena);
	return taken;
}

static void *
searchresults(PurpleConnection *gc, const char *title, const char *primary,
    const char *secondary, PurpleNotifySearchResults *results, gpointer data)
{
	struct session *s = session_of_connection(gc);
	char *text = results_text(results);

	(void)secondary;
	(void)data;
	if (s != NULL && (results->rows == NULL ||
	    !results_table(s, results, primary ? primary : title)))
		notify_user(s, title, primary, text);
	free(text);
	return shown(PURPLE_NOTIFY_SEARCHRESULTS, results);
}

static void
new_rows(PurpleConnection *gc, PurpleNotifySearchResults *results, void *data)
{
	/* Only on a user's wish for more, which cannot be expressed. */
	(void)gc;
	(void)results;
	(void)data;
}

void
notify_init(void)
{
	static PurpleNotifyUiOps ops = {
		.notify_message = message,
		.notify_email = email,
		.notify_emails = emails,
		.notify_formatted = formatted,
		.notify_searchresults = searchresults,
		.notify_searchresults_new_rows = new_rows,
		.notify_userinfo = userinfo,
		.notify_uri = uri,
	};

	purple_notify_set_ui_ops(&ops);
}
