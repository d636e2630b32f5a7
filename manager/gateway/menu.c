/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does the backend offer to this user?  Kept as the message that it was:
 * encoded to own it, decoded again to read it. */
#include "manager/gateway/menu.h"

#include <stdlib.h>

#include "protocol/codec.h"
#include "util/xalloc.h"

struct menu {
	struct buf	 message;	/* decoded in place */
	struct buf	 said;		/* the same, as it was */
	struct decoder	*decoder;	/* owns what .commands points to */
	const struct msg_commands *commands;
};

/* Takes said over. */
static int
put(struct user *user, struct buf *said)
{
	struct menu *menu = xcalloc(1, sizeof(*menu));
	struct msg msg;
	const char *why;

	menu->said = *said;
	buf_add(&menu->message, buf_data(said), buf_len(said));
	menu->decoder = decoder_create(UP);
	menu_drop(user);
	user->menu = menu;
	if (decoder_next(menu->decoder, &menu->message, &msg, &why) == 1 &&
	    msg.kind == NOTIFICATION && msg.method == METHOD_commands &&
	    msg.params->commands.commands.n <= MENU_MAX) {
		menu->commands = &msg.params->commands;
		return 0;
	}
	menu_drop(user);
	return -1;
}

int
menu_set(struct user *user, const struct msg_commands *msg)
{
	struct buf said = { 0 };

	if (msg->commands.n == 0) {
		menu_drop(user);
		return 0;
	}
	if (msg->commands.n <= MENU_MAX &&
	    encode_notification(&said, METHOD_commands, msg) == 0 &&
	    buf_len(&said) <= MENU_BYTES_MAX)
		return put(user, &said);
	buf_free(&said);
	return -1;
}

void
menu_drop(struct user *user)
{
	struct menu *menu = user->menu;

	if (menu == NULL)
		return;
	user->menu = NULL;
	decoder_destroy(menu->decoder);
	buf_free(&menu->message);
	buf_free(&menu->said);
	free(menu);
}

const struct msg_command_info *
menu_at(const struct gateway *gw, const struct user *user, size_t i)
{
	const struct msg_initialize_result *can = pool_features(gw->pool);
	const struct msg_commands *own = user != NULL && user->menu != NULL ?
	    user->menu->commands : NULL;

	if (own != NULL) {
		if (i < own->commands.n)
			return &own->commands.v[i];
		i -= own->commands.n;
	}
	return can != NULL && i < can->commands.n ? &can->commands.v[i] :
	    NULL;
}

void
menu_pack(const struct user *user, struct packer *p)
{
	if (user->menu != NULL)
		pack_bin(p, "menu", buf_data(&user->menu->said),
		    buf_len(&user->menu->said));
}

void
menu_unpack(struct user *user, const struct packed *facts)
{
	struct buf said = { 0 };
	const void *data;
	size_t n;

	data = packed_bin(facts, "menu", &n);
	if (data == NULL || n == 0 || n > MENU_BYTES_MAX)
		return;
	buf_add(&said, data, n);
	/* Of another version: the backend tells again at the next login. */
	if (put(user, &said) < 0)
		return;
}
