/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCards.  A client may want those of everybody it shows, each of which may
 * cost money: so only a few are asked for at a time, and others say what the
 * name says. */
#include "backends/twitter/profile.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "backends/twitter/avatar.h"
#include "backends/twitter/config.h"
#include "backends/twitter/contacts_inside.h"
#include "backends/twitter/down.h"
#include "backends/twitter/notice.h"
#include "backends/twitter/task.h"
#include "util/arena.h"
#include "util/xalloc.h"

#define BURST		10	/* profiles that X is asked for ... */
#define BURST_TIME	60	/* ... in so many seconds */

struct asking {
	struct task	 task;
	struct arena	 arena;		/* of the texts */
	struct msg_profile_result card;
};

/* ------------------------------------------------------------------- text */

static void
add_counts(struct buf *b, const struct person *p)
{
	const char *comma = "";

	if (p->followers >= 0) {
		buf_addf(b, "%ld followers", p->followers);
		comma = ", ";
	}
	if (p->following >= 0) {
		buf_addf(b, "%sfollows %ld", comma, p->following);
		comma = ", ";
	}
	if (p->posts >= 0) {
		buf_addf(b, "%s%ld posts", comma, p->posts);
		comma = ", ";
	}
	if (*comma != '\0')
		buf_addc(b, '\n');
}

void
profile_text(struct buf *b, const struct person *p)
{
	time_t created = (time_t)(p->created / 1000);
	struct tm tm;
	char date[32];

	if (p->about != NULL && *p->about != '\0')
		buf_addf(b, "%s\n", p->about);
	if (p->place != NULL)
		buf_addf(b, "Place: %s\n", p->place);
	if (p->website != NULL && *p->website != '\0')
		buf_addf(b, "Website: %s\n", p->website);
	add_counts(b, p);
	if (p->is_protected)
		buf_adds(b, "Protected: only who is accepted sees the posts\n");
	if (p->is_verified)
		buf_adds(b, "Verified by X\n");
	if (created > 0 && gmtime_r(&created, &tm) != NULL &&
	    strftime(date, sizeof(date), "%Y-%m-%d", &tm) > 0)
		buf_addf(b, "On X since %s\n", date);
	buf_addf(b, "%s/%s", config.web_url, p->username);
}

/* ------------------------------------------------------------------ cards */

static void
finish(struct task *task)
{
	arena_free(&((struct asking *)task)->arena);
}

static void
reply(struct session *s, const struct picture *picture, void *ctx)
{
	struct asking *t = ctx;

	(void)s;
	if (picture->data != NULL) {
		t->card.photo_type = picture->type;
		t->card.photo = (struct bin){ picture->data,
		    picture->length };
	}
	task_reply(&t->task, &t->card);
}

static void
found(struct session *s, const struct api_answer *a, const struct known *who,
    void *ctx)
{
	struct asking *t = ctx;
	struct buf note = { 0 };
	const struct person *p;
	char *text;

	if (a->outcome != API_OK) {
		task_refused(&t->task, a);
		return;
	}
	p = &who->person;
	profile_text(&note, p);
	text = buf_steal(&note);
	t->card = (struct msg_profile_result){
		.full_name = arena_strdup(&t->arena, p->name),
		.nick = arena_strdup(&t->arena, p->username),
		.url = p->website != NULL && *p->website != '\0' ?
		    arena_strdup(&t->arena, p->website) :
		    arena_printf(&t->arena, "%s/%s", config.web_url,
		    p->username),
		.note = arena_strdup(&t->arena, text),
	};
	free(text);
	avatar_get(s, p->picture, reply, t);
}

static void
reply_of_x(const struct kit_call *call)
{
	const struct msg_profile_result card = {
		.full_name = "X (Twitter)", .nick = CONTACT,
		.url = config.web_url,
		.note = "X itself. Your timeline is here, and what you write "
		    "here are commands; write help for a list.",
	};

	kit_reply(call, &card);
}

/* Nobody has looked for this one, and many others have been asked for. */
static void
reply_little(const struct kit_call *call, const char *name)
{
	char *url = xasprintf("%s/%s", config.web_url, name);
	const struct msg_profile_result card = { .nick = name, .url = url };

	kit_reply(call, &card);
	free(url);
}

static bool
is_burst(struct session *s)
{
	time_t now = time(NULL);

	if (now >= s->contacts->profiles_since + BURST_TIME ||
	    now < s->contacts->profiles_since) {
		s->contacts->profiles_since = now;
		s->contacts->profiles = 0;
	}
	return s->contacts->profiles++ >= BURST;
}

void
down_profile(const struct kit_call *call, const struct msg_profile *m)
{
	struct session *s = session_find(m->user);
	const char *name = m->contact + (*m->contact == '@');
	const struct known *known = people_by_name(name);
	bool own;

	/* Clients ask by themselves: it is no sign of a user who is active. */
	if (s == NULL || !s->connected) {
		kit_error(call, ERR_NOT_CONNECTED, NULL);
		return;
	}
	own = strcasecmp(name, s->account) == 0 ||
	    strcasecmp(name, s->name) == 0;
	if (own)
		known = people_by_id(s->id);
	if (strcmp(name, CONTACT) == 0)
		reply_of_x(call);
	else if (!own && !people_is_name(name))
		kit_error(call, ERR_NOT_FOUND, NULL);
	else if (!own && known == NULL && is_burst(s))
		reply_little(call, name);
	else if (own)
		people_find_id(s, s->id, found, task_begin(s, call,
		    sizeof(struct asking), finish));
	else
		people_find(s, name, found, task_begin(s, call,
		    sizeof(struct asking), finish));
}
