/* SPDX-License-Identifier: GPL-2.0-or-later */
/* purple_alone PROTOCOL DIRECTORY PASSWORD [b:i:s:KEY=VALUE ...]: log in those
 * whose accounts are lines of standard input, with libpurple and nothing else.
 * Prints its anonymous memory in KiB before and after.  What it needs for an
 * account is what the backend is measured by. */
#include <glib-unix.h>
#include <purple.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE	20	/* logins: a look-up is a process here */

static unsigned wanted, online;
static bool all;		/* lines have been read */
static char **arguments;
static GMainLoop *loop;

struct input {
	PurpleInputFunction	 function;
	void			*data;
};

static gboolean
ready(gint fd, GIOCondition condition, gpointer data)
{
	struct input *input = data;

	input->function(input->data, fd, condition & G_IO_OUT ?
	    PURPLE_INPUT_WRITE : PURPLE_INPUT_READ);
	return TRUE;
}

static guint
input_add(int fd, PurpleInputCondition what, PurpleInputFunction function,
    gpointer data)
{
	struct input *input = g_new(struct input, 1);

	input->function = function;
	input->data = data;
	return g_unix_fd_add_full(G_PRIORITY_DEFAULT, fd,
	    what & PURPLE_INPUT_WRITE ? G_IO_OUT | G_IO_ERR :
	    G_IO_IN | G_IO_HUP, ready, input, g_free);
}

static PurpleEventLoopUiOps loop_ops = {
	.timeout_add = g_timeout_add, .timeout_remove = g_source_remove,
	.input_add = input_add, .input_remove = g_source_remove,
	.timeout_add_seconds = g_timeout_add_seconds,
};
static PurpleCoreUiOps core_ops;

static void
tell(const char *when)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "RssAnon:", 8) == 0)
			printf("%s %ld\n", when, atol(line + 8));
	}
	if (file != NULL)
		fclose(file);
	fflush(stdout);
}

static gboolean
settled(gpointer data)
{
	(void)data;
	tell("after");
	g_main_loop_quit(loop);
	return FALSE;
}


static void
failed(PurpleConnection *gc, PurpleConnectionError error, const char *text)
{
	(void)gc;
	fprintf(stderr, "error %d: %s\n", (int)error, text);
	exit(1);
}

static void
set(PurpleAccount *account, char *option)
{
	char *value = strchr(option, '=');
	char *name = g_strndup(option + 2, (size_t)(value - option - 2));

	value++;
	if (*option == 's')
		purple_account_set_string(account, name, value);
	else if (*option == 'i')
		purple_account_set_int(account, name, atoi(value));
	else
		purple_account_set_bool(account, name, atoi(value));
	g_free(name);
}

static void
start_one(void)
{
	PurpleAccount *account;
	char name[256];

	if (fgets(name, sizeof(name), stdin) == NULL) {
		all = true;
		return;
	}
	name[strcspn(name, "\n")] = '\0';
	account = purple_account_new(name, arguments[1]);
	purple_account_set_password(account, arguments[3]);
	for (char **o = arguments + 4; *o != NULL; o++)
		set(account, *o);
	purple_accounts_add(account);
	wanted++;
	purple_account_set_enabled(account, "alone", TRUE);
}

static void
signed_on(PurpleConnection *gc)
{
	(void)gc;
	online++;
	start_one();
	if (all && online == wanted)
		g_timeout_add_seconds(2, settled, NULL);
}

int
main(int argc, char **argv)
{
	static int handle;

	if (argc < 4)
		return 64;
	purple_util_set_user_dir(argv[2]);
	purple_core_set_ui_ops(&core_ops);
	purple_eventloop_set_ui_ops(&loop_ops);
	if (!purple_core_init("alone"))
		return 1;
	purple_set_blist(purple_blist_new());
	purple_signal_connect(purple_connections_get_handle(), "signed-on",
	    &handle, PURPLE_CALLBACK(signed_on), NULL);
	purple_signal_connect(purple_connections_get_handle(),
	    "connection-error", &handle, PURPLE_CALLBACK(failed), NULL);
	purple_savedstatus_activate(purple_savedstatus_new(NULL,
	    PURPLE_STATUS_AVAILABLE));
	loop = g_main_loop_new(NULL, FALSE);
	tell("before");
	arguments = argv;
	while (!all && wanted < AT_ONCE)
		start_one();
	g_main_loop_run(loop);
	return 0;
}
