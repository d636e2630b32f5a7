/* SPDX-License-Identifier: GPL-2.0-or-later */
/* To open a plug-in is to run it, and perl.so and tcl.so start an interpreter
 * for that.  But each of them has a PurplePluginInfo in its data, which begins
 * with four numbers, and the fourth is its kind. */
#include "backends/purple/plugin_file.h"

#include <fcntl.h>
#include <glib.h>
#include <purple.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MINOR_MAX	99	/* one that is too new is told by libpurple */
#define FILE_MAX	((off_t)512 * 1024 * 1024)

static enum plugin_kind
described(const uint32_t head[4])
{
	if (head[0] != PURPLE_PLUGIN_MAGIC || head[1] != PURPLE_MAJOR_VERSION ||
	    head[2] > MINOR_MAX)
		return PLUGIN_NONE;
	switch (head[3]) {
	case PURPLE_PLUGIN_STANDARD:
		return PLUGIN_STANDARD;
	case PURPLE_PLUGIN_LOADER:
		return PLUGIN_LOADER;
	case PURPLE_PLUGIN_PROTOCOL:
		return PLUGIN_PROTOCOL;
	}
	return PLUGIN_NONE;
}

/* Numbers that only look like one may be there, too: rather a protocol too
 * many. */
enum plugin_kind
plugin_kind(const void *data, size_t len)
{
	const char *bytes = data;
	enum plugin_kind best = PLUGIN_NONE, kind;
	uint32_t head[4];

	for (size_t at = 0; len >= sizeof(head) && at <= len - sizeof(head);
	    at += sizeof(void *)) {
		memcpy(head, bytes + at, sizeof(head));
		kind = described(head);
		if (kind > best)
			best = kind;
	}
	return best;
}

bool
plugin_mentions(const void *data, size_t len, const char *string)
{
	return memmem(data, len, string, strlen(string) + 1) != NULL;
}

enum plugin_kind
plugin_file_kind(const char *path, const char *string, bool *mentions)
{
	enum plugin_kind kind = PLUGIN_NONE;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	void *data;
	size_t len;

	if (mentions != NULL)
		*mentions = false;
	if (fd < 0)
		return PLUGIN_NONE;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= FILE_MAX) {
		len = (size_t)st.st_size;
		data = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data != MAP_FAILED) {
			kind = plugin_kind(data, len);
			if (mentions != NULL && string != NULL)
				*mentions = plugin_mentions(data, len, string);
			munmap(data, len);
		}
	}
	close(fd);
	return kind;
}
