/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The [service] keys that are ours, one row each, and one of the main process
 * that we go by. */
#include "backends/irc/config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/log.h"
#include "util/xalloc.h"

/* Returns NULL, or what would have been right. */
typedef const char *setter(struct irc_config *, const char *value);

static const char *
parse_bool(bool *out, const char *value)
{
	static const char *const yes[] = { "1", "true", "yes", "on" };
	static const char *const no[] = { "0", "false", "no", "off", "" };

	for (size_t i = 0; i < LENGTH(yes); i++)
		if (strcasecmp(value, yes[i]) == 0) {
			*out = true;
			return NULL;
		}
	for (size_t i = 0; i < LENGTH(no); i++)
		if (strcasecmp(value, no[i]) == 0) {
			*out = false;
			return NULL;
		}
	return "0 or 1";
}

static const char *
parse_number(double *out, const char *value, double max)
{
	char *end;
	double n = strtod(value, &end);

	if (end == value || *end != '\0' || !(n >= 0 && n <= max))
		return "a number that is not negative";
	*out = n;
	return NULL;
}

/* One server a line, or separated by spaces or commas. */
static const char *
set_server(struct irc_config *c, const char *value)
{
	for (;;) {
		char *one;
		int r;

		value += strspn(value, " \t\r\n,");
		if (*value == '\0')
			return NULL;
		one = xstrndup(value, strcspn(value, " \t\r\n,"));
		value += strlen(one);
		c->servers = xreallocarray(c->servers, c->nservers + 1,
		    sizeof(*c->servers));
		r = server_parse(&c->servers[c->nservers], one);
		free(one);
		if (r == -1)
			return "host, host:port or host:+port (TLS)";
		c->nservers++;
	}
}

static const char *
set_identify(struct irc_config *c, const char *value)
{
	xreplace(&c->identify, value);
	return NULL;
}

static const char *
set_ca(struct irc_config *c, const char *value)
{
	xreplace(&c->ca, *value ? value : NULL);
	return NULL;
}

static const char *
set_realname(struct irc_config *c, const char *value)
{
	xreplace(&c->realname, *value ? value : NULL);
	return NULL;
}

static const char *
set_send_pass(struct irc_config *c, const char *value)
{
	return parse_bool(&c->send_pass, value);
}

static const char *
set_verify(struct irc_config *c, const char *value)
{
	return parse_bool(&c->verify, value);
}

static const char *
set_motd(struct irc_config *c, const char *value)
{
	return parse_bool(&c->motd, value);
}

static const char *
set_sasl(struct irc_config *c, const char *value)
{
	if (strcasecmp(value, "auto") == 0)
		c->sasl = SASL_AUTO;
	else if (strcasecmp(value, "require") == 0)
		c->sasl = SASL_REQUIRE;
	else if (strcasecmp(value, "off") == 0)
		c->sasl = SASL_OFF;
	else
		return "auto, require or off";
	return NULL;
}

static const char *
set_who_max(struct irc_config *c, const char *value)
{
	double n;
	const char *why = parse_number(&n, value, 1e6);

	if (why == NULL)
		c->who_max = (unsigned)n;
	return why;
}

static const char *
set_give_up(struct irc_config *c, const char *value)
{
	return parse_number(&c->give_up, value, 1e6);
}

static const char *
set_burst(struct irc_config *c, const char *value)
{
	return parse_number(&c->flood.burst, value, 1e6);
}

static const char *
set_rate(struct irc_config *c, const char *value)
{
	const char *why = parse_number(&c->flood.rate, value, 1e6);

	return why == NULL && c->flood.rate < 0.01 ?
	    "lines a second, at least 0.01" : why;
}

