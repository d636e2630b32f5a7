/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plug-in of libpurple that does what its file's name says, when it is
 * loaded.  KIND is what it claims to be; with MISSING it cannot be linked. */
#include <libgen.h>
#include <purple.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef MISSING
extern void spectrum2_nowhere_defined(void);
#endif

static gboolean
load(PurplePlugin *plugin)
{
	char *name = basename(plugin->path);

#ifdef MISSING
	spectrum2_nowhere_defined();
#endif
	if (strcmp(name, "refuses.so") == 0)
		return FALSE;
	if (strcmp(name, "exits.so") == 0)
		exit(0);
	if (strcmp(name, "blocks.so") == 0)
		usleep(300000);
	if (strcmp(name, "forks.so") == 0) {
		printf("a plug-in prints\n");
		fflush(stdout);
		if (fork() == 0) {
			alarm(20);
			printf("child %d\n", (int)getpid());
			fflush(stdout);
			for (;;)
				pause();
		}
	}
	return TRUE;
}

#ifdef MISSING
static const char *
icon(PurpleAccount *account, PurpleBuddy *buddy)
{
	(void)account;
	(void)buddy;
	return "";
}

static void
nothing(void)
{
}

static PurplePluginProtocolInfo protocol = {
	.list_icon = icon,
	.login = (void (*)(PurpleAccount *))nothing,
	.close = (void (*)(PurpleConnection *))nothing,
};
#else
static PurplePluginProtocolInfo protocol;
#endif

static PurplePluginInfo info = {
	.magic = PURPLE_PLUGIN_MAGIC,
	.major_version = PURPLE_MAJOR_VERSION,
	.minor_version = PURPLE_MINOR_VERSION,
	.type = KIND,
	.id = "prpl-bad-" NAME,
	.name = "bad",
	.version = "1",
	.summary = "",
	.description = "",
	.load = load,
	.extra_info = KIND == PURPLE_PLUGIN_PROTOCOL ? &protocol : NULL,
};

static void
init(PurplePlugin *plugin)
{
	(void)plugin;
}

PURPLE_INIT_PLUGIN(bad, init, info)
