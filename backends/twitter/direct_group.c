/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X has no list of groups, nor of who is in one: both are learned from what is
 * said there, who comes and who goes.  Groups that were heard of are kept for
 * the next session, and who is in those whose past was paid for. */
#include "backends/twitter/direct_inside.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/people.h"
#include "util/xalloc.h"

#define GROUPS_MAX	50
#define MEMBERS_MAX	100
#define NAMED		3		/* in the name of a group */
#define KEPT		"twitter_groups"	/* setting: ids with blanks */
#define MEMBERS		"twitter_members"	/* setting: "GROUP:ID=Name,... "
						 * of those that were read */
#define MEMBERS_KEPT	20		/* of one group */

struct group *
direct_group_find(const struct direct *d, const char *id)
{
	struct group *g;

	TAILQ_FOREACH(g, &d->groups, entry)
		if (strcmp(g->id, id) == 0)
			break;
	return g;
}

/* --------------------------------------------------------------------- kept */

static void
keep(struct direct *d)
{
	struct buf b = { 0 };
	struct group *g;
	char *text;

	TAILQ_FOREACH(g, &d->groups, entry)
		buf_addf(&b, "%s%s", buf_len(&b) > 0 ? " " : "", g->id);
	text = buf_steal(&b);
	session_keep(d->session, KEPT, text, false);
	free(text);
}

void
direct_group_keep(struct direct *d)
{
	struct session *s = d->session;
	struct buf b = { 0 };
	struct group *g;
	char *text;

	TAILQ_FOREACH(g, &d->groups, entry) {
		if (!g->read)
			continue;
		buf_addf(&b, "%s:", g->id);
		for (size_t i = 0; i < g->nmembers && i < MEMBERS_KEPT; i++)
			buf_addf(&b, "%s=%s,", g->members[i].id,
			    g->members[i].name);
		buf_addc(&b, ' ');
	}
	text = buf_steal(&b);
	if (strcmp(text, session_setting(s, MEMBERS, "")) != 0)
		session_keep(s, MEMBERS, text, false);
	free(text);
}

static void
destroy(struct direct *d, struct group *g)
{
	TAILQ_REMOVE(&d->groups, g, entry);
	d->ngroups--;
	for (size_t i = 0; i < g->nmembers; i++)
		free(g->members[i].nick);
	free(g->members);
	free(g->room);
	free(g->name);
	free(g);
}

static struct group *
add(struct direct *d, const char *id)
{
	struct group *g = xcalloc(1, sizeof(*g));

	snprintf(g->id, sizeof(g->id), "%s", id);
	g->room = xasprintf(DIRECT_ROOM "%s", id);
	TAILQ_INSERT_TAIL(&d->groups, g, entry);
	d->ngroups++;
	return g;
}

/* Who is in its room needs it; else the one that was silent for longest. */
static void
make_place(struct direct *d)
{
	struct group *g;

	if (d->ngroups < GROUPS_MAX)
		return;
	TAILQ_FOREACH(g, &d->groups, entry)
		if (!g->joined)
			break;
	if (g != NULL)
		destroy(d, g);
}

struct group *
direct_group_get(struct direct *d, const char *id)
{
	struct group *g = direct_group_find(d, id);

	if (g != NULL) {
		TAILQ_REMOVE(&d->groups, g, entry);
		TAILQ_INSERT_TAIL(&d->groups, g, entry);
		return g;
	}
	make_place(d);
	g = add(d, id);
	keep(d);
	return g;
}

void
direct_group_forget(struct direct *d, struct group *g)
{
	destroy(d, g);
	keep(d);
}

void
direct_group_finish(struct direct *d)
{
	struct group *g;

	while ((g = TAILQ_FIRST(&d->groups)) != NULL)
		destroy(d, g);
}

/* ------------------------------------------------------------------ members */

static struct member *
member(const struct group *g, const char *id)
{
	for (size_t i = 0; i < g->nmembers; i++)
		if (strcmp(g->members[i].id, id) == 0)
			return &g->members[i];
	return NULL;
}

/* The same, or a new one; NULL: the group is full. */
static struct member *
add_member(struct group *g, const char *id)
{
	struct member *m = member(g, id);

	if (m != NULL || g->nmembers == MEMBERS_MAX)
		return m;
	g->members = xreallocarray(g->members, g->nmembers + 1,
	    sizeof(*g->members));
	m = &g->members[g->nmembers++];
	*m = (struct member){ 0 };
	snprintf(m->id, sizeof(m->id), "%s", id);
	return m;
}

