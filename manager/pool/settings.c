/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which settings does the pool work with?  A copy of its own, in which what
 * makes no sense has been put right. */
#include "manager/pool/inside.h"

static char *
keep(struct arena *arena, const char *s)
{
	return s != NULL ? arena_strdup(arena, s) : NULL;
}

static struct pairs
copy_pairs(struct arena *arena, const struct pairs *from)
{
	struct pairs to = { .n = from->n };

	to.v = arena_alloc(arena, (to.n + 1) * sizeof(*to.v));
	for (size_t i = 0; i < to.n; i++) {
		to.v[i].key = keep(arena, from->v[i].key);
		to.v[i].value = keep(arena, from->v[i].value);
	}
	return to;
}

static struct sections
copy_sections(struct arena *arena, const struct sections *from)
{
	struct sections to = { .n = from->n };

	to.v = arena_alloc(arena, (to.n + 1) * sizeof(*to.v));
	for (size_t i = 0; i < to.n; i++) {
		to.v[i].name = keep(arena, from->v[i].name);
		to.v[i].pairs = copy_pairs(arena, &from->v[i].pairs);
	}
	return to;
}

static void
default_to(double *seconds, double otherwise)
{
	if (!(*seconds > 0))
		*seconds = otherwise;
}

void
settings_use(struct pool *pool, const struct pool_config *config)
{
	struct arena old = pool->memory;
	struct pool_config *mine = &pool->config;

	pool->memory = (struct arena){ 0 };
	*mine = *config;
	mine->instance = keep(&pool->memory, config->instance);
	mine->command = keep(&pool->memory, config->command);
	mine->log_path = keep(&pool->memory, config->log_path);
	if (mine->log_path != NULL && mine->log_path[0] == '\0')
		mine->log_path = NULL;
	mine->places.path = keep(&pool->memory, config->places.path);
	mine->places.lines = copy_sections(&pool->memory,
	    &config->places.lines);
	mine->config = copy_sections(&pool->memory, &config->config);
	arena_free(&old);
	if (mine->users_max == 0)
		mine->users_max = 1;
	if (mine->users_max > 1000000)
		mine->users_max = 1000000;	/* sums of it stay in range */
	if (mine->queue_max == 0)
		mine->queue_max = PROTOCOL_MESSAGE_MAX;
	default_to(&mine->start_timeout, 30);
	default_to(&mine->ping_interval, 4);
	default_to(&mine->stop_timeout, 10);
	default_to(&mine->request_timeout, 60);
}
