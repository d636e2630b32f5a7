/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: a line in, a text out, the end.  Every client has a
 * bounded time for each step, and a bounded number is served.  How the socket
 * is made, and who may ask, is control_socket.c's. */
#include "manager/control_parts.h"

#include <errno.h>
#include <poll.h>
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
#define OUTPUT_MAX	(256 * 1024)
#define REST		1	/* when there are no descriptors left */

static const char deaf_text[] =
    "Error: this is not read as fast as it comes; the rest is left out\n";

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

/* What there is to wait for, by state and by what is not out yet. */
static void
client_wait(struct client *c)
{
	int events = buf_len(&c->out) > 0 ? EV_WRITE : 0;

	if (c->state == STREAMING && !c->half)
		events |= EV_READ;	/* it may go */
	ev_io_stop(c->control->loop, &c->io);
	ev_io_set(&c->io, c->io.fd, events);
	if (events != 0)
		ev_io_start(c->control->loop, &c->io);
}

/* As much as it takes; -1: it has gone. */
static int
client_flush(struct client *c)
{
	ssize_t n;

	while (buf_len(&c->out) > 0) {
		n = send(c->io.fd, buf_data(&c->out), buf_len(&c->out),
		    MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && errno != EINTR)
			return -1;
		buf_consume(&c->out, n > 0 ? (size_t)n : 0);
	}
	client_wait(c);
	return 0;
}

static void
client_gone(struct client *c)
{
	struct control *k = c->control;
	bool told = c->state == STREAMING && k->gone != NULL;
	uint64_t id = c->id;

	client_destroy(c);
	if (told)
		k->gone(k->ctx, id);
}

static void
client_write(struct client *c)
{
	if (client_flush(c) < 0 ||
	    (c->state == WRITING && buf_len(&c->out) == 0))
		client_gone(c);
}

static void
add_text(struct client *c, const char *text)
{
	size_t len = strlen(text);

	buf_add(&c->out, text, len);
	if (len == 0 || text[len - 1] != '\n')
		buf_addc(&c->out, '\n');
}

/* The last that it hears. */
static void
client_answer(struct client *c, const char *text)
{
	c->state = WRITING;
	add_text(c, text);
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

/* What one that streams says is read by nobody; that it ends is not the end of
 * its reading, as long as it has not closed. */
static void
client_hear(struct client *c)
{
	struct pollfd p = { .fd = c->io.fd };
	char bytes[1024];
	ssize_t n = recv(c->io.fd, bytes, sizeof(bytes), 0);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	if (n < 0 || (poll(&p, 1, 0) > 0 && (p.revents & POLLHUP) != 0)) {
		client_gone(c);
		return;
	}
	c->half = true;
	client_wait(c);
}

static void
client_ready(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct client *c = CONTAINER(w, struct client, io);

	(void)loop;
	if ((events & EV_READ) == 0)
		client_write(c);
	else if (c->state == STREAMING)
		client_hear(c);
	else
		client_read(c);
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
	if (!control_may_ask(k, fd)) {
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

/* ------------------------------------------------------------------- public */

static struct control *
make(struct ev_loop *loop, const struct control_config *config,
    const struct control_command *commands, size_t n, void *ctx)
{
	struct control *k = xcalloc(1, sizeof(*k));

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
	k->output_max = config->output_max ? config->output_max : OUTPUT_MAX;
	k->gone = config->gone;
	k->commands = commands;
	k->ncommands = n;
	k->ctx = ctx;
	return k;
}

static struct control *
start(struct control *k, int fd)
{
	ev_io_init(&k->listener, connection, fd, EV_READ);
	ev_io_start(k->loop, &k->listener);
	ev_timer_init(&k->rest, rested, 0, 0);
	return k;
}

static void
control_free(struct control *k)
{
	free(k->path);
	free(k);
}

struct control *
control_create(struct ev_loop *loop, const struct control_config *config,
    const struct control_command *commands, size_t n, void *ctx, char **why)
{
	struct control *k = make(loop, config, commands, n, ctx);
	int fd = control_open(k, why);

	if (fd >= 0)
		return start(k, fd);
	control_free(k);
	return NULL;
}

static struct client *
find(const struct control *k, uint64_t id)
{
	struct client *c;

	for (c = k->clients; c != NULL; c = c->next) {
		if (c->id == id &&
		    (c->state == WAITING || c->state == STREAMING))
			return c;
	}
	return NULL;
}

void
control_reply(struct control *k, uint64_t id, const char *text)
{
	struct client *c = find(k, id);

	if (c != NULL)
		client_answer(c, text);
}

int
control_more(struct control *k, uint64_t id, const char *text)
{
	struct client *c = find(k, id);

	if (c == NULL)
		return -1;
	if (buf_len(&c->out) + strlen(text) > k->output_max) {
		client_answer(c, deaf_text);
		return -1;
	}
	c->state = STREAMING;
	ev_timer_stop(k->loop, &c->timer);
	add_text(c, text);
	if (client_flush(c) == 0)
		return 0;
	client_destroy(c);
	return -1;
}

/* ----------------------------------------------------------------- handover */

void
control_handover(const struct control *k, uint64_t id, struct packer *p)
{
	const struct client *c = find(k, id);

	pack_str(p, "path", k->path);
	pack_fd(p, "listener", k->listener.fd);
	if (c != NULL)
		pack_fd(p, "client", c->io.fd);
}

struct control *
control_adopt(struct ev_loop *loop, const struct control_config *config,
    const struct control_command *commands, size_t n, void *ctx,
    const struct packed *from, uint64_t *id, char **why)
{
	struct control *k = make(loop, config, commands, n, ctx);
	const char *path = packed_str(from, "path");
	int fd = packed_fd(from, "listener"), waits;
	struct client *c;

	*id = 0;
	if (fd < 0 || path == NULL || strcmp(path, k->path) != 0) {
		*why = xasprintf("control socket %s: it was not handed over",
		    k->path);
		control_free(k);
		return NULL;
	}
	start(k, fd);
	if ((waits = packed_fd(from, "client")) >= 0) {
		c = client_create(k, waits);
		c->state = WAITING;
		client_wait(c);
		set_timer(c, k->answer_timeout);
		*id = c->id;
	}
	return k;
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
