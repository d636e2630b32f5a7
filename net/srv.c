/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SRV records in the order of their priorities, and among equals by lot, where
 * a weight is the number of tickets. */
#include "net/srv.h"

#include <arpa/nameser.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/resolve_private.h"
#include "util/later.h"
#include "util/log.h"
#include "util/rand.h"
#include "util/xalloc.h"

struct record {
	struct srv_target target;
	unsigned	 priority;
	double		 lot;		/* the lowest first */
};

struct srv {
	struct channel	*channel;
	srv_done	*done;		/* NULL: cancelled */
	void		*ctx;
	char		*name;
	struct record	 list[SRV_MAX];
	size_t		 n;
};

static void
answer(void *object)
{
	struct srv *s = object;
	struct srv_target targets[SRV_MAX];

	for (size_t i = 0; i < s->n; i++)
		targets[i] = s->list[i].target;
	if (s->done != NULL)
		s->done(s->ctx, targets, s->n);
	free(s->name);
	free(s);
}

/* Only what can be a host name: this is a stranger's answer. */
static bool
take_host(char *out, size_t size, const char *host)
{
	size_t len = strlen(host);

	if (len > 0 && host[len - 1] == '.')
		len--;
	if (len == 0 || len >= size)
		return false;		/* ".": the service is not there */
	for (size_t i = 0; i < len; i++) {
		char c = host[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '-' && c != '_')
			return false;
		out[i] = c;
	}
	out[len] = '\0';
	return true;
}

double
srv_lot(unsigned weight)
{
	/* How long until the first event, where there are weight in a second:
	 * so it is the first of all as often as its share of all weights says.
	 * Weight 0 stands behind all others, nearly always. */
	return -log(1 - rand_unit()) / (weight > 0 ? weight : 1e-3);
}

static void
add(struct srv *s, const struct ares_srv_reply *r)
{
	struct record *new = &s->list[s->n];

	if (s->n == SRV_MAX || r->port == 0 || r->host == NULL ||
	    !take_host(new->target.host, sizeof(new->target.host), r->host))
		return;
	snprintf(new->target.port, sizeof(new->target.port), "%u", r->port);
	new->priority = r->priority;
	new->lot = srv_lot(r->weight);
	s->n++;
}

static int
compare(const void *a, const void *b)
{
	const struct record *one = a, *two = b;

	if (one->priority != two->priority)
		return one->priority < two->priority ? -1 : 1;
	return one->lot < two->lot ? -1 : one->lot > two->lot;
}

static void
on_answer(void *ctx, int status, int timeouts, unsigned char *data, int len)
{
	struct srv *s = ctx;
	struct ares_srv_reply *first = NULL;

	(void)timeouts;
	s->channel->servers.queries--;
	if (status == ARES_SUCCESS)
		status = ares_parse_srv_reply(data, len, &first);
	if (status == ARES_SUCCESS) {
		for (struct ares_srv_reply *r = first; r; r = r->next)
			add(s, r);
		ares_free_data(first);
	} else {
		log_debug("%s: %s", s->name, nameservers_explain(status));
	}
	qsort(s->list, s->n, sizeof(s->list[0]), compare);
	later(answer, s);
}

struct srv *
srv_start(struct ev_loop *loop, const char *name, srv_done *done, void *ctx)
{
	struct srv *s = xcalloc(1, sizeof(*s));
	int status;

	s->done = done;
	s->ctx = ctx;
	s->name = xstrdup(name);
	s->channel = resolve_channel(loop);
	status = resolve_refresh(s->channel);
	s->channel->servers.queries++;
	if (status != ARES_SUCCESS) {
		on_answer(s, status, 0, NULL, 0);
		return s;
	}
	ares_query(s->channel->servers.ares, name, ns_c_in, ns_t_srv, on_answer, s);
	resolve_arm(s->channel);
	return s;
}

void
srv_cancel(struct srv *s)
{
	if (s != NULL)
		s->done = NULL;
}
