/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chaos_load: users on XMPP and people on IRC who talk through a gateway, and
 * a ledger of what became of every word.  chaos.py starts it, and says by
 * lines on its standard input when to begin and to end. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/chaos/load.h"
#include "util/clock.h"

#define TICK		0.02	/* seconds */
#define CATCH_UP	2.0	/* times the rate, at most */

struct options options;
double now;

static int poller;
static struct sock *dirty;
static bool talking, quit;
static double talked;			/* seconds, all in all */
static uint64_t seed;

unsigned
choose(unsigned n)
{
	/* splitmix64 */
	uint64_t z = seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (unsigned)((z ^ z >> 31) % n);
}

/* ---- sockets */

static void
watch(struct sock *s, int how, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	epoll_ctl(poller, how, s->fd, &e);
}

void
sock_connect(struct sock *s, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	s->connecting = true;
	s->blocked = true;
	buf_clear(&s->in);
	buf_clear(&s->out);
	connect(s->fd, (struct sockaddr *)&to, sizeof(to));
	watch(s, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

void
sock_close(struct sock *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
	buf_clear(&s->out);
}

void
sock_send(struct sock *s)
{
	if (s->dirty)
		return;
	s->dirty = true;
	s->next_dirty = dirty;
	dirty = s;
}

static void
flush(struct sock *s)
{
	ssize_t n;

	if (s->fd == -1 || s->connecting || buf_len(&s->out) == 0)
		return;
	n = send(s->fd, buf_data(&s->out), buf_len(&s->out), MSG_NOSIGNAL);
	/* That it is broken the reader will see, after what is left to read. */
	if (n == -1 && errno != EAGAIN)
		n = (ssize_t)buf_len(&s->out);
	if (n > 0)
		buf_consume(&s->out, (size_t)n);
	if ((buf_len(&s->out) > 0) != s->blocked) {
		s->blocked = !s->blocked;
		watch(s, EPOLL_CTL_MOD, EPOLLIN |
		    (s->blocked ? EPOLLOUT : 0u));
	}
}

static void
flush_all(void)
{
	struct sock *s;

	while ((s = dirty) != NULL) {
		dirty = s->next_dirty;
		s->dirty = false;
		flush(s);
	}
}

static void
receive(struct sock *s)
{
	char *to = buf_reserve(&s->in, 65536);
	ssize_t n = recv(s->fd, to, 65536, 0);

	if (n > 0) {
		buf_added(&s->in, (size_t)n);
		s->readable(s->ctx);
	} else if (n == 0 || errno != EAGAIN) {
		s->closed(s->ctx);
	}
}

static void
ready(struct sock *s, uint32_t events)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (s->fd == -1)
		return;
	if (s->connecting) {
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error != 0 || (events & (EPOLLERR | EPOLLHUP))) {
			s->closed(s->ctx);
			return;
		}
		s->connecting = false;
		s->connected(s->ctx);
		sock_send(s);
		flush(s);
		return;
	}
	if (events & EPOLLOUT)
		flush(s);
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		receive(s);
}

/* ---- the talk */

static void
talk(double dt)
{
	double most = options.rate * CATCH_UP * dt + 1;
	double due;

	if (!talking)
		return;
	talked += dt;
	for (int way = 0; way < 2; way++) {
		due = options.rate * talked - (double)ledger_count(way);
		/* Who could not talk for long need not make up for all. */
		for (double i = 0; i < due && i < most; i++)
			if (way == TO_IRC ? !clients_say() : !peers_say())
				break;
	}
}

static void
status(void)
{
	printf("status %.3f clients %u settled %u peers %u seen %u sent %lu "
	    "%lu open %lu unproven %u talked %.1f\n", now, clients_up(),
	    clients_settled(), peers_up(), peers_see(), ledger_count(TO_IRC),
	    ledger_count(TO_XMPP), ledger_open(), peers_unproven(), talked);
	fflush(stdout);
}

/* "irc|backend|hung|prosody FROM TO" */
static void
strike(const char *s)
{
	static const char *const names[NSTROKES] = {
		[STROKE_IRC] = "irc", [STROKE_BACKEND] = "backend",
		[STROKE_HUNG] = "hung", [STROKE_PROSODY] = "prosody",
	};
	char name[16];
	double from, to;

	if (sscanf(s, "%15s %lf %lf", name, &from, &to) != 3)
		return;
	for (int i = 0; i < NSTROKES; i++)
		if (strcmp(name, names[i]) == 0)
			ledger_stroke((enum stroke)i, from, to);
}

static void
command(char *s)
{

	if (strcmp(s, "talk") == 0) {
		talking = true;
	} else if (strcmp(s, "hush") == 0) {
		talking = false;
	} else if (strncmp(s, "drop ", 5) == 0) {
		clients_drop((unsigned)atoi(s + 5));
	} else if (strncmp(s, "struck ", 7) == 0) {
		strike(s + 7);
	} else if (strcmp(s, "status") == 0) {
		status();
	} else if (strcmp(s, "report") == 0) {
		ledger_report(stdout);
	} else if (strcmp(s, "quit") == 0) {
		quit = true;
	}
}

static void
listen_to_chief(void)
{
	static char text[4096];
	static size_t len;
	char *end;
	ssize_t n = read(STDIN_FILENO, text + len, sizeof(text) - 1 - len);

	if (n == 0)
		quit = true;
	if (n <= 0)
		return;
	len += (size_t)n;
	text[len] = '\0';
	while ((end = strchr(text, '\n')) != NULL) {
		*end = '\0';
		command(text);
		len -= (size_t)(end + 1 - text);
		memmove(text, end + 1, len + 1);
	}
}

static void
run(void)
{
	struct epoll_event events[256];
	double tick = 0, last = clock_now();
	struct epoll_event chief = { .events = EPOLLIN };

	epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &chief);
	while (!quit) {
		int n = epoll_wait(poller, events, LENGTH(events), 5);

		now = clock_now();
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL)
				listen_to_chief();
			else
				ready(events[i].data.ptr, events[i].events);
		}
		talk(now - last);
		last = now;
		if (now >= tick) {
			tick = now + TICK;
			clients_tick();
			peers_tick();
		}
		flush_all();
	}
}

int
main(int argc, char **argv)
{
	if (argc != 10) {
		fprintf(stderr, "usage: %s XMPP-PORT IRC-PORT USERS PEERS "
		    "DOMAIN GATEWAY DIRECTORY RATE SEED\n", argv[0]);
		return 64;
	}
	options = (struct options){ atoi(argv[1]), atoi(argv[2]),
		atoi(argv[3]), atoi(argv[4]), argv[5], argv[6], argv[7],
		atof(argv[8]) };
	seed = strtoull(argv[9], NULL, 10);
	poller = epoll_create1(EPOLL_CLOEXEC);
	now = clock_now();
	clients_start();
	peers_start();
	run();
	return 0;
}
