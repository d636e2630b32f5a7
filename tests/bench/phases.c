/* SPDX-License-Identifier: GPL-2.0-or-later */
/* phases.c - What is measured: each phase is one line of results. */
#include "gwbench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Without --pid the tree is everything below us: what we started, its
 * descendants, and (we are a subreaper) its orphans. */
void
measure(int mem, struct proc_use *u)
{
	pid_t me = getpid();
	if (o.npids)
		proc_measure(o.pids, o.npids, 0, mem, u);
	else
		proc_measure(&me, 1, me, mem, u);
}

static pid_t
main_pid(void)
{
	return o.npids ? o.pids[0] : g_gw;
}

static double
self_cpu(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return (double)r.ru_utime.tv_sec + (double)r.ru_utime.tv_usec / 1e6 +
	       (double)r.ru_stime.tv_sec + (double)r.ru_stime.tv_usec / 1e6;
}

void
out_head(const char *phase)
{
	fprintf(g_out,
	    "{\"label\":\"%s\",\"phase\":\"%s\",\"t\":%.3f,\"users\":%d",
	    o.label, phase, rel(), o.users);
}
void
out_end(void)
{
	fputs("}\n", g_out);
	fflush(g_out);
}

bool
c_auth(void)
{
	return g_auth || g_gw_gone;
}
static bool
c_gone(void)
{
	return g_gw_gone;
}
static bool
c_steps(void)
{
	return g_login_done >= g_login_want || g_gw_gone;
}
bool
c_never(void)
{
	return g_gw_gone;
}
static bool
c_drained(void)
{
	return (T.kind == 'f' ? T.fan_done : T.got) >= T.sent;
}

void
login_next(void)
{
	while (g_login_next < g_login_want &&
	       g_login_next - g_login_done < o.login_window) {
		struct user *u = &g_u[g_login_next++];
		char id[32];
		switch (g_login_mode) {
		case 1:
			snprintf(id, sizeof id, "reg%d", u->idx);
			u->registered = 1;
			x_send_tmpl(u, o.t_register, u->chan, u->room, id);
			break;
		case 2:
			snprintf(id, sizeof id, "log%d", u->idx);
			u->logged = 1;
			u->t_login = now_ns();
			x_send_tmpl(u, o.t_login, u->chan, u->room, id);
			break;
		case 3: {
			struct buf r = {0};
			tmpl(&r, o.room, u, "#fan", NULL, NULL);
			buf_add(&r, "", 1);
			u->fan = 1;
			x_send_tmpl(u, o.t_join, "#fan", buf_data(&r), NULL);
			buf_free(&r);
			break;
		}
		}
	}
}

void
phase_steps(const char *name, int mode, int want)
{
	struct proc_use a, b;
	measure(0, &a);
	double s0 = self_cpu(), m0 = proc_cpu(main_pid());
	unsigned long in0 = g_n.stanzas_in;
	uint64_t t = now_ns();
	g_login_mode = mode;
	g_login_next = g_login_done = 0;
	g_login_want = want;
	login_next();
	bool ok = run_until(c_steps, o.timeout);
	double wall = secs(now_ns() - t), mc = proc_cpu(main_pid()) - m0;
	measure(0, &b);
	out_head(name);
	fprintf(g_out, ",\"main_cpu_s\":%.2f", mc);
	fprintf(g_out,
	    ",\"n\":%d,\"done\":%d,\"ok\":%s,\"wall_s\":%.3f,\"cpu_s\":%.4f,"
	    "\"self_cpu_s\":%.2f,\"cpu_ms_per_user\":%.3f,\"stanzas_in\":%lu,"
	    "\"procs\":%d",
	    want, g_login_done, ok && g_login_done >= want ? "true" : "false",
	    wall, b.cpu_s - a.cpu_s, self_cpu() - s0,
	    want ? (b.cpu_s - a.cpu_s) * 1000 / want : 0, g_n.stanzas_in - in0,
	    b.procs);
	out_end();
	g_login_mode = 0;
}

static int
cmp_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static void
out_lat(void)
{
	if (!T.rec_lat_n) {
		fprintf(g_out, ",\"lat_n\":0");
		return;
	}
	qsort(T.lat, T.rec_lat_n, sizeof *T.lat, cmp_u32);
#define Q(f) ((double)T.lat[(size_t)((double)(T.rec_lat_n - 1) * (f))] / 1000.0)
	fprintf(g_out,
	    ",\"lat_n\":%llu,\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,"
	    "\"max_ms\":%.3f",
	    (unsigned long long)T.rec_lat_n, Q(0.5), Q(0.9), Q(0.99), Q(1.0));
#undef Q
}

