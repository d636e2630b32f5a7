/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When to compare the user's keys with those on the network. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/keys_inside.h"
#include "manager/gateway/session.h"
#include "protocol/features.h"
#include "util/xalloc.h"

#define SOON	2.0	/* seconds: a client publishes several things at once */
#define LATER	10.0	/* ... when it has got the message that spent a key */
#define PAUSE	60.0	/* ... between two of those, and to a new try */
#define FAILURES_MAX 3	/* new tries, until there is another reason to look */

/* ------------------------------------------------------------ life of a run */

static void
run_free(struct run *r)
{
	free(r->user);
	free(r->others);
	free(r->payload);
	free(r->node);
	free(r);
}

struct user *
run_user(struct run *r)
{
	struct user *user = user_find(r->gw, r->user);

	if (user != NULL && user->keys != NULL && user->keys->run == r &&
	    session_ready(user))
		return user;
	if (user != NULL && user->keys != NULL && user->keys->run == r) {
		user->keys->run = NULL;
		user->keys->again = SOON;	/* when the session is back */
	}
	run_free(r);
	return NULL;
}

/* ---------------------------------------------------------------- beginning */

static void
on_timer(EV_P_ ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	keys_compare(CONTAINER(w, struct keys, timer)->user);
}

bool
keys_wanted(const struct gateway *gw)
{
	return !link_is_server(gw->link) && gateway_can(gw, FEATURE_RAW);
}

static struct keys *
keys_of(struct user *user)
{
	if (user->keys == NULL) {
		user->keys = xcalloc(1, sizeof(*user->keys));
		user->keys->user = user;
		ev_timer_init(&user->keys->timer, on_timer, SOON, 0);
	}
	return user->keys;
}

/* The earliest of those that are wanted is done, and is enough for all. */
static void
look_in(struct keys *k, double seconds)
{
	struct ev_loop *loop = k->user->gw->loop;

	if (k->run != NULL) {
		if (k->again == 0 || seconds < k->again)
			k->again = seconds;
	} else if (!ev_is_active(&k->timer) ||
	    ev_timer_remaining(loop, &k->timer) > seconds) {
		ev_timer_stop(loop, &k->timer);
		ev_timer_set(&k->timer, seconds, 0);
		ev_timer_start(loop, &k->timer);
	}
}

void
run_end(struct run *r)
{
	struct user *user = run_user(r);
	struct keys *k;

	if (user == NULL)
		return;
	k = user->keys;
	k->failures = r->unsure ? k->failures + 1 : 0;
	k->run = NULL;
	run_free(r);
	if (k->again > 0)
		look_in(k, k->again);
	if (k->failures > 0 && k->failures <= FAILURES_MAX)
		look_in(k, PAUSE);
}

void
keys_look(struct user *user)
{
	if (keys_wanted(user->gw))
		look_in(keys_of(user), SOON);
}

void
keys_session_up(struct user *user)
{
	if (user->keys != NULL) {
		user->keys->run = NULL;		/* run_user() frees it */
		user->keys->failures = 0;
	}
	keys_look(user);
}

void
keys_session_back(struct user *user)
{
	if (user->keys != NULL && user->keys->run == NULL &&
	    user->keys->again > 0)
		look_in(user->keys, user->keys->again);
}

void
keys_heard(struct user *user, const char *extra)
{
	struct keys *k;
	double wait;

	/* The attribute of XEP-0384 0.3, and of later ones. */
	if (extra == NULL || (strstr(extra, " prekey=") == NULL &&
	    strstr(extra, " kex=") == NULL) || !keys_wanted(user->gw))
		return;
	k = keys_of(user);
	wait = k->begun + PAUSE - ev_now(user->gw->loop);
	look_in(k, k->begun > 0 && wait > LATER ? wait : LATER);
}

void
keys_compare(struct user *user)
{
	struct keys *k;
	struct run *r;

	if (!keys_wanted(user->gw))
		return;
	k = keys_of(user);
	if (!session_ready(user))
		k->again = SOON;		/* when the session is back */
	if (!session_ready(user) || k->run != NULL)
		return;
	ev_timer_stop(user->gw->loop, &k->timer);
	r = xcalloc(1, sizeof(*r));
	r->gw = user->gw;
	r->user = xstrdup(user->jid);
	r->scheme = keys_schemes;
	k->run = r;
	k->again = 0;
	k->begun = ev_now(user->gw->loop);
	run_begin(r);
}

bool
keys_due(const struct user *user)
{
	return user->keys != NULL && (user->keys->run != NULL ||
	    ev_is_active(&user->keys->timer) || user->keys->again > 0);
}

/* Whether the network can do it is known when there are backends again. */
void
keys_resume(struct user *user)
{
	look_in(keys_of(user), LATER);
}

void
keys_destroy(struct user *user)
{
	if (user->keys == NULL)
		return;
	ev_timer_stop(user->gw->loop, &user->keys->timer);
	free(user->keys);
	user->keys = NULL;
}

static bool
is_ours(const char *node)
{
	for (size_t i = 0; node != NULL && i < keys_nschemes; i++) {
		const struct scheme *s = &keys_schemes[i];

		if (strcmp(node, s->list) == 0 ||
		    strncmp(node, s->prefix, strlen(s->prefix)) == 0)
			return true;
	}
	return false;
}

void
down_keys_event(struct down *d)
{
	/* <items/>, or what says that the node is gone. */
	const struct stanza *about = stanza_first(d->payload);

	if (d->user != NULL && d->from->resource == NULL &&
	    is_ours(stanza_attr(about, "node")))
		keys_look(d->user);
}
