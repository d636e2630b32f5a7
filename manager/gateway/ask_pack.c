/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions that are open over an upgrade: nobody has to begin a login again
 * because of that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/ask_inside.h"
#include "protocol/codec.h"
#include "util/log.h"
#include "util/xalloc.h"

static void
pack_one(const struct ask *ask, struct packer *p)
{
	struct buf message = { 0 };
	struct msg_ask msg = ask->msg;
	char key[32];

	msg.user = "";
	if (encode_request(&message, 0, METHOD_ask, &msg) < 0)
		fatal("what was one message is none any more");
	pack_map(p, NULL);
	pack_bin(p, "message", buf_data(&message), buf_len(&message));
	pack_int(p, "backend", ask->backend);
	pack_int(p, "id", ask->id);
	pack_str(p, "token", ask->token);
	pack_num(p, "until", ask->until);
	pack_int(p, "at", (int64_t)ask->at);
	for (size_t i = 0; i < ask->msg.fields.n; i++) {
		snprintf(key, sizeof(key), "value%zu", i);
		pack_str(p, key, ask->value[i]);
	}
	pack_end(p);
	buf_free(&message);
}

void
ask_pack(const struct user *user, struct packer *p)
{
	pack_list(p, "asks");
	for (const struct ask *ask = user->ask; ask != NULL; ask = ask->next)
		pack_one(ask, p);
	pack_end(p);
}

static void
restore(struct user *user, const struct packed *facts,
    const struct msg_ask *msg)
{
	const char *token = packed_str(facts, "token");
	struct ask *ask = ask_add(user, msg);
	int64_t at = packed_int(facts, "at", 0);
	char key[32];

	ask->backend = (unsigned)packed_int(facts, "backend", 0);
	ask->id = (uint32_t)packed_int(facts, "id", 0);
	ask->until = packed_num(facts, "until", 0);
	ask->at = at > 0 && (size_t)at < msg->fields.n ? (size_t)at : 0;
	if (token != NULL)
		snprintf(ask->token, sizeof(ask->token), "%s", token);
	for (size_t i = 0; i < msg->fields.n; i++) {
		snprintf(key, sizeof(key), "value%zu", i);
		ask_set(ask, i, xstrdup_null(packed_str(facts, key)));
	}
}

static void
unpack_one(struct user *user, const struct packed *facts)
{
	struct decoder *decoder = decoder_create(UP);
	struct buf message = { 0 };
	const void *data;
	const char *why;
	struct msg msg;
	size_t n;

	data = packed_bin(facts, "message", &n);
	buf_add(&message, data, data != NULL ? n : 0);
	if (decoder_next(decoder, &message, &msg, &why) == 1 &&
	    msg.kind == REQUEST && msg.method == METHOD_ask &&
	    msg.params->ask.fields.n <= ASK_FIELDS_MAX)
		restore(user, facts, &msg.params->ask);
	decoder_destroy(decoder);
	buf_free(&message);
}

void
ask_unpack(struct user *user, const struct packed *facts)
{
	const struct packed *list = packed_get(facts, "asks");

	for (size_t i = 0; i < packed_count(list) && i < ASKS_MAX; i++)
		unpack_one(user, packed_at(list, i));
}
