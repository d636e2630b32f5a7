/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nothing is kept: who wants the form, or to change something, makes us ask the
 * server how things are, and after a change again whether they are so now. */
#include "backends/irc/modes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/irc/ask.h"
#include "backends/irc/configure.h"
#include "backends/irc/console.h"
#include "backends/irc/format.h"
#include "util/arena.h"
#include "util/xalloc.h"

#define VALUE_MAX	200	/* bytes of a mode's parameter */
#define WITH_MAX	16	/* modes with a parameter, of a channel */
#define CHANGES_MAX	48	/* of one form */
#define AT_ONCE_MAX	12	/* of one line */
#define PREFIX		"mode_"

/* Modes of CHANMODES that are set. */
struct modes {
	char		 plain[64];	/* letters */
	struct {
		char	 letter;
		const char *value;
	} with[WITH_MAX];
	unsigned	 count;		/* of those */
};

static const struct {
	char		 letter;
	const char	*label;
} labels[] = {
	{ 'C', "No CTCP (+C)" },
	{ 'R', "Registered people only (+R)" },
	{ 'c', "No colours (+c)" },
	{ 'i', "Invited people only (+i)" },
	{ 'k', "Key (+k)" },
	{ 'l', "Limit of people (+l)" },
	{ 'm', "Moderated: without voice nobody speaks (+m)" },
	{ 'n', "Nobody speaks from outside (+n)" },
	{ 'p', "Private (+p)" },
	{ 's', "Secret: not listed (+s)" },
	{ 't', "Only operators change the subject (+t)" },
	{ 'z', "Encrypted connections only (+z)" },
};

/* ---- how things are */

/* me #channel +modes parameters */
static void
parse(const struct isupport *is, const struct line *l, struct modes *m)
{
	unsigned param = 3;
	size_t n = 0;

	*m = (struct modes){ 0 };
	for (const char *at = l->params[2]; *at != '\0'; at++) {
		int kind = isupport_mode_kind(is, *at);

		if (kind == 3 && n + 1 < sizeof(m->plain)) {
			m->plain[n++] = *at;
		} else if ((kind == 1 || kind == 2) && m->count < WITH_MAX) {
			m->with[m->count].letter = *at;
			m->with[m->count++].value = l->params[param];
			param += param < l->nparams;
		}
	}
}

static const char *
value_of(const struct modes *m, char letter)
{
	for (unsigned i = 0; i < m->count; i++)
		if (m->with[i].letter == letter)
			return m->with[i].value;
	return NULL;
}

static const char *
label_of(struct arena *a, char letter)
{
	for (size_t i = 0; i < LENGTH(labels); i++)
		if (labels[i].letter == letter)
			return labels[i].label;
	return arena_printf(a, "Mode +%c", letter);
}

static void
put_field(struct arena *a, struct msg_field *f, char letter, int kind,
    const struct modes *m)
{
	static struct buf scratch;
	const char *value = kind == 3 ?
	    strchr(m->plain, letter) ? "1" : "0" : value_of(m, letter);

	*f = (struct msg_field){
		.var = arena_printf(a, PREFIX "%c", letter),
		.label = label_of(a, letter),
		.type = kind == 3 ? "bool" : letter == 'k' ? "secret" : "text",
		.value = arena_strdup(a, value ? format_plain(value,
		    &scratch) : ""),
	};
}

