/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spectrum2: one instance, one process.  Reads the command line, becomes a
 * service or goes on for the one that has executed us, runs the loop until told
 * to stop. */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <ev.h>

#include "manager/config.h"
#include "manager/daemon.h"
#include "manager/instance.h"
#include "manager/logging.h"
#include "manager/upgrade.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

#define OVERRIDES_MAX	64
#define TRIM_INTERVAL	10.0	/* seconds */
#define STATUS_INTERVAL	5.0

struct options {
	const char	*config, *jid;
	bool		 foreground, check_only;
	struct config_override overrides[OVERRIDES_MAX];
	size_t		 n;
};

static void
usage(FILE *to)
{
	fputs("Usage: spectrum2 [OPTIONS] CONFIG_FILE\n"
	    "Runs one instance: a gateway (or, in server mode, a server) for "
	    "XMPP users to\nanother network.\n\n"
	    "  -n, --no-daemonize       stay in the foreground\n"
	    "  -j, --jid JID            serve this JID instead of the file's\n"
	    "      --config FILE        the configuration file\n"
	    "      --check-config FILE  say whether it is right, and exit\n"
	    "      --SECTION.KEY=VALUE  a setting, wins over the file\n"
	    "  -d, --no-debug           accepted, without effect\n"
	    "  -v, --version\n"
	    "  -h, --help\n\n"
	    "See spectrum2(8) and spectrum2.cfg(5).\n", to);
}

/* --section.key=value cannot be told to getopt: they are taken out first. */
static int
take_overrides(int argc, char **argv, struct options *o)
{
	int kept = 1;

	for (int i = 1; i < argc; i++) {
		char *name = argv[i] + 2, *equals = strchr(argv[i], '=');

		if (strncmp(argv[i], "--", 2) != 0 || equals == NULL ||
		    memchr(name, '.', (size_t)(equals - argv[i])) == NULL ||
		    strchr(name, '.') > equals) {
			argv[kept++] = argv[i];
			continue;
		}
		if (o->n == OVERRIDES_MAX) {
			fprintf(stderr, "spectrum2: more than %d settings on "
			    "the command line\n", OVERRIDES_MAX);
			exit(EX_USAGE);
		}
		*equals = '\0';
		o->overrides[o->n++] =
		    (struct config_override){ name, equals + 1 };
	}
	argv[kept] = NULL;
	return kept;
}

static void
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "no-daemonize", no_argument, NULL, 'n' },
		{ "no-debug", no_argument, NULL, 'd' },
		{ "jid", required_argument, NULL, 'j' },
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", required_argument, NULL, 'C' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	argc = take_overrides(argc, argv, o);
	while ((c = getopt_long(argc, argv, "ndj:vh", longs, NULL)) != -1) {
		switch (c) {
		case 'n':
			o->foreground = true;
			break;
		case 'd':
			break;
		case 'j':
			o->jid = optarg;
			break;
		case 'C':
			o->check_only = true;
			o->config = optarg;
			break;
		case 'c':
			o->config = optarg;
			break;
		case 'v':
			puts(SPECTRUM_VERSION);
			exit(0);
		case 'h':
			usage(stdout);
			exit(0);
		default:
			exit(EX_USAGE);
		}
	}
	if (optind < argc && o->config == NULL)
		o->config = argv[optind++];
	if (o->config == NULL || optind < argc) {
		usage(stderr);
		exit(EX_USAGE);
	}
}

/* Say why, in the log and, before we are in the background, to whoever has
 * typed the command; end. */
static NORETURN void
give_up(int status, char *why)
{
	log_error("%s", why);
	free(why);
	exit(status);
}

/* Backends named without a path are found beside us. */
static void
extend_path(void)
{
	char self[4096], *ours, *path, *slash;
	const char *old = getenv("PATH");
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return;
	self[n] = '\0';
	if ((slash = strrchr(self, '/')) != NULL)
		*slash = '\0';
	ours = xasprintf("%s:%s/libexec:", self, SPECTRUM_PREFIX);
	/* Whom we succeed has done so already. */
	if (old == NULL || strncmp(old, ours, strlen(ours)) != 0) {
		path = xasprintf("%s%s", ours, old ? old : "/usr/bin:/bin");
		setenv("PATH", path, 1);
		free(path);
	}
	free(ours);
}

