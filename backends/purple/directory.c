/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory for one process. */
#include "backends/purple/directory.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/macros.h"
#include "util/xalloc.h"

#define NAME	"spectrum2-purple-XXXXXX"

static char *path;

int
directory_create(char **why)
{
	const char *const places[] = {
		getenv("RUNTIME_DIRECTORY"), "/dev/shm", getenv("TMPDIR"),
		"/tmp",
	};

	for (size_t i = 0; i < LENGTH(places); i++) {
		if (places[i] == NULL || *places[i] != '/')
			continue;
		path = xasprintf("%s/" NAME, places[i]);
		if (mkdtemp(path) != NULL)	/* mode 0700 */
			return 0;
		free(path);
		path = NULL;
	}
	*why = xasprintf("no directory for libpurple's files: %s",
	    strerror(errno));
	return -1;
}

const char *
directory_path(void)
{
	return path;
}

static int
remove_one(const char *name, const struct stat *st, int type,
    struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(name);
}

void
directory_remove(void)
{
	if (path == NULL)
		return;
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(path);
	path = NULL;
}
