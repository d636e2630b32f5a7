/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rooms are there?  The network is asked when somebody wants to know,
 * the answer is kept for some minutes, so that it can be read in pages, and
 * then forgotten: of a large network it is megabytes. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/purple/core.h"
#include "backends/purple/room.h"
#include "backends/purple/room_state.h"
#include "backends/purple/room_text.h"
#include "util/later.h"
#include "util/xalloc.h"

#define ROWS_MAX	20000	/* rooms kept of a network */
#define NAME_BYTES	300
#define TOPIC_BYTES	500
#define PAGE_MAX	200
#define PAGE_DEFAULT	100
#define WAITING_MAX	50	/* requests */
#define CATEGORIES_MAX	200
#define FETCH_SECONDS	30
#define KEEP_SECONDS	180

struct row {
	char	*id, *name, *topic;	/* the last two may be NULL */
	int64_t	 occupants;
};

struct page {
	struct kit_call	 call;
	char		*after, *search;	/* or NULL */
	size_t		 max;
};

struct room_list {
	struct session	*session;
	PurpleRoomlist	*source;	/* while it is being fetched */
	bool		 ended;		/* meanwhile */
	bool		 fetched;
	char		*network;	/* asked for, or NULL */
	char		*why;		/* the plug-in's words of failure */
	int		 topic, users;	/* indices of columns, or -1 */
	struct row	*rows;
	size_t		 nrows, size;
	struct map	 known;		/* ids of rows */
	unsigned	 categories;	/* opened so far */
	struct page	 waiting[WAITING_MAX];
	size_t		 nwaiting;
	guint		 timer;
};

/* ---------------------------------------------------------------- the list */

static void
rows_free(struct room_list *list)
{
	for (size_t i = 0; i < list->nrows; i++) {
		free(list->rows[i].id);
		free(list->rows[i].name);
		free(list->rows[i].topic);
	}
	free(list->rows);
	list->rows = NULL;
	list->nrows = list->size = 0;
	map_finish(&list->known);
	memset(&list->known, 0, sizeof(list->known));
}

static void
release_source(struct room_list *list)
{
	PurpleRoomlist *source = list->source;

	list->source = NULL;
	if (source == NULL)
		return;
	source->ui_data = NULL;
	purple_roomlist_unref(source);
}

static void
list_free(struct room_list *list)
{
	if (list->timer != 0)
		g_source_remove(list->timer);
	release_source(list);
	rows_free(list);
	free(list->network);
	free(list->why);
	list->session->rooms->list = NULL;
	free(list);
}

/* Takes the strings. */
static void
add(struct room_list *list, struct row *row)
{
	if (list->nrows >= ROWS_MAX || row->id == NULL ||
	    *row->id == '\0' || strlen(row->id) > ROOM_ID_BYTES ||
	    !g_utf8_validate(row->id, -1, NULL) ||
	    map_get(&list->known, row->id) != NULL) {
		free(row->id);
		free(row->name);
		free(row->topic);
		return;
	}
	if (list->nrows == list->size) {
		list->size = list->size ? 2 * list->size : 64;
		list->rows = xreallocarray(list->rows, list->size,
		    sizeof(*list->rows));
	}
	list->rows[list->nrows++] = *row;
	map_put(&list->known, row->id, row->id);
}

/* Is it in the list already, by the id that the network has for it? */
static bool
is_listed(const struct room_list *list, PurpleChat *chat)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, purple_chat_get_components(chat));
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		if (value != NULL && map_get(&list->known, value) != NULL)
			return true;
	}
	return false;
}

/* What the user has among the contacts: some networks have no other list. */
static void
add_own(struct room_list *list)
{
	for (PurpleBlistNode *n = purple_blist_get_root(); n != NULL;
	    n = purple_blist_node_next(n, TRUE)) {
		PurpleChat *chat = PURPLE_BLIST_NODE_IS_CHAT(n) ?
		    (PurpleChat *)n : NULL;
		struct row row = { 0 };
		char *id;

		if (chat == NULL || purple_chat_get_account(chat) !=
		    list->session->account || is_listed(list, chat))
			continue;
		id = room_components_name(list->session,
		    purple_chat_get_components(chat));
		row.id = xstrdup_null(id);
		row.name = purple_chat_get_name(chat) != NULL ?
		    room_text_clean(purple_chat_get_name(chat), NAME_BYTES) :
		    NULL;
		g_free(id);
		add(list, &row);
	}
}