/* "GROUP:ID=Name,ID=Name," */
static void
load_group(struct direct *d, char *text)
{
	char *rest, *name, *id = strtok_r(text, ":", &rest);
	struct group *g = id != NULL ? direct_group_find(d, id) : NULL;
	struct member *m;

	if (g == NULL)
		return;
	g->read = true;
	while ((id = strtok_r(NULL, ",", &rest)) != NULL) {
		name = strchr(id, '=');
		if (name == NULL)
			continue;
		*name++ = '\0';
		m = page_is_id(id) ? add_member(g, id) : NULL;
		if (m != NULL && people_is_name(name))
			strcpy(m->name, name);
	}
}

static void
load_members(struct direct *d)
{
	char *copy = xstrdup(session_setting(d->session, MEMBERS, ""));
	char *rest, *one;

	for (one = strtok_r(copy, " ", &rest); one != NULL;
	    one = strtok_r(NULL, " ", &rest))
		load_group(d, one);
	free(copy);
}

void
direct_group_load(struct direct *d)
{
	char *copy = xstrdup(session_setting(d->session, KEPT, ""));
	char *rest, *id;

	for (id = strtok_r(copy, " ", &rest); id != NULL &&
	    d->ngroups < GROUPS_MAX; id = strtok_r(NULL, " ", &rest))
		if (direct_id_is_group(id) && direct_group_find(d, id) == NULL)
			add(d, id);
	free(copy);
	load_members(d);
}

/* As far as it is known who they are, and it has not been told. */
static void
tell(struct direct *d, const struct group *g, struct member *m)
{
	const struct known *k = people_by_id(m->id);
	struct msg_room_occupant up = { .user = d->session->user,
	    .room = g->room, .show = "online", .role = "participant",
	    .affiliation = "member" };
	char contact[CONTACT_SIZE];

	if (k != NULL)
		snprintf(m->name, sizeof(m->name), "%s", k->person.username);
	if (!g->joined || *m->name == '\0' ||
	    (m->nick != NULL && strcmp(m->nick, m->name) == 0))
		return;
	for (size_t i = 0; i < sizeof(contact); i++)
		contact[i] = (char)tolower((unsigned char)m->name[i]);
	up.nick = m->nick != NULL ? m->nick : m->name;
	up.new_nick = m->nick != NULL ? m->name : NULL;
	up.real = contact;
	kit_notify(METHOD_room_occupant, &up);
	xreplace(&m->nick, m->name);
}

void
direct_group_enter(struct direct *d, struct group *g, const char *person_id)
{
	struct member *m;

	if (strcmp(person_id, d->session->id) == 0)
		return;
	m = add_member(g, person_id);
	if (m != NULL)
		tell(d, g, m);
}

void
direct_group_gone(struct direct *d, struct group *g, const char *person_id)
{
	struct member *m = member(g, person_id);
	struct msg_room_occupant_gone up = { .user = d->session->user,
	    .room = g->room, .how = "left" };

	if (m == NULL)
		return;
	up.nick = m->nick;
	if (g->joined && m->nick != NULL)
		kit_notify(METHOD_room_occupant_gone, &up);
	free(m->nick);
	*m = g->members[--g->nmembers];
}

void
direct_group_tell(struct direct *d, struct group *g)
{
	const struct msg_room_occupant self = { .user = d->session->user,
	    .room = g->room, .nick = d->session->name, .show = "online",
	    .role = "participant", .affiliation = "member", .self = true };

	for (size_t i = 0; i < g->nmembers; i++) {
		free(g->members[i].nick);
		g->members[i].nick = NULL;
		tell(d, g, &g->members[i]);
	}
	kit_notify(METHOD_room_occupant, &self);
}

char *
direct_group_name(const struct group *g)
{
	struct buf b = { 0 };
	const struct known *k;
	size_t named = 0;

	for (size_t i = 0; i < g->nmembers && named < NAMED; i++) {
		k = people_by_id(g->members[i].id);
		if (k != NULL || *g->members[i].name != '\0')
			buf_addf(&b, "%s%s", named++ > 0 ? ", " : "",
			    k != NULL ? k->person.name : g->members[i].name);
	}
	if (named == 0)
		buf_addf(&b, "%s", g->id);
	else if (g->nmembers > named)
		buf_addf(&b, " and %zu more", g->nmembers - named);
	return buf_steal(&b);
}
