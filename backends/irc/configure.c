/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How do settings look in a form, and what of it is kept?  Forms are made from
 * the rows of setting.c only. */
#include "backends/irc/configure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/scope.h"
#include "util/xalloc.h"

struct msg_field *
fields_add(struct fields *f, struct arena *a)
{
	struct msg_field *grown;

	if (f->n == f->size) {
		f->size = f->size ? f->size * 2 : 32;
		grown = arena_alloc(a, f->size * sizeof(*grown));
		if (f->n > 0)
			memcpy(grown, f->v, f->n * sizeof(*grown));
		f->v = grown;
	}
	f->v[f->n] = (struct msg_field){ 0 };
	return &f->v[f->n++];
}

const char *
pairs_get(const struct pairs *pairs, const char *key)
{
	for (size_t i = 0; pairs != NULL && i < pairs->n; i++)
		if (strcmp(pairs->v[i].key, key) == 0)
			return pairs->v[i].value;
	return NULL;
}

/* ---- what holds without */

/* What the configuration says, or what we do if nobody says anything. */
static const char *
usual(const struct irc_config *c, const struct setting *row, struct arena *a)
{
	if (strcmp(row->name, "throttle_burst") == 0)
		return c->flood.burst > 0 ? arena_printf(a, "%g",
		    c->flood.burst) : "no limit";
	if (strcmp(row->name, "throttle_rate") == 0)
		return arena_printf(a, "%g", c->flood.rate);
	if (strcmp(row->name, "tls_verify") == 0)
		return c->verify ? "1" : "0";
	if (strcmp(row->name, "sasl") == 0)
		return c->sasl == SASL_OFF ? "off" : "auto";
	if (strcmp(row->name, "encoding") == 0)
		return "UTF-8, else CP1252";
	if (strcmp(row->name, "realname") == 0)
		return c->realname;
	return NULL;
}

/* In the room's server, in the user's settings, in the configuration; *from
 * says where.  NULL: nowhere. */
static const char *
inherited(const struct configured *c, const struct setting *row,
    struct arena *a, const char **from)
{
	const struct texts *s = &c->session->settings;
	const char *server = c->id && (c->scope & SETTING_ROOM) ?
	    scope_server(c->id) : NULL;
	const char *value = NULL;
	char bare[SCOPE_NAME_MAX];

	*from = "as without the port";
	if (c->id != NULL && scope_bare(bare, c->id) != NULL)
		value = settings_own(s, row->name, bare);
	if (value == NULL && server != NULL) {
		*from = "as for its server";
		value = settings_of(s, row->name, server);
	}
	if (value == NULL && c->id != NULL &&
	    ((row->scope & SETTING_USER) || server == NULL)) {
		*from = "as in your settings";
		value = settings_own(s, row->name, NULL);
	}
	if (value == NULL) {
		*from = "usual here";
		value = usual(&c->session->irc->config, row, a);
	}
	return value;
}

/* ---- the form */

static const char *
shown(const struct setting *row, const char *value)
{
	if (row->type != SETTING_BOOL)
		return value;
	return strcmp(value, "1") == 0 ? "yes" : strcmp(value, "0") == 0 ?
	    "no" : value;
}

static void
add_option(struct msg_field *f, const char *value, const char *label)
{
	f->options.v[f->options.n++] = (struct msg_option){ .value = value,
		.label = label };
}

static void
put_options(struct msg_field *f, struct arena *a, const struct setting *row,
    const char *without)
{
	f->type = "choice";
	f->options.v = arena_alloc(a, 16 * sizeof(*f->options.v));
	add_option(f, "", without);
	if (row->type == SETTING_BOOL) {
		add_option(f, "1", "yes");
		add_option(f, "0", "no");
		return;
	}
	for (const char *at = row->choices; *at != '\0' &&
	    f->options.n < 16;) {
		size_t len = strcspn(at, " ");
		const char *choice = arena_strndup(a, at, len);

		add_option(f, choice, choice);
		at += len + (at[len] == ' ');
	}
}

static void
put_row(const struct configured *c, struct arena *a, struct fields *out,
    const struct setting *row, const char *typed)
{
	const char *own = settings_own(&c->session->settings, row->name,
	    c->id), *from, *base = inherited(c, row, a, &from), *without;
	struct msg_field *f = fields_add(out, a);

	if (base != NULL)
		without = row->secret ? from : arena_printf(a, "%s, %s",
		    shown(row, base), from);
	else
		without = "usual here";
	f->var = row->name;
	f->label = row->label;
	f->type = row->type == SETTING_SECRET ? "secret" :
	    row->type == SETTING_LINES ? "multi" : "text";
	if (row->secret) {
		if (own != NULL)
			f->label = arena_printf(a, "%s (is set; empty: as it "
			    "is)", row->label);
		else if (base != NULL)
			f->label = arena_printf(a, "%s (empty: %s)",
			    row->label, without);
		return;
	}
	f->value = typed ? typed : own ? own : "";
	if (row->type == SETTING_BOOL || row->type == SETTING_CHOICE)
		put_options(f, a, row, without);
	else if (base != NULL)
		f->label = arena_printf(a, "%s (empty: %s)", row->label,
		    without);
}

