/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own requests: an id, a deadline, somebody who waits for the answer. */
#include "manager/gateway/iq.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/say.h"
#include "util/rand.h"
#include "util/xalloc.h"

struct iq {
	struct iq	*next;		/* while it fails together with others */
	char		*id;		/* the key in gw->iqs */
	char		*to;		/* who may answer */
	double		 deadline;	/* ev_now() */
	iq_answer	*answer;
	void		*ctx;
};

static void
finish(struct gateway *gw, struct iq *iq, struct arena *a,
    const struct stanza *stanza)
{
	if (iq->answer != NULL)
		iq->answer(gw, iq->ctx, a, stanza);
	free(iq->id);
	free(iq->to);
	free(iq);
}

struct xml *
iq_begin(struct gateway *gw, const char *type, const char *from,
    const char *to)
{
	struct xml *x = link_begin(gw->link);

	xml_open(x, "iq");
	xml_attr(x, "type", type);
	xml_attr(x, "from", from ? from : gw->config->jid);
	xml_attr(x, "to", to);
	/* Only who knows the id can answer: it is not to be guessed. */
	xml_attrf(x, "id", "%s-%lu", gw->iq_token, ++gw->iq_serial);
	return x;
}

void
iq_send(struct gateway *gw, struct xml *x, const char *to, double timeout,
    iq_answer *answer, void *ctx)
{
	struct iq *iq = xcalloc(1, sizeof(*iq));

	iq->id = xasprintf("%s-%lu", gw->iq_token, gw->iq_serial);
	iq->to = xstrdup(to);
	iq->deadline = ev_now(gw->loop) + timeout;
	iq->answer = answer;
	iq->ctx = ctx;
	map_put(&gw->iqs, iq->id, iq);
	xml_close_to(x, 0);
	/* What could not be sent fails at the next tick: the caller may be
	 * walking over what the callback would change. */
	if (say_send(gw, to, 0) < 0)
		iq->deadline = 0;
}

/* An answer may come from the address asked or, for a bare JID, from its
 * server on its behalf (a privileged answer has even no from). */
static bool
may_answer(const struct iq *iq, const struct jid *from)
{
	return strcmp(iq->to, from->full) == 0 ||
	    strcmp(iq->to, from->bare) == 0 ||
	    (strchr(iq->to, '@') != NULL &&
	     strcmp(strchr(iq->to, '@') + 1, from->full) == 0);
}

bool
iq_received(struct gateway *gw, struct arena *a, const struct stanza *stanza,
    const struct jid *from)
{
	const char *id = stanza_attr(stanza, "id");
	struct iq *iq = id ? map_get(&gw->iqs, id) : NULL;

	if (iq == NULL || !may_answer(iq, from))
		return false;
	map_remove(&gw->iqs, iq->id);
	finish(gw, iq, a, stanza);
	return true;
}

/* All that are due by then fail.  They are taken out first, since a callback
 * may ask again and must not be called for that at once. */
static void
fail_until(struct gateway *gw, double then)
{
	struct arena none = { 0 };
	struct iq *iq, *first = NULL;
	size_t at = 0;

	while ((iq = map_next(&gw->iqs, &at)) != NULL) {
		if (iq->deadline > then)
			continue;
		map_remove(&gw->iqs, iq->id);
		iq->next = first;
		first = iq;
	}
	while ((iq = first) != NULL) {
		first = iq->next;
		finish(gw, iq, &none, NULL);
	}
}

void
iq_expire(struct gateway *gw, double now)
{
	fail_until(gw, now);
}

void
iq_fail_all(struct gateway *gw)
{
	fail_until(gw, HUGE_VAL);
}
