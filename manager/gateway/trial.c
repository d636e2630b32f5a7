/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a backend has set during a login, until it is known whose login it
 * is. */
#include "manager/gateway/trial.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

struct trial {
	struct trial	*next;		/* in the order in which they came */
	char		*name;
	char		*value;		/* or NULL: forget it */
	int		 type;		/* of store.h */
};

static void
forget_value(struct trial *t)
{
	if (t->value != NULL)
		explicit_bzero(t->value, strlen(t->value));
	free(t->value);
}

static size_t
size_of(const struct trial *t)
{
	return strlen(t->name) + (t->value != NULL ? strlen(t->value) : 0);
}

void
trial_begin(struct user *user)
{
	trial_drop(user);
	user->trial = link_is_server(user->gw->link);
}

/* As many, and as much, as all settings may be. */
static bool
put(struct user *user, const char *name, int type, const char *value)
{
	struct trial **slot = &user->trials, *t;
	size_t n = 0, bytes = 0;

	for (; (t = *slot) != NULL && strcmp(t->name, name) != 0;
	    slot = &t->next) {
		bytes += size_of(t);
		n++;
	}
	for (const struct trial *other = t; other != NULL; other = other->next)
		bytes += other != t ? size_of(other) : 0;
	bytes += strlen(name) + (value != NULL ? strlen(value) : 0);
	if (n >= USER_SETTINGS_MAX || bytes > USER_SETTINGS_BYTES_MAX)
		return false;
	if (t == NULL) {
		*slot = t = xcalloc(1, sizeof(*t));
		t->name = xstrdup(name);
	}
	forget_value(t);
	t->value = xstrdup_null(value);
	t->type = type;
	return true;
}

bool
trial_keep(struct user *user, const char *name, int type, const char *value)
{
	if (!user->trial)
		return user_keep_setting(user, name, type, value);
	return user_setting_fits(user, name, value) &&
	    put(user, name, type, value);
}

void
trial_pass(struct user *user)
{
	user->trial = false;
	for (struct trial *t = user->trials; t != NULL; t = t->next)
		(void)user_keep_setting(user, t->name, t->type, t->value);
	trial_drop(user);
}

void
trial_drop(struct user *user)
{
	struct trial *t;

	while ((t = user->trials) != NULL) {
		user->trials = t->next;
		forget_value(t);
		free(t->name);
		free(t);
	}
}

void
trial_pack(const struct user *user, struct packer *p)
{
	pack_list(p, "trials");
	for (const struct trial *t = user->trials; t != NULL; t = t->next) {
		pack_map(p, NULL);
		pack_str(p, "name", t->name);
		pack_str(p, "value", t->value);
		pack_int(p, "type", t->type);
		pack_end(p);
	}
	pack_end(p);
}

void
trial_unpack(struct user *user, const struct packed *facts)
{
	const struct packed *list = packed_get(facts, "trials"), *one;
	const char *name;

	for (size_t i = 0; i < packed_count(list); i++) {
		one = packed_at(list, i);
		if ((name = packed_str(one, "name")) != NULL)
			(void)put(user, name, (int)packed_int(one, "type",
			    STORE_STRING), packed_str(one, "value"));
	}
}
