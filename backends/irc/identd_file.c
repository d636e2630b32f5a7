/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same for oidentd(8), whose users write in a file what it shall answer:
 * to ADDRESS fport PORT lport PORT { reply "NAME" } */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/irc/identd.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

static void
add(struct buf *b, const struct ident *i)
{
	char address[IDENT_KEY];
	unsigned own, peer;

	if (sscanf(i->key, "%u,%u,%79s", &own, &peer, address) == 3)
		buf_addf(b, "to %s fport %u lport %u {\n\treply \"%s\"\n}\n",
		    address, peer, own, i->reply);
}

/* oidentd reads it as somebody else. */
static int
put(const char *path, const struct buf *b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOFOLLOW, 0644);
	ssize_t n;

	if (fd == -1)
		return -1;
	n = write(fd, buf_data(b), buf_len(b));
	if (close(fd) == -1 || n != (ssize_t)buf_len(b))
		return -1;
	return 0;
}

void
identd_write(struct identd *d)
{
	static bool complained;
	struct buf b = { 0 };
	char *path = xasprintf("%s.new", d->file);
	struct ident *i;
	size_t at = 0;

	while ((i = map_next(&d->known, &at)) != NULL)
		add(&b, i);
	if (put(path, &b) == 0 && rename(path, d->file) == 0) {
		complained = false;
	} else {
		if (!complained)
			log_error("%s: %s", d->file, strerror(errno));
		complained = true;
		unlink(path);
	}
	free(path);
	buf_free(&b);
}
