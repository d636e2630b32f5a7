/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One post becomes one message: from whom, as what, and what goes with it. */
#include "backends/twitter/deliver.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/twitter/config.h"
#include "backends/twitter/contacts.h"
#include "backends/twitter/filter.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/people.h"
#include "backends/twitter/room.h"
#include "backends/twitter/settings.h"
#include "backends/twitter/shortid.h"
#include "backends/twitter/show.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define BODY_MAX	32768	/* bytes of a message */
#define QUOTE_MAX	1000	/* of the text that is answered */
#define STATUS_MAX	200	/* of a contact */
#define OLD		60	/* seconds: from then on the time is told */
#define MADE		"made"	/* setting: ids of posts made here */
#define MADE_MAX	20

/* A message that is being made. */
struct telling {
	struct session	*session;
	const struct post *post;
	const struct known *author;	/* NULL: unknown */
	bool		 own;		/* the user's own post */
	bool		 as_contact;	/* it comes from its author */
	bool		 as_room;
};

/* ---------------------------------------------------------------- made here */

void
deliver_made(struct session *s, const char *post_id)
{
	const char *before = session_setting(s, MADE, "");
	size_t n = 1, at = 0;
	char *ids;

	/* The last ones, as far as they go. */
	while (before[at] != '\0' && (before[at] != ' ' || ++n <= MADE_MAX))
		at++;
	ids = xasprintf("%s%s%.*s", post_id, at > 0 ? " " : "", (int)at,
	    before);
	session_keep(s, MADE, ids, false);
	free(ids);
}

static bool
was_made(const struct session *s, const char *id)
{
	const char *ids = session_setting(s, MADE, "");
	size_t n = id != NULL ? strlen(id) : 0;

	for (const char *at = ids; n > 0 && (at = strstr(at, id)) != NULL;
	    at += n)
		if ((at == ids || at[-1] == ' ') &&
		    (at[n] == '\0' || at[n] == ' '))
			return true;
	return false;
}

/* ------------------------------------------------------------------ filters */

static bool
is_own(const struct session *s, const struct post *p)
{
	return p->author_id != NULL && strcmp(p->author_id, s->id) == 0;
}

static bool
sensitive_is(const struct session *s, const char *what)
{
	return strcmp(session_setting(s, "sensitive", "mark"), what) == 0;
}

static bool
is_blocked(const struct session *s, const struct post *p)
{
	const struct known *author = p != NULL ?
	    people_by_id(p->author_id) : NULL;

	return author != NULL && contacts_blocked(s, author->contact);
}

static bool
wanted(const struct session *s, const struct post *p, bool followed)
{
	const struct filter f = {
		.own_id = s->id,
		/* Who is spoken to wants to know. */
		.languages = followed ? session_setting(s, "languages", "") :
		    "",
		.no_replies = followed && !setting_on(s, "show_replies"),
		.no_reposts = !setting_on(s, "show_reposts"),
		.no_sensitive = sensitive_is(s, "hide"),
	};

	if (is_own(s, p) && (was_made(s, p->id) ||
	    was_made(s, p->reposted_id)))
		return false;
	if (is_blocked(s, p) || is_blocked(s, p->reposted))
		return false;
	return filter_wants(&f, p);
}

/* --------------------------------------------------------------------- text */

static void
cut(struct buf *b, const char *post_id)
{
	if (buf_len(b) <= BODY_MAX)
		return;
	buf_truncate(b, utf8_cut(buf_data(b), buf_len(b), BODY_MAX));
	buf_addf(b, "...\n%s/i/status/%s", config.web_url, post_id);
}

static void
add_text(struct session *s, struct buf *b, const struct post *p,
    struct show how)
{
	char id[3];

	shortid_give(&s->shortids, p->id, p->author_id, id);
	how.short_id = id;
	how.unmarked = sensitive_is(s, "show");
	show_post(b, p, &how);
	cut(b, p->id);
}

void
deliver_text(struct session *s, struct buf *b, const struct post *p,
    bool author)
{
	struct buf one = { 0 };

	add_text(s, &one, p, (struct show){ .author = author });
	buf_add(b, buf_data(&one), buf_len(&one));
	buf_free(&one);
}

