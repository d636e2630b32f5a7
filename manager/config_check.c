/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What no row can say alone: settings that must be there, that need or
 * exclude each other, or whose values have a form of their own. */
#include "manager/config_parts.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "util/log.h"
#include "util/xalloc.h"

#define JID_MAX 1023		/* RFC 6122 2.1 */
#define PREFIX_MAX 64

struct check {
	const struct config *c;
	const struct config_lines *lines;
	char **why;
};

/* Complain about a setting, at its line when it has one. */
#define WRONG(k, section, key, ...) \
	(*(k)->why = config_complaint((k)->lines, \
	    config_lines_find((k)->lines, section, key), section, key, \
	    __VA_ARGS__), -1)

static bool
was_given(const struct check *k, const char *section, const char *key)
{
	return config_lines_find(k->lines, section, key) != NULL;
}

static int
check_jid(const struct check *k)
{
	const char *jid = k->c->service_jid;

	if (*jid == '\0')
		return WRONG(k, "service", "jid", "is not set; the JID of this "
		    "instance, e.g. irc.example.org");
	/* It becomes a file name, too. */
	if (strlen(jid) > JID_MAX || *jid == '.' ||
	    strpbrk(jid, "@/\\ \t\"&'<>$") != NULL)
		return WRONG(k, "service", "jid", "\"%.200s\" is not a domain; "
		    "a name like irc.example.org would be", jid);
	return 0;
}

static void
warn_port(const struct check *k)
{
	char *text = config_complaint(k->lines, config_lines_find(k->lines,
	    "service", "port"), "service", "port", "5222 is mostly the port "
	    "for clients; components mostly have 5347");

	log_warn("%s", text);
	free(text);
}

static int
check_ports(const struct check *k)
{
	const struct config *c = k->c;

	if (!c->service_server_mode && c->service_port == 0)
		return WRONG(k, "service", "port", "is not set; the port on "
		    "which the XMPP server takes components, mostly 5347");
	/* "port = 0" said on purpose lets the kernel choose one. */
	if (!was_given(k, "service", "port") && c->service_tls_port == 0)
		return WRONG(k, "service", "port", "is not set; the port to "
		    "listen on, mostly 5222");
	if (!c->service_server_mode && c->service_port == 5222)
		warn_port(k);
	if (c->service_tls_port != 0 && *c->service_cert == '\0')
		return WRONG(k, "service", "tls_port", "needs a certificate; "
		    "set [service] cert");
	if (*c->service_key != '\0' && *c->service_cert == '\0')
		return WRONG(k, "service", "key", "needs its certificate; set "
		    "[service] cert");
	return 0;
}

static int
check_backends(const struct check *k)
{
	const struct config *c = k->c;

	if (*c->service_backend == '\0')
		return WRONG(k, "service", "backend", "is not set; a command "
		    "line, e.g. %s/libexec/spectrum2_irc_backend",
		    SPECTRUM_PREFIX);
	if (c->service_backends_max != 0 &&
	    c->service_backends_max < c->service_backends_min)
		return WRONG(k, "service", "backends_max", "%ld is less than "
		    "backends_min; at least %ld, or 0 for no limit",
		    c->service_backends_max, c->service_backends_min);
	if (strcmp(c->service_frontend, "xmpp") != 0)
		return WRONG(k, "service", "frontend", "\"%.100s\" does not "
		    "exist; xmpp is the only one", c->service_frontend);
	return 0;
}

static int
check_database(const struct check *k)
{
	const struct config *c = k->c;
	const char *prefix = c->database_prefix, *type = c->database_type;

	if (strcmp(type, "mysql") == 0 || strcmp(type, "pqxx") == 0)
		return WRONG(k, "database", "type", "%s is not supported by "
		    "this version; sqlite3 or none", type);
	if (strlen(prefix) > PREFIX_MAX ||
	    prefix[strspn(prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
		return WRONG(k, "database", "prefix", "cannot begin the name "
		    "of a table; letters, digits and _, at most %d",
		    PREFIX_MAX);
	if (strcmp(type, "sqlite3") == 0 && *c->database_database == '\0')
		return WRONG(k, "database", "database", "is empty; the path "
		    "of the database file");
	return 0;
}

static int
check_paths(const struct check *k)
{
	const struct config *c = k->c;
	struct sockaddr_un sun;

	if (*c->service_pidfile == '\0')
		return WRONG(k, "service", "pidfile", "is empty; a path");
	if (*c->service_working_dir == '\0')
		return WRONG(k, "service", "working_dir", "is empty; a path");
	if (strlen(c->service_control) >= sizeof(sun.sun_path))
		return WRONG(k, "service", "control", "\"%.200s\" is too long "
		    "for a socket; at most %zu bytes", c->service_control,
		    sizeof(sun.sun_path) - 1);
	return 0;
}

/* To ignore it would let everybody register. */
static int
check_registration(const struct check *k)
{
	if (k->c->registration_require_local_account)
		return WRONG(k, "registration", "require_local_account",
		    "is not supported by this version; "
		    "enable_public_registration = 0 with [service] "
		    "allowed_servers limits who may register");
	return 0;
}

static int
check_usernames(const struct check *k)
{
	const char *text = k->c->registration_allowed_usernames;
	char reason[128];
	regex_t re;
	int error;

	if (*text == '\0')
		return 0;
	/* Perl's; it would compile and mean the letter d. */
	if (strstr(text, "\\d") != NULL)
		return WRONG(k, "registration", "allowed_usernames",
		    "\\d is not known here; [0-9] is the same");
	if ((error = regcomp(&re, text, REG_EXTENDED | REG_NOSUB)) != 0) {
		regerror(error, &re, reason, sizeof(reason));
		return WRONG(k, "registration", "allowed_usernames",
		    "%s; an extended regular expression, see regex(7)",
		    reason);
	}
	regfree(&re);
	return 0;
}

/* Old files may keep what does nothing any more, but not in silence. */
static void
tell_ignored(const struct config_lines *lines)
{
	const struct config_line *line;
	char *text;

	for (size_t i = 0; i < lines->n; i++) {
		line = &lines->v[i];
		if (line->row == NULL ||
		    (line->row->flags & SETTING_IGNORED) == 0)
			continue;
		text = config_complaint(lines, line, line->section, line->key,
		    "does nothing: %s", line->row->help);
		log_info("%s", text);
		free(text);
	}
}

int
config_check(const struct config *c, const struct config_lines *lines,
    char **why)
{
	const struct check k = { c, lines, why };

	if (check_jid(&k) < 0 || check_ports(&k) < 0 ||
	    check_backends(&k) < 0 || check_database(&k) < 0 ||
	    check_paths(&k) < 0 || check_registration(&k) < 0 ||
	    check_usernames(&k) < 0)
		return -1;
	tell_ignored(lines);
	return 0;
}