/* --------------------------------------------------------------- answering */

/* Every word of it, in any case; of what is not ASCII, as it stands. */
static bool
row_matches(const struct row *row, const char *search)
{
	const char *p = search;

	while (p != NULL && *(p += strspn(p, " ")) != '\0') {
		size_t n = strcspn(p, " ");
		char word[100];

		snprintf(word, sizeof(word), "%.*s", (int)n, p);
		if (strcasestr(row->id, word) == NULL && (row->name == NULL ||
		    strcasestr(row->name, word) == NULL) &&
		    (row->topic == NULL ||
		    strcasestr(row->topic, word) == NULL))
			return false;
		p += n;
	}
	return true;
}

static void
answer(const struct room_list *list, const struct page *page)
{
	static struct msg_room_info rows[PAGE_MAX];
	struct msg_room_list_result result = { .rooms.v = rows };
	bool reached = page->after == NULL;
	size_t n = 0;

	for (size_t i = 0; i < list->nrows; i++) {
		const struct row *row = &list->rows[i];

		if (!row_matches(row, page->search))
			continue;
		result.total++;
		if (reached && n < page->max)
			rows[n++] = (struct msg_room_info){ .room = row->id,
			    .name = row->name, .topic = row->topic,
			    .occupants = row->occupants };
		else if (reached)
			result.more = true;
		else
			reached = strcmp(row->id, page->after) == 0;
	}
	result.rooms.n = n;
	kit_reply(&page->call, &result);
}

static void
page_free(struct page *page)
{
	free(page->after);
	free(page->search);
}

static gboolean
forget(gpointer data)
{
	struct room_list *list = data;

	list->timer = 0;
	list_free(list);
	return G_SOURCE_REMOVE;
}

/* All is there, or nothing more comes. */
static void
finish(struct room_list *list)
{
	if (list->fetched)
		return;
	list->fetched = true;
	add_own(list);
	for (size_t i = 0; i < list->nwaiting; i++) {
		answer(list, &list->waiting[i]);
		page_free(&list->waiting[i]);
	}
	list->nwaiting = 0;
	if (list->timer != 0)
		g_source_remove(list->timer);
	list->timer = g_timeout_add_seconds(KEEP_SECONDS, forget, list);
}

static void
fail(struct room_list *list, const char *code, const char *text)
{
	for (size_t i = 0; i < list->nwaiting; i++) {
		kit_error(&list->waiting[i].call, code, text);
		page_free(&list->waiting[i]);
	}
	list->nwaiting = 0;
	list_free(list);
}

static void
fail_with(struct room_list *list, const char *why)
{
	char *text = room_text_clean(why, 1000);
	const char *code = room_failure(text);

	fail(list, code != NULL ? code : ERR_NETWORK, text);
	free(text);
}

static gboolean
late(gpointer data)
{
	struct room_list *list = data;
	PurpleRoomlist *source = list->source;
	struct rooms *rooms = list->session->rooms;

	list->timer = 0;
	/* It goes on filling it in vain. */
	if (source != NULL && purple_roomlist_get_in_progress(source)) {
		purple_roomlist_ref(source);
		release_source(list);
		purple_roomlist_cancel_get_list(source);
		purple_roomlist_unref(source);
	}
	/* The plug-in may have ended the session. */
	if (rooms->list != list)
		return G_SOURCE_REMOVE;
	if (list->nrows > 0)
		finish(list);
	else
		fail(list, ERR_TIMEOUT, "the network does not answer");
	return G_SOURCE_REMOVE;
}

/* ------------------------------------------------------ the plug-in's list */

