/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between messages that wait and the store's rows for them. */
#include "manager/gateway/spool.h"

#include <string.h>

#include "manager/gateway/outgoing.h"
#include "manager/gateway/session.h"
#include "util/log.h"
#include "util/pack.h"

static bool
keeps(const struct gateway *gw)
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

	if (o->spooled || !keeps(gw) ||
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
	gw->spooled += o->used;
	outgoing_resume(user, o);
	/* In server mode the password is the client's to give. */
	if (!link_is_server(gw->link))
		session_want(user, NULL);
}

static void
loaded(void *ctx, const struct store_waiting *rows, size_t n,
    const char *error)
{
	struct gateway *gw = ctx;
	size_t up = 0;

	if (error != NULL) {
		log_error("%s: messages that wait cannot be read from the "
		    "database: %s", gw->config->jid, error);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (!rows[i].up) {
			take_down(gw, &rows[i]);
			continue;
		}
		up++;
		link_put_kept(gw->link, rows[i].time, rows[i].jid,
		    rows[i].data, rows[i].len);
		store_spool_drop(gw->store, rows[i].id);
	}
	if (n > 0)
		log_info("%s: from before the restart: %zu messages to the "
		    "network, %zu to XMPP", gw->config->jid, n - up, up);
}

void
spool_load(struct gateway *gw)
{
	if (keeps(gw))
		store_spool_load(gw->store, loaded, gw);
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

	if (!keeps(gw) || gw->spooled + len > gw->config->spool_max) {
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

	link_each_kept(gw->link, save, &s);
	if (s.saved > 0)
		log_info("%s: %zu messages to XMPP are kept in the database",
		    gw->config->jid, s.saved);
	if (s.lost > 0)
		log_warn("%s: %zu messages to XMPP could not be delivered and "
		    "are lost", gw->config->jid, s.lost);
}
