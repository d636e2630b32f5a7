/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which servers have promised that TLS will do, and until when? */
#include "backends/irc/sts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/dial.h"
#include "util/log.h"
#include "util/xalloc.h"

#define POLICIES_MAX	4096		/* of the process */
#define OF_USER_MAX	64		/* that one user has brought */
#define DURATION_MAX	(2L * 365 * 86400)
#define PREFIX		"sts/"

struct policy {
	double	 until;			/* wall clock */
	char	*user;			/* who brought it first */
	char	 port[6];
	char	 host[];
};

struct sts
sts_parse(const char *value)
{
	struct sts sts = { -1, -1 };

	while (*value != '\0') {
		size_t key = strcspn(value, "=,");
		char *end = NULL;
		long n = -1;

		if (value[key] == '=' && value[key + 1] >= '0' &&
		    value[key + 1] <= '9')
			n = strtol(value + key + 1, &end, 10);
		if (end == NULL || (*end != ',' && *end != '\0'))
			n = -1;
		if (key == 4 && memcmp(value, "port", 4) == 0)
			sts.port = n >= 1 && n <= 65535 ? n : -1;
		else if (key == 8 && memcmp(value, "duration", 8) == 0)
			sts.duration = n < DURATION_MAX ? n : DURATION_MAX;
		value += strcspn(value, ",");
		value += *value == ',';
	}
	return sts;
}

/* ---- the table */

static void
free_policy(struct policy *p)
{
	if (p != NULL)
		free(p->user);
	free(p);
}

static void
forget(struct irc *irc, const char *host)
{
	free_policy(map_remove(&irc->sts, host));
}

/* Those that hold no more; the table is only full of them. */
static void
sweep(struct irc *irc)
{
	struct map old = irc->sts;
	struct policy *p;
	size_t at = 0;

	irc->sts = (struct map){ 0 };
	while ((p = map_next(&old, &at)) != NULL) {
		if (p->until > ev_time())
			map_put(&irc->sts, p->host, p);
		else
			free_policy(p);
	}
	map_finish(&old);
}

static unsigned
count_of(const struct irc *irc, const char *user)
{
	const struct policy *p;
	unsigned count = 0;
	size_t at = 0;

	while ((p = map_next(&irc->sts, &at)) != NULL)
		count += strcmp(p->user, user) == 0;
	return count;
}

/* Somebody with many servers must not leave no room for those of others. */
static bool
has_room(struct irc *irc, const char *user)
{
	if (map_count(&irc->sts) >= POLICIES_MAX ||
	    count_of(irc, user) >= OF_USER_MAX)
		sweep(irc);
	return map_count(&irc->sts) < POLICIES_MAX &&
	    count_of(irc, user) < OF_USER_MAX;
}

static bool
put(struct irc *irc, const char *user, const char *host, long port,
    double until)
{
	size_t len = strlen(host) + 1;
	struct policy *p = map_get(&irc->sts, host);

	if (p == NULL) {
		if (!has_room(irc, user))
			return false;
		p = xcalloc(1, sizeof(*p) + len);
		p->user = xstrdup(user);
		memcpy(p->host, host, len);
		map_put(&irc->sts, p->host, p);
	}
	p->until = until;
	snprintf(p->port, sizeof(p->port), "%u", (unsigned)port & 0xffff);
	return true;
}

const char *
sts_port(const struct irc *irc, const char *host)
{
	const struct policy *p = map_get(&irc->sts, host);

	return p != NULL && p->until > ev_time() ? p->port : NULL;
}

void
sts_finish(struct irc *irc)
{
	struct policy *p;
	size_t at = 0;

	while ((p = map_next(&irc->sts, &at)) != NULL)
		free_policy(p);
	map_finish(&irc->sts);
}

/* ---- for the next process */

static void
keep(const struct network *n, const char *host, const char *value)
{
	char name[sizeof(PREFIX) + sizeof(n->server->host)];
	const struct msg_setting_up m = { .user = n->user, .name = name,
		.value = value };

	snprintf(name, sizeof(name), PREFIX "%s", host);
	up_notify(METHOD_setting_up, &m);
}

/* "PORT UNTIL" */
static void
load(struct irc *irc, const char *user, const char *host, const char *value)
{
	char *end;
	long port = strtol(value, &end, 10);
	double until = strtod(end, NULL), now = ev_time();
	const struct policy *p = map_get(&irc->sts, host);

	if (port < 1 || port > 65535 || !(until > now) ||
	    until > now + DURATION_MAX || (p != NULL && p->until >= until))
		return;
	(void)put(irc, user, host, port, until);
}

void
sts_load(struct irc *irc, const char *user, const struct pairs *all)
{
	const size_t len = strlen(PREFIX);

	for (size_t i = 0; i < all->n; i++)
		if (strncmp(all->v[i].key, PREFIX, len) == 0 &&
		    strlen(all->v[i].key + len) < 256)
			load(irc, user, all->v[i].key + len, all->v[i].value);
}

/* ---- what the server says */

static void
learn(struct network *n, long duration)
{
	const char *host = n->server->host;
	double until = ev_time() + (double)duration;
	long port = strtol(dial_port(n), NULL, 10);
	char value[40];

	if (duration == 0) {
		if (sts_port(n->irc, host) == NULL)
			return;
		forget(n->irc, host);
		keep(n, host, NULL);
		return;
	}
	if (!put(n->irc, n->user, host, port, until))
		return;
	snprintf(value, sizeof(value), "%ld %.0f", port, until);
	keep(n, host, value);
}

bool
sts_heard(struct network *n)
{
	const struct sts *sts = &n->cap.sts;

	if (!n->cap.has_sts)
		return false;
	if (n->encrypted) {
		/* From a server that may be anybody a promise is worth
		 * nothing; the port is for others.  Once a connection: each
		 * is written down. */
		if (n->trusted && sts->duration >= 0 && !n->cap.sts_learnt)
			learn(n, sts->duration);
		n->cap.sts_learnt = true;
		return false;
	}
	if (sts->port < 0 || n->state != NETWORK_REGISTERING)
		return false;
	log_debug("%s: %s wants TLS", n->user, n->server->host);
	dial_upgrade(n, sts->port);
	return true;
}
