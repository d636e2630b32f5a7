/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which setting holds here?  What settings there are is setting.c's. */
#include "backends/irc/settings.h"

#include <stdlib.h>
#include <string.h>

#include "backends/irc/channel.h"
#include "backends/irc/network.h"
#include "protocol/scope.h"
#include "util/log.h"
#include "util/xalloc.h"

/* The row of NAME or NAME/ID. */
static const struct setting *
row_of(const char *name)
{
	char base[40];
	size_t len = strcspn(name, "/");

	if (len >= sizeof(base))
		return NULL;
	memcpy(base, name, len);
	base[len] = '\0';
	return setting_find(base);
}

bool
settings_fit(const struct texts *s, size_t more, size_t bytes)
{
	return texts_count(s) + more <= SETTINGS_MAX &&
	    s->bytes + bytes <= SETTINGS_BYTES_MAX;
}

static bool
is_full(const struct texts *s, const char *name, const char *value)
{
	const char *old = texts_get(s, name);
	size_t bytes = s->bytes - (old ? strlen(old) : 0);

	return bytes + strlen(value) > SETTINGS_BYTES_MAX ||
	    (old == NULL && texts_count(s) >= SETTINGS_MAX);
}

int
settings_put(struct texts *s, const char *name, const char *value,
    const char **why)
{
	const struct setting *row = row_of(name);
	char *taken;

	if (row == NULL || strlen(name) >= SCOPE_NAME_MAX) {
		*why = "there is no such setting";
		return -1;
	}
	if (value == NULL || *value == '\0') {
		texts_put(s, name, NULL);
		return 0;
	}
	if (is_full(s, name, value)) {
		*why = "fewer settings: there are too many of yours";
		return -1;
	}
	if ((taken = setting_take(row, value, why)) == NULL)
		return -1;
	texts_put(s, name, taken);
	explicit_bzero(taken, strlen(taken));
	free(taken);
	return 0;
}

void
settings_load(struct texts *s, const struct pairs *all)
{
	const char *why;

	texts_finish(s);
	for (size_t i = 0; i < all->n; i++) {
		const struct pair *p = &all->v[i];

		/* Others are the main process's. */
		if (row_of(p->key) != NULL &&
		    settings_put(s, p->key, p->value, &why) == -1)
			log_debug("setting %s is passed over: want %s",
			    p->key, why);
	}
}

const char *
settings_own(const struct texts *s, const char *name, const char *id)
{
	char full[SCOPE_NAME_MAX];

	return scope_name(full, name, id) == 0 ? texts_get(s, full) : NULL;
}

int
settings_keep(struct texts *s, const char *user, const char *name,
    const char *id, const char *value, const char **why)
{
	const struct setting *row = setting_find(name);
	char full[SCOPE_NAME_MAX];
	struct msg_setting_up m = { .user = user, .name = full };

	if (scope_name(full, name, id) == -1) {
		*why = "a shorter name of a server or room";
		return -1;
	}
	if (settings_put(s, full, value, why) == -1)
		return -1;
	m.value = settings_own(s, name, id);
	m.secret = row != NULL && row->secret;
	up_notify(METHOD_setting_up, &m);
	return 0;
}

/* ---- the cascade */

const char *
settings_of(const struct texts *s, const char *name, const char *id)
{
	const char *value = settings_own(s, name, id);
	char bare[SCOPE_NAME_MAX];

	if (value == NULL && id != NULL && scope_bare(bare, id) != NULL)
		value = settings_own(s, name, bare);
	return value;
}

const char *
settings_get(const struct network *n, const char *name)
{
	const struct setting *row = setting_find(name);
	const char *value = NULL;

	if (n->settings == NULL)
		return NULL;
	if (network_is_fixed(n))
		return settings_own(n->settings, name, NULL);
	value = settings_of(n->settings, name, n->name);
	if (value == NULL && row != NULL && (row->scope & SETTING_USER))
		value = settings_own(n->settings, name, NULL);
	return value;
}

const char *
settings_get_id(const struct network *n, const char *room, const char *name)
{
	const char *value = n->settings == NULL ? NULL :
	    settings_of(n->settings, name, room);

	return value ? value : settings_get(n, name);
}

const char *
settings_get_room(const struct network *n, const struct channel *c,
    const char *name)
{
	return settings_get_id(n, c->id, name);
}

bool
settings_bool(const struct network *n, const char *name, bool otherwise)
{
	const char *value = settings_get(n, name);

	return value ? *value == '1' : otherwise;
}

double
settings_number(const struct network *n, const char *name, double otherwise)
{
	const char *value = settings_get(n, name);

	return value ? strtod(value, NULL) : otherwise;
}

bool
settings_word(const char **at, char *out, size_t size)
{
	size_t len, take;

	if (*at == NULL)
		return false;
	*at += strspn(*at, " \n");
	if ((len = strcspn(*at, " \n")) == 0)
		return false;
	take = len < size ? len : size - 1;
	memcpy(out, *at, take);
	out[take] = '\0';
	*at += len;
	return true;
}
