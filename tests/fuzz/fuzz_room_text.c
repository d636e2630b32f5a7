/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple_text util */
/* Any bytes as the line of an IRC server, as a nick, as a text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/purple/room_text.h"
#include "util/utf8.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(char *text, size_t max)
{
	if (strlen(text) > max || !utf8_valid(text, strlen(text)))
		abort();
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *nick;
	struct irc_refusal r;

	memcpy(text, data, size);
	text[size] = '\0';
	if (room_irc_refusal(text, &r) && (r.about < text ||
	    r.about + r.about_len > text + strlen(text) ||
	    r.text > text + strlen(text)))
		abort();
	nick = room_nick_clean(text);
	if (*nick == '\0' || *nick == ' ')
		abort();
	check(room_nick_numbered(nick, 12345), ROOM_NICK_BYTES);
	(void)room_text_names(text, nick);
	check(nick, ROOM_NICK_BYTES);
	check(room_text_clean(text, 100), 100);
	(void)room_failure(text);
	free(text);
	return 0;
}
