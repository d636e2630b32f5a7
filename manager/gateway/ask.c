/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which questions are open, and how does each of them end? */
#include "manager/gateway/ask_inside.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "manager/gateway/form.h"
#include "manager/gateway/login.h"
#include "manager/gateway/session.h"
#include "protocol/errors.h"
#include "util/buf.h"
#include "util/rand.h"
#include "util/xalloc.h"

#define ASK_SECONDS	300.0	/* for an answer, once it is put */
#define TEXT_MAX	(64 * 1024)	/* bytes of one question */

/* ------------------------------------------------------------- the objects */

static size_t
length(const char *s)
{
	return s != NULL ? strlen(s) : 0;
}

static size_t
size_of(const struct msg_ask *m)
{
	size_t n = length(m->title) + length(m->instructions) +
	    length(m->url) + length(m->image) + length(m->key);

	for (size_t i = 0; i < m->fields.n; i++) {
		const struct msg_field *f = &m->fields.v[i];

		n += length(f->var) + length(f->label) + length(f->value);
		for (size_t k = 0; k < f->options.n; k++)
			n += sizeof(f->options.v[k]) +
			    length(f->options.v[k].value) +
			    length(f->options.v[k].label);
	}
	return n;
}

static char *
keep(struct arena *a, const char *s)
{
	return s != NULL ? arena_strdup(a, s) : NULL;
}

static void
copy_field(struct arena *a, struct msg_field *to, const struct msg_field *from)
{
	struct msg_option *options = arena_alloc(a,
	    (from->options.n + 1) * sizeof(*options));

	*to = *from;
	to->var = keep(a, from->var);
	to->label = keep(a, from->label);
	to->type = keep(a, from->type);
	to->value = keep(a, from->value);
	for (size_t i = 0; i < from->options.n; i++) {
		options[i].value = keep(a, from->options.v[i].value);
		options[i].label = keep(a, from->options.v[i].label);
	}
	to->options.v = options;
}

static void
copy(struct arena *a, struct msg_ask *to, const struct msg_ask *from)
{
	struct msg_field *fields = arena_alloc(a,
	    (from->fields.n + 1) * sizeof(*fields));

	*to = (struct msg_ask){
		.title = keep(a, from->title),
		.instructions = keep(a, from->instructions),
		.url = keep(a, from->url), .image = keep(a, from->image),
		.key = keep(a, from->key),
	};
	for (size_t i = 0; i < from->fields.n; i++)
		copy_field(a, &fields[i], &from->fields.v[i]);
	to->fields.v = fields;
	to->fields.n = from->fields.n;
}

/* Out of the list, and gone: whoever has asked has been answered. */
static void
forget(struct user *user, struct ask *ask)
{
	struct ask **slot = &user->ask;

	while (*slot != ask)
		slot = &(*slot)->next;
	*slot = ask->next;
	for (size_t i = 0; i < ask->msg.fields.n; i++)
		ask_set(ask, i, NULL);
	arena_free(&ask->arena);
	free(ask);
}

void
ask_set(struct ask *ask, size_t field, char *value)
{
	char **slot = &ask->value[field];

	if (*slot != NULL)		/* a password, maybe */
		explicit_bzero(*slot, strlen(*slot));
	free(*slot);
	*slot = value;
}

/* --------------------------------------------------------------- beginnings */

/* Ask the first one, if it has not been asked. */
static void
put_first(struct user *user)
{
	struct ask *ask = user->ask;

	if (ask == NULL) {
		session_answer_due(user, 0);
		return;
	}
	if (ask->until > 0)
		return;
	ask->until = ev_now(user->gw->loop) + ASK_SECONDS;
	session_answer_due(user, ASK_SECONDS);
	ask_chat(user, NULL);
}

struct ask *
ask_add(struct user *user, const struct msg_ask *msg)
{
	struct ask **end = &user->ask, *ask = xcalloc(1, sizeof(*ask));

	while (*end != NULL)
		end = &(*end)->next;
	*end = ask;
	rand_token(ask->token, sizeof(ask->token));
	copy(&ask->arena, &ask->msg, msg);
	return ask;
}

void
ask_put(struct up *up)
{
	const struct msg_ask *msg = &up->params->ask;
	struct ask *ask;
	unsigned n = 0;

	/* A session that ends has nothing to ask: who waits to log in next may
	 * be somebody else. */
	if (up->user->state == USER_LEAVING) {
		pool_refuse(up->gw->pool, up->backend, up->id,
		    ERR_NOT_CONNECTED, NULL);
		return;
	}
	for (ask = up->user->ask; ask != NULL; ask = ask->next)
		n++;
	if (n >= ASKS_MAX || msg->fields.n > ASK_FIELDS_MAX ||
	    size_of(msg) > TEXT_MAX) {
		pool_refuse(up->gw->pool, up->backend, up->id,
		    n >= ASKS_MAX ? ERR_RATE_LIMITED : ERR_TOO_LONG,
		    n >= ASKS_MAX ? "Too many questions are open." :
		    "That is too much for a question.");
		return;
	}
	ask = ask_add(up->user, msg);
	ask->backend = up->backend;
	ask->id = up->id;
	if (up->user->state == USER_LOGGING_IN)
		login_let_in(up->user);
	put_first(up->user);
}

bool
ask_is_open(const struct user *user)
{
	return user->ask != NULL;
}

