/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of [twitter], one row each; and the proxy, which has a section that
 * other backends know, too. */
#include "backends/twitter/config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "util/xalloc.h"

struct config config;

enum kind { TEXT, ADDRESS, PAUSE, SECONDS, MILLISECONDS, MONEY, COUNT, MIB,
    BOOL };

static const struct row {
	const char	*key;
	enum kind	 kind;
	size_t		 at;		/* in struct config */
	const char	*usual;		/* NULL: none */
} rows[] = {
#define ROW(key, kind, member, usual) \
	{ key, kind, offsetof(struct config, member), usual }
	ROW("base_url",		ADDRESS, base_url, "https://api.x.com"),
	ROW("web_url",		ADDRESS, web_url, "https://x.com"),
	ROW("ca_file",		TEXT,	 ca_file, NULL),
	ROW("consumer_key",	TEXT,	 consumer_key, NULL),
	ROW("consumer_secret",	TEXT,	 consumer_secret, NULL),
	ROW("client_id",	TEXT,	 client_id, NULL),
	ROW("client_secret",	TEXT,	 client_secret, NULL),
	ROW("redirect_uri",	TEXT,	 redirect_uri, "http://127.0.0.1/"),
	ROW("poll_active",	PAUSE,	 poll_active, "120"),
	/* The C++ program had this instead. */
	ROW("fetch_timeout",	MILLISECONDS, poll_active, NULL),
	ROW("poll_idle",	PAUSE,	 poll_idle, "900"),
	ROW("poll_away",	PAUSE,	 poll_away, "3600"),
	ROW("dm_poll",		SECONDS, dm_poll, "300"),
	ROW("budget_user",	MONEY,	 budget_user, "1.00"),
	ROW("budget",		MONEY,	 budget_all, "10.00"),
	ROW("reads_user",	COUNT,	 reads_user, "0"),
	ROW("reads",		COUNT,	 reads_all, "0"),
	ROW("post_words",	BOOL,	 post_words, "0"),
	ROW("media_max",	MIB,	 media_max, "15"),
	ROW("private_urls",	BOOL,	 private_urls, "0"),
#undef ROW
#define PRICE(name, millicents, help) \
	{ "price_" #name, MONEY, offsetof(struct config, price[PRICE_##name]), \
	    NULL },
#include "backends/twitter/price.def"
#undef PRICE
};

/* ------------------------------------------------------------------- values */

static const char *
put_text(char **out, const char *value)
{
	xreplace(out, *value != '\0' ? value : NULL);
	return NULL;
}

static const char *
put_address(char **out, const char *value)
{
	size_t n = strlen(value);
	const char *host = strncmp(value, "https://", 8) == 0 ? value + 8 :
	    strncmp(value, "http://", 7) == 0 ? value + 7 : "";

	if (strcspn(host, "/?# ") == 0)
		return "an address that begins with https://";
	while (n > 0 && value[n - 1] == '/')
		n--;
	free(*out);
	*out = xstrndup(value, n);
	return NULL;
}

static const char *
put_number(long *out, const char *value, const char *right)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (end == value || *end != '\0' || errno != 0 || n < 0 ||
	    n > 1000000000)
		return right;
	*out = n;
	return NULL;
}

/* A file is in memory while it is sent. */
static const char *
put_mib(long *out, const char *value)
{
	static const char right[] = "1 to 512, in MiB";
	long n = 0;

	if (put_number(&n, value, right) != NULL || n < 1 || n > 512)
		return right;
	*out = n;
	return NULL;
}

static const char *
put_pause(long *out, const char *value)
{
	const char *right = put_number(out, value, "seconds");

	return right == NULL && *out < 1 ? "a second at least" : right;
}

/* Kept as seconds. */
static const char *
put_milliseconds(long *out, const char *value)
{
	const char *right = put_number(out, value, "milliseconds");

	if (right != NULL)
		return right;
	*out = (*out + 999) / 1000;
	return *out < 1 ? "a second at least" : NULL;
}

/* US dollars; kept as thousandths of a cent, the smallest that X charges. */
static const char *
put_money(long *out, const char *value)
{
	char *end;
	double n = strtod(value, &end);

	if (end == value || *end != '\0' || !(n >= 0 && n <= 10000))
		return "US dollars, such as 0.005";
	*out = (long)(n * 100000 + 0.5);
	return NULL;
}

static const char *
put_bool(bool *out, const char *value)
{
	*out = strcmp(value, "1") == 0 || strcasecmp(value, "true") == 0;
	return *out || strcmp(value, "0") == 0 ||
	    strcasecmp(value, "false") == 0 ? NULL : "0 or 1";
}

/* NULL, or what would have been right. */
static const char *
put(const struct row *row, const char *value)
{
	void *out = (char *)&config + row->at;

	switch (row->kind) {
	case TEXT:
		return put_text(out, value);
	case ADDRESS:
		return put_address(out, value);
	case PAUSE:
		return put_pause(out, value);
	case SECONDS:
		return put_number(out, value, "seconds");
	case MILLISECONDS:
		return put_milliseconds(out, value);
	case COUNT:
		return put_number(out, value, "a number; 0: no limit");
	case MIB:
		return put_mib(out, value);
	case MONEY:
		return put_money(out, value);
	case BOOL:
		return put_bool(out, value);
	}
	return NULL;
}