static void
set_fields(PurpleRoomlist *source, GList *fields)
{
	struct room_list *list = source->ui_data;
	int i = 0;

	if (list == NULL)
		return;
	list->topic = list->users = -1;
	for (GList *l = fields; l != NULL; l = l->next, i++) {
		PurpleRoomlistField *field = l->data;
		const char *name = field->name ? field->name : "";
		bool text = field->type == PURPLE_ROOMLIST_FIELD_STRING;

		if (text && list->topic < 0 && (strcmp(name, "topic") == 0 ||
		    strcmp(name, "description") == 0 ||
		    strcmp(name, "subject") == 0))
			list->topic = i;
		if (!text && (strcmp(name, "users") == 0 ||
		    strcmp(name, "members") == 0))
			list->users = i;
	}
}

/* "Category / Room". */
static char *
full_name(PurpleRoomlistRoom *room)
{
	char *name = xstrdup(""), *longer, *clean;

	for (int depth = 0; room != NULL && depth < 8; depth++) {
		const char *part = purple_roomlist_room_get_name(room);

		longer = xasprintf("%s%s%s", part ? part : "",
		    *name != '\0' ? " / " : "", name);
		free(name);
		name = longer;
		room = purple_roomlist_room_get_parent(room);
	}
	clean = room_text_clean(name, NAME_BYTES);
	free(name);
	return clean;
}

static void
open_category(PurpleRoomlist *source, struct room_list *list,
    PurpleRoomlistRoom *room)
{
	PurplePluginProtocolInfo *info = session_protocol(list->session);

	if (room->expanded_once || list->categories >= CATEGORIES_MAX ||
	    !PROTOCOL_HAS(info, roomlist_expand_category))
		return;
	list->categories++;
	room->expanded_once = TRUE;
	purple_roomlist_expand_category(source, room);
}

static void
add_room(PurpleRoomlist *source, PurpleRoomlistRoom *room)
{
	struct room_list *list = source->ui_data;
	PurplePluginProtocolInfo *info;
	struct row row = { 0 };
	GList *fields;
	char *id;

	if (list == NULL)
		return;
	if (!(purple_roomlist_room_get_type(room) &
	    PURPLE_ROOMLIST_ROOMTYPE_ROOM)) {
		open_category(source, list, room);
		return;
	}
	info = session_protocol(list->session);
	id = PROTOCOL_HAS(info, roomlist_room_serialize) ?
	    info->roomlist_room_serialize(room) :
	    g_strdup(purple_roomlist_room_get_name(room));
	row.id = xstrdup_null(id);
	g_free(id);
	row.name = full_name(room);
	fields = purple_roomlist_room_get_fields(room);
	if (list->topic >= 0 && (unsigned)list->topic < g_list_length(fields)) {
		const char *topic = g_list_nth_data(fields,
		    (guint)list->topic);

		row.topic = topic != NULL && *topic != '\0' ?
		    room_text_clean(topic, TOPIC_BYTES) : NULL;
	}
	if (list->users >= 0)
		row.occupants = GPOINTER_TO_INT(g_list_nth_data(fields,
		    (guint)list->users));
	add(list, &row);
}

static void
end(void *object)
{
	struct room_list *list = ((struct rooms *)object)->list;

	if (list == NULL || list->fetched || !list->ended)
		return;
	if (list->nrows == 0 && list->why != NULL)
		fail_with(list, list->why);
	else
		finish(list);
}

static void
in_progress(PurpleRoomlist *source, gboolean busy)
{
	struct room_list *list = source->ui_data;

	if (list == NULL || busy)
		return;
	list->ended = true;
	/* The plug-in may still have something to say, and lets go of it. */
	later(end, list->session->rooms);
}

static void
destroyed(PurpleRoomlist *source)
{
	struct room_list *list = source->ui_data;

	if (list == NULL)
		return;
	source->ui_data = NULL;
	list->source = NULL;
	list->ended = true;
	later(end, list->session->rooms);
}

/* A list that we are not waiting for is none of ours. */
static void
created(PurpleRoomlist *source)
{
	struct session *s = session_of(source->account);
	struct room_list *list = s != NULL ? s->rooms->list : NULL;

	if (list == NULL || list->source != NULL || list->fetched)
		return;
	list->source = source;
	source->ui_data = list;
	/* The plug-in may let go of it when it likes. */
	purple_roomlist_ref(source);
}