/* ---------------------------------------------------------------------- loop */

struct process {
	struct ev_loop	*loop;
	struct instance	*instance;
	ev_prepare	 turn;
	ev_timer	 trim, status, watchdog;
	ev_signal	 term, interrupt, hangup, usr2;
	bool		 stopping;
};

static void
end_of_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	later_run();
}

/* What a burst of logins has left goes back to the kernel. */
static void
trim_memory(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	malloc_trim(0);
}

static void
all_stopped(void *ctx)
{
	struct process *p = ctx;

	ev_break(p->loop, EVBREAK_ALL);
}

static void
tell_status(struct process *p)
{
	struct buf b = { 0 };
	char *text;

	instance_summary(p->instance, &b);
	text = buf_steal(&b);
	daemon_status(text);
	free(text);
}

static void
on_status(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	tell_status(w->data);
}

/* The loop turns, so we live. */
static void
on_watchdog(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	daemon_notify("WATCHDOG=1");
}

static void
on_stop(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct process *p = w->data;

	(void)loop;
	(void)revents;
	log_info("signal %d: stopping%s", w->signum,
	    p->stopping ? ", without waiting for anybody" : "");
	if (!p->stopping)
		daemon_notify("STOPPING=1");
	p->stopping = true;
	instance_stop(p->instance, all_stopped, p);
	tell_status(p);
}

static void
on_hangup(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct process *p = w->data;
	char *why;

	(void)loop;
	(void)revents;
	if (p->stopping)
		return;
	daemon_reloading();
	if ((why = instance_reload(p->instance)) != NULL)
		log_error("reload: %s; everything stays as it was", why);
	else
		log_info("reloaded");
	free(why);
	daemon_ready();
}

static void
on_upgrade(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct process *p = w->data;

	(void)loop;
	(void)revents;
	log_info("signal %d: upgrading", w->signum);
	instance_upgrade(p->instance);
}

static void
watch_signal(struct process *p, ev_signal *w,
    void (*cb)(struct ev_loop *, ev_signal *, int), int signum)
{
	ev_signal_init(w, cb, signum);
	w->data = p;
	ev_signal_start(p->loop, w);
}

static void
every(struct process *p, ev_timer *w, void (*cb)(struct ev_loop *, ev_timer *,
    int), double after, double seconds)
{
	ev_timer_init(w, cb, after, seconds);
	w->data = p;
	ev_timer_start(p->loop, w);
}

static void
run(struct process *p)
{
	double watchdog = daemon_watchdog();

	ev_prepare_init(&p->turn, end_of_turn);
	ev_prepare_start(p->loop, &p->turn);
	every(p, &p->trim, trim_memory, TRIM_INTERVAL, TRIM_INTERVAL);
	if (daemon_is_supervised())
		every(p, &p->status, on_status, 0, STATUS_INTERVAL);
	if (watchdog > 0)
		every(p, &p->watchdog, on_watchdog, 0, watchdog);
	daemon_ready();
	ev_run(p->loop, 0);
	later_run();
	instance_destroy(p->instance);
	later_run();
}

/* -------------------------------------------------------------------- start */

/* In the order that daemon.h gives. */
static void
become_service(const struct config *config, bool foreground)
{
	char *why = NULL;

	if (daemon_directories(config, &why) < 0 ||
	    daemon_lock(config, &why) < 0 ||
	    (!foreground && daemon_detach(&why) < 0) ||
	    daemon_settle(config, &why) < 0 ||
	    logging_start(config, &why) < 0 ||
	    daemon_drop_privileges(config, &why) < 0)
		give_up(EX_CANTCREAT, why);
}