static void
traffic_begin(char kind, bool closed)
{
	uint32_t *l = T.lat;
	size_t lc = T.lat_cap;
	int rr = T.rr;
	memset(&T, 0, sizeof T);
	T.lat = l;
	T.lat_cap = lc;
	T.rr = rr % o.users;
	T.kind = kind;
	T.closed_loop = closed;
	T.on = true;
}

/* fixed rate */
void
phase_lat(const char *name, char kind, double rate, double dur)
{
	struct proc_use a, b;
	traffic_begin(kind, false);
	T.gap_ns = 1e9 / rate;
	T.next_ns = (double)now_ns();
	run_until(c_never, 1.0); /* warm up */
	T.recording = true;
	measure(0, &a);
	double s0 = self_cpu(), m0 = proc_cpu(main_pid());
	uint64_t sent0 = T.sent, t = now_ns();
	run_until(c_never, dur);
	double wall = secs(now_ns() - t), sc = self_cpu() - s0,
	       mc = proc_cpu(main_pid()) - m0;
	measure(0, &b);
	uint64_t n = T.sent - sent0;
	T.gap_ns = 0;
	run_until(c_drained, 10);
	out_head(name);
	fprintf(g_out, ",\"main_cpu_s\":%.2f", mc);
	fprintf(g_out,
	    ",\"rate\":%.0f,\"secs\":%.2f,\"msgs\":%llu,\"lost\":%lld,\"cpu_"
	    "s\":%.2f,\"self_cpu_s\":%.2f,\"cpu_s_per_1000\":%.6f",
	    rate, wall, (unsigned long long)n,
	    (long long)T.sent - (long long)(kind == 'f' ? T.fan_done : T.got),
	    b.cpu_s - a.cpu_s, sc,
	    n ? (b.cpu_s - a.cpu_s) * 1000 / (double)n : 0);
	out_lat();
	out_end();
	T.on = false;
}

/* closed loop with `window` messages in flight */
void
phase_sat(const char *name, char kind, int window, double dur)
{
	struct proc_use a, b;
	traffic_begin(kind, true);
	for (int i = 0; i < window; i++)
		send_one();
	run_until(c_never, 2.0); /* warm up */
	T.recording = true;
	measure(0, &a);
	double s0 = self_cpu(), m0 = proc_cpu(main_pid());
	uint64_t t = now_ns(), d0 = T.fan_done;
	run_until(c_never, dur);
	double wall = secs(now_ns() - t), sc = self_cpu() - s0,
	       mc = proc_cpu(main_pid()) - m0;
	measure(0, &b);
	uint64_t n = T.rec_got, fd = T.fan_done - d0;
	T.closed_loop = false;
	T.gap_ns = 0;
	T.recording = false;
	run_until(c_drained, 15);
	double cpu = b.cpu_s - a.cpu_s;
	out_head(name);
	fprintf(g_out, ",\"main_cpu_s\":%.2f", mc);
	fprintf(g_out,
	    ",\"window\":%d,\"secs\":%.2f,\"delivered\":%llu,\"per_s\":%.0f,"
	    "\"lost\":%lld,\"cpu_s\":%.4f,\"cpu_cores\":%.2f,\"self_cpu_s\":%."
	    "2f,\"cpu_s_per_1000\":%.6f",
	    window, wall, (unsigned long long)n, (double)n / wall,
	    (long long)T.sent - (long long)(kind == 'f' ? T.fan_done : T.got),
	    cpu, cpu / wall, sc, n ? cpu * 1000 / (double)n : 0);
	if (kind == 'f')
		fprintf(g_out,
		    ",\"members\":%zu,\"irc_msgs\":%llu,\"irc_msgs_per_s\":%."
		    "1f",
		    g_fan->n, (unsigned long long)fd, (double)fd / wall);
	out_lat();
	out_end();
	T.on = false;
}

static uint64_t soak_goal;
static bool
c_soaked(void)
{
	return T.got >= soak_goal || g_gw_gone;
}

#define SLICES	100
#define WARM	3e5  /* messages before the first slice, or a tenth of all */
#define GROWTH	1.02 /* of the second half over the first, at most */
#define STALL_S 60   /* without an end of a slice */
#define ROUNDS	4    /* of which one is flat */

static int
cmp_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* Of one half: what the C library gives back for a moment does not count. */
static double
median(double *v, int n)
{
	if (n > SLICES / 2)
		n = SLICES / 2;
	if (n <= 0)
		return 0;
	qsort(v, (size_t)n, sizeof *v, cmp_double);
	return v[n / 2];
}