static PurpleRoomlistUiOps ops = {
	.create = created, .set_fields = set_fields, .add_room = add_room,
	.in_progress = in_progress, .destroy = destroyed,
};

/* ---------------------------------------------------------------- requests */

static void
fetch(struct room_list *list)
{
	PurpleConnection *gc =
	    purple_account_get_connection(list->session->account);
	PurplePluginProtocolInfo *info = session_protocol(list->session);
	struct rooms *rooms = list->session->rooms;

	list->timer = g_timeout_add_seconds(FETCH_SECONDS, late, list);
	if (!PROTOCOL_HAS(info, roomlist_get_list)) {
		finish(list);
		return;
	}
	(void)purple_roomlist_get_list(gc);
	/* It may be complete already, or never come; or the session is over. */
	if (rooms->list == list && list->source == NULL && !list->ended)
		finish(list);
}

static bool
same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

void
down_room_list(const struct kit_call *call, const struct msg_room_list *m)
{
	struct session *s = m->user != NULL ? session_for(call, m->user) :
	    NULL;
	struct room_list *list;
	struct page page = { .call = *call, .max = PAGE_DEFAULT };

	if (m->user == NULL)
		kit_error(call, ERR_NOT_CONNECTED, NULL);
	if (s == NULL)
		return;
	list = s->rooms->list;
	if (list != NULL && list->fetched && !same(list->network, m->network)) {
		list_free(list);
		list = NULL;
	}
	if (list != NULL && list->nwaiting == WAITING_MAX) {
		kit_error(call, ERR_RATE_LIMITED, NULL);
		return;
	}
	if (m->max > 0)
		page.max = m->max < PAGE_MAX ? (size_t)m->max : PAGE_MAX;
	page.after = xstrdup_null(m->after);
	page.search = xstrdup_null(m->search);
	if (list != NULL && list->fetched) {
		answer(list, &page);
		page_free(&page);
		return;
	}
	if (list != NULL) {
		list->waiting[list->nwaiting++] = page;
		return;
	}
	list = s->rooms->list = xcalloc(1, sizeof(*list));
	list->session = s;
	list->topic = list->users = -1;
	list->network = xstrdup_null(m->network);
	list->waiting[list->nwaiting++] = page;
	fetch(list);
}

/* prpl-jabber asks which server to query, and proposes one, if it has found
 * any by now. */
static char *
server_for(const struct room_list *list, const char *value)
{
	const char *name = purple_account_get_username(list->session->account);
	const char *domain = strchr(name, '@');

	if (list->network != NULL)
		return xstrdup(list->network);
	if (value != NULL && *value != '\0')
		return xstrdup(value);
	domain = domain != NULL ? domain + 1 : name;
	return xasprintf("conference.%.*s", (int)strcspn(domain, "/"), domain);
}

char *
room_answer(const struct session *s, const char *title, const char *value)
{
	const struct room_list *list = s->rooms->list;

	if (title == NULL || !room_is_plugin(s, "prpl-jabber"))
		return NULL;
	/* Of "Configure Room" and "Accept Defaults". */
	if (strcmp(title, "Create New Room") == 0)
		return xstrdup("2");
	if (list != NULL && !list->fetched &&
	    strcmp(title, "Enter a Conference Server") == 0)
		return server_for(list, value);
	return NULL;
}

bool
room_list_notified(const struct session *s, const char *text)
{
	struct room_list *list = s->rooms->list;

	if (list == NULL || list->fetched ||
	    (strcasestr(text, "room list") == NULL &&
	    strcasestr(text, "Invalid Server") == NULL))
		return false;
	xreplace(&list->why, text);
	return true;
}

void
room_list_finish(struct session *s)
{
	if (s->rooms->list != NULL)
		fail(s->rooms->list, ERR_NETWORK, "the connection is closed");
}

void
room_list_init(void)
{
	purple_roomlist_set_ui_ops(&ops);
}
