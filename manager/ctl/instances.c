/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which instances are there, and does one run? */
#include "manager/ctl/ctl.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "manager/config.h"
#include "manager/daemon.h"
#include "manager/logging.h"
#include "util/ini.h"
#include "util/xalloc.h"

#define PATIENCE	20	/* seconds to stop, at least */
#define BURIAL		5	/* that it may take beyond its stop_timeout */

static void
add(struct ctl_instances *all, const struct config *c, bool vhost)
{
	int stop = (int)c->service_stop_timeout + BURIAL;
	struct ctl_instance *one;

	all->v = xreallocarray(all->v, all->n + 1, sizeof(*all->v));
	one = &all->v[all->n++];
	*one = (struct ctl_instance){
		.path = xstrdup(c->path),
		.jid = xstrdup(c->service_jid),
		.pidfile = xstrdup(c->service_pidfile),
		.control = xstrdup(config_control_path(c)),
		.log = logging_file(c),
		.vhost = vhost,
		.patience = stop > PATIENCE ? stop : PATIENCE,
	};
}

/* Copy the lines that say who and where an instance is. */
static int
pick(void *ctx, const char *section, const char *key, const char *value,
    int line)
{
	static const char *const needed[] = { "service.jid",
	    "service.pidfile", "service.control", "service.working_dir",
	    "vhosts.vhost", "logging.file", "logging.config" };
	char *name = xasprintf("%s.%s", section, key);

	(void)line;
	for (size_t i = 0; i < LENGTH(needed); i++) {
		if (strcmp(name, needed[i]) == 0)
			buf_addf(ctx, "%s = %s\n", name, value);
	}
	free(name);
	return 0;
}

/* A file that was spoilt while its instance runs must not keep us from
 * stopping it: what matters here may be right. */
static struct config *
load_spoilt(const char *path, const char *jid)
{
	struct buf b = { 0 };
	const char *syntax;
	char *text = ini_read(path), *picked, *why = NULL;
	struct config *c;
	int line;

	if (text == NULL)
		return NULL;
	buf_adds(&b, "service.port = 1\nservice.backend = none\n");
	/* Up to an error of syntax, if there is one. */
	if (ini_parse(text, pick, &b, &line, &syntax) < 0)
		buf_addc(&b, '\n');
	picked = buf_steal(&b);
	c = config_parse(picked, path, jid, NULL, 0, &why);
	free(why);
	free(picked);
	free(text);
	return c;
}

static struct config *
load(struct ctl *ctl, const char *path, const char *jid)
{
	char *why = NULL;
	struct config *c = config_load(path, jid, NULL, 0, &why);

	if (c != NULL)
		return c;
	fprintf(stderr, "%s\n", why);
	free(why);
	if ((c = load_spoilt(path, jid)) == NULL)
		ctl->broken = true;
	return c;
}

static void
add_file(struct ctl *ctl, struct ctl_instances *all, const char *path)
{
	struct config *c = load(ctl, path, NULL), *vhost;

	if (c == NULL)
		return;
	add(all, c, false);
	for (size_t i = 0; i < c->vhosts_vhost.n; i++) {
		vhost = load(ctl, path, c->vhosts_vhost.v[i]);
		if (vhost != NULL)
			add(all, vhost, true);
		config_destroy(vhost);
	}
	config_destroy(c);
}

static int
is_config(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && strcmp(entry->d_name + len - 4, ".cfg") == 0;
}

int
ctl_instances_find(struct ctl *ctl, struct ctl_instances *all)
{
	struct dirent **entries;
	struct stat st;
	char *path;
	int n, error;

	*all = (struct ctl_instances){ 0 };
	if ((n = scandir(ctl->directory, &entries, is_config, alphasort)) < 0) {
		error = errno;
		fprintf(stderr, "config_directory %s: %s\n", ctl->directory,
		    strerror(error));
		return error == ENOENT ? CTL_NO_DIRECTORY :
		    error == ENOTDIR ? CTL_NOT_DIRECTORY : CTL_DIRECTORY;
	}
	for (int i = 0; i < n; i++) {
		path = xasprintf("%s/%s", ctl->directory, entries[i]->d_name);
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			add_file(ctl, all, path);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return CTL_OK;
}

void
ctl_instances_finish(struct ctl_instances *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->v[i].path);
		free(all->v[i].jid);
		free(all->v[i].pidfile);
		free(all->v[i].control);
		free(all->v[i].log);
	}
	free(all->v);
}

struct ctl_instance *
ctl_instances_get(const struct ctl_instances *all, const char *jid)
{
	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->v[i].jid, jid) == 0)
			return &all->v[i];
	}
	return NULL;
}

pid_t
ctl_instance_pid(const struct ctl_instance *one)
{
	pid_t pid = daemon_running(one->pidfile);

	if (pid >= 0)
		return pid;
	fprintf(stderr, "%s: %s\n", one->pidfile, strerror(errno));
	return 0;
}
