/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is there a program that [service] backend names?  Asked before it matters:
 * by --check-config, and in the rehearsal of an upgrade. */
#include "manager/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manager/pool/command.h"
#include "util/xalloc.h"

/* 0, or -1 with errno. */
static int
can_be_executed(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EACCES;		/* as execve(2) says */
		return -1;
	}
	return access(path, X_OK);
}

static bool
is_in_path(const char *name)
{
	const char *path = getenv("PATH");
	char *all = xstrdup(path != NULL ? path : ""), *rest = all, *dir;
	bool found = false;

	while (!found && (dir = strsep(&rest, ":")) != NULL) {
		char *file = xasprintf("%s/%s", *dir != '\0' ? dir : ".", name);

		found = can_be_executed(file) == 0;
		free(file);
	}
	free(all);
	return found;
}

/* "/usr/bin/spectrum2_NAME_backend" of the C++ program. */
static const char *
advice_for(const char *path)
{
	static const char *const old[][2] = {
		{ "libcommuni", "spectrum2_irc_backend serves IRC now" },
		{ "libpurple", "spectrum2_purple_backend serves the networks "
		    "of libpurple now" },
		{ "swiften", "spectrum2_xmpp_backend serves XMPP now" },
		{ "smstools3", "this version serves SMS by libpurple: "
		    "spectrum2_purple_backend and the package purple-mm-sms" },
		{ "frotz", "this version has none for that" },
	};
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	for (size_t i = 0; i < LENGTH(old); i++) {
		char *whole = xasprintf("spectrum2_%s_backend", old[i][0]);
		bool same = strcmp(name, whole) == 0;

		free(whole);
		if (same)
			return old[i][1];
	}
	return NULL;
}

/* NULL, or what is wrong with it (caller frees). */
static char *
complaint(const struct config *c, const char *name)
{
	char *path;
	int status;

	if (strchr(name, '/') == NULL)
		return is_in_path(name) ? NULL : xasprintf("there is no "
		    "program \"%.200s\" beside spectrum2 or in PATH", name);
	/* Backends run in the working directory. */
	path = *name == '/' ? xstrdup(name) :
	    xasprintf("%s/%s", c->service_working_dir, name);
	status = can_be_executed(path);
	free(path);
	return status == 0 ? NULL : xasprintf("\"%.200s\" cannot be executed: "
	    "%s", name, strerror(errno));
}

int
config_check_program(const struct config *c, char **why)
{
	const char *syntax = NULL;
	char **words = command_split(c->service_backend, 1, &syntax);
	const char *advice = words != NULL ? advice_for(words[0]) : NULL;
	char *bad = words != NULL ? complaint(c, words[0]) : xstrdup(syntax);

	command_free(words);
	if (bad == NULL)
		return 0;
	*why = config_wrong(c, "service", "backend", "%s; %s%sa command line "
	    "that begins with a program, e.g. "
	    "%s/libexec/spectrum2_irc_backend", bad,
	    advice != NULL ? advice : "", advice != NULL ? "; " : "",
	    SPECTRUM_PREFIX);
	free(bad);
	return -1;
}
