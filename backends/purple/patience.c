/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long may a login stand still?
 *
 * Plug-ins wait for ever for a server that says nothing.  Most tell when they
 * have got to the next step; so the time is that of a step, and the gateway has
 * a limit for the whole. */
#include "backends/purple/patience.h"

#include <stdlib.h>

#include "backends/kit/kit.h"
#include "backends/purple/outcome.h"
#include "util/xalloc.h"

#define STEP_TIME 45	/* seconds, at most */

struct patience {
	guint	 timer;		/* 0: not running */
	unsigned holds;		/* questions that are open */
	char	*step;		/* the last one told of, or NULL */
};

static guint step_time = STEP_TIME;

static void
stop(struct patience *p)
{
	if (p->timer != 0)
		purple_timeout_remove(p->timer);
	p->timer = 0;
}

static gboolean
over(gpointer data)
{
	struct session *s = data;
	char *text = s->patience->step != NULL ? xasprintf("The network did "
	    "not answer in time, after the step \"%s\".", s->patience->step) :
	    xstrdup("The network did not answer in time.");
	const struct outcome outcome = {
		.reason = "network", .text = text, .retry = true,
	};

	s->patience->timer = 0;
	session_fail(s, &outcome);
	free(text);
	return FALSE;
}

static void
start(struct session *s)
{
	stop(s->patience);
	if (!s->connected && s->patience->holds == 0)
		s->patience->timer = purple_timeout_add_seconds(step_time,
		    over, s);
}

void
patience_hold(struct session *s)
{
	if (s->patience == NULL)
		return;
	s->patience->holds++;
	stop(s->patience);
}

void
patience_release(struct session *s)
{
	if (s->patience == NULL)
		return;
	if (s->patience->holds > 0)
		s->patience->holds--;
	start(s);
}

/* libpurple's UI operation.  The same step again is no progress. */
static void
progress(PurpleConnection *gc, const char *text, size_t step, size_t steps)
{
	struct session *s = session_of_connection(gc);
	char *now;

	(void)steps;
	(void)step;
	if (s == NULL || s->patience == NULL)
		return;
	now = outcome_clean(text);
	if (g_strcmp0(now, s->patience->step) != 0)
		start(s);
	free(s->patience->step);
	s->patience->step = now;
}

/* A bit before the gateway, which can only say that it took too long. */
static void
init(void)
{
	static PurpleConnectionUiOps ops = { .connect_progress = progress };
	long whole = kit_config_int("service", "login_timeout", 60);

	step_time = (guint)CLAMP(whole * 3 / 4, 1, STEP_TIME);
	purple_connections_set_ui_ops(&ops);
}

static void
begin(struct session *s)
{
	s->patience = xcalloc(1, sizeof(*s->patience));
	start(s);
}

static void
connected(struct session *s)
{
	stop(s->patience);
}

static void
end(struct session *s)
{
	stop(s->patience);
	free(s->patience->step);
	free(s->patience);
	s->patience = NULL;
}

const struct module patience_module = {
	.init = init, .begin = begin, .connected = connected, .end = end,
};
