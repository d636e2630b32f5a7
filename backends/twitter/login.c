/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is this?  X says, to whoever has a token of theirs. */
#include "backends/twitter/login.h"

#include <stdlib.h>

#include "backends/twitter/api.h"

/* May another try have more luck? */
static bool
passing(enum outcome outcome)
{
	return outcome == API_LIMITED || outcome == API_FAILED ||
	    outcome == API_UNPAID || outcome == API_BUDGET;
}

static void
is_me(struct session *s, const struct api_answer *a, void *ctx)
{
	const json_t *data = json_object_get(a->json, "data");
	const char *id = json_string_value(json_object_get(data, "id"));
	const char *name = json_string_value(json_object_get(data,
	    "username"));

	(void)ctx;
	if (a->outcome != API_OK)
		session_fail(s, passing(a->outcome) ? "network" : "auth",
		    a->text, passing(a->outcome));
	else if (id == NULL || name == NULL)
		session_fail(s, "network", "X did not say who you are.", true);
	else
		session_up(s, id, name, json_string_value(json_object_get(
		    data, "name")));
}

void
login_start(struct session *s)
{
	static const struct api_param query[] = {
		{ "user.fields", "id,name,username,profile_image_url" },
	};
	const struct api_request r = { .endpoint = E_me, .query = query,
	    .nquery = LENGTH(query) };

	if (s->credentials.auth == AUTH_NONE)
		session_fail(s, "auth", "You are not logged in to X.", false);
	else
		api_call(s, &r, is_me, NULL);
}

void
login_begin(struct session *s)
{
	(void)s;
}

void
login_end(struct session *s)
{
	(void)s;
}
