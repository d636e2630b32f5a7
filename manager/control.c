/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: a line in, a text out, the end.  Every client has a
 * bounded time for each step, and a bounded number is served. */
#include "manager/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/later.h"
#include "util/log.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define CLIENTS_MAX	64
#define LINE_TIMEOUT	10
#define ANSWER_TIMEOUT	60
#define REST		1	/* when there are no descriptors left */

enum client_state {
	READING,	/* the line is not whole */
	WAITING,	/* for control_reply() */
	WRITING,	/* the answer is not out */
};

struct client {
	struct client	*next;
	struct control	*control;
	uint64_t	 id;
	enum client_state state;
	struct ev_io	 io;
	struct ev_timer	 timer;
	struct buf	 in, out;
};

struct control {
	struct ev_loop	*loop;
	char		*path;
	uid_t		 owner;
	gid_t		 group;
	unsigned	 clients_max;
	double		 line_timeout, answer_timeout;
	const struct control_command *commands;
	size_t		 ncommands;
	void		*ctx;
	struct ev_io	 listener;
	struct ev_timer	 rest;		/* listener stopped: no descriptors */
	struct client	*clients;
	unsigned	 nclients;	/* in the list */
	uint64_t	 next_id;
};

/* ----------------------------------------------------------------- clients */

static void
client_destroy(struct client *c)
{
	struct client **at;

	for (at = &c->control->clients; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	c->control->nclients--;
	ev_io_stop(c->control->loop, &c->io);
	ev_timer_stop(c->control->loop, &c->timer);
	close(c->io.fd);
	buf_free(&c->in);
	buf_free(&c->out);
	later_free(c);
}

static void
set_timer(struct client *c, double seconds)
{
	ev_timer_stop(c->control->loop, &c->timer);
	ev_timer_set(&c->timer, seconds, 0);
	ev_timer_start(c->control->loop, &c->timer);
}

static void
listen_for(struct client *c, int events)
{
	ev_io_stop(c->control->loop, &c->io);
	ev_io_set(&c->io, c->io.fd, events);
	ev_io_start(c->control->loop, &c->io);
}

static void
client_write(struct client *c)
{
	ssize_t n;

	while (buf_len(&c->out) > 0) {
		n = send(c->io.fd, buf_data(&c->out), buf_len(&c->out),
		    MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			listen_for(c, EV_WRITE);
			return;
		}
		if (n < 0)
			break;
		buf_consume(&c->out, (size_t)n);
	}
	client_destroy(c);
}

static void
client_answer(struct client *c, const char *text)
{
	size_t len = strlen(text);

	c->state = WRITING;
	buf_adds(&c->out, text);
	if (len == 0 || text[len - 1] != '\n')
		buf_addc(&c->out, '\n');
	set_timer(c, c->control->line_timeout);
	client_write(c);
}

static void
dispatch(struct client *c, const char *line)
{
	const struct control *k = c->control;
	const struct control_command *command;
	size_t len = strcspn(line, " ");
	uint64_t id = c->id;

	c->state = WAITING;
	set_timer(c, k->answer_timeout);
	for (size_t i = 0; i < k->ncommands; i++) {
		command = &k->commands[i];
		if (command->name == NULL) {
			command->handle(k->ctx, id, line);
			return;
		}
		if (strlen(command->name) == len &&
		    memcmp(command->name, line, len) == 0) {
			command->handle(k->ctx, id,
			    line + len + strspn(line + len, " "));
			return;
		}
	}
	client_answer(c, "Error: Unknown variable or command");
}

/* Control characters and NUL bytes are not. */
static bool
is_text(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			return false;
	}
	return utf8_valid(line, len);
}

static void
client_line(struct client *c, size_t len)
{
	char *data = buf_data(&c->in), *line;

	/* What follows the line is read by nobody. */
	ev_io_stop(c->control->loop, &c->io);
	if (len > 0 && data[len - 1] == '\r')
		len--;
	if (!is_text(data, len)) {
		client_answer(c, "Error: a command is one line of text");
		return;
	}
	line = xstrndup(data, len);
	/* Passwords are in lines of "register". */
	explicit_bzero(data, buf_len(&c->in));
	buf_free(&c->in);
	dispatch(c, line);
	explicit_bzero(line, len);
	free(line);
}