/* The service is there already; its user is, too. */
static void
take_over(const struct config *config, struct heir *heir)
{
	char *why = NULL;

	/* Where relative names of log files begin; daemon_settle() complains
	 * if we cannot be there. */
	(void)!chdir(config->service_working_dir);
	if (logging_start(config, &why) < 0) {
		log_warn("%s", why);	/* no reason to let users down */
		free(why);
	}
	if (daemon_adopt(config, packed_get(upgrade_state(heir), "daemon"),
	    &why) < 0 || daemon_settle(config, &why) < 0)
		upgrade_give_back(heir, why);
}

/* Would we do?  What can be tried without harm to those who serve is tried. */
static int
rehearse(struct heir *heir, const struct options *o)
{
	char *why = NULL;
	struct config *config = NULL;
	int code;

	if (upgrade_check(heir, &why) == 0)
		config = config_load(o->config, o->jid, o->overrides, o->n,
		    &why);
	/* Relative names begin there. */
	if (config != NULL && chdir(config->service_working_dir) < 0)
		why = config_wrong(config, "service", "working_dir", "cannot "
		    "go to %s: %s", config->service_working_dir,
		    strerror(errno));
	if (config != NULL && why == NULL && instance_can_follow(config,
	    packed_get(upgrade_state(heir), "facts"), &why) == 0 &&
	    config_check_program(config, &why) == 0)
		(void)!logging_start(config, &why);
	code = upgrade_rehearsed(heir, why);
	config_destroy(config);
	free(why);
	return code;
}

static struct config *
load_config(const struct options *o, struct heir *heir)
{
	char *why = NULL;
	struct config *config;

	config = config_load(o->config, o->jid, o->overrides, o->n, &why);
	if (config != NULL)
		return config;
	if (heir != NULL)
		upgrade_give_back(heir, why);
	fprintf(stderr, "%s\n", why);
	free(why);
	exit(EX_CONFIG);
}

/* Its syntax is right already. */
static int
check(const struct options *o, struct config *config)
{
	char *why = NULL;
	int status = config_check_program(config, &why);

	if (status == 0)
		printf("%s: right\n", o->config);
	else
		fprintf(stderr, "%s\n", why);
	free(why);
	config_destroy(config);
	return status == 0 ? 0 : EX_CONFIG;
}

static void
start(struct process *p, struct config *config, struct heir *heir)
{
	char *why = NULL, *text;

	/* After the fork: an event loop does not survive one. */
	p->loop = ev_default_loop(EVFLAG_AUTO);
	/* From here on a signal is kept until the loop runs. */
	watch_signal(p, &p->term, on_stop, SIGTERM);
	watch_signal(p, &p->interrupt, on_stop, SIGINT);
	watch_signal(p, &p->hangup, on_hangup, SIGHUP);
	watch_signal(p, &p->usr2, on_upgrade, SIGUSR2);
	p->instance = instance_create(p->loop, config,
	    heir != NULL ? upgrade_state(heir) : NULL, &why);
	if (p->instance == NULL && heir != NULL)
		upgrade_give_back(heir, why);
	if (p->instance == NULL)
		give_up(EX_CONFIG, why);
	instance_describe(p->instance);
	if (heir == NULL)
		return;
	/* Those that have died meanwhile. */
	ev_feed_signal_event(p->loop, SIGCHLD);
	text = upgrade_done(heir);
	instance_upgraded(p->instance, text);
	free(text);
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };
	struct process p = { 0 };
	struct config *config;
	struct heir *heir;

	/* The store's thread would get an arena of its own and never fill it. */
	mallopt(M_ARENA_MAX, 1);
	upgrade_remember(argv);
	heir = upgrade_inherit();
	parse_options(argc, argv, &o);
	extend_path();
	if (heir != NULL && upgrade_is_rehearsal(heir))
		return rehearse(heir, &o);
	config = load_config(&o, heir);
	if (o.check_only)
		return check(&o, config);
	log_set_subject(config->service_jid);
	if (heir != NULL)
		take_over(config, heir);
	else
		become_service(config, o.foreground);
	start(&p, config, heir);
	run(&p);
	log_info("stopped");
	daemon_release();
	return 0;
}
