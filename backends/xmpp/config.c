/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of [xmpp], one row each. */
#include "backends/xmpp/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/xmpp/config_old.h"
#include "backends/xmpp/guard.h"
#include "util/buf.h"
#include "util/xalloc.h"

struct config config;

/* Each returns NULL, or what would have been right. */

static const char *
put_text(void *out, const char *value)
{
	xreplace(out, *value != '\0' ? value : NULL);
	return NULL;
}

static const char *
put_bool(void *out, const char *value)
{
	bool *b = out;

	*b = strcmp(value, "1") == 0 || strcasecmp(value, "true") == 0;
	return *b || strcmp(value, "0") == 0 ||
	    strcasecmp(value, "false") == 0 ? NULL : "0 or 1";
}

static const char *
put_tls(void *out, const char *value)
{
	static const char *const names[] = { [TLS_REQUIRED] = "required",
	    [TLS_DIRECT] = "direct", [TLS_OFF] = "off" };
	enum config_tls *tls = out;

	for (size_t i = 0; i < LENGTH(names); i++) {
		if (strcmp(value, names[i]) == 0) {
			*tls = (enum config_tls)i;
			return NULL;
		}
	}
	return "required, direct or off";
}

static bool
read_number(const char *value, long min, long max, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(value, &end, 10);
	return end != value && *end == '\0' && errno == 0 && *out >= min &&
	    *out <= max;
}

static const char *
put_users(void *out, const char *value)
{
	return read_number(value, 1, 10000, out) ? NULL :
	    "a number from 1 to 10000";
}

static const char *
put_stanza(void *out, const char *value)
{
	return read_number(value, 10000, 64 * 1024 * 1024, out) ? NULL :
	    "a number of bytes from 10000 to 67108864";
}

static const char *
put_seconds(void *out, const char *value)
{
	return read_number(value, 1, 3600, out) ? NULL :
	    "a number of seconds from 1 to 3600";
}

/* With a port behind it, or as an address of the web, it would look like a name
 * that is unknown.  IPv6 has more than one colon. */
static const char *
put_host(void *out, const char *value)
{
	const char *colon = strchr(value, ':');

	if (strpbrk(value, " \t/@[]") != NULL ||
	    (colon != NULL && strchr(colon + 1, ':') == NULL))
		return "a name or an address alone; port= is its port";
	return put_text(out, value);
}

static const char *
put_port(void *out, const char *value)
{
	long number;

	if (*value != '\0' && !read_number(value, 1, 65535, &number))
		return "a number from 1 to 65535";
	return put_text(out, value);
}

static const struct row {
	const char	*key;
	const char	*(*put)(void *, const char *);
	void		*out;
	const char	*usual;
} rows[] = {
	{ "ca_file",		put_text,	&config.ca_file,	"" },
	{ "verify_certs",	put_bool,	&config.verify,		"1" },
	{ "resource",		put_text,	&config.resource,	"" },
	{ "host",		put_host,	&config.host,		"" },
	{ "port",		put_port,	&config.port,		"" },
	{ "tls",		put_tls,	&config.tls,	"required" },
	{ "users_max",		put_users,	&config.users_max,	"500" },
	{ "keepalive",		put_seconds,	&config.keepalive,	"30" },
	{ "room_ping",		put_seconds,	&config.room_ping,	"300" },
	{ "stanza_max",		put_stanza,	&config.stanza_max, "1048576" },
};

static char *
unknown(const char *key)
{
	struct buf text = { 0 };

	buf_addf(&text, "[xmpp] %s: there is no such setting; those are", key);
	for (size_t i = 0; i < LENGTH(rows); i++)
		buf_addf(&text, "%s %s", i > 0 ? "," : "", rows[i].key);
	buf_addc(&text, '\0');
	return buf_steal(&text);
}

static int
set(const struct pair *pair, char **why)
{
	const char *right;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (strcmp(rows[i].key, pair->key) != 0)
			continue;
		right = rows[i].put(rows[i].out, pair->value);
		if (right == NULL)
			return 0;
		*why = xasprintf("[xmpp] %s=%s: must be %s", pair->key,
		    pair->value, right);
		return -1;
	}
	*why = unknown(pair->key);
	return -1;
}

int
config_read(const struct sections *sections, char **why)
{
	for (size_t i = 0; i < LENGTH(rows); i++)
		rows[i].put(rows[i].out, rows[i].usual);
	if (config_old_read(sections, set, why) < 0)
		return -1;
	for (size_t i = 0; i < sections->n; i++) {
		const struct section *s = &sections->v[i];

		for (size_t j = 0; strcmp(s->name, "xmpp") == 0 &&
		    j < s->pairs.n; j++) {
			if (set(&s->pairs.v[j], why) < 0)
				return -1;
		}
	}
	if (config.host != NULL || config.tls == TLS_REQUIRED)
		return 0;
	*why = xstrdup("[xmpp] tls: direct and off are for one host=, as "
	    "servers say themselves which of their ports have it");
	return -1;
}

void
config_finish(void)
{
	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (*rows[i].usual == '\0')
			rows[i].put(rows[i].out, "");
	}
}
