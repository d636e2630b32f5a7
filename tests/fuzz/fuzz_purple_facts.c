/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: purple_text util */
/* Any bytes as a text, a picture, a label of a profile. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/purple/picture.h"
#include "backends/purple/profile_label.h"
#include "backends/purple/text.h"
#include "util/utf8.h"
#include "util/xalloc.h"

static void
need(bool truth)
{
	if (!truth)
		abort();
}

static void
check(char *text, size_t max, bool line)
{
	if (text == NULL)
		return;
	need(strlen(text) <= max);
	need(utf8_valid(text, strlen(text)));
	need(!line || (*text != '\0' && strchr(text, '\n') == NULL));
	free(text);
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = xstrndup((const char *)data, len);
	uint8_t *exact = xmalloc(len + !len);
	struct picture picture;
	char date[11];

	check(text_clean(text, 20), 20, false);
	check(text_line(text, 20), 20, true);
	check(text_plain(text, 20), 20, false);
	if (text_is_id(text))
		need(*text != '\0' && utf8_valid(text, strlen(text)));
	if (profile_birthday(text, date))
		need(strlen(date) == 10 && date[4] == '-' && date[7] == '-');
	(void)profile_field_of(text);
	/* To its last byte and no further. */
	memcpy(exact, data, len);
	need(!picture_probe(exact, len, &picture) || picture.type != NULL);
	free(exact);
	free(text);
	return 0;
}
