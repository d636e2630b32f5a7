/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The database that is none: users are remembered until the process ends. */
#include <stdlib.h>
#include <string.h>

#include "manager/store/memory.h"
#include "util/xalloc.h"

struct setting {
	struct setting	*next;
	char		*name, *value;
	int		 type;
};

struct contact {
	struct contact	*next;
	char		*name, *subscription, *nickname, *groups, *icon_hash;
	int		 flags;
};

struct user {
	char		*jid, *uin, *password, *language, *encoding;
	bool		 vip, online;
	struct setting	*settings;	/* in the order of their making */
	struct contact	*contacts;
};

static struct user *
find(struct engine *e, const char *jid)
{
	return map_get(&CONTAINER(e, struct memory, engine)->users, jid);
}

static void
free_setting(struct setting *s)
{
	free(s->name);
	free(s->value);
	free(s);
}

static void
free_contact(struct contact *c)
{
	free(c->name);
	free(c->subscription);
	free(c->nickname);
	free(c->groups);
	free(c->icon_hash);
	free(c);
}

static void
free_user(struct user *u)
{
	struct setting *s;
	struct contact *c;

	while ((s = u->settings) != NULL) {
		u->settings = s->next;
		free_setting(s);
	}
	while ((c = u->contacts) != NULL) {
		u->contacts = c->next;
		free_contact(c);
	}
	free(u->jid);
	free(u->uin);
	free(u->password);
	free(u->language);
	free(u->encoding);
	free(u);
}

static void
memory_close(struct engine *e)
{
	struct memory *m = CONTAINER(e, struct memory, engine);
	struct user *u;
	size_t at = 0;

	while ((u = map_next(&m->users, &at)) != NULL)
		free_user(u);
	map_finish(&m->users);
	memory_close_rooms(m);
	free(m);
}

static int
nothing(struct engine *e)
{
	(void)e;
	return 0;
}

static void
no_rollback(struct engine *e)
{
	(void)e;	/* no write fails here */
}

static struct store_user
copy(struct arena *a, const struct user *u)
{
	return (struct store_user){
		.jid = arena_strdup(a, u->jid),
		.uin = arena_strdup(a, u->uin),
		.password = arena_strdup(a, u->password),
		.language = arena_strdup(a, u->language),
		.encoding = arena_strdup(a, u->encoding),
		.vip = u->vip,
		.online = u->online,
	};
}

static int
get_user(struct engine *e, struct arena *a, const char *jid,
    struct store_user **user)
{
	struct user *u = find(e, jid);

	*user = NULL;
	if (u != NULL) {
		*user = arena_alloc(a, sizeof(**user));
		**user = copy(a, u);
	}
	return 0;
}

static int
get_settings(struct engine *e, struct arena *a, struct store_user *user)
{
	const struct user *u = find(e, user->jid);
	struct store_setting *out;
	size_t n = 0;

	for (const struct setting *s = u->settings; s != NULL; s = s->next)
		n++;
	user->nsettings = n;
	user->settings = out = arena_alloc(a, n * sizeof(*out));
	for (const struct setting *s = u->settings; s != NULL; s = s->next)
		*out++ = (struct store_setting){ arena_strdup(a, s->name),
		    arena_strdup(a, s->value), s->type };
	return 0;
}

static int
get_contacts(struct engine *e, struct arena *a, struct store_user *user)
{
	const struct user *u = find(e, user->jid);
	struct store_contact *out;
	size_t n = 0;

	for (const struct contact *c = u->contacts; c != NULL; c = c->next)
		n++;
	user->ncontacts = n;
	user->contacts = out = arena_alloc(a, n * sizeof(*out));
	for (const struct contact *c = u->contacts; c != NULL; c = c->next)
		*out++ = (struct store_contact){
			.name = arena_strdup(a, c->name),
			.subscription = arena_strdup(a, c->subscription),
			.nickname = arena_strdup(a, c->nickname),
			.groups = arena_strdup(a, c->groups),
			.icon_hash = c->icon_hash == NULL ? NULL :
			    arena_strdup(a, c->icon_hash),
			.flags = c->flags,
		};
	return 0;
}

static int
get_users(struct engine *e, struct arena *a, bool only_online,
    struct store_user **users, size_t *n)
{
	struct memory *m = CONTAINER(e, struct memory, engine);
	struct user *u;
	size_t at = 0;

	*n = 0;
	*users = arena_alloc(a, map_count(&m->users) * sizeof(**users));
	while ((u = map_next(&m->users, &at)) != NULL) {
		if (u->online || !only_online)
			(*users)[(*n)++] = copy(a, u);
	}
	return 0;
}

