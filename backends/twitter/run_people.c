/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about a person: who is it, and what is to be between that person and
 * the user. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/twitter/act.h"
#include "backends/twitter/config.h"
#include "backends/twitter/contacts.h"
#include "backends/twitter/direct.h"
#include "backends/twitter/fetch.h"
#include "backends/twitter/friends.h"
#include "backends/twitter/people.h"
#include "backends/twitter/run.h"
#include "util/macros.h"

#define PROFILE_AGE	(24 * 60 * 60L)	/* seconds; an older one is read anew */

/* -------------------------------------------------------------------- deeds */

/* Of the words below; %s is @name. */
static const struct {
	enum act	 act;
	bool		 on;
	const char	*done;
} deeds[WORD_COUNT] = {
	[WORD_follow] = { ACT_FOLLOW, true, "You follow %s now." },
	[WORD_unfollow] = { ACT_FOLLOW, false,
	    "You do not follow %s any more." },
	[WORD_mute] = { ACT_MUTE, true, "%s is muted on X." },
	[WORD_unmute] = { ACT_MUTE, false, "%s is not muted any more." },
	[WORD_block] = { ACT_BLOCK, true, "Direct messages of %s are blocked, "
	    "and no posts shown here.  X does not let a gateway block more "
	    "than that: yours can still be seen.  Blocking altogether is done "
	    "on X itself." },
	[WORD_unblock] = { ACT_BLOCK, false, "Direct messages of %s are not "
	    "blocked any more." },
};

/* The person, while X is asked; in the arena of the run. */
struct whom {
	const char	*id, *name;	/* name: with @ */
};

/* What else is to know that.  true: what was asked for has to wait. */
static bool
note_follow(struct session *s, const struct whom *whom, const json_t *json,
    bool on)
{
	const json_t *data = json_object_get(json, "data");
	bool pending = on && json_is_true(json_object_get(data,
	    "pending_follow"));
	const struct known *who = people_by_id(whom->id);

	if (!pending)
		friends_changed(s, whom->name + 1, on);
	if (who != NULL && on)
		contacts_followed(s, who, pending);
	else if (who != NULL)
		contacts_unfollowed(s, who);
	return pending;
}

static void
acted(struct session *s, const struct api_answer *a, const char *id, void *ctx)
{
	struct run *r = ctx;
	const struct whom *whom = r->ctx;
	enum word word = r->words.word;

	(void)id;
	if (run_is_refused(r, a))
		return;
	if (deeds[word].act == ACT_FOLLOW &&
	    note_follow(s, whom, a->json, deeds[word].on))
		run_say(r, "%s is protected: your wish to follow is pending "
		    "until it is allowed there.", whom->name);
	else
		run_say(r, deeds[word].done, whom->name);
}

static void
found(struct session *s, const struct api_answer *a, const struct known *who,
    void *ctx)
{
	struct run *r = ctx;
	enum word word = r->words.word;
	struct whom *whom;

	if (run_is_refused(r, a))
		return;
	if (strcmp(who->person.id, s->id) == 0) {
		run_wrong(r, "@%s is yourself.", who->person.username);
		return;
	}
	whom = r->ctx = arena_zalloc(&r->arena, sizeof(*whom));
	whom->id = arena_strdup(&r->arena, who->person.id);
	whom->name = arena_printf(&r->arena, "@%s", who->person.username);
	act(s, deeds[word].act, whom->id, deeds[word].on, acted, r);
}

static void
do_deed(struct run *r)
{
	people_find(r->task.session, r->words.name, found, r);
}

void
run_follow(struct run *r)
{
	do_deed(r);
}

void
run_unfollow(struct run *r)
{
	do_deed(r);
}

void
run_mute(struct run *r)
{
	do_deed(r);
}

void
run_unmute(struct run *r)
{
	do_deed(r);
}

void
run_block(struct run *r)
{
	do_deed(r);
}

void
run_unblock(struct run *r)
{
	do_deed(r);
}

/* ------------------------------------------------------------------ profile */

static void
add_counts(struct buf *b, const struct person *p)
{
	const struct {
		const char	*what;
		long		 n;
	} counts[] = {
		{ "Posts", p->posts }, { "Follows", p->following },
		{ "Followers", p->followers },
	};
	bool first = true;

	for (size_t i = 0; i < LENGTH(counts); i++) {
		if (counts[i].n < 0)
			continue;
		buf_addf(b, "%s%s: %ld", first ? "\n" : ", ", counts[i].what,
		    counts[i].n);
		first = false;
	}
}

static void
add_since(struct buf *b, int64_t created)
{
	time_t at = (time_t)(created / 1000);
	struct tm tm;
	char text[16];

	if (created == 0 || gmtime_r(&at, &tm) == NULL)
		return;
	strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	buf_addf(b, "\nOn X since %s", text);
}

static void
show_profile(struct run *r, const struct person *p)
{
	struct buf b = { 0 };
	char *text;

	buf_addf(&b, "%s (@%s)%s%s", p->name, p->username,
	    p->is_verified ? ", verified" : "",
	    p->is_protected ? ", protected" : "");
	if (p->about != NULL && *p->about != '\0')
		buf_addf(&b, "\n%s", p->about);
	if (p->place != NULL)
		buf_addf(&b, "\nPlace: %s", p->place);
	if (p->website != NULL && *p->website != '\0')
		buf_addf(&b, "\nWebsite: %s", p->website);
	add_counts(&b, p);
	add_since(&b, p->created);
	buf_addf(&b, "\n%s/%s", config.web_url, p->username);
	text = buf_steal(&b);
	run_text(r, text);
	free(text);
}

static void
show_found(struct session *s, const struct api_answer *a,
    const struct known *who, void *ctx)
{
	struct run *r = ctx;

	(void)s;
	if (!run_is_refused(r, a))
		show_profile(r, &who->person);
}

/* Read anew; when X does not tell, the one that is known will do. */
static void
have_profile(struct session *s, const struct api_answer *a,
    const struct page *page, void *ctx)
{
	struct run *r = ctx;

	(void)a;
	if (page->npeople > 0)
		show_profile(r, &page->people[0]);
	else
		people_find(s, r->words.name, show_found, r);
}

void
run_user(struct run *r)
{
	struct session *s = r->task.session;
	const struct known *who = people_by_name(r->words.name);

	if (who != NULL && time(NULL) - who->read > PROFILE_AGE)
		fetch(s, &(struct fetch){ .endpoint = E_user_by_name,
		    .path = { r->words.name } }, have_profile, r);
	else
		people_find(s, r->words.name, show_found, r);
}

/* ---------------------------------------------------------- direct messages */

static void
sent(struct session *s, const struct api_answer *a, void *ctx)
{
	struct run *r = ctx;

	(void)s;
	if (!run_is_refused(r, a))
		run_say(r, "%s", a->text != NULL ? a->text :
		    "Sent as a direct message.");
}

void
run_message(struct run *r)
{
	direct_message(r->task.session, r->words.name, r->words.text, sent, r);
}

void
run_group(struct run *r)
{
	direct_group_line(r->task.session, r->words.text, sent, r);
}
