/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which plug-ins libpurple gets to see.  By itself it runs, and keeps, all that
 * lie in its directories, while it starts: interpreters of Perl and Tcl, an
 * example for D-Bus, and a dozen protocols that nobody here speaks.
 *
 * It opens no file whose base name it knows a plug-in of.  So each file in its
 * directories gets a stand-in before it starts, and what is wanted is opened
 * by path afterwards, one by one. */
#include "backends/purple/plugins.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <purple.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/purple/plugin_file.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

#define FILES_MAX	1000

struct file {
	char	*path;
	char	*base;		/* without directory and ".so" */
	enum plugin_kind kind;
	bool	 likely;	/* it may well be the protocol that is wanted */
	bool	 named;		/* by the admin */
	bool	 tried;
	bool	 open;
};

static struct {
	struct file	*v;
	size_t		 n;
	const char	*protocol;	/* of all of them: NULL */
} files;

/* ---------------------------------------------------------------- the files */

static struct file *
find_base(const char *base)
{
	for (size_t i = 0; i < files.n; i++) {
		if (strcmp(files.v[i].base, base) == 0)
			return &files.v[i];
	}
	return NULL;
}

static void
add_file(const char *dir, const char *name)
{
	size_t len = strlen(name);
	char *base;
	struct file *f;

	if (len < 4 || strcmp(name + len - 3, ".so") != 0 ||
	    files.n == FILES_MAX)
		return;
	base = xstrndup(name, len - 3);
	if (find_base(base) != NULL) {		/* the first one counts */
		free(base);
		return;
	}
	files.v = xrealloc(files.v, (files.n + 1) * sizeof(*files.v));
	f = &files.v[files.n++];
	*f = (struct file){ .base = base, .path = xasprintf("%s/%s", dir,
	    name) };
	f->kind = plugin_file_kind(f->path, files.protocol, &f->likely);
}

/* -1 with errno set. */
static int
add_directory(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL)
		add_file(path, entry->d_name);
	closedir(dir);
	return 0;
}

/* Where libpurple itself will look: beside its library, as it was when we were
 * compiled, and where Debian's packages put what is not for one architecture.
 * One that is not there has no files. */
static void
add_system_directories(void)
{
	Dl_info library;
	char *dir, *slash;

	(void)add_directory(PURPLE_PLUGINDIR);
	if (dladdr((void *)(uintptr_t)&purple_core_init, &library) != 0 &&
	    library.dli_fname != NULL &&
	    strchr(library.dli_fname, '/') != NULL) {
		dir = xstrdup(library.dli_fname);
		slash = strrchr(dir, '/');
		*slash = '\0';
		slash = xasprintf("%s/purple-2", dir);
		(void)add_directory(slash);
		free(slash);
		free(dir);
	}
	(void)add_directory("/usr/lib/purple-2");
}

/* ---------------------------------------------------------------- the admin */

/* Each line of lines to use(), until it returns -1. */
static int
each_line(const char *lines, int (*use)(const char *line, char **why),
    char **why)
{
	int status = 0;

	while (*lines != '\0' && status == 0) {
		size_t len = strcspn(lines, "\n");
		char *line = g_strstrip(xstrndup(lines, len));

		if (*line != '\0')
			status = use(line, why);
		free(line);
		lines += len + (lines[len] == '\n');
	}
	return status;
}

static int
use_directory(const char *dir, char **why)
{
	if (add_directory(dir) == 0)
		return 0;
	*why = xasprintf("[purple] plugins_dir: %s: %s", dir, strerror(errno));
	return -1;
}

static char *
unknown(const char *name)
{
	struct buf b = { 0 };
	const char *between = "";

	buf_addf(&b, "[purple] plugins: %s is not installed; there are: ",
	    name);
	for (size_t i = 0; i < files.n; i++) {
		if (files.v[i].kind != PLUGIN_STANDARD)
			continue;
		buf_addf(&b, "%s%s", between, files.v[i].base);
		between = ", ";
	}
	return buf_steal(&b);
}

static int
use_name(const char *name, char **why)
{
	char *lib = xasprintf("lib%s", name);
	struct file *f = find_base(name);

	if (f == NULL)
		f = find_base(lib);
	free(lib);
	if (f == NULL || f->kind == PLUGIN_NONE) {
		*why = unknown(name);
		return -1;
	}
	if (f->kind == PLUGIN_LOADER) {
		*why = xasprintf("[purple] plugins: %s runs scripts, which "
		    "this backend does not do", name);
		return -1;
	}
	f->named = true;
	return 0;
}

/* ---------------------------------------------------------------- stand-ins */

