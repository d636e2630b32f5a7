/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which commands does the account's server have?  It is asked at the begin of
 * every session; running them is command_run.c's. */
#include "backends/xmpp/command.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/build.h"
#include "backends/xmpp/disco.h"
#include "backends/xmpp/request.h"
#include "backends/xmpp/stanza.h"
#include "util/utf8.h"
#include "util/xalloc.h"

/* What the main process takes is the limit. */
#define COMMANDS_MAX	90
#define BYTES_MAX	(48 * 1024)
#define ROW_BYTES	32		/* of the message, beside the texts */
#define LABEL_MAX	128

/* Before their names: none of ours begins like that. */
#define PREFIX		"server:"

struct row {
	const char	*jid, *node;
	const char	*name;		/* PREFIX jid#node */
	const char	*label;
};

struct commands {
	struct arena	 arena;		/* of the rows */
	struct row	 rows[COMMANDS_MAX];
	size_t		 n, bytes;
	struct runs	*runs;
};

bool
command_find(const struct session *s, const char *name,
    struct command_place *place)
{
	const struct commands *c = s->commands;

	for (size_t i = 0; c != NULL && i < c->n; i++) {
		if (strcmp(c->rows[i].name, name) != 0)
			continue;
		place->jid = c->rows[i].jid;
		place->node = c->rows[i].node;
		return true;
	}
	return false;
}

struct runs *
command_runs(const struct session *s)
{
	return s->commands != NULL ? s->commands->runs : NULL;
}

/* The gateway may have one of the same name, and shows both in one list. */
static const char *
label_of(struct arena *a, const char *jid, const char *name)
{
	char *cut = xstrndup(name, utf8_cut(name, strlen(name), LABEL_MAX));
	const char *label = arena_printf(a, "%s (%s)", cut, jid);

	free(cut);
	return label;
}

static void
add(struct session *s, xmpp_stanza_t *item)
{
	struct commands *c = s->commands;
	const char *jid = stanza_attr(item, "jid");
	const char *node = stanza_attr(item, "node");
	const char *label = stanza_attr(item, "name");
	struct command_place known;
	struct row row;
	size_t bytes;

	if (jid == NULL || *jid == '\0' || node == NULL || *node == '\0' ||
	    c->n == COMMANDS_MAX)
		return;
	if (label == NULL || *label == '\0')
		label = node;
	row.jid = arena_strdup(&c->arena, jid);
	row.node = arena_strdup(&c->arena, node);
	row.name = arena_printf(&c->arena, PREFIX "%s#%s", jid, node);
	row.label = label_of(&c->arena, jid, label);
	bytes = strlen(row.name) + strlen(row.label) + ROW_BYTES;
	if (bytes > BYTES_MAX - c->bytes || command_find(s, row.name, &known))
		return;
	c->bytes += bytes;
	c->rows[c->n++] = row;
}

static void
tell(struct session *s)
{
	struct msg_command_info infos[COMMANDS_MAX];
	const struct msg_commands m = { .user = s->user,
	    .commands = { infos, s->commands->n } };

	for (size_t i = 0; i < s->commands->n; i++)
		infos[i] = (struct msg_command_info){
		    .name = s->commands->rows[i].name,
		    .label = s->commands->rows[i].label };
	kit_notify(METHOD_commands, &m);
}

static void
on_items(struct session *s, xmpp_stanza_t *answer, void *ctx)
{
	struct commands *c = s->commands;
	xmpp_stanza_t *item = stanza_child(stanza_child(answer, "query",
	    NS_DISCO_ITEMS), "item", NULL);
	bool told;

	(void)ctx;
	/* No answer in time: what was known may still be so. */
	if (s->ended || answer == NULL)
		return;
	told = c->n > 0;
	arena_reset(&c->arena);
	c->n = c->bytes = 0;
	for (; request_worked(answer) && item != NULL;
	    item = stanza_beside(item, "item", NULL))
		add(s, item);
	if (told || c->n > 0)
		tell(s);
}

void
commands_online(struct session *s)
{
	xmpp_stanza_t *iq = request_new(s, "get", strchr(s->jid, '@') + 1);

	if (s->commands == NULL) {
		s->commands = xcalloc(1, sizeof(*s->commands));
		s->commands->runs = runs_create();
	}
	xmpp_stanza_set_attribute(build_child(iq, "query", NS_DISCO_ITEMS),
	    "node", NS_COMMANDS);
	request_send(s, iq, on_items, NULL);
}

void
commands_end(struct session *s)
{
	struct commands *c = s->commands;

	if (c == NULL)
		return;
	runs_destroy(s, c->runs);
	arena_free(&c->arena);
	free(c);
	s->commands = NULL;
}