static int
find_uin(struct engine *e, struct arena *a, const char *uin,
    struct store_user **user)
{
	struct memory *m = CONTAINER(e, struct memory, engine);
	struct user *u;
	size_t at = 0;

	*user = NULL;
	while ((u = map_next(&m->users, &at)) != NULL) {
		if (strcmp(u->uin, uin) == 0)
			return get_user(e, a, u->jid, user);
	}
	return 0;
}

static int
put_user(struct engine *e, const struct store_user *user)
{
	struct memory *m = CONTAINER(e, struct memory, engine);
	struct user *u = find(e, user->jid);

	if (u == NULL) {
		u = xcalloc(1, sizeof(*u));
		u->jid = xstrdup(user->jid);
		u->vip = user->vip;
		u->online = user->online;
		map_put(&m->users, u->jid, u);
	}
	xreplace(&u->uin, user->uin);
	xreplace(&u->password, user->password);
	xreplace(&u->language, user->language);
	xreplace(&u->encoding, user->encoding);
	return 0;
}

static int
put_password(struct engine *e, const char *jid, const char *password)
{
	struct user *u = find(e, jid);

	if (u != NULL)
		xreplace(&u->password, password);
	return 0;
}

static int
remove_user(struct engine *e, const char *jid)
{
	struct memory *m = CONTAINER(e, struct memory, engine);
	struct user *u = map_remove(&m->users, jid);

	if (u != NULL)
		free_user(u);
	memory_leave_rooms(m, jid);
	return 0;
}

static int
set_online(struct engine *e, const char *jid, bool online)
{
	struct user *u = find(e, jid);

	if (u != NULL)
		u->online = online;
	return 0;
}

static int
set_setting(struct engine *e, const char *jid, const struct store_setting *new)
{
	struct user *u = find(e, jid);
	struct setting **at, *s;

	if (u == NULL)
		return 0;
	for (at = &u->settings; (s = *at) != NULL; at = &s->next) {
		if (strcmp(s->name, new->name) == 0)
			break;
	}
	if (new->value == NULL) {
		if (s != NULL) {
			*at = s->next;
			free_setting(s);
		}
		return 0;
	}
	if (s == NULL) {
		*at = s = xcalloc(1, sizeof(*s));
		s->name = xstrdup(new->name);
	}
	xreplace(&s->value, new->value);
	s->type = new->type;
	return 0;
}

static int
set_contact(struct engine *e, const char *jid, const struct store_contact *new)
{
	struct user *u = find(e, jid);
	struct contact **at, *c;

	if (u == NULL)
		return 0;
	for (at = &u->contacts; (c = *at) != NULL; at = &c->next) {
		if (strcmp(c->name, new->name) == 0)
			break;
	}
	if (c == NULL) {
		*at = c = xcalloc(1, sizeof(*c));
		c->name = xstrdup(new->name);
	}
	xreplace(&c->subscription, new->subscription);
	xreplace(&c->nickname, new->nickname);
	xreplace(&c->groups, new->groups);
	xreplace(&c->icon_hash, new->icon_hash);
	c->flags = new->flags;
	return 0;
}

static int
remove_contact(struct engine *e, const char *jid, const char *name)
{
	struct user *u = find(e, jid);
	struct contact **at, *c;

	if (u == NULL)
		return 0;
	for (at = &u->contacts; (c = *at) != NULL; at = &c->next) {
		if (strcmp(c->name, name) == 0) {
			*at = c->next;
			free_contact(c);
			return 0;
		}
	}
	return 0;
}

static const struct engine_ops memory_ops = {
	.close = memory_close,
	.begin = nothing,
	.commit = nothing,
	.rollback = no_rollback,
	.get_user = get_user,
	.get_settings = get_settings,
	.get_contacts = get_contacts,
	.get_users = get_users,
	.find_uin = find_uin,
	.put_user = put_user,
	.put_password = put_password,
	.remove_user = remove_user,
	.set_online = set_online,
	.set_setting = set_setting,
	.set_contact = set_contact,
	.remove_contact = remove_contact,
	.get_rooms = memory_get_rooms,
	.put_room = memory_put_room,
	.forget_room = memory_forget_room,
	.get_standing = memory_get_standing,
	.find_archive = memory_find_archive,
	.get_archive = memory_get_archive,
	.put_archive = memory_put_archive,
	.change_archive = memory_change_archive,
	.prune_archive = memory_prune_archive,
	.scrub = nothing,
};

struct engine *
memory_open(void)
{
	struct memory *m = xcalloc(1, sizeof(*m));

	m->engine.ops = &memory_ops;
	TAILQ_INIT(&m->rows);
	return &m->engine;
}
