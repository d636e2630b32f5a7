/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spectrum_manager.cfg: where are the instances' files?  The other settings of
 * the C++ program's were for its web interface; they are accepted. */
#include "manager/ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/ini.h"
#include "util/xalloc.h"

#define USUAL_FILE	SPECTRUM_SYSCONFDIR "/spectrum2/spectrum_manager.cfg"
#define USUAL_DIRECTORY	SPECTRUM_SYSCONFDIR "/spectrum2/transports"

static const char *const known[] = {
	"service.admin_username", "service.admin_password", "service.bind",
	"service.port", "service.cert", "service.data_dir",
	"service.base_location", "servers.server", "database.type",
	"database.database", "database.server", "database.user",
	"database.password", "database.port", "database.prefix",
	"logging.config",
};

struct reading {
	struct ctl	*ctl;
	const char	*path;
};

static int
set_directory(struct reading *r, const char *value, int line)
{
	size_t len = strlen(value);

	if (len == 0) {
		fprintf(stderr, "%s:%d: [service] config_directory: is empty; "
		    "a path\n", r->path, line);
		return -1;
	}
	xreplace(&r->ctl->directory, value);
	while (len > 1 && r->ctl->directory[len - 1] == '/')
		r->ctl->directory[--len] = '\0';
	return 0;
}

static int
take(void *ctx, const char *section, const char *key, const char *value,
    int line)
{
	struct reading *r = ctx;
	size_t len = strlen(section);

	if (strcmp(section, "service") == 0 &&
	    strcmp(key, "config_directory") == 0)
		return set_directory(r, value, line);
	for (size_t i = 0; i < LENGTH(known); i++) {
		if (strncmp(known[i], section, len) == 0 &&
		    known[i][len] == '.' &&
		    strcmp(known[i] + len + 1, key) == 0)
			return 0;
	}
	fprintf(stderr, "%s:%d: [%s] %s: there is no such setting; [service] "
	    "config_directory is the one that counts\n", r->path, line,
	    section, key);
	return -1;
}

int
ctl_settings(struct ctl *ctl, const char *path)
{
	struct reading r = { ctl, path != NULL ? path : USUAL_FILE };
	const char *why;
	char *text;
	int line, status;

	ctl->directory = xstrdup(USUAL_DIRECTORY);
	if ((text = ini_read(r.path)) == NULL) {
		if (path == NULL && errno == ENOENT)
			return 0;
		fprintf(stderr, "%s: %s\n", r.path, strerror(errno));
	}
	status = text == NULL ? -1 :
	    ini_parse(text, take, &r, &line, &why);
	if (text != NULL && status < 0 && why != NULL)
		fprintf(stderr, "%s:%d: %s\n", r.path, line, why);
	free(text);
	if (status < 0)
		free(ctl->directory);
	return status;
}
