/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What spectrum2_manager may ask: most of it is the gateway's to answer, the
 * rest is about all parts together. */
#include "manager/instance_parts.h"

#include <stdlib.h>
#include <string.h>

#include "manager/daemon.h"
#include "manager/gateway/admin.h"
#include "manager/gateway/user.h"
#include "util/xalloc.h"

#define BLANKS " \t\r\n"

struct asked {
	struct control	*control;
	uint64_t	 id;
	const char	*more;		/* behind the gateway's answer */
};

static const char more_help[] = "\nInstance:\n"
    "   CMD   upgrade - Execute the program on disk, disconnect nobody\n"
    "   CMD   trace USER [bodies] - What goes to and from a user, live";

static void
answer(void *ctx, const char *text)
{
	struct asked *asked = ctx;
	char *all = xasprintf("%s%s", text, asked->more);

	control_reply(asked->control, asked->id, all);
	free(all);
	free(asked);
}

static void
ask_gateway(struct instance *in, uint64_t id, const char *line,
    const char *more)
{
	struct asked *asked = xmalloc(sizeof(*asked));

	*asked = (struct asked){ in->control, id, more };
	admin_command(in->gateway, line, answer, asked);
}

/* Whoever stops answers questions, and begins nothing new. */
static bool
begins_something(const char *line)
{
	static const char *const words[] = {
		"reload", "register", "unregister", "disconnect_user",
		"move_user", "restart_backend", "restart_backends",
	};
	size_t len;

	do {
		line += strspn(line, BLANKS);
		len = strcspn(line, BLANKS);
		for (size_t i = 0; i < LENGTH(words); i++) {
			if (strlen(words[i]) == len &&
			    memcmp(words[i], line, len) == 0)
				return true;
		}
		line += len;
		/* The gateway takes these for what they are called, too. */
	} while (len == 3 && (memcmp(line - 3, "get", 3) == 0 ||
	    memcmp(line - 3, "set", 3) == 0));
	return false;
}

static void
on_other(void *ctx, uint64_t id, const char *line)
{
	struct instance *in = ctx;

	if (in->stopping && begins_something(line))
		control_reply(in->control, id, "Error: the instance is "
		    "stopping");
	else
		ask_gateway(in, id, line, "");
}

/* The gateway knows only its own commands. */
static void
on_help(void *ctx, uint64_t id, const char *args)
{
	(void)args;
	ask_gateway(ctx, id, "help", more_help);
}

/* ------------------------------------------------------------------- status */

static size_t
online(const struct gateway *gw)
{
	const struct user *user;
	size_t at = 0, n = 0;

	while ((user = map_next(&gw->users, &at)) != NULL)
		n += user->shown;
	return n;
}

static const char *
link_words(const struct instance *in)
{
	bool up = link_is_up(in->link);

	if (link_is_server(in->link) && in->stopping)
		return "letting nobody in";
	if (link_is_server(in->link))
		return up ? "listening for clients" : "not listening";
	return up ? "XMPP link up" : "XMPP link down";
}

void
instance_summary(const struct instance *in, struct buf *b)
{
	buf_addf(b, "%s%zu users on %u backends, %s", in->stopping ?
	    "stopping: " : "", online(in->gateway), pool_ready_count(in->pool),
	    link_words(in));
}

/* It begins with the words of the C++ program. */
static void
on_status(void *ctx, uint64_t id, const char *args)
{
	const struct instance *in = ctx;
	struct buf b = { 0 };
	char *text;

	if (*args != '\0') {
		control_reply(in->control, id, "Error: Too many arguments.");
		return;
	}
	buf_addf(&b, "%s (%zu users connected using %u backends), %s\n",
	    in->stopping ? "Stopping" : "Running", online(in->gateway),
	    pool_ready_count(in->pool), link_words(in));
	link_describe(in->link, &b);
	text = buf_steal(&b);
	control_reply(in->control, id, text);
	free(text);
}

static void
on_upgrade(void *ctx, uint64_t id, const char *args)
{
	struct instance *in = ctx;

	if (*args != '\0')
		control_reply(in->control, id, "Error: Too many arguments.");
	else
		instance_upgrade_asked(in, id);
}

/* ------------------------------------------------------------------- public */

static const struct control_command commands[] = {
	{ "status", on_status }, { "upgrade", on_upgrade },
	{ "trace", instance_trace }, { "help", on_help },
	{ NULL, on_other },
};

static int
settings(const struct instance *in, struct control_config *cc, char **why)
{
	*cc = (struct control_config){
		.path = config_control_path(in->config),
		.gone = instance_trace_gone,
	};
	return daemon_ids(in->config, &cc->owner, &cc->group, why);
}

int
instance_open_control(struct instance *in, const struct packed *from,
    char **why)
{
	struct control_config cc;

	if (settings(in, &cc, why) < 0)
		return -1;
	in->control = from == NULL ?
	    control_create(in->loop, &cc, commands, LENGTH(commands), in,
	    why) :
	    control_adopt(in->loop, &cc, commands, LENGTH(commands), in, from,
	    &in->upgrade_asker, why);
	return in->control != NULL ? 0 : -1;
}
