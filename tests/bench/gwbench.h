/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gwbench.h - what the parts of the load generator share.
 * One thread, one generator per process: the state is global. */
#ifndef GWBENCH_H
#define GWBENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "proc.h"
#include "util.h"

struct options {
	const char *label, *gateway_cmd, *secret, *domain, *user_domain,
	    *user_prefix, *irc_name;
	const char *t_register, *t_login, *t_join, *t_logout, *room, *peer,
	    *phases, *out, *trace, *peer_nick;
	int component_port, irc_port, users, names_extra, chan_size, body_len,
	    trace_user, verbose;
	int login_window;
	int no_quickack;
	double timeout;
	pid_t pids[PROC_MAX_ROOTS];
	size_t npids;
};
extern struct options o;

struct ircconn;
struct user {
	int idx;
	char nick[32], bare[96], full[128], chan[48], room[160];
	struct ircconn *irc;
	uint8_t registered, logged; /* 0 no, 1 asked, 2 done */
	uint8_t fan;		    /* joined #fan: 1 asked, 2 done */
	uint64_t t_login;
	/* crash phase */
	uint8_t hit, told_unavail, told_msg, told_err, reconnected, rejoined,
	    renamed;
	uint64_t t_told, t_reconn, t_rejoin;
	uint32_t x_sent, x_got, i_sent, i_got;
	uint64_t last_lost_x, last_lost_i;
};

struct chan;
enum { K_LISTEN_X, K_LISTEN_I, K_XMPP, K_IRC };
struct ep {
	int kind, fd;
	struct buf in, out;
	bool want_out, dirty, dead;
	struct ep *dnext;
};
struct ircconn {
	struct ep e;
	char nick[64], user[64];
	bool have_user, welcomed;
	struct chan **ch;
	size_t nch, cch;
	struct user *u;
};
struct chan {
	char name[64];
	struct ircconn **m;
	size_t n, cap;
};
struct dead {
	struct ep **v;
	size_t n, cap;
};

struct counters { /* lifetime counters */
	unsigned long stanzas_in, stanzas_out, irc_in, irc_out, irc_conns,
	    irc_disc, comp_conns, iq_in, odd_msgs;
};

struct traffic {
	bool on, closed_loop, recording;
	char kind; /* x, i, f */
	bool both; /* crash phase: x and i open loop */
	uint64_t seq, sent, got, rec_got, rec_lat_n, fan_done;
	double gap_ns, next_ns;
	int rr, nfan;
	uint32_t *lat;
	size_t lat_cap;
	struct {
		uint64_t t;
		int left;
	} fan[4096];
};

extern int g_ep;
extern struct ep g_lx, g_li, *g_x; /* g_x: the component connection */
extern struct xframer g_fr;
extern bool g_auth;
extern char g_sid[32];
extern struct user *g_u;
extern struct smap g_nicks,
    g_chans; /* nick -> ircconn, channel -> chan; users by nick below */
extern struct smap g_unick; /* nick -> user */
extern struct ep *g_dirty;
extern struct dead g_dead;
extern FILE *g_out, *g_trace;
extern pid_t g_gw; /* gateway root pid we started */
extern bool g_gw_gone;
extern uint64_t g_t0;
extern unsigned long g_idc;
extern int g_phase_no;
extern struct counters g_n;
extern struct traffic T;
extern bool g_crash;
extern struct chan *g_fan;
extern int g_login_mode; /* 0 none, 1 register, 2 login, 3 fan join */
extern int g_login_next, g_login_done, g_login_want;

void ep_listen(struct ep *e, int kind, int port);
void mark_dirty(struct ep *e);
void ep_close(struct ep *e);
void ep_flush(struct ep *e);
void reap(void);
bool run_until(bool (*cond)(void), double limit_s);
void irc_send(struct ircconn *c, const char *s, size_t n);
void irc_sendf(struct ircconn *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))) __attribute__((format(printf, 2, 3)));
void send_one(void);
bool arrived(struct user *u, const char *s, size_t n);
void tmpl(struct buf *b, const char *t, const struct user *u, const char *chan,
    const char *room, const char *id);
void x_send(struct user *u, const char *s, size_t n);
void x_send_tmpl(struct user *u, const char *t, const char *chan,
    const char *room, const char *id);
void x_input(struct ep *e);
struct chan *chan_get(const char *name);
void irc_input(struct ircconn *c);
void irc_gone(struct ircconn *c);
void measure(int mem, struct proc_use *u);
void out_head(const char *phase);
void out_end(void);
bool c_auth(void);
bool c_never(void);
void login_next(void);
void phase_steps(const char *name, int mode, int want);
void phase_lat(const char *name, char kind, double rate, double dur);
void phase_sat(const char *name, char kind, int window, double dur);
void phase_soak(const char *name, double messages, int window);
void phase_mem(const char *name, double cpu_over_s);
void phase_crash(const char *name, double rate, double dur, const char *cmd);
void phase_stop(void);
double secs(uint64_t ns);
double rel(void);
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)))
__attribute__((format(printf, 1, 2)));
void trace(const struct user *u, const char *dir, const char *s, size_t n);

#endif
