/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gwbench.c - load generator for XMPP component gateways (XEP-0114) to IRC.
 *
 * One single-threaded process plays both sides of the gateway under test: the
 * XMPP server with its users, and the IRC network.  Both ends share one clock,
 * so latencies are true one-way times.  CPU and memory of the gateway's whole
 * process tree are read from /proc around every phase.  Only loopback is used.
 * See README.md for the phases and the templates. */
#include "gwbench.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

struct options o = {
    .label = "run",
    .secret = "secret",
    .domain = "gw.bench.local",
    .user_domain = "bench.local",
    .user_prefix = "u",
    .irc_name = "127.0.0.1",
    .peer_nick = "bot",
    .component_port = 5347,
    .irc_port = 6667,
    .users = 100,
    .names_extra = 5,
    .chan_size = 1,
    .body_len = 60,
    .trace_user = -1,
    .login_window = 50,
    .timeout = 120,
    .phases = "wait,idle:3,mem,login,idle:3,mem,stop",
};

#define MUC_X "<x xmlns='http://jabber.org/protocol/muc'/>"
#define CAPS                                                                   \
	"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' "             \
	"node='http://bench.local/gwbench' "                                   \
	"ver='hTN3zZCXk9ktnondsZeSxQuk0F0='/>"
static const struct profile {
	const char *name, *t_register, *t_login, *t_join, *t_logout, *room,
	    *peer;
} profiles[] = {
    {"spectrum2",
	"<iq type='set' from='{full}' to='{gw}' id='{id}'><query "
	"xmlns='jabber:iq:register'><username>{nick}</username><password></"
	"password></query></iq>",
	"<presence from='{full}' to='{gw}'>" CAPS
	"</presence><presence from='{full}' to='{room}/{nick}'>" MUC_X
	"</presence>",
	"<presence from='{full}' to='{room}/{nick}'>" MUC_X "</presence>",
	"<presence from='{full}' to='{room}/{nick}' "
	"type='unavailable'/><presence from='{full}' to='{gw}' "
	"type='unavailable'/>",
	"{chan}@{gw}", "{peernick}@{gw}"},
    {"biboumi", "",
	"<presence from='{full}' to='{room}/{nick}'>" MUC_X "</presence>",
	"<presence from='{full}' to='{room}/{nick}'>" MUC_X "</presence>",
	"<presence from='{full}' to='{room}/{nick}' type='unavailable'/>",
	"{chan}%{irc}@{gw}", "{peernick}%{irc}@{gw}"},
};

int g_ep = -1;
struct ep g_lx, g_li, *g_x; /* g_x: the component connection */
struct xframer g_fr;
bool g_auth;
char g_sid[32];
struct user *g_u;
struct smap g_nicks,
    g_chans;	     /* nick -> ircconn, channel -> chan; users by nick below */
struct smap g_unick; /* nick -> user */
struct ep *g_dirty;
struct dead g_dead;
FILE *g_out, *g_trace;
pid_t g_gw; /* gateway root pid we started */
bool g_gw_gone;
uint64_t g_t0;
unsigned long g_idc;
int g_phase_no;
struct counters g_n;

/* one traffic phase at a time */
struct traffic T;
bool g_crash;
struct chan *g_fan;

int g_login_mode, g_login_next, g_login_done, g_login_want;

double
secs(uint64_t ns)
{
	return (double)ns / 1e9;
}
double
rel(void)
{
	return secs(now_ns() - g_t0);
}

void
note(const char *fmt, ...)
{
	if (!o.verbose)
		return;
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "[%8.3f] ", rel());
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

void
trace(const struct user *u, const char *dir, const char *s, size_t n)
{
	if (g_trace && (!u || o.trace_user < 0 || u->idx == o.trace_user))
		fprintf(g_trace, "%9.3f %s %.*s\n", rel(), dir, (int)n, s);
}

static void
start_gateway(void)
{
	if (!o.gateway_cmd)
		return;
	g_gw = fork();
	if (g_gw < 0)
		die("fork: %s", strerror(errno));
	if (!g_gw) {
		struct buf b = {0};
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		buf_addf(&b, "exec %s", o.gateway_cmd);
		buf_add(&b, "", 1);
		execl("/bin/sh", "sh", "-c", buf_data(&b), (char *)NULL);
		_exit(127);
	}
}

