/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between messages that wait and the store's rows for them. */
#include "manager/gateway/spool.h"

#include <stdlib.h>

#include "manager/gateway/outgoing.h"
#include "manager/gateway/session.h"
#include "util/log.h"
#include "util/pack.h"
#include "util/xalloc.h"

bool
spool_keeps(const struct gateway *gw)
{
	return gw->config->spool_max > 0 && store_is_persistent(gw->store);
}

void
spool_put(struct user *user, struct outgoing *o)
{
	struct gateway *gw = user->gw;
	struct packer p = { 0 };
	struct store_waiting row = {
		.id = o->number, .jid = user->jid,
		.time = (int64_t)(o->when * 1000),
	};

	if (o->spooled || !spool_keeps(gw) ||
	    gw->spooled + o->used > gw->config->spool_max)
		return;
	outgoing_pack(o, &p);
	row.data = buf_data(&p.out);
	row.len = buf_len(&p.out);
	store_spool_put(gw->store, &row);
	pack_free(&p);
	o->spooled = true;
	gw->spooled += o->used;
}

void
spool_drop(struct outgoing *o)
{
	if (!o->spooled)
		return;
	o->spooled = false;
	o->gw->spooled -= o->used;
	store_spool_drop(o->gw->store, o->number);
}

/* ---------------------------------------------------------------- the start */

/* Bytes that are no message any more are no reason to lose the others. */
static void
take_down(struct gateway *gw, const struct store_waiting *row)
{
	struct unpacker *u = unpack_open(row->data, row->len);
	struct user *user = user_get(gw, row->jid);
	struct outgoing *o = u ? outgoing_unpack(gw, unpack_root(u)) : NULL;

	unpack_close(u);
	if (o == NULL) {
		log_error("%s: %s: a message kept in the database cannot be "
		    "read", gw->config->jid, row->jid);
		store_spool_drop(gw->store, row->id);
		user_tidy(user);
		return;
	}
	o->spooled = true;
	outgoing_resume(user, o);
	/* In server mode the password is the client's to give. */
	if (outgoing_expire(user, ev_now(gw->loop)) == 0)
		user_tidy(user);
	else if (!link_is_server(gw->link)) {
		user->no_hurry = user->state == USER_OFFLINE;
		session_want(user, NULL);
	}
}

static void
loaded(void *ctx, const struct store_waiting *rows, size_t n,
    const char *error)
{
	struct gateway *gw = ctx;
	int64_t *up;
	size_t nup = 0;

	if (error != NULL) {
		log_error("%s: messages that wait cannot be read from the "
		    "database: %s", gw->config->jid, error);
		return;
	}
	up = xreallocarray(NULL, n + 1, sizeof(*up));
	for (size_t i = 0; i < n; i++) {
		if (!rows[i].up) {
			take_down(gw, &rows[i]);
			continue;
		}
		link_put_kept(gw->link, rows[i].time, rows[i].jid,
		    rows[i].data, rows[i].len);
		up[nup++] = rows[i].id;
	}
	gw->spooled_up = up;
	gw->nspooled_up = nup;
	if (n > 0)
		log_info("%s: from before the restart: %zu messages to the "
		    "network, %zu to XMPP", gw->config->jid, n - nup, nup);
}

void
spool_load(struct gateway *gw)
{
	if (spool_keeps(gw))
		store_spool_load(gw->store, loaded, gw);
}

static void
forget_up(struct gateway *gw)
{
	for (size_t i = 0; i < gw->nspooled_up; i++)
		store_spool_drop(gw->store, gw->spooled_up[i]);
	free(gw->spooled_up);
	gw->spooled_up = NULL;
	gw->nspooled_up = 0;
}

static void
count_one(void *ctx, int64_t ms, const char *to, const char *stanza,
    size_t len)
{
	(void)ms, (void)to, (void)stanza, (void)len;
	++*(size_t *)ctx;
}

void
spool_tick(struct gateway *gw)
{
	size_t kept = 0;

	if (gw->nspooled_up == 0 || !link_is_up(gw->link))
		return;
	link_each_kept(gw->link, count_one, &kept);
	if (kept == 0)
		forget_up(gw);
}

/* ------------------------------------------------------------------ the end */

struct saving {
	struct gateway	*gw;
	size_t		 saved, lost;
};

static void
save(void *ctx, int64_t ms, const char *to, const char *stanza, size_t len)
{
	struct saving *s = ctx;
	struct gateway *gw = s->gw;
	const struct store_waiting row = {
		.id = ++gw->last_message, .jid = to, .up = true, .time = ms,
		.data = stanza, .len = len,
	};

	if (!spool_keeps(gw) || gw->spooled + len > gw->config->spool_max) {
		s->lost++;
		return;
	}
	gw->spooled += len;
	s->saved++;
	store_spool_put(gw->store, &row);
}

void
spool_save(struct gateway *gw)
{
	struct saving s = { .gw = gw };

	forget_up(gw);		/* what of it is left is written anew */
	link_each_kept(gw->link, save, &s);
	if (s.saved > 0)
		log_info("%s: %zu messages to XMPP are kept in the database",
		    gw->config->jid, s.saved);
	if (s.lost > 0)
		log_warn("%s: %zu messages to XMPP could not be delivered and "
		    "are lost", gw->config->jid, s.lost);
}
