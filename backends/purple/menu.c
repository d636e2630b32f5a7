/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The menu of a contact is made anew whenever it is wanted, as its entries
 * depend on the contact's state; an entry is known by the labels on the way to
 * it. */
#include "backends/purple/menu.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/command.h"
#include "backends/purple/question.h"
#include "util/xalloc.h"

#define ENTRIES_MAX	50

struct choice {
	struct session	*session;
	char		*contact;
};

struct entry {
	char		*path;		/* "Menu / Entry" */
	PurpleCallback	 callback;
	void		*data;
};

struct menu {
	PurpleBlistNode	*node;
	struct entry	 entries[ENTRIES_MAX];
	size_t		 n;
	GList		*actions;
};

static void
add(struct menu *menu, GList *actions, const char *above)
{
	for (GList *l = actions; l != NULL && menu->n < ENTRIES_MAX;
	    l = l->next) {
		const PurpleMenuAction *a = l->data;
		char *path;

		if (a == NULL || a->label == NULL)
			continue;
		path = xasprintf("%s%s%s", above, *above ? " / " : "",
		    a->label);
		add(menu, a->children, path);
		if (a->callback != NULL && menu->n < ENTRIES_MAX)
			menu->entries[menu->n++] = (struct entry){ path,
			    a->callback, a->data };
		else
			free(path);
	}
}

/* libpurple leaves those below to whoever shows them. */
static void
free_actions(GList *actions)
{
	for (GList *l = actions; l != NULL; l = l->next) {
		PurpleMenuAction *a = l->data;

		if (a == NULL)
			continue;
		free_actions(a->children);
		purple_menu_action_free(a);
	}
	g_list_free(actions);
}

static void
menu_finish(struct menu *menu)
{
	for (size_t i = 0; i < menu->n; i++)
		free(menu->entries[i].path);
	free_actions(menu->actions);
}

/* false: the contact is not there. */
static bool
menu_of(struct session *s, const char *contact, struct menu *menu)
{
	PurplePluginProtocolInfo *info = session_protocol(s);
	PurpleBuddy *buddy = contact != NULL ?
	    purple_find_buddy(s->account, contact) : NULL;

	*menu = (struct menu){ .node = PURPLE_BLIST_NODE(buddy) };
	if (buddy == NULL)
		return false;
	if (PROTOCOL_HAS(info, blist_node_menu))
		menu->actions = info->blist_node_menu(menu->node);
	add(menu, menu->actions, "");
	return true;
}

static void
free_choice(void *ctx)
{
	struct choice *choice = ctx;

	free(choice->contact);
	free(choice);
}

static void
chosen(void *ctx, const struct pairs *values)
{
	struct choice *choice = ctx;
	const char *path = question_value(values, "entry");
	struct menu menu;
	void (*run)(PurpleBlistNode *, void *);

	if (path != NULL && menu_of(choice->session, choice->contact, &menu)) {
		for (size_t i = 0; i < menu.n; i++) {
			if (strcmp(menu.entries[i].path, path) != 0)
				continue;
			memcpy(&run, &menu.entries[i].callback, sizeof(run));
			run(menu.node, menu.entries[i].data);
			break;
		}
		menu_finish(&menu);
	}
	free_choice(choice);
}

static const struct question_events choice_events = { chosen, free_choice };

static void
ask(struct session *s, const char *contact, const struct menu *menu)
{
	struct msg_option options[ENTRIES_MAX];
	struct msg_field field = {
		.var = "entry", .type = "choice", .label = "What to do",
		.required = true, .options = { options, menu->n },
	};
	struct msg_ask m = {
		.title = contact, .fields = { &field, 1 },
	};
	struct choice *choice = xmalloc(sizeof(*choice));

	for (size_t i = 0; i < menu->n; i++)
		options[i] = (struct msg_option){
			.value = menu->entries[i].path,
			.label = menu->entries[i].path };
	*choice = (struct choice){ s, xstrdup(contact) };
	question_put(s, &m, &choice_events, choice);
}

bool
menu_show(struct session *s, const char *contact)
{
	static const struct msg_command_result none = {
		.text = "The network offers nothing more for this contact.",
	};
	struct menu menu;

	if (!menu_of(s, contact, &menu))
		return false;
	if (menu.n == 0)
		command_result(s, &none);
	else
		ask(s, contact, &menu);
	menu_finish(&menu);
	return true;
}