static void
client_read(struct client *c)
{
	char *newline;
	ssize_t n;

	n = recv(c->io.fd, buf_reserve(&c->in, 1024), 1024, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_destroy(c);
		return;
	}
	buf_added(&c->in, (size_t)n);
	newline = memchr(buf_data(&c->in), '\n', buf_len(&c->in));
	if (newline != NULL)
		client_line(c, (size_t)(newline - buf_data(&c->in)));
	else if (buf_len(&c->in) > CONTROL_LINE_MAX)
		client_answer(c, "Error: the command is too long");
}

static void
client_ready(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct client *c = CONTAINER(w, struct client, io);

	(void)loop;
	if ((events & EV_READ) != 0)
		client_read(c);
	else
		client_write(c);
}

static void
client_late(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct client *c = CONTAINER(w, struct client, timer);

	(void)loop;
	(void)events;
	if (c->state == WAITING)
		client_answer(c, "Error: no answer in time");
	else
		client_destroy(c);
}

static struct client *
client_create(struct control *k, int fd)
{
	struct client *c = xcalloc(1, sizeof(*c));

	c->control = k;
	c->id = ++k->next_id;
	c->next = k->clients;
	k->clients = c;
	k->nclients++;
	ev_io_init(&c->io, client_ready, fd, EV_READ);
	ev_io_start(k->loop, &c->io);
	ev_timer_init(&c->timer, client_late, 0, 0);
	set_timer(c, k->line_timeout);
	return c;
}

/* ---------------------------------------------------------------- accepting */

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

static bool
may_ask(const struct control *k, int fd)
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

static void
connection(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct control *k = CONTAINER(w, struct control, listener);
	struct client *c;
	int fd;

	(void)loop;
	(void)events;
	fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE) {
			ev_io_stop(k->loop, &k->listener);
			ev_timer_set(&k->rest, REST, 0);
			ev_timer_start(k->loop, &k->rest);
		}
		return;
	}
	if (!may_ask(k, fd)) {
		close(fd);
		return;
	}
	c = client_create(k, fd);
	if (k->nclients > k->clients_max)
		client_answer(c, "Error: too many are asking");
}

static void
rested(struct ev_loop *loop, struct ev_timer *w, int events)
{
	(void)events;
	ev_io_start(loop, &CONTAINER(w, struct control, rest)->listener);
}

/* ------------------------------------------------------------------ socket */

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

static int
open_socket(const struct control *k, char **why)
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

struct control *
control_create(struct ev_loop *loop, const struct control_config *config,
    const struct control_command *commands, size_t n, void *ctx, char **why)
{
	struct control *k = xcalloc(1, sizeof(*k));
	int fd;

	k->loop = loop;
	k->path = xstrdup(config->path);
	k->owner = config->owner;
	k->group = config->group;
	k->clients_max = config->clients_max ? config->clients_max :
	    CLIENTS_MAX;
	k->line_timeout = config->line_timeout > 0 ? config->line_timeout :
	    LINE_TIMEOUT;
	k->answer_timeout = config->answer_timeout > 0 ?
	    config->answer_timeout : ANSWER_TIMEOUT;
	k->commands = commands;
	k->ncommands = n;
	k->ctx = ctx;
	if ((fd = open_socket(k, why)) < 0) {
		free(k->path);
		free(k);
		return NULL;
	}
	ev_io_init(&k->listener, connection, fd, EV_READ);
	ev_io_start(loop, &k->listener);
	ev_timer_init(&k->rest, rested, 0, 0);
	return k;
}

void
control_reply(struct control *k, uint64_t id, const char *text)
{
	struct client *c;

	for (c = k->clients; c != NULL; c = c->next) {
		if (c->id == id && c->state == WAITING) {
			client_answer(c, text);
			return;
		}
	}
}

void
control_destroy(struct control *k)
{
	if (k == NULL)
		return;
	ev_io_stop(k->loop, &k->listener);
	ev_timer_stop(k->loop, &k->rest);
	close(k->listener.fd);
	unlink(k->path);
	while (k->clients != NULL)
		client_destroy(k->clients);
	free(k->path);
	later_free(k);
}