static void
answer_form(struct network *n, struct await *a, const struct channel *c,
    const struct modes *m)
{
	struct configured settings = { .scope = SETTING_ROOM,
		.session = session_find(n->irc, n->user) };
	struct msg_room_config_result r = { 0 };
	struct fields f = { 0 };
	struct arena arena = { 0 };
	char date[64] = "";
	time_t created = c ? (time_t)c->created : 0;
	struct tm tm;

	if (settings.session != NULL && c != NULL) {
		settings.id = c->id;
		configure_put(&settings, &arena, &f, NULL);
	}
	for (int kind = 3; kind >= 1; kind--)
		for (const char *at = n->is.chanmodes[kind]; *at; at++)
			put_field(&arena, fields_add(&f, &arena), *at, kind,
			    m);
	r.fields.v = f.v;
	r.fields.n = f.n;
	if (created > 0 && gmtime_r(&created, &tm) != NULL)
		strftime(date, sizeof(date),
		    "The room exists since %Y-%m-%d %H:%M UTC.", &tm);
	r.instructions = *date ? date : NULL;
	up_result(a->request, METHOD_room_config, &r);
	await_done(&n->awaits, a);
	arena_free(&arena);
}

/* ---- how they shall be */

struct change {
	char		 letter;
	bool		 on;
	const char	*value;		/* NULL: none */
};

/* What was filled in, from the question's text: "letter value NUL ...". */
static unsigned
changes(const struct isupport *is, const struct buf *wishes,
    const struct modes *now, struct change out[CHANGES_MAX])
{
	const char *at = buf_data(wishes), *end = at + buf_len(wishes);
	unsigned n = 0;

	for (; at < end && n + 2 <= CHANGES_MAX; at += strlen(at) + 1) {
		char letter = *at;
		const char *want = at + 1, *has = value_of(now, letter);
		int kind = isupport_mode_kind(is, letter);
		bool on = *want == '1' || *want == 't';

		if (kind == 3) {
			if (on != (strchr(now->plain, letter) != NULL))
				out[n++] = (struct change){ letter, on, NULL };
			continue;
		}
		if (strcmp(want, has ? has : "") == 0)
			continue;
		/* A mode of the second kind is taken off by its parameter,
		 * and has to be off to become another. */
		if (has != NULL && (*want == '\0' || kind == 1))
			out[n++] = (struct change){ letter, false,
				kind == 1 ? has : NULL };
		if (*want != '\0')
			out[n++] = (struct change){ letter, true, want };
	}
	return n;
}

static int
send_some(struct network *n, const char *channel, const struct change *c,
    unsigned count)
{
	char modes[2 * AT_ONCE_MAX + 1];
	const char *params[AT_ONCE_MAX] = { NULL };
	unsigned with = 0;
	size_t len = 0;
	int sign = -1;

	for (unsigned i = 0; i < count; i++) {
		if (sign != c[i].on) {
			sign = c[i].on;
			modes[len++] = sign ? '+' : '-';
		}
		modes[len++] = c[i].letter;
		if (c[i].value != NULL)
			params[with++] = c[i].value;
	}
	modes[len] = '\0';
	return link_send(&n->link, "MODE", channel, modes, params[0],
	    params[1], params[2], params[3], params[4], params[5], params[6],
	    params[7], params[8], params[9], params[10], params[11], NULL);
}

static int
send_changes(struct network *n, const char *channel, const struct change *c,
    unsigned count)
{
	unsigned most = n->is.modes < AT_ONCE_MAX ? n->is.modes : AT_ONCE_MAX;

	for (unsigned some; count > 0; c += some, count -= some) {
		some = count < most ? count : most;
		if (send_some(n, channel, c, some) == -1)
			return -1;
	}
	return link_send(&n->link, "MODE", channel, NULL);
}

/* After the changes: what is still to be changed was refused. */
static void
answer_set(struct network *n, struct await *a, unsigned left)
{
	if (left == 0) {
		up_result(a->request, METHOD_room_config_set, NULL);
		await_done(&n->awaits, a);
		return;
	}
	up_error(a->request, a->origin ? a->origin : ERR_NOT_ALLOWED,
	    a->name ? a->name : "the IRC server has not changed all of it");
	await_done(&n->awaits, a);
}