static void
stand_in(const struct file *f)
{
	static PurplePluginInfo nothing = {
		.magic = PURPLE_PLUGIN_MAGIC,
		.major_version = PURPLE_MAJOR_VERSION,
		.type = PURPLE_PLUGIN_STANDARD,
		.id = (char *)(uintptr_t)"core-spectrum2-left-out",
		.name = (char *)(uintptr_t)"left out",
	};
	/* purple_plugin_new() wants a libpurple that has started. */
	PurplePlugin *p = g_new0(PurplePlugin, 1);

	p->native_plugin = TRUE;
	p->path = g_strdup_printf("/nonexistent/%s.so", f->base);
	p->info = &nothing;
	purple_plugin_register(p);
}

static int
by_base(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->base,
	    ((const struct file *)b)->base);
}

int
plugins_prepare(const char *protocol, const char *names,
    const char *directories, char **why)
{
	if (*protocol != '\0' && strcmp(protocol, "any") != 0)
		files.protocol = protocol;
	if (each_line(directories, use_directory, why) < 0)
		return -1;
	add_system_directories();
	qsort(files.v, files.n, sizeof(*files.v), by_base);
	if (each_line(names, use_name, why) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++)
		stand_in(&files.v[i]);
	return 0;
}

/* ------------------------------------------------------------------ loading */

/* libpurple says nothing of it, but a library can be asked once more. */
static char *
why_not(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (handle == NULL)
		return xstrdup(dlerror());
	dlclose(handle);
	return xasprintf("%s: it does not want to run here", path);
}

/* Give the plug-in to libpurple.  NULL and *why, or why not. */
static PurplePlugin *
open_file(struct file *f, char **why)
{
	PurplePlugin *p = purple_plugins_find_with_basename(f->base);

	if (p != NULL && p->handle == NULL)
		purple_plugin_destroy(p);	/* the stand-in */
	f->tried = true;
	log_debug("plug-in %s", f->path);
	p = purple_plugin_probe(f->path);
	if (p == NULL) {
		*why = why_not(f->path);
		return NULL;
	}
	if (purple_plugin_is_unloadable(p)) {
		*why = xasprintf("%s: %s", f->path, p->error ? p->error :
		    "it cannot be loaded");
		return NULL;
	}
	f->open = true;
	return p;
}

static void
open_or_tell(struct file *f)
{
	char *why = NULL;

	if (!f->tried && open_file(f, &why) == NULL)
		log_warn("plug-in left out: %s", why);
	free(why);
}

/* Protocols are loaded when libpurple has been through its directories: they
 * get no other chance, and no file ends in this. */
static void
load_protocols(void)
{
	purple_plugins_probe(".none");
}

static void
open_protocols(bool likely)
{
	struct file *f;

	for (size_t i = 0; i < files.n; i++) {
		f = &files.v[i];
		if (f->kind == PLUGIN_PROTOCOL && (f->likely || !likely))
			open_or_tell(f);
	}
	load_protocols();
	for (size_t i = 0; i < files.n; i++) {
		f = &files.v[i];
		if (!f->open ||
		    purple_plugins_find_with_basename(f->base) != NULL)
			continue;
		log_warn("plug-in left out: %s: it refuses to be loaded",
		    f->path);
		f->open = false;
	}
}

static int
load_named(struct file *f, char **why)
{
	PurplePlugin *p;

	if (f->open)
		return 0;
	p = open_file(f, why);
	if (p == NULL)
		return -1;
	load_protocols();
	if (purple_plugin_load(p)) {
		log_info("plug-in %s: loaded", f->path);
		return 0;
	}
	*why = xasprintf("%s: %s", f->path, p->error ? p->error :
	    "it refuses to be loaded");
	return -1;
}

/* Directories of libpurple's that we know nothing of: it has opened what is
 * there.  Good to know when something odd happens. */
static void
tell_of_strangers(void)
{
	for (GList *l = purple_plugins_get_all(); l != NULL; l = l->next) {
		PurplePlugin *p = l->data;

		if (p->handle != NULL)
			log_warn("plug-in %s: opened, though nobody asked",
			    p->path);
	}
}

int
plugins_load(char **why)
{
	static const char *const tls[] = { "ssl-nss", "ssl-gnutls", "ssl" };
	char *because = NULL;
	struct file *f;

	tell_of_strangers();
	for (size_t i = 0; i < G_N_ELEMENTS(tls); i++) {
		if ((f = find_base(tls[i])) != NULL)
			open_or_tell(f);
	}
	open_protocols(files.protocol != NULL);
	if (files.protocol != NULL && purple_find_prpl(files.protocol) == NULL)
		open_protocols(false);
	for (size_t i = 0; i < files.n; i++) {
		f = &files.v[i];
		if (f->named && load_named(f, &because) < 0) {
			*why = xasprintf("[purple] plugins: %s", because);
			free(because);
			return -1;
		}
	}
	return 0;
}