static void
make_users(void)
{
	g_u = calloc((size_t)o.users, sizeof *g_u);
	for (int i = 0; i < o.users; i++) {
		struct user *u = &g_u[i];
		u->idx = i;
		snprintf(u->nick, sizeof u->nick, "%s%d", o.user_prefix, i);
		snprintf(
		    u->bare, sizeof u->bare, "%s@%s", u->nick, o.user_domain);
		snprintf(u->full, sizeof u->full, "%s/bench", u->bare);
		snprintf(u->chan, sizeof u->chan, "#c%d", i / o.chan_size);
		struct buf r = {0};
		tmpl(&r, o.room, u, u->chan, NULL, NULL);
		snprintf(u->room, sizeof u->room, "%.*s", (int)buf_size(&r),
		    buf_data(&r));
		buf_free(&r);
		smap_put(&g_unick, u->nick, strlen(u->nick), u);
	}
}

/* "name[:a[:b[:rest]]]" */
static void
run_phase(char *spec)
{
	char *a[4] = {0};
	int n = 0;
	char *p = spec;
	while (n < 4) {
		a[n++] = p;
		if (n == 4)
			break;
		p = strchr(p, ':');
		if (!p)
			break;
		*p++ = 0;
	}
	double v1 = a[1] ? atof(a[1]) : 0, v2 = a[2] ? atof(a[2]) : 0;
	g_phase_no++;
	note("phase %s", a[0]);
	if (g_gw_gone && strcmp(a[0], "stop")) {
		out_head(a[0]);
		fprintf(g_out, ",\"ok\":false,\"error\":\"gateway gone\"");
		out_end();
		return;
	}
#define IS(s) (!strcmp(a[0], s))
	if (IS("wait")) {
		uint64_t t = now_ns();
		if (!run_until(c_auth, o.timeout) || g_gw_gone)
			die("the gateway did not connect");
		out_head("wait");
		fprintf(g_out, ",\"connect_s\":%.3f", secs(now_ns() - t));
		out_end();
	} else if (IS("idle"))
		run_until(c_never, v1 > 0 ? v1 : 3);
	else if (IS("mem"))
		phase_mem("mem", v1);
	else if (IS("register")) {
		if (o.t_register[0])
			phase_steps("register", 1, o.users);
	} else if (IS("login"))
		phase_steps("login", 2, o.users);
	else if (IS("fanjoin")) {
		g_fan = chan_get("#fan");
		phase_steps(
		    "fanjoin", 3, v1 > 0 && v1 < o.users ? (int)v1 : o.users);
	} else if (IS("x2i-lat"))
		phase_lat("x2i-lat", 'x', v1 > 0 ? v1 : 200, v2 > 0 ? v2 : 10);
	else if (IS("i2x-lat"))
		phase_lat("i2x-lat", 'i', v1 > 0 ? v1 : 200, v2 > 0 ? v2 : 10);
	else if (IS("x2i-sat"))
		phase_sat(
		    "x2i-sat", 'x', v1 > 0 ? (int)v1 : 256, v2 > 0 ? v2 : 10);
	else if (IS("i2x-sat"))
		phase_sat(
		    "i2x-sat", 'i', v1 > 0 ? (int)v1 : 256, v2 > 0 ? v2 : 10);
	else if (IS("soak"))
		phase_soak("soak", v1 > 0 ? v1 : 1e7, v2 > 0 ? (int)v2 : 256);
	else if (IS("fan"))
		phase_sat("fan", 'f', v1 > 0 ? (int)v1 : 4, v2 > 0 ? v2 : 10);
	else if (IS("fan-lat"))
		phase_lat("fan-lat", 'f', v1 > 0 ? v1 : 5, v2 > 0 ? v2 : 10);
	else if (IS("crash"))
		phase_crash("crash", v1 > 0 ? v1 : 100, v2 > 0 ? v2 : 30,
		    a[3] ? a[3] : "true");
	else if (IS("logout")) {
		for (int i = 0; i < o.users; i++)
			x_send_tmpl(&g_u[i], o.t_logout, g_u[i].chan,
			    g_u[i].room, "bye");
		run_until(c_never, v1 > 0 ? v1 : 5);
	} else if (IS("stop"))
		phase_stop();
	else
		die("unknown phase %s", a[0]);
#undef IS
}

