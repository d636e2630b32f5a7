/* SPDX-License-Identifier: GPL-2.0-or-later */
/* micro - physical limits on one core, as yardsticks for a gateway in C.
 *   micro expat SECS     expat over typical <message/> stanzas (with and
 * without namespaces) micro scan SECS      a hand-written tag scanner (util.c's
 * framer) over the same bytes micro pipe SECS      one-way 200-byte messages
 * through a pipe between two processes micro socketpair SECS [batch]   the same
 * through AF_UNIX SOCK_STREAM; `batch` messages a write micro tcp SECS [batch]
 * the same through loopback TCP micro pingpong SECS  round trips of one
 * 200-byte message over a socketpair Each prints messages/s by wall time and
 * CPU microseconds a message (both processes). */
#include <arpa/inet.h>
#include <errno.h>
#include <expat.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MSG 200

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
static double
tv(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}
static double
cpu_of(int who)
{
	struct rusage r;
	getrusage(who, &r);
	return tv(r.ru_utime) + tv(r.ru_stime);
}

static const char stanza[] =
    "<message from='alice@example.org/phone' "
    "to='#channel%irc.example.net@gw.example.org' type='groupchat' "
    "id='a1b2c3d4' xml:lang='en'>"
    "<body>The quick brown fox jumps over the lazy dog &amp; keeps on "
    "running</body>"
    "<active xmlns='http://jabber.org/protocol/chatstates'/><origin-id "
    "xmlns='urn:xmpp:sid:0' id='a1b2c3d4'/></message>";

static unsigned long g_el, g_tx;
static void
on_start(void *d, const char *n, const char **a)
{
	(void)d;
	(void)n;
	while (*a)
		a++;
	g_el++;
}
static void
on_end(void *d, const char *n)
{
	(void)d;
	(void)n;
}
static void
on_text(void *d, const char *s, int n)
{
	(void)d;
	(void)s;
	g_tx += (unsigned long)n;
}

static void
run_expat(double secs, int ns, size_t chunk)
{
	static const char open[] =
	    "<stream:stream xmlns='jabber:component:accept' "
	    "xmlns:stream='http://etherx.jabber.org/streams' id='1'>";
	XML_Parser p =
	    ns ? XML_ParserCreateNS(NULL, '|') : XML_ParserCreate(NULL);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	XML_Parse(p, open, sizeof open - 1, 0);
	size_t per = chunk / (sizeof stanza - 1);
	if (!per)
		per = 1;
	char *buf = malloc(per * sizeof stanza);
	for (size_t i = 0; i < per; i++)
		memcpy(
		    buf + i * (sizeof stanza - 1), stanza, sizeof stanza - 1);
	int len = (int)(per * (sizeof stanza - 1));
	double t = now(), c = cpu_of(RUSAGE_SELF);
	unsigned long n = 0;
	while (now() - t < secs)
		for (int k = 0; k < 64; k++) {
			if (!XML_Parse(p, buf, len, 0)) {
				fprintf(stderr, "parse\n");
				exit(1);
			}
			n += per;
		}
	c = cpu_of(RUSAGE_SELF) - c;
	printf("expat ns=%d chunk=%d: %.0f stanzas/cpu-s, %.1f MB/cpu-s, %.3f "
	       "us/stanza (%zu bytes each)\n",
	    ns, len, (double)n / c,
	    (double)n * (double)(sizeof stanza - 1) / c / 1e6,
	    c * 1e6 / (double)n, sizeof stanza - 1);
	XML_ParserFree(p);
	free(buf);
}

static void
run_scan(double secs)
{
	/* depth-1 framing as gwbench does it */
	enum { PER = 16 };
	static char buf[PER * sizeof stanza];
	size_t len = 0;
	for (int i = 0; i < PER; i++) {
		memcpy(buf + len, stanza, sizeof stanza - 1);
		len += sizeof stanza - 1;
	}
	double t = now(), c = cpu_of(RUSAGE_SELF);
	unsigned long n = 0;
	while (now() - t < secs)
		for (int k = 0; k < 64; k++) {
			int depth = 0;
			for (const char *p = buf, *e = buf + len;
			     (p = memchr(p, '<', (size_t)(e - p)));) {
				const char *s = p;
				char q = 0;
				for (p++; q || *p != '>'; p++) {
					if (q) {
						if (*p == q)
							q = 0;
					} else if (*p == '"' || *p == '\'')
						q = *p;
				}
				if (s[1] == '/')
					depth--;
				else if (p[-1] != '/')
					depth++;
				if (!depth)
					n++;
				p++;
				if (p >= e)
					break;
			}
		}
	c = cpu_of(RUSAGE_SELF) - c;
	printf("scan: %.0f stanzas/cpu-s, %.1f MB/cpu-s, %.3f us/stanza\n",
	    (double)n / c, (double)n * (double)(sizeof stanza - 1) / c / 1e6,
	    c * 1e6 / (double)n);
}