void
modes_line(struct network *n, struct line *l)
{
	struct await *a = await_find(&n->awaits, n->is.casemap, AWAIT_MODES,
	    l->params[1], NULL);
	struct channel *c = network_channel(n, l->params[1]);
	struct change list[CHANGES_MAX];
	struct modes now;
	unsigned count;

	if (c != NULL)
		c->plain = isupport_mode_kind(&n->is, 'c') == 3 &&
		    strchr(l->params[2], 'c') != NULL;
	if (a == NULL) {
		console_answer(n, l);
		return;
	}
	parse(&n->is, l, &now);
	if (buf_len(&a->text) == 0) {
		answer_form(n, a, c, &now);
		return;
	}
	count = changes(&n->is, &a->text, &now, list);
	if (count == 0 || a->fence > 0) {
		answer_set(n, a, count);
		return;
	}
	/* The 324 behind them comes after those that others wait for. */
	a->fence = 1;
	TAILQ_REMOVE(&n->awaits.of[AWAIT_MODES], a, entry);
	TAILQ_INSERT_TAIL(&n->awaits.of[AWAIT_MODES], a, entry);
	if (send_changes(n, l->params[1], list, count) == -1)
		ask_take_back(n, a);
}

bool
modes_refused(struct network *n, const struct line *l, const char *code)
{
	struct await *a = await_find(&n->awaits, n->is.casemap, AWAIT_MODES,
	    l->params[1], NULL);

	if (a == NULL || a->fence == 0)
		return false;
	if (a->name == NULL) {
		a->name = xstrdup(l->params[l->nparams - 1]);
		a->origin = xstrdup(code);
	}
	return true;
}

/* me #channel seconds */
void
modes_created(struct network *n, struct line *l)
{
	struct channel *c = network_channel(n, l->params[1]);
	long long at = strtoll(l->params[2], NULL, 10);

	if (c != NULL && at > 0 && at < (1LL << 40))
		c->created = at;
	console_answer(n, l);
}

/* ---- asked by the main process */

static struct await *
query(struct network *n, request_t request, struct channel *c)
{
	struct await *a = ask_question(n, AWAIT_MODES, request, c->name, NULL);

	if (a != NULL && link_send(&n->link, "MODE", c->name, NULL) == -1) {
		ask_take_back(n, a);
		return NULL;
	}
	return a;
}

void
modes_get(struct network *n, request_t request, struct channel *c)
{
	(void)query(n, request, c);
}

static bool
is_value(const struct isupport *is, char letter, const char *value)
{
	if (isupport_mode_kind(is, letter) == 3)
		return true;
	if (letter == 'l' && value[strspn(value, "0123456789")] != '\0')
		return false;
	return strlen(value) < VALUE_MAX && *value != ':' &&
	    strpbrk(value, " ,\r\n\t") == NULL;
}

/* The letter of a field; '\0' when it is none of ours. */
static char
letter_of(const struct isupport *is, const char *var)
{
	size_t len = sizeof(PREFIX) - 1;

	if (strncmp(var, PREFIX, len) != 0 || var[len] == '\0' ||
	    var[len + 1] != '\0' || isupport_mode_kind(is, var[len]) < 1)
		return '\0';
	return var[len];
}

void
modes_set(struct network *n, request_t request, struct channel *c,
    const struct pairs *values)
{
	struct buf wishes = { 0 };
	struct await *a;
	char text[64];

	for (size_t i = 0; i < values->n; i++) {
		const char *value = values->v[i].value;
		char letter = letter_of(&n->is, values->v[i].key);

		if (letter == '\0')
			continue;
		if (!is_value(&n->is, letter, value)) {
			snprintf(text, sizeof(text),
			    "not a value for mode +%c", letter);
			up_error(request, ERR_NOT_ACCEPTABLE, text);
			buf_free(&wishes);
			return;
		}
		buf_addf(&wishes, "%c%s", letter, value);
		buf_addc(&wishes, '\0');
	}
	if (buf_len(&wishes) == 0)
		up_result(request, METHOD_room_config_set, NULL);
	else if ((a = query(n, request, c)) != NULL)
		buf_add(&a->text, buf_data(&wishes), buf_len(&wishes));
	buf_free(&wishes);
}