static void
usage(void)
{
	puts("gwbench [options]; see README.md\n"
	     "  --label S             put in every result line\n"
	     "  --profile NAME        JID and stanza templates: spectrum2, "
	     "biboumi\n"
	     "  --gateway-cmd CMD     start the gateway (foreground) with "
	     "/bin/sh -c 'exec CMD'\n"
	     "  --pid PID             measure this tree instead (repeatable)\n"
	     "  --component-port P --domain D --secret S    XEP-0114 side\n"
	     "  --irc-port P --irc-name NAME                IRC side; NAME is "
	     "{irc} in the templates\n"
	     "  --users N --user-prefix u --user-domain D --peer-nick bot\n"
	     "  --chan-size K         users per login channel (1)\n"
	     "  --names-extra E       further names in every channel (5)\n"
	     "  --body-len L          message body bytes (60)\n"
	     "  --login-window W      logins in flight (50)\n"
	     "  --room T --peer T --t-register T --t-login T --t-join T "
	     "--t-logout T   templates\n"
	     "  --phases LIST         separated by commas, or by ';' when one "
	     "needs a comma\n"
	     "  --no-quickack         leave delayed ACKs on (a gateway without "
	     "TCP_NODELAY then stalls ~40 ms)\n"
	     "  --timeout S           per wait (120)\n"
	     "  --out FILE            append result lines (JSON) there, not "
	     "stdout\n"
	     "  --trace FILE [--trace-user I]   every stanza and IRC line\n"
	     "  -v                    progress on stderr");
}