void
ask_show(struct user *user, const char *full)
{
	if (user->ask != NULL)
		ask_chat(user, full);
}

/* --------------------------------------------------------------------- ends */

void
ask_finish(struct user *user, struct ask *ask)
{
	struct pair pairs[ASK_FIELDS_MAX];
	struct msg_ask_result result = { .values = { pairs, 0 } };

	for (size_t i = 0; i < ask->msg.fields.n; i++) {
		const struct msg_field *f = &ask->msg.fields.v[i];
		const char *value = ask->value[i] ? ask->value[i] : f->value;

		if (!ask_is(f, "fixed") && value != NULL)
			pairs[result.values.n++] =
			    (struct pair){ f->var, value };
	}
	pool_answer(user->gw->pool, ask->backend, ask->id, METHOD_ask,
	    &result);
	forget(user, ask);
	put_first(user);
}

void
ask_refuse(struct user *user, struct ask *ask, const char *code,
    const char *text)
{
	pool_refuse(user->gw->pool, ask->backend, ask->id, code, text);
	forget(user, ask);
	put_first(user);
}

void
ask_withdraw(struct up *up)
{
	const char *key = up->params->ask_gone.key;
	struct ask *ask = up->user->ask;
	char *text;

	while (ask != NULL && (ask->backend != up->backend ||
	    ask->msg.key == NULL || strcmp(ask->msg.key, key) != 0))
		ask = ask->next;
	if (ask == NULL)
		return;
	if (ask->until > 0) {
		text = xasprintf("%s\nNo answer is needed any more.",
		    ask->msg.title);
		ask_say(up->user, NULL, text);
		free(text);
	}
	ask_refuse(up->user, ask, ERR_NOT_FOUND, "It was withdrawn.");
}

void
ask_tick(struct user *user, double now)
{
	struct ask *ask = user->ask;
	char *text;

	if (ask == NULL || now < ask->until)
		return;
	text = xasprintf("%s\nYou have not answered in time; the question is "
	    "void.", ask->msg.title);
	ask_say(user, NULL, text);
	free(text);
	ask_refuse(user, ask, ERR_TIMEOUT, "The user did not answer in time.");
}

void
ask_drop(struct user *user)
{
	struct ask *ask;

	while ((ask = user->ask) != NULL) {
		pool_refuse(user->gw->pool, ask->backend, ask->id,
		    ERR_NOT_CONNECTED, NULL);
		forget(user, ask);
	}
}

/* ------------------------------------------------------------------ answers */

bool
ask_is(const struct msg_field *f, const char *type)
{
	return strcmp(form_type(f->type), type) == 0;
}

bool
ask_is_silent(const struct msg_field *f)
{
	return ask_is(f, "fixed") || ask_is(f, "hidden");
}

static char *
yes_or_no(const char *given)
{
	static const char *const yes[] = { "yes", "y", "1", "true", "ok" };
	static const char *const no[] = { "no", "n", "0", "false" };

	for (size_t i = 0; i < LENGTH(yes); i++)
		if (strcasecmp(given, yes[i]) == 0)
			return xstrdup("1");
	for (size_t i = 0; i < LENGTH(no); i++)
		if (strcasecmp(given, no[i]) == 0)
			return xstrdup("0");
	return NULL;
}

/* The value of the option that is meant, or NULL. */
static const char *
option(const struct msg_field *f, const char *given, bool numbers)
{
	char *end;
	unsigned long n;

	for (size_t i = 0; i < f->options.n; i++) {
		if (strcmp(given, f->options.v[i].value) == 0)
			return f->options.v[i].value;
	}
	if (!numbers)
		return NULL;
	n = strtoul(given, &end, 10);
	if (*end == '\0' && n >= 1 && n <= f->options.n)
		return f->options.v[n - 1].value;
	for (size_t i = 0; i < f->options.n; i++) {
		if (f->options.v[i].label != NULL &&
		    strcasecmp(given, f->options.v[i].label) == 0)
			return f->options.v[i].value;
	}
	return NULL;
}

/* Several: a line each, in a chat commas will do. */
static char *
choices(const struct msg_field *f, const char *given, bool numbers)
{
	char *copied = xstrdup(given), *rest = copied, *one;
	struct buf all = { 0 };
	const char *value;
	size_t n = 0;

	while ((one = strsep(&rest, numbers ? ",\n" : "\n")) != NULL) {
		one += strspn(one, " ");
		one[strcspn(one, "\r")] = '\0';
		if (*one == '\0')
			continue;
		/* More than there are is nonsense, and long work. */
		if (n++ == f->options.n ||
		    (value = option(f, one, numbers)) == NULL) {
			free(copied);
			buf_free(&all);
			return NULL;
		}
		buf_addf(&all, "%s%s", buf_len(&all) > 0 ? "\n" : "", value);
	}
	free(copied);
	return buf_steal(&all);
}

char *
ask_value(const struct msg_field *f, const char *given, bool numbers)
{
	const char *value;

	if (ask_is(f, "boolean"))
		return yes_or_no(given);
	if (ask_is(f, "list-multi"))
		return choices(f, given, numbers);
	if (ask_is(f, "list-single")) {
		value = option(f, given, numbers);
		return value != NULL ? xstrdup(value) : NULL;
	}
	return xstrdup(given);
}