/* Two lines of the file are one value. */
static const char *
set_bind(struct irc_config *c, const char *value)
{
	struct in6_addr a;
	char *copy = xstrdup(value), *at = copy, *word;
	bool ok = true;

	while ((word = strsep(&at, " ,\n")) != NULL)
		if (*word != '\0' && inet_pton(AF_INET, word, &a) != 1 &&
		    inet_pton(AF_INET6, word, &a) != 1)
			ok = false;
	free(copy);
	xreplace(&c->bind, *value ? value : NULL);
	for (char *p = c->bind; p != NULL && *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return ok ? NULL : "an address of this machine, or one of each family";
}

static const char *
set_prefix(struct irc_config *c, const char *value)
{
	return source_parse(&c->prefix, value) == 0 ? NULL :
	    "a network such as 2001:db8::/64, with 8 to 112 bits";
}

static const char *
set_connect_burst(struct irc_config *c, const char *value)
{
	return parse_number(&c->connects.burst, value, 1e4);
}

static const char *
set_connect_rate(struct irc_config *c, const char *value)
{
	const char *why = parse_number(&c->connects.rate, value, 1e4);

	return why == NULL && c->connects.rate < 0.01 ?
	    "connections a second, at least 0.01" : why;
}

static const char *
set_webirc(struct irc_config *c, const char *value)
{
	xreplace(&c->webirc, *value ? value : NULL);
	return NULL;
}

static const char *
set_webirc_name(struct irc_config *c, const char *value)
{
	xreplace(&c->webirc_name, value);
	return *value && strpbrk(value, " :") == NULL ? NULL : "one word";
}

static const char *
set_identd_port(struct irc_config *c, const char *value)
{
	double n;

	if (parse_number(&n, value, 65535) != NULL)
		return "a port, or 0: off";
	c->identd_port = (unsigned)n;
	return NULL;
}

static const char *
set_identd_bind(struct irc_config *c, const char *value)
{
	xreplace(&c->identd_bind, value);
	return NULL;
}

static const char *
set_oidentd(struct irc_config *c, const char *value)
{
	xreplace(&c->oidentd, *value ? value : NULL);
	return *value == '\0' || *value == '/' ? NULL :
	    "the name of a file, beginning with /";
}

static const char *
set_patience(struct irc_config *c, const char *value)
{
	return parse_number(&c->patience, value, 1e6);
}

static const struct {
	const char	*key;
	setter		*set;
} keys[] = {
	{ "irc_server",			set_server },
	{ "irc_identify",		set_identify },
	{ "irc_send_pass",		set_send_pass },
	{ "irc_sasl",			set_sasl },
	{ "irc_verify_certs",		set_verify },
	{ "irc_ca_file",		set_ca },
	{ "irc_realname",		set_realname },
	{ "irc_motd",			set_motd },
	{ "irc_who_max",		set_who_max },
	{ "irc_reconnect_timeout",	set_give_up },
	{ "irc_flood_burst",		set_burst },
	{ "irc_flood_rate",		set_rate },
	{ "irc_outgoing_bind",		set_bind },
	{ "irc_ipv6_prefix",		set_prefix },
	{ "irc_connect_burst",		set_connect_burst },
	{ "irc_connect_rate",		set_connect_rate },
	{ "irc_webirc_password",	set_webirc },
	{ "irc_webirc_name",		set_webirc_name },
	{ "irc_identd_port",		set_identd_port },
	{ "irc_identd_bind",		set_identd_bind },
	{ "irc_oidentd_file",		set_oidentd },
	{ "request_timeout",		set_patience },
};

static int
set(struct irc_config *c, const struct pair *p, char **why)
{
	const char *right;

	for (size_t i = 0; i < LENGTH(keys); i++) {
		if (strcmp(p->key, keys[i].key) != 0)
			continue;
		if ((right = keys[i].set(c, p->value)) == NULL)
			return 0;
		*why = xasprintf("[service] %s = %s: want %s", p->key,
		    p->value, right);
		return -1;
	}
	/* No other program has keys of this name. */
	if (strncmp(p->key, "irc_", 4) == 0)
		log_warn("[service] %s: there is no such setting", p->key);
	return 0;
}

int
config_read(struct irc_config *c, const struct sections *sections, char **why)
{
	*c = (struct irc_config){
		.identify = xstrdup("NickServ identify $password"),
		.verify = true, .sasl = SASL_AUTO, .who_max = 100,
		.give_up = 60, .flood = { .burst = 10, .rate = 0.5 },
		.connects = { .burst = 20, .rate = 10 },
		.webirc_name = xstrdup("spectrum"),
		.identd_bind = xstrdup("::"), .patience = 60,
	};
	for (size_t i = 0; i < sections->n; i++) {
		const struct section *s = &sections->v[i];

		if (strcmp(s->name, "service") != 0)
			continue;
		for (size_t j = 0; j < s->pairs.n; j++)
			if (set(c, &s->pairs.v[j], why) == -1) {
				config_finish(c);
				return -1;
			}
	}
	return 0;
}

const char *
config_webirc(const struct irc_config *c, const char *host)
{
	static char password[256];

	for (const char *at = c->webirc; at != NULL && *at != '\0';) {
		size_t len = strcspn(at, "\n"), name = strcspn(at, " \n");
		bool match = host == NULL ? name == len :
		    name < len && strlen(host) == name &&
		    strncasecmp(at, host, name) == 0;

		if (match && host != NULL) {
			at += name + 1;
			len -= name + 1;
		}
		if (match && len < sizeof(password)) {
			memcpy(password, at, len);
			password[len] = '\0';
			return password;
		}
		at += len + (at[len] == '\n');
	}
	return NULL;
}

void
config_finish(struct irc_config *c)
{
	free(c->servers);
	free(c->identify);
	free(c->ca);
	free(c->realname);
	free(c->bind);
	if (c->webirc != NULL)
		explicit_bzero(c->webirc, strlen(c->webirc));
	free(c->webirc);
	free(c->webirc_name);
	free(c->identd_bind);
	free(c->oidentd);
	*c = (struct irc_config){ 0 };
}
