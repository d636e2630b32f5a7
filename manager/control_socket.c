/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket's place in the file system, and who may ask through it. */
#include "manager/control_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/log.h"
#include "util/xalloc.h"

static bool
in_groups(int fd, gid_t group)
{
	gid_t groups[256];
	socklen_t len = sizeof(groups);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(*groups); i++) {
		if (groups[i] == group)
			return true;
	}
	return false;
}

bool
control_may_ask(const struct control *k, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid() || peer.uid == k->owner)
		return true;
	if (k->group != (gid_t)-1 &&
	    (peer.gid == k->group || in_groups(fd, k->group)))
		return true;
	log_warn("control: user %ld may not ask", (long)peer.uid);
	return false;
}

static int
remove_old(const char *path, char **why)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		*why = xasprintf("control socket %s: there is a file of that "
		    "name, and it is no socket", path);
		return -1;
	}
	if (unlink(path) < 0) {
		*why = xasprintf("control socket %s: the old one cannot be "
		    "removed: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

/* Nobody can connect before mode and owner are set: listen() comes last. */
static int
bind_at(const struct control *k, int fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t old;
	int status;

	if (strlen(k->path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(sun.sun_path, k->path);
	old = umask(0177);
	status = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	umask(old);
	if (status < 0)
		return -1;
	if ((k->owner != (uid_t)-1 || k->group != (gid_t)-1) &&
	    chown(k->path, k->owner, k->group) < 0)
		return -1;
	if (k->group != (gid_t)-1 && chmod(k->path, 0660) < 0)
		return -1;
	return listen(fd, 64);
}

int
control_open(const struct control *k, char **why)
{
	int fd, saved;

	if (remove_old(k->path, why) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && bind_at(k, fd) == 0)
		return fd;
	saved = errno;
	if (fd >= 0)
		close(fd);
	*why = xasprintf("control socket %s: %s", k->path, strerror(saved));
	return -1;
}
