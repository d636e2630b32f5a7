/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: manager gateway pool store xmpp net protocol util */
/* Any text as a configuration file: refused in words or taken, both freed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manager/config.h"
#include "util/log.h"
#include "util/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
drop(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size), *why = NULL;
	struct config *c;

	log_capture(drop);
	c = config_parse(text, "fuzz.cfg", NULL, NULL, 0, &why);
	if ((c == NULL) == (why == NULL))
		abort();
	config_destroy(c);
	free(why);
	free(text);
	return 0;
}
