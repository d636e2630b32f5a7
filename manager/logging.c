/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file, which level?  Of a log4cxx property file only what has a meaning
 * here is read: the root logger's level and the first File. */
#include "manager/logging.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/ini.h"
#include "util/xalloc.h"

struct properties {
	char	*level;		/* owned; NULL: not said */
	char	*file;		/* owned; NULL: none */
};

static char *
trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

static bool
has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

/* "log4j.rootLogger = DEBUG, R" and "log4j.appender.R.File = /path" */
static void
read_line(struct properties *p, char *line)
{
	char *value, *key = trim(line);

	if (*key == '#' || *key == '!' ||
	    (value = strpbrk(key, "=:")) == NULL)
		return;
	*value++ = '\0';
	key = trim(key);
	value = trim(value);
	if (p->level == NULL && (has_suffix(key, ".rootLogger") ||
	    has_suffix(key, ".rootCategory"))) {
		value[strcspn(value, ", \t")] = '\0';
		p->level = xstrdup(value);
	} else if (p->file == NULL && strstr(key, ".appender.") != NULL &&
	    (has_suffix(key, ".File") || has_suffix(key, ".file"))) {
		p->file = xstrdup(value);
	}
}

static void
read_properties(struct properties *p, const char *path)
{
	char *text, *next, *line;

	if (*path == '\0')
		return;
	if ((text = ini_read(path)) == NULL) {
		log_warn("logging: %s cannot be read: %s", path,
		    strerror(errno));
		return;
	}
	for (next = text; (line = strsep(&next, "\n")) != NULL;)
		read_line(p, line);
	free(text);
}

static void
finish_properties(struct properties *p)
{
	free(p->level);
	free(p->file);
}

/* ${jid}, ${pid} and ${id}, as the C++ program defines them. */
static char *
expand(const char *value, const char *jid)
{
	char *pid = xasprintf("%ld", (long)getpid());
	const struct {
		const char *name, *value;
	} names[] = {
		{ "${jid}", jid }, { "${pid}", pid }, { "${id}", "BACKEND_ID" },
	};
	struct buf b = { 0 };
	size_t i;

	while (*value != '\0') {
		for (i = 0; i < LENGTH(names); i++) {
			if (strncmp(value, names[i].name,
			    strlen(names[i].name)) == 0)
				break;
		}
		if (i < LENGTH(names)) {
			buf_adds(&b, names[i].value);
			value += strlen(names[i].name);
		} else {
			buf_addc(&b, *value++);
		}
	}
	free(pid);
	return buf_steal(&b);
}

static char *
file_of(const char *plain, const char *properties, const char *jid)
{
	struct properties p = { 0 };
	char *path = NULL;

	if (*plain != '\0')
		return xstrdup(plain);
	read_properties(&p, properties);
	if (p.file != NULL && *p.file != '\0')
		path = expand(p.file, jid);
	finish_properties(&p);
	return path;
}

char *
logging_file(const struct config *c)
{
	return file_of(c->logging_file, c->logging_config, c->service_jid);
}

char *
logging_backend_file(const struct config *c)
{
	return file_of(c->logging_backend_file, c->logging_backend_config,
	    c->service_jid);
}

enum log_level
logging_level(const struct config *c)
{
	enum log_level level = LOG_INFO;
	struct properties p = { 0 };

	if (*c->logging_level != '\0') {
		if (log_level_parse(c->logging_level, &level) < 0)
			level = LOG_INFO;	/* config.c has checked it */
		return level;
	}
	read_properties(&p, c->logging_config);
	if (p.level != NULL && log_level_parse(p.level, &level) < 0)
		log_warn("logging: %s: the level \"%.40s\" is not known",
		    c->logging_config, p.level);
	finish_properties(&p);
	return level;
}

int
logging_start(const struct config *c, char **why)
{
	char *path = logging_file(c);
	enum log_level level = logging_level(c);
	int status = log_open(path);

	if (status < 0)
		*why = xasprintf("%s: log file %s cannot be opened: %s",
		    c->path, path, strerror(errno));
	else
		log_set_level(level);
	free(path);
	return status;
}
