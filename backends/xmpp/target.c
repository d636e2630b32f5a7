/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both kinds of SRV records are asked for at once; those with TLS from the first
 * byte come first, as they say less to whoever listens.  With none, the domain
 * itself is the host. */
#include "backends/xmpp/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

struct half {
	struct search	*search;
	struct srv	*srv;		/* NULL: answered */
	struct srv_target list[SRV_MAX];
	size_t		 n;
};

struct search {
	char		*domain;
	struct half	 direct, usual;
	search_done	*done;
	void		*ctx;
};

void
search_cancel(struct search *s)
{
	if (s == NULL)
		return;
	srv_cancel(s->direct.srv);
	srv_cancel(s->usual.srv);
	free(s->domain);
	free(s);
}

static size_t
add(struct target *list, size_t n, const struct half *h, bool direct)
{
	for (size_t i = 0; i < h->n; i++)
		list[n++] = (struct target){ h->list[i], direct };
	return n;
}

static void
finish(struct search *s)
{
	struct target list[TARGETS_MAX + 1];
	size_t n = add(list, 0, &s->direct, true);

	n = add(list, n, &s->usual, false);
	if (n == 0) {
		list[0].direct = false;
		snprintf(list[0].at.host, sizeof(list[0].at.host), "%s",
		    s->domain);
		snprintf(list[0].at.port, sizeof(list[0].at.port), "5222");
		n = 1;
	}
	s->done(s->ctx, list, n);
	search_cancel(s);
}

static void
answered(void *ctx, const struct srv_target *list, size_t n)
{
	struct half *h = ctx;
	struct search *s = h->search;

	h->srv = NULL;
	for (h->n = 0; h->n < n && h->n < SRV_MAX; h->n++)
		h->list[h->n] = list[h->n];
	if (s->direct.srv == NULL && s->usual.srv == NULL)
		finish(s);
}

static void
ask(struct ev_loop *loop, struct half *h, struct search *s, const char *of)
{
	char *name = xasprintf("%s._tcp.%s", of, s->domain);

	h->search = s;
	h->srv = srv_start(loop, name, answered, h);
	free(name);
}

struct search *
search_start(struct ev_loop *loop, const char *domain, search_done *done,
    void *ctx)
{
	struct search *s = xcalloc(1, sizeof(*s));

	s->domain = xstrdup(domain);
	s->done = done;
	s->ctx = ctx;
	ask(loop, &s->direct, s, "_xmpps-client");
	ask(loop, &s->usual, s, "_xmpp-client");
	return s;
}