/* Secrets are not shown, so emptying their field cannot mean anything. */
static void
put_forget(const struct configured *c, struct arena *a, struct fields *out)
{
	size_t n;
	const struct setting *rows = setting_rows(&n);
	struct msg_field *f = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!rows[i].secret || !(rows[i].scope & c->scope) ||
		    settings_own(&c->session->settings, rows[i].name,
		    c->id) == NULL)
			continue;
		if (f == NULL) {
			f = fields_add(out, a);
			f->var = CONFIGURE_FORGET;
			f->label = "Forget what is set";
			f->type = "choices";
			f->options.v = arena_alloc(a,
			    n * sizeof(*f->options.v));
		}
		add_option(f, rows[i].name, rows[i].label);
	}
}

void
configure_put(const struct configured *c, struct arena *a,
    struct fields *out, const struct pairs *filled)
{
	size_t n;
	const struct setting *rows = setting_rows(&n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].scope & c->scope)
			put_row(c, a, out, &rows[i],
			    pairs_get(filled, rows[i].name));
	put_forget(c, a, out);
}

bool
configure_has(const struct configured *c, const char *field)
{
	const struct setting *row = setting_find(field);

	return strcmp(field, CONFIGURE_FORGET) == 0 ||
	    (row != NULL && (row->scope & c->scope));
}

/* ---- what comes back */

/* Is the row's name a line of the list? */
static bool
is_listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; at != NULL && *at != '\0';) {
		size_t n = strcspn(at, "\n");

		if (n == len && memcmp(at, name, n) == 0)
			return true;
		at += n + (at[n] == '\n');
	}
	return false;
}

/* What the form wants of a row: false is no change, *value NULL: forget. */
static bool
wanted(const struct configured *c, const struct setting *row,
    const struct pairs *filled, const char **value)
{
	const char *own = settings_own(&c->session->settings, row->name,
	    c->id);

	*value = pairs_get(filled, row->name);
	if (row->secret && (*value == NULL ||
	    (*value)[strspn(*value, " \r\n\t")] == '\0')) {
		*value = NULL;
		return own != NULL && is_listed(pairs_get(filled,
		    CONFIGURE_FORGET), row->name);
	}
	if (*value == NULL)
		return false;
	if ((*value)[strspn(*value, " \r\n\t")] == '\0')
		*value = NULL;
	return *value == NULL ? own != NULL :
	    own == NULL || strcmp(own, *value) != 0;
}

/* A line for each field that is wrong, or NULL; room for what is new. */
static const char *
check(const struct configured *c, struct arena *a, const struct pairs *filled)
{
	size_t n, added = 0, bytes = 0;
	const struct setting *rows = setting_rows(&n);
	const char *wrong = NULL, *value, *why;
	char *taken;

	for (size_t i = 0; i < n; i++) {
		if (!(rows[i].scope & c->scope) ||
		    !wanted(c, &rows[i], filled, &value) || value == NULL)
			continue;
		bytes += strlen(value);
		added++;
		taken = setting_take(&rows[i], value, &why);
		if (taken != NULL)
			explicit_bzero(taken, strlen(taken));
		else
			wrong = arena_printf(a, "%s%s%s: want %s.",
			    wrong ? wrong : "", wrong ? "\n" : "",
			    rows[i].label, why);
		free(taken);
	}
	if (wrong == NULL && !settings_fit(&c->session->settings, added,
	    bytes))
		wrong = "These are too many settings; forget some first.";
	return wrong;
}

int
configure_take(const struct configured *c, struct arena *a,
    const struct pairs *filled, const char **late, const char **why)
{
	struct session *s = c->session;
	size_t n;
	const struct setting *rows = setting_rows(&n);
	const char *value;

	*late = NULL;
	if ((*why = check(c, a, filled)) != NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!(rows[i].scope & c->scope) ||
		    !wanted(c, &rows[i], filled, &value))
			continue;
		if (settings_keep(&s->settings, s->user, rows[i].name, c->id,
		    value, why) == -1)
			return -1;	/* has been checked: never */
		if (strcmp(rows[i].name, "nick") == 0)
			session_renick(s, c->id);
		if (strcmp(rows[i].name, "realname") == 0 &&
		    session_setname(s))
			continue;
		if (rows[i].at_connect)
			*late = arena_printf(a, "%s%s%s", *late ? *late : "",
			    *late ? ", " : "", rows[i].name);
	}
	session_apply(s);
	return 0;
}
