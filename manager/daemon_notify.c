/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd is told, and how often it wants to hear that we live:
 * sd_notify(3) and sd_watchdog_enabled(3), without their library. */
#include "manager/daemon.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "util/log.h"
#include "util/xalloc.h"

static int notify_fd = -1;
static char *status;		/* the last one told */

/* The address of systemd's socket; 0: nobody listens. */
static socklen_t
address(struct sockaddr_un *sun)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len;

	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (path == NULL || (*path != '/' && *path != '@') ||
	    (len = strlen(path)) >= sizeof(sun->sun_path))
		return 0;
	memcpy(sun->sun_path, path, len);
	if (*path == '@')
		sun->sun_path[0] = '\0';	/* an abstract name */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

bool
daemon_is_supervised(void)
{
	struct sockaddr_un sun;

	return address(&sun) != 0;
}

void
daemon_notify(const char *state)
{
	struct sockaddr_un sun;
	socklen_t len = address(&sun);

	if (len == 0)
		return;
	if (notify_fd < 0)
		notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Not connected: the other end may be made anew. */
	if (notify_fd >= 0 && sendto(notify_fd, state, strlen(state),
	    MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&sun, len) < 0)
		log_warn("daemon: systemd cannot be told %s: %s", state,
		    strerror(errno));
}

void
daemon_status(const char *text)
{
	char *line;

	if (status != NULL && strcmp(status, text) == 0)
		return;
	xreplace(&status, text);
	line = xasprintf("STATUS=%s", text);
	daemon_notify(line);
	free(line);
}

void
daemon_reloading(void)
{
	struct timespec now;
	char *text;

	clock_gettime(CLOCK_MONOTONIC, &now);
	text = xasprintf("RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	daemon_notify(text);
	free(text);
}

double
daemon_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	char *end;
	long n;

	if (usec == NULL || !daemon_is_supervised() ||
	    (pid != NULL && atol(pid) != (long)getpid()))
		return 0;
	errno = 0;
	n = strtol(usec, &end, 10);
	if (end == usec || *end != '\0' || errno != 0 || n <= 0)
		return 0;
	return (double)n / 2e6;
}