static void
pair_of(const char *kind, int fd[2])
{
	if (!strcmp(kind, "pipe")) {
		if (pipe(fd))
			exit(1);
		return;
	}
	if (!strcmp(kind, "tcp")) {
		struct sockaddr_in a = {.sin_family = AF_INET,
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		socklen_t l = sizeof a;
		int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
		if (bind(s, (struct sockaddr *)&a, l) || listen(s, 1) ||
		    getsockname(s, (struct sockaddr *)&a, &l))
			exit(1);
		fd[1] = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd[1], (struct sockaddr *)&a, l))
			exit(1);
		fd[0] = accept(s, NULL, NULL);
		setsockopt(fd[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		close(s);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		exit(1);
}

static void
run_stream(const char *kind, double secs, int batch)
{
	int fd[2];
	pair_of(kind, fd);
	pid_t pid = fork();
	if (!pid) {
		close(fd[1]);
		static char b[65536];
		ssize_t n;
		while ((n = read(fd[0], b, sizeof b)) > 0)
			;
		_exit(0);
	}
	close(fd[0]);
	char *b = calloc((size_t)batch, MSG);
	double t = now();
	unsigned long n = 0;
	size_t want = (size_t)batch * MSG;
	while (now() - t < secs)
		for (int k = 0; k < 32; k++) {
			for (size_t off = 0; off < want;) {
				ssize_t w = write(fd[1], b + off, want - off);
				if (w <= 0)
					exit(1);
				off += (size_t)w;
			}
			n += (unsigned long)batch;
		}
	double wall = now() - t;
	close(fd[1]);
	waitpid(pid, NULL, 0);
	double cs = cpu_of(RUSAGE_SELF), cc = cpu_of(RUSAGE_CHILDREN);
	printf("%s batch=%d: %.0f msg/s wall, %.3f us cpu/msg (writer %.3f "
	       "reader %.3f), %.1f MB/s\n",
	    kind, batch, (double)n / wall, (cs + cc) * 1e6 / (double)n,
	    cs * 1e6 / (double)n, cc * 1e6 / (double)n,
	    (double)n * MSG / wall / 1e6);
	free(b);
}

static void
run_pingpong(double secs)
{
	int fd[2];
	pair_of("socketpair", fd);
	pid_t pid = fork();
	char b[MSG] = {0};
	if (!pid) {
		close(fd[1]);
		while (
		    read(fd[0], b, MSG) == MSG && write(fd[0], b, MSG) == MSG)
			;
		_exit(0);
	}
	close(fd[0]);
	double t = now();
	unsigned long n = 0;
	while (now() - t < secs)
		for (int k = 0; k < 32; k++) {
			if (write(fd[1], b, MSG) != MSG ||
			    read(fd[1], b, MSG) != MSG)
				exit(1);
			n++;
		}
	double wall = now() - t;
	close(fd[1]);
	waitpid(pid, NULL, 0);
	printf("pingpong socketpair: %.0f round trips/s, %.2f us wall each, "
	       "%.2f us cpu each\n",
	    (double)n / wall, wall * 1e6 / (double)n,
	    (cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN)) * 1e6 / (double)n);
}

int
main(int argc, char **argv)
{
	const char *w = argc > 1 ? argv[1] : "";
	double s = argc > 2 ? atof(argv[2]) : 2;
	int batch = argc > 3 ? atoi(argv[3]) : 1;
	if (s > 60)
		s = 60;
	if (!strcmp(w, "expat")) {
		run_expat(s, 0, 4096);
		run_expat(s, 1, 4096);
		run_expat(s, 1, 1);
	} else if (!strcmp(w, "scan"))
		run_scan(s);
	else if (!strcmp(w, "pipe") || !strcmp(w, "socketpair") ||
		 !strcmp(w, "tcp"))
		run_stream(w, s, batch);
	else if (!strcmp(w, "pingpong"))
		run_pingpong(s);
	else {
		fprintf(stderr,
		    "usage: micro expat|scan|pipe|socketpair|tcp|pingpong SECS "
		    "[batch]\n");
		return 2;
	}
	return 0;
}
