/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people write about: what X thinks of interest for this user, which it
 * offers to some, or else in the whole world, for which it wants OAuth 2.0. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "backends/twitter/field.h"
#include "backends/twitter/run.h"
#include "util/macros.h"

#define WORLD		"1"	/* "where on earth" id */
#define TRENDS_MAX	50
#define NAME_MAX_BYTES	200

static const struct msg_column columns[] = {
	{ .var = "name", .label = "Trend" },
	{ .var = "posts", .label = "Posts" },
};

/* "12K posts", or a number. */
static const char *
posts_of(struct run *r, const json_t *trend)
{
	const char *text = field_line(&r->arena, trend, "post_count",
	    NAME_MAX_BYTES);
	long n = field_count(trend, "tweet_count");

	if (text == NULL && n > 0)
		text = arena_printf(&r->arena, "%ld posts", n);
	return text;
}

static void
show_text(struct run *r, const struct table *t)
{
	struct buf b = { 0 };
	char *text;

	for (size_t i = 0; i < t->n; i++) {
		const struct pairs *cells = &t->rows[i].values;

		buf_addf(&b, "%s%s", i > 0 ? "\n" : "", cells->v[0].value);
		if (cells->n > 1)
			buf_addf(&b, " (%s)", cells->v[1].value);
	}
	text = buf_steal(&b);
	run_text(r, text);
	free(text);
}

static void
show(struct run *r, const json_t *data)
{
	struct table t = { .arena = &r->arena, .columns = columns,
	    .ncolumns = LENGTH(columns) };
	const char *name;
	json_t *trend;

	for (size_t i = 0; i < json_array_size(data) && t.n < TRENDS_MAX;
	    i++) {
		trend = json_array_get(data, i);
		name = field_line(&r->arena, trend, "trend_name",
		    NAME_MAX_BYTES);
		if (name != NULL)
			table_add(&t, (const char *const[]){ name,
			    posts_of(r, trend) });
	}
	if (t.n == 0)
		run_say(r, "X names no trends.");
	else if (run_wants_table(r))
		run_table(r, &t, NULL);
	else
		show_text(r, &t);
}

/* Of an X that does not offer them. */
static bool
is_not_offered(const struct api_answer *a)
{
	return a->outcome == API_FORBIDDEN || a->outcome == API_NOT_FOUND ||
	    a->outcome == API_REFUSED;
}

static void
have_world(struct session *s, const struct api_answer *a, void *ctx)
{
	struct run *r = ctx;

	(void)s;
	if (is_not_offered(a))
		run_wrong(r, "X does not offer trends to your account.");
	else if (!run_is_refused(r, a))
		show(r, json_object_get(a->json, "data"));
}

static void
have_own(struct session *s, const struct api_answer *a, void *ctx)
{
	static const struct api_param fields =
		{ "trend.fields", "trend_name,tweet_count" };

	if (is_not_offered(a) && s->credentials.auth == AUTH_OAUTH2)
		api_call(s, &(struct api_request){ .endpoint = E_trends_at,
		    .path = { WORLD }, .query = &fields, .nquery = 1 },
		    have_world, ctx);
	else
		have_world(s, a, ctx);
}

void
run_trends(struct run *r)
{
	static const struct api_param fields = { "personalized_trend.fields",
		"post_count,trend_name" };

	api_call(r->task.session, &(struct api_request){ .endpoint = E_trends,
	    .query = &fields, .nquery = 1 }, have_own, r);
}