/* So many messages; true when all have arrived. */
static bool
soak(char kind, double messages, int window)
{
	traffic_begin(kind, true);
	soak_goal = (uint64_t)messages;
	for (int i = 0; i < window; i++)
		send_one();
	bool full = run_until(c_soaked, STALL_S);
	T.closed_loop = false;
	run_until(c_drained, 15);
	return full && !g_gw_gone && T.got >= T.sent;
}

/* Many messages, one way and the other by turns; memory and descriptors of the
 * whole tree whenever nothing is on its way.  What is judged is the memory that
 * other users of the same binaries do not move. */
static bool
soak_round(const char *name, double messages, int window)
{
	struct proc_use at, a, b;
	double anon[2][SLICES / 2], priv[2] = {0};
	int fds[2] = {0}, n = 0;
	unsigned long long got = 0;
	double warm = (messages / 10 > WARM ? messages / 10 : WARM) / 2;
	bool full = soak('x', warm, window) && soak('i', warm, window);
	uint64_t t = now_ns();
	measure(0, &a);
	for (; full && n < SLICES; n++) {
		int h = n >= SLICES / 2;
		full = soak(n % 2 ? 'i' : 'x', messages / SLICES, window);
		got += T.got;
		run_until(c_never, 0.1); /* the last answers */
		measure(1, &at);
		note("soak %d: %.2f MB private, %.2f anonymous, %d fds", n,
		    at.priv_mb, at.anon_mb, at.fds);
		anon[h][n % (SLICES / 2)] = at.anon_mb;
		priv[h] += at.priv_mb / (SLICES / 2);
		if (at.fds > fds[h])
			fds[h] = at.fds;
	}
	measure(0, &b);
	double wall = secs(now_ns() - t);
	double first = median(anon[0], n);
	double second = median(anon[1], n - SLICES / 2);
	double ratio = second / first;
	bool ok = full && ratio <= GROWTH && fds[1] <= fds[0];
	out_head(name);
	fprintf(g_out,
	    ",\"ok\":%s,\"delivered\":%llu,\"wall_s\":%.1f,\"per_s\":%.0f,"
	    "\"cpu_s_per_1000\":%.6f,\"anon_mb\":[%.2f,%.2f],\"ratio\":%.4f,"
	    "\"private_mb\":[%.2f,%.2f],\"fds\":[%d,%d],\"procs\":%d",
	    ok ? "true" : "false", got,
	    wall, (double)got / wall,
	    got ? (b.cpu_s - a.cpu_s) * 1000 / (double)got : 0, first,
	    second, ratio, priv[0], priv[1], fds[0], fds[1], b.procs);
	out_end();
	T.on = false;
	return ok || !full;
}

/* On a busy machine a stall may fill a buffer as never before.  What grew for
 * that reason does not grow again and again; what leaks does. */
void
phase_soak(const char *name, double messages, int window)
{
	for (int i = 0; i < ROUNDS; i++)
		if (soak_round(name, messages, window))
			return;
}

void
phase_mem(const char *name, double cpu_over_s)
{
	struct proc_use a, b;
	measure(0, &a);
	if (cpu_over_s > 0)
		run_until(c_never, cpu_over_s);
	measure(1, &b);
	out_head(name);
	fprintf(g_out,
	    ",\"procs\":%d,\"threads\":%d,\"pss_mb\":%.2f,\"rss_mb\":%.2f,"
	    "\"private_mb\":%.2f,\"anon_mb\":%.2f,\"cpu_total_s\":%.2f",
	    b.procs, b.threads, b.pss_mb, b.rss_mb, b.priv_mb, b.anon_mb,
	    b.cpu_s);
	if (cpu_over_s > 0)
		fprintf(g_out, ",\"idle_secs\":%.1f,\"idle_cpu_s\":%.3f",
		    cpu_over_s, b.cpu_s - a.cpu_s);
	out_end();
}

/* Runs a shell command (it sees GW_PID) while low-rate traffic goes both ways.
 */