/* ------------------------------------------------------------------ section */

static int
set(const struct pair *pair, char **why)
{
	const char *right;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (strcmp(rows[i].key, pair->key) != 0)
			continue;
		right = put(&rows[i], pair->value);
		if (right == NULL)
			return 0;
		*why = xasprintf("[twitter] %s=%s: must be %s", pair->key,
		    pair->value, right);
		return -1;
	}
	*why = xasprintf("[twitter] %s: there is no such setting; see "
	    "spectrum2_twitter_backend(8)", pair->key);
	return -1;
}

/* -------------------------------------------------------------------- proxy */

/* Two names of a key; the second one is what the C++ program had for this
 * backend. */
static const char *
proxy_key(const struct section *s, const char *key, const char *other)
{
	const char *value = "";

	for (size_t i = 0; i < s->pairs.n; i++) {
		const struct pair *pair = &s->pairs.v[i];

		if (pair->value[0] != '\0' && (strcmp(pair->key, key) == 0 ||
		    strcmp(pair->key, other) == 0))
			value = pair->value;
	}
	return value;
}

static int
set_proxy(const struct section *s, char **why)
{
	static const char *const kinds[][2] = {		/* libcurl's word */
		{ "http", "http" }, { "socks4", "socks4a" },
		{ "socks5", "socks5h" }, { "tor", "socks5h" },
	};
	const char *host = proxy_key(s, "host", "server");
	const char *type = proxy_key(s, "type", "type");
	long port = 0;
	size_t i = 0;

	if (*host == '\0')
		return 0;
	while (i < LENGTH(kinds) && *type != '\0' &&
	    strcmp(kinds[i][0], type) != 0)
		i++;
	if (i == LENGTH(kinds)) {
		*why = xasprintf("[proxy] type=%s: must be http, socks4, "
		    "socks5 or tor", type);
		return -1;
	}
	if (put_number(&port, proxy_key(s, "port", "port"), "") != NULL ||
	    port < 1 || port > 65535) {
		*why = xstrdup("[proxy] port: must be 1 to 65535");
		return -1;
	}
	if (strcspn(host, "@/?# ") != strlen(host)) {
		*why = xasprintf("[proxy] host=%s: must be a name or an "
		    "address", host);
		return -1;
	}
	free(config.proxy);
	config.proxy = xasprintf(strchr(host, ':') != NULL &&
	    *host != '[' ? "%s://[%s]:%ld" : "%s://%s:%ld", kinds[i][1], host,
	    port);
	put_text(&config.proxy_user, proxy_key(s, "username", "user"));
	put_text(&config.proxy_password,
	    proxy_key(s, "password", "password"));
	return 0;
}

static int
check(char **why)
{
	bool one = config.consumer_key != NULL &&
	    config.consumer_secret != NULL;

	if ((config.consumer_key != NULL) != (config.consumer_secret != NULL))
		*why = xasprintf("[twitter] %s: consumer_key and "
		    "consumer_secret belong together: the other is missing",
		    config.consumer_key != NULL ? "consumer_key" :
		    "consumer_secret");
	else if (!one && config.client_id == NULL)
		*why = xstrdup("[twitter] consumer_key and consumer_secret, "
		    "or client_id, must be set: X gives them to whoever "
		    "registers an app in its developer console");
	else if (config.redirect_uri == NULL)
		*why = xstrdup("[twitter] redirect_uri: must be an address "
		    "that the app's settings at X have");
	else if (config.ca_file != NULL && access(config.ca_file, R_OK) < 0)
		*why = xasprintf("[twitter] ca_file=%s: cannot be read: %s",
		    config.ca_file, strerror(errno));
	else
		return 0;
	return -1;
}

static void
set_usual(void)
{
	static const long prices[] = {
#define PRICE(name, millicents, help)	millicents,
#include "backends/twitter/price.def"
#undef PRICE
	};

	memcpy(config.price, prices, sizeof(prices));
	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (rows[i].usual != NULL)
			put(&rows[i], rows[i].usual);
	}
}

int
config_read(const struct sections *sections, char **why)
{
	set_usual();
	for (size_t i = 0; i < sections->n; i++) {
		const struct section *s = &sections->v[i];

		for (size_t j = 0; strcmp(s->name, "twitter") == 0 &&
		    j < s->pairs.n; j++) {
			if (set(&s->pairs.v[j], why) < 0)
				return -1;
		}
		if (strcmp(s->name, "proxy") == 0 && set_proxy(s, why) < 0)
			return -1;
	}
	return check(why);
}

static void
wipe(char **text)
{
	if (*text != NULL)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

void
config_finish(void)
{
	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (rows[i].kind == TEXT || rows[i].kind == ADDRESS)
			wipe((char **)(void *)((char *)&config + rows[i].at));
	}
	wipe(&config.proxy);
	wipe(&config.proxy_user);
	wipe(&config.proxy_password);
}