int
main(int argc, char **argv)
{
	enum {
		O_LABEL = 256,
		O_PROFILE,
		O_CMD,
		O_PID,
		O_CPORT,
		O_DOMAIN,
		O_SECRET,
		O_IPORT,
		O_INAME,
		O_USERS,
		O_UPFX,
		O_UDOM,
		O_PEERN,
		O_CHAN,
		O_EXTRA,
		O_BODY,
		O_LWIN,
		O_ROOM,
		O_PEER,
		O_TREG,
		O_TLOGIN,
		O_TJOIN,
		O_TLOGOUT,
		O_PHASES,
		O_TIMEOUT,
		O_OUT,
		O_TRACE,
		O_TUSER,
		O_NOQA
	};
	static const struct option lo[] = {{"label", 1, 0, O_LABEL},
	    {"profile", 1, 0, O_PROFILE}, {"gateway-cmd", 1, 0, O_CMD},
	    {"pid", 1, 0, O_PID}, {"component-port", 1, 0, O_CPORT},
	    {"domain", 1, 0, O_DOMAIN}, {"secret", 1, 0, O_SECRET},
	    {"irc-port", 1, 0, O_IPORT}, {"irc-name", 1, 0, O_INAME},
	    {"users", 1, 0, O_USERS}, {"user-prefix", 1, 0, O_UPFX},
	    {"user-domain", 1, 0, O_UDOM}, {"peer-nick", 1, 0, O_PEERN},
	    {"chan-size", 1, 0, O_CHAN}, {"names-extra", 1, 0, O_EXTRA},
	    {"body-len", 1, 0, O_BODY}, {"login-window", 1, 0, O_LWIN},
	    {"room", 1, 0, O_ROOM}, {"peer", 1, 0, O_PEER},
	    {"t-register", 1, 0, O_TREG}, {"t-login", 1, 0, O_TLOGIN},
	    {"t-join", 1, 0, O_TJOIN}, {"t-logout", 1, 0, O_TLOGOUT},
	    {"phases", 1, 0, O_PHASES}, {"timeout", 1, 0, O_TIMEOUT},
	    {"out", 1, 0, O_OUT}, {"trace", 1, 0, O_TRACE},
	    {"trace-user", 1, 0, O_TUSER}, {"no-quickack", 0, 0, O_NOQA},
	    {"help", 0, 0, 'h'}, {0, 0, 0, 0}};
	const struct profile *pr = &profiles[0];
	for (int c; (c = getopt_long(argc, argv, "vh", lo, NULL)) != -1;)
		switch (c) {
		case O_LABEL:
			o.label = optarg;
			break;
		case O_PROFILE:
			pr = NULL;
			for (size_t i = 0;
			     i < sizeof profiles / sizeof *profiles; i++)
				if (!strcmp(profiles[i].name, optarg))
					pr = &profiles[i];
			if (!pr)
				die("no profile %s", optarg);
			break;
		case O_CMD:
			o.gateway_cmd = optarg;
			break;
		case O_PID:
			if (o.npids < PROC_MAX_ROOTS)
				o.pids[o.npids++] = atoi(optarg);
			break;
		case O_CPORT:
			o.component_port = atoi(optarg);
			break;
		case O_DOMAIN:
			o.domain = optarg;
			break;
		case O_SECRET:
			o.secret = optarg;
			break;
		case O_IPORT:
			o.irc_port = atoi(optarg);
			break;
		case O_INAME:
			o.irc_name = optarg;
			break;
		case O_USERS:
			o.users = atoi(optarg);
			break;
		case O_UPFX:
			o.user_prefix = optarg;
			break;
		case O_UDOM:
			o.user_domain = optarg;
			break;
		case O_PEERN:
			o.peer_nick = optarg;
			break;
		case O_CHAN:
			o.chan_size = atoi(optarg);
			break;
		case O_EXTRA:
			o.names_extra = atoi(optarg);
			break;
		case O_BODY:
			o.body_len = atoi(optarg);
			break;
		case O_LWIN:
			o.login_window = atoi(optarg);
			break;
		case O_ROOM:
			o.room = optarg;
			break;
		case O_PEER:
			o.peer = optarg;
			break;
		case O_TREG:
			o.t_register = optarg;
			break;
		case O_TLOGIN:
			o.t_login = optarg;
			break;
		case O_TJOIN:
			o.t_join = optarg;
			break;
		case O_TLOGOUT:
			o.t_logout = optarg;
			break;
		case O_PHASES:
			o.phases = optarg;
			break;
		case O_TIMEOUT:
			o.timeout = atof(optarg);
			break;
		case O_OUT:
			o.out = optarg;
			break;
		case O_TRACE:
			o.trace = optarg;
			break;
		case O_TUSER:
			o.trace_user = atoi(optarg);
			break;
		case O_NOQA:
			o.no_quickack = 1;
			break;
		case 'v':
			o.verbose = 1;
			break;
		case 'h':
			usage();
			return 0;
		default:
			usage();
			return 2;
		}
	if (optind < argc || o.users < 1 || o.chan_size < 1 ||
	    o.body_len > 400) {
		usage();
		return 2;
	}
#define DEF(f)                                                                 \
	if (!o.f)                                                              \
	o.f = pr->f
	DEF(t_register);
	DEF(t_login);
	DEF(t_join);
	DEF(t_logout);
	DEF(room);
	DEF(peer);
#undef DEF
	g_out = o.out ? fopen(o.out, "a") : stdout;
	if (!g_out)
		die("%s: %s", o.out, strerror(errno));
	if (o.trace && !(g_trace = fopen(o.trace, "w")))
		die("%s: %s", o.trace, strerror(errno));
	struct rlimit rl;
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	g_t0 = now_ns();
	make_users();
	g_ep = epoll_create1(EPOLL_CLOEXEC);
	ep_listen(&g_lx, K_LISTEN_X, o.component_port);
	ep_listen(&g_li, K_LISTEN_I, o.irc_port);
	start_gateway();

	char *list = strdup(o.phases), *sv;
	const char *sep = strchr(list, ';') ? ";" : ",";
	for (char *ph = strtok_r(list, sep, &sv); ph;
	     ph = strtok_r(NULL, sep, &sv))
		run_phase(ph);
	if (!g_gw_gone && g_gw > 0) {
		g_phase_no++;
		phase_stop();
	}
	return 0;
}
