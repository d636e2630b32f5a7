/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X explains itself in several ways: problems (RFC 9457), lists of errors, and
 * not at all. */
#include "backends/twitter/api_error.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/text.h"
#include "protocol/errors.h"
#include "util/macros.h"
#include "util/xalloc.h"

#define EXPLANATION_MAX	500	/* bytes of theirs */

/* What they say, or NULL. */
static const char *
explanation(const json_t *json)
{
	static const char *const keys[] = { "detail", "error_description",
		"message", "title" };
	const json_t *first;
	const char *text;

	if (json == NULL)
		return NULL;
	first = json_array_get(json_object_get(json, "errors"), 0);
	for (size_t i = 0; i < LENGTH(keys); i++) {
		text = json_string_value(json_object_get(json, keys[i]));
		if (text == NULL)
			text = json_string_value(json_object_get(first,
			    keys[i]));
		if (text != NULL && *text != '\0')
			return text;
	}
	return NULL;
}

/* Suspended, or locked until its owner has been to X: a new login would not
 * help. */
static bool
is_locked(const json_t *json)
{
	json_int_t code = json_integer_value(json_object_get(json_array_get(
	    json_object_get(json, "errors"), 0), "code"));

	return code == 64 || code == 326;
}

static enum outcome
meaning(const struct http_response *r, const json_t *json, bool read)
{
	switch (r->status) {
	case 0:
		return read || !r->sent ? API_FAILED : API_UNCERTAIN;
	case 401:
		return is_locked(json) ? API_FORBIDDEN : API_REVOKED;
	case 402:
		return API_UNPAID;
	case 403:
		return API_FORBIDDEN;
	case 404:
		return API_NOT_FOUND;
	case 429:
		return API_LIMITED;
	case 503:
		return API_FAILED;
	}
	if (r->status >= 500)
		return read ? API_FAILED : API_UNCERTAIN;
	if (r->status >= 400)
		return API_REFUSED;
	if (r->status >= 300)
		return API_FAILED;
	if (!read && json_object_get(json, "data") == NULL &&
	    json_array_size(json_object_get(json, "errors")) > 0)
		return API_REFUSED;
	if (json_is_object(json) || (r->length == 0 && !read))
		return API_OK;
	return read ? API_FAILED : API_UNCERTAIN;
}

enum outcome
api_outcome(const struct http_response *r, const json_t *json, bool read,
    const char *what, char **text)
{
	enum outcome outcome = meaning(r, json, read);
	const char *theirs = r->status == 0 ? r->error : explanation(json);
	struct arena arena = { 0 };
	char *ours = NULL;

	switch (outcome) {
	case API_OK:
		return outcome;
	case API_LIMITED:
		ours = xasprintf("X does not allow to %s so often", what);
		break;
	case API_UNPAID:
		ours = xstrdup("X asks whoever runs this gateway for money");
		break;
	case API_FORBIDDEN:
		ours = xasprintf("X does not allow to %s", what);
		break;
	case API_REVOKED:
		ours = xstrdup("X does not let this gateway in any more");
		break;
	case API_NOT_FOUND:
		ours = xstrdup("X does not know that");
		break;
	case API_REFUSED:
		ours = xasprintf("X refuses to %s", what);
		break;
	case API_UNCERTAIN:
		ours = xstrdup("X did not say whether it was done");
		break;
	default:
		ours = r->status == 0 ? xstrdup("X did not answer") :
		    xasprintf("X did not answer sensibly (status %ld)",
		    r->status);
		break;
	}
	*text = theirs == NULL ? xasprintf("%s.", ours) :
	    xasprintf("%s: %s", ours, text_line(&arena, theirs,
	    EXPLANATION_MAX));
	arena_free(&arena);
	free(ours);
	return outcome;
}

/* Seconds, as people say it. */
static char *
with_wait(const char *text, long left)
{
	if (left < 2 * 60)
		return xasprintf("%s  It works again in %ld seconds.", text,
		    left);
	if (left < 2 * 60 * 60)
		return xasprintf("%s  It works again in %ld minutes.", text,
		    (left + 59) / 60);
	return xasprintf("%s  It works again in %ld hours.", text,
	    (left + 3599) / 3600);
}

char *
api_text(enum outcome outcome, const char *text, time_t until)
{
	long left = until != 0 ? (long)(until - time(NULL)) : 0;
	bool waits = outcome == API_LIMITED || outcome == API_BUDGET;

	return waits && left > 0 ? with_wait(text, left) : xstrdup(text);
}

const char *
api_error_code(enum outcome outcome)
{
	static const char *const codes[] = {
		[API_OK] = NULL,
		[API_LIMITED] = ERR_RATE_LIMITED,
		[API_BUDGET] = ERR_RATE_LIMITED,
		[API_UNPAID] = ERR_NETWORK,
		[API_FORBIDDEN] = ERR_FORBIDDEN,
		[API_REVOKED] = ERR_NOT_AUTHORIZED,
		[API_NOT_FOUND] = ERR_NOT_FOUND,
		[API_REFUSED] = ERR_NOT_ACCEPTABLE,
		[API_FAILED] = ERR_NETWORK,
		[API_UNCERTAIN] = ERR_UNCERTAIN,
	};

	return codes[outcome];
}

enum problem
api_problem(const json_t *json)
{
	const json_t *first = json_array_get(json_object_get(json, "errors"),
	    0);
	const char *type = json_string_value(json_object_get(first, "type"));
	const char *detail = json_string_value(json_object_get(first,
	    "detail"));

	if (first == NULL)
		return PROBLEM_NONE;
	if (detail != NULL && strstr(detail, "suspended") != NULL)
		return PROBLEM_SUSPENDED;
	if (type != NULL && strstr(type, "not-authorized") != NULL)
		return PROBLEM_PROTECTED;
	return PROBLEM_GONE;
}