/* The beginning of a text, in one line. */
static char *
line_of(const char *text, size_t max)
{
	size_t n = strlen(text);
	char *line = xstrndup(text, utf8_cut(text, n, max));

	for (char *c = line; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	return line;
}

/* -------------------------------------------------------- what goes with it */

static const char *
type_of(const struct media *m)
{
	static const char *const types[][2] = {
		{ ".jpg", "image/jpeg" }, { ".jpeg", "image/jpeg" },
		{ ".png", "image/png" }, { ".gif", "image/gif" },
		{ ".webp", "image/webp" }, { ".mp4", "video/mp4" },
	};
	size_t n = strcspn(m->url, "?#"), k;

	if (m->type != NULL)
		return m->type;
	for (size_t i = 0; i < LENGTH(types); i++) {
		k = strlen(types[i][0]);
		if (n > k && strncasecmp(m->url + n - k, types[i][0], k) == 0)
			return types[i][1];
	}
	return NULL;
}

static size_t
attach(struct msg_attachment *v, const struct post *p)
{
	size_t n;
	const struct media *const *media = show_media(p, &n);

	for (size_t i = 0; i < n; i++)
		v[i] = (struct msg_attachment){ .url = media[i]->url,
		    .type = type_of(media[i]) };
	return n;
}

/* Whom the main process knows as the author of what is answered: in a chat only
 * the two who are in it. */
static const char *
answered_author(const struct telling *t)
{
	const struct post *p = t->post;
	const char *id = p->reply_to_author_id;
	bool own = id != NULL && strcmp(id, t->session->id) == 0;
	const struct known *known;

	if (own)
		return t->as_room ? t->session->name : t->session->id;
	if (t->as_room) {
		known = people_by_id(id);
		return known != NULL ? known->person.username : NULL;
	}
	if (!t->as_contact)
		return CONTACT;
	return id != NULL && p->author_id != NULL &&
	    strcmp(id, p->author_id) == 0 ? t->author->contact : NULL;
}

/* Its text, which is malloced, or NULL. */
static char *
answered_text(const struct telling *t)
{
	const struct post *parent = t->post->reply_to;
	struct buf b = { 0 };
	char *text;

	if (parent == NULL)
		return NULL;
	show_post(&b, parent, &(struct show){ .author = !t->as_room,
	    .unmarked = sensitive_is(t->session, "show") });
	if (buf_len(&b) > QUOTE_MAX) {
		buf_truncate(&b, utf8_cut(buf_data(&b), buf_len(&b),
		    QUOTE_MAX));
		buf_adds(&b, "...");
	}
	text = buf_steal(&b);
	return text;
}

/* -------------------------------------------------------------- the message */

static void
tell(const struct telling *t, struct msg_message *m)
{
	struct session *s = t->session;
	const struct post *p = t->post;
	struct msg_attachment files[PAGE_MEDIA_MAX];
	struct msg_reply reply = { .id = p->reply_to_id };
	bool bare = !filter_sensitive(p) || sensitive_is(s, "show");
	struct buf b = { 0 };
	char *body, *quoted = NULL;

	add_text(s, &b, p, (struct show){ .files = bare,
	    .author = !t->as_contact && m->nick == NULL });
	body = buf_steal(&b);
	m->user = s->user;
	m->body = body;
	m->id = p->id;
	if (p->at / 1000 < s->up || p->at / 1000 < time(NULL) - OLD)
		m->time = p->at;
	if (bare)
		m->attachments.n = attach(files, p);
	m->attachments.v = m->attachments.n > 0 ? files : NULL;
	if (reply.id != NULL) {
		quoted = answered_text(t);
		reply.author = answered_author(t);
		reply.text = quoted;
		m->reply_to = &reply;
	}
	kit_notify(METHOD_message, m);
	free(body);
	free(quoted);
}

static void
tell_room(struct telling *t)
{
	struct msg_message m = { .from = ROOM, .kind = "groupchat" };

	t->as_room = true;
	if (t->own) {
		m.nick = t->session->name;
	} else if (t->post->author != NULL) {
		room_enter(t->session, t->post->author);
		m.nick = t->post->author->username;
	}
	tell(t, &m);
}

static void
tell_author(struct telling *t)
{
	const struct post *p = t->post;
	struct msg_message m = { .from = t->author->contact, .kind = "chat" };
	char *status = line_of(p->reposted != NULL ? p->reposted->text :
	    p->text, STATUS_MAX);

	t->as_contact = true;
	contacts_seen(t->session, t->author, status);
	tell(t, &m);
	free(status);
}

void
deliver_post(struct session *s, const struct post *p, bool followed)
{
	struct telling t = { .session = s, .post = p, .own = is_own(s, p),
	    .author = people_by_id(p->author_id) };
	struct msg_message m = { .from = CONTACT, .kind = "chat" };
	enum mode mode = session_mode(s);

	if (!wanted(s, p, followed))
		return;
	if (mode == MODE_ROOM)
		tell_room(&t);
	else if (mode == MODE_CONTACTS && followed && !t.own &&
	    t.author != NULL)
		tell_author(&t);
	else
		tell(&t, &m);
}