void
phase_crash(const char *name, double rate, double dur, const char *cmd)
{
	traffic_begin('x', false);
	g_crash = true;
	for (int i = 0; i < o.users; i++) {
		struct user *u = &g_u[i];
		u->hit = u->told_unavail = u->told_msg = u->told_err =
		    u->reconnected = u->rejoined = u->renamed = 0;
		u->t_told = u->t_reconn = u->t_rejoin = 0;
		u->x_sent = u->x_got = u->i_sent = u->i_got = 0;
		u->last_lost_i = 0;
	}
	T.gap_ns = 1e9 / rate;
	T.next_ns = (double)now_ns();
	run_until(NULL, 3.0);
	struct proc_use a, b;
	measure(0, &a);
	unsigned long cc0 = g_n.comp_conns;
	bool had_x = g_x != NULL;
	uint64_t t = now_ns();
	char env[32];
	snprintf(env, sizeof env, "%d", (int)g_gw);
	setenv("GW_PID", env, 1);
	int rc = system(cmd);
	note("crash command: rc %d", rc);
	run_until(NULL, dur);
	T.gap_ns = 0;
	run_until(NULL, 3.0);
	reap();
	measure(0, &b);
	int hit = 0, ren = 0, un = 0, ms = 0, er = 0, rc2 = 0, rj = 0;
	double told0 = 1e9, told1 = 0, rec0 = 1e9, rec1 = 0, rj1 = 0,
	       lost_i_last = 0;
	long xs = 0, xg = 0, is = 0, ig = 0, hxs = 0, hxg = 0, his = 0, hig = 0;
	for (int i = 0; i < o.users; i++) {
		struct user *u = &g_u[i];
		xs += u->x_sent;
		xg += u->x_got;
		is += u->i_sent;
		ig += u->i_got;
		ren += u->renamed;
		if (!u->hit)
			continue;
		hit++;
		hxs += u->x_sent;
		hxg += u->x_got;
		his += u->i_sent;
		hig += u->i_got;
		un += u->told_unavail;
		ms += u->told_msg;
		er += u->told_err;
		rc2 += u->reconnected;
		rj += u->rejoined;
#define MM(v, lo, hi)                                                          \
	do {                                                                   \
		if (v) {                                                       \
			double d_ = secs(v - t);                               \
			if (d_ < lo)                                           \
				lo = d_;                                       \
			if (d_ > hi)                                           \
				hi = d_;                                       \
		}                                                              \
	} while (0)
		double z = 1e9;
		MM(u->t_told, told0, told1);
		MM(u->t_reconn, rec0, rec1);
		MM(u->t_rejoin, z, rj1);
		z = 1e9;
		MM(u->last_lost_i, z, lost_i_last);
#undef MM
	}
	out_head(name);
	fprintf(g_out,
	    ",\"rate\":%.0f,\"secs\":%.1f,\"users_hit\":%d,\"renamed\":%d,"
	    "\"told_unavailable\":%d,\"told_message\":%d,\"told_error\":%d,"
	    "\"irc_reconnected\":%d,\"rejoined\":%d,\"told_first_s\":%.3f,"
	    "\"told_last_s\":%.3f,\"reconn_first_s\":%.3f,\"reconn_last_s\":%."
	    "3f,\"rejoin_last_s\":%.3f,"
	    "\"x_sent\":%ld,\"x_got\":%ld,\"i_sent\":%ld,\"i_got\":%ld,\"hit_x_"
	    "sent\":%ld,\"hit_x_got\":%ld,\"hit_i_sent\":%ld,\"hit_i_got\":%ld,"
	    "\"last_unroutable_i_s\":%.1f,\"component_lost\":%s,\"component_"
	    "reconnects\":%lu,\"gateway_gone\":%s,\"procs_before\":%d,\"procs_"
	    "after\":%d",
	    rate, dur, hit, ren, un, ms, er, rc2, rj, told0 > 1e8 ? -1 : told0,
	    told1, rec0 > 1e8 ? -1 : rec0, rec1, rj1, xs, xg, is, ig, hxs, hxg,
	    his, hig, lost_i_last,
	    had_x && (!g_x || g_n.comp_conns > cc0) ? "true" : "false",
	    g_n.comp_conns - cc0, g_gw_gone ? "true" : "false", a.procs,
	    b.procs);
	out_end();
	g_crash = false;
	T.on = false;
}

void
phase_stop(void)
{
	pid_t tree[PROC_MAX_TREE], me = getpid();
	uint64_t t = now_ns();
	size_t n0 = proc_tree(&me, 1, tree, PROC_MAX_TREE);
	if (g_gw > 0 && !g_gw_gone)
		kill(g_gw, SIGTERM);
	run_until(c_gone, 20);
	double wall = secs(now_ns() - t);
	run_until(NULL, 2); /* let the workers leave too */
	reap();
	size_t n = proc_tree(&me, 1, tree, PROC_MAX_TREE);
	out_head("stop");
	fprintf(g_out,
	    ",\"procs_before\":%zu,\"exit_s\":%.3f,\"clean\":%s,\"left_after_"
	    "2s\":%zu",
	    n0 - 1, wall, g_gw_gone ? "true" : "false", n - 1);
	out_end();
	for (size_t i = 0; i < n; i++)
		if (tree[i] != me)
			kill(tree[i], SIGKILL);
	run_until(NULL, 0.3);
	reap();
}
