/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: ctl manager util */
/* spectrum2_manager against small instances: this program, called as
 * "spectrum2", is one, made of the real daemon and control parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "manager/control.h"
#include "manager/ctl/ctl.h"
#include "manager/daemon.h"
#include "manager/logging.h"
#include "util/later.h"
#include "util/xalloc.h"

/* -------------------------------------------------------------- an instance */

static struct control *control;

static void
on_status(void *ctx, uint64_t id, const char *args)
{
	(void)ctx;
	(void)args;
	control_reply(control, id, "Running");
}

static void
on_empty(void *ctx, uint64_t id, const char *args)
{
	(void)ctx;
	(void)args;
	control_reply(control, id, "");
}

static void
on_silent(void *ctx, uint64_t id, const char *args)
{
	(void)ctx;
	(void)id;
	(void)args;
}

static uint64_t waits;		/* for on_late() */
static const char *late_text;
static struct ev_timer late_timer;

static void
on_late(struct ev_loop *loop, struct ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	control_reply(control, waits, late_text);
}

/* Longer than the manager waits for an answer in these tests. */
static void
answer_late(uint64_t id, const char *text)
{
	waits = id;
	late_text = text;
	ev_timer_init(&late_timer, on_late, 0.6, 0);
	ev_timer_start(ev_default_loop(0), &late_timer);
}

static void
on_trace(void *ctx, uint64_t id, const char *args)
{
	(void)ctx;
	if (strcmp(args, "nobody") == 0) {
		control_reply(control, id, "Error: nobody is not online");
		return;
	}
	if (control_more(control, id, "first") == 0 &&
	    control_more(control, id, "second") == 0)
		answer_late(id, "last");
}

static void
on_upgrade(void *ctx, uint64_t id, const char *args)
{
	(void)ctx;
	answer_late(id, *args != '\0' ? "Error: not upgraded: it is broken" :
	    "Upgraded to 3.1.0 in 40 ms (rehearsal 90 ms)");
}

static void
on_crash(void *ctx, uint64_t id, const char *args)
{
	on_silent(ctx, id, args);
	_exit(1);
}

static void
on_other(void *ctx, uint64_t id, const char *line)
{
	char *answer = xasprintf("%s%s says %s",
	    strcmp(line, "refuse") == 0 ? "Error: " : "", (char *)ctx, line);

	control_reply(control, id, answer);
	free(answer);
}

static void
on_term(struct ev_loop *loop, struct ev_signal *w, int events)
{
	(void)events;
	if (w->data != NULL)
		usleep(1700000);	/* slow to stop */
	ev_break(loop, EVBREAK_ALL);
}

static int
serve(const struct config *c)
{
	static const struct control_command commands[] = {
		{ "status", on_status }, { "empty", on_empty },
		{ "silent", on_silent }, { "crash", on_crash },
		{ "trace", on_trace }, { "upgrade", on_upgrade },
		{ NULL, on_other },
	};
	const struct control_config cc = { .path = config_control_path(c),
	    .owner = (uid_t)-1, .group = (gid_t)-1 };
	struct ev_loop *loop = ev_default_loop(0);
	struct ev_signal term;
	char *why;

	control = control_create(loop, &cc, commands, LENGTH(commands),
	    c->service_jid, &why);
	if (control == NULL)
		return 1;
	ev_signal_init(&term, on_term, SIGTERM);
	term.data = strstr(c->service_backend, "slow") ? c->service_jid : NULL;
	ev_signal_start(loop, &term);
	daemon_ready();
	alarm(200);			/* never outlive the test by much */
	ev_run(loop, 0);
	ev_signal_stop(loop, &term);
	control_destroy(control);
	ev_loop_destroy(loop);
	return 0;
}

static int
run_instance(const struct config *c, char **why)
{
	if (daemon_directories(c, why) < 0 || daemon_lock(c, why) < 0 ||
	    daemon_detach(why) < 0 || daemon_settle(c, why) < 0 ||
	    logging_start(c, why) < 0)
		return 78;
	if (strstr(c->service_backend, "fails") != NULL) {
		fprintf(stderr, "said on standard error\n");
		log_error("said in the log");
		return 12;
	}
	if (strstr(c->service_backend, "dies") != NULL) {
		daemon_ready();
		return 0;
	}
	return serve(c);
}

/* Nothing is locked any more; still this is alive. */
static void
linger(const struct config *c)
{
	char *path = xasprintf("%s/ended", c->service_working_dir);

	usleep(400000);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	free(path);
}

static int
instance_main(char **argv)
{
	char *why = NULL;
	struct config *c = config_load(argv[3], argv[2], NULL, 0, &why);
	int code = c == NULL ? 78 : run_instance(c, &why);

	if (why != NULL)
		fprintf(stderr, "%s\n", why);
	free(why);
	daemon_release();
	if (c != NULL && strstr(c->service_backend, "lingers") != NULL)
		linger(c);
	config_destroy(c);
	later_run();
	return code;
}

/* ------------------------------------------------------------- the manager */

static char dir[64], out[20000], err[20000];
static unsigned dots;		/* in what was out */

static void
put(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(path);
}

static void
put_instance(const char *file, const char *jid, const char *backend,
    const char *more)
{
	char *text = xasprintf("[service]\njid = %s\nport = 1\nbackend = %s\n"
	    "pidfile = %s/run/$jid.pid\nworking_dir = %s/lib/$jid\n%s",
	    jid, backend, dir, dir, more);

	put(file, text);
	free(text);
}

static void
get(const char *name, char *text, size_t size)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, size - 1);

	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
	free(path);
}

/* A dot is a second of waiting.  How many there are is not asked: this machine
 * may be slow. */
static unsigned
forget_dots(char *text)
{
	unsigned n = 0;

	while ((text = strstr(text, ": .")) != NULL) {
		memmove(text + 2, text + 3, strlen(text + 2));
		n++;
	}
	return n;
}

/* The words, separated by single spaces.  Returns the exit code. */
static int
manager(const char *words)
{
	char *copy = xasprintf("spectrum2_manager -c %s/manager.cfg %s", dir,
	    words), *next = copy;
	char *argv[32] = { NULL };
	int argc = 0, status;
	pid_t pid;

	while ((argv[argc] = strsep(&next, " ")) != NULL)
		argc += *argv[argc] != '\0';
	if ((pid = fork()) == 0) {
		if (chdir(dir) < 0 || freopen("out", "w", stdout) == NULL ||
		    freopen("err", "w", stderr) == NULL)
			_exit(99);
		alarm(150);
		status = ctl_main(argc, argv);
		fflush(NULL);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	free(copy);
	get("out", out, sizeof(out));
	dots = forget_dots(out);
	get("err", err, sizeof(err));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

/* Text with DIR for our directory. */
static void
says(const char *got, const char *want)
{
	struct buf b = { 0 };
	char *text;

	for (; *want != '\0'; want++) {
		if (strncmp(want, "DIR", 3) == 0) {
			buf_adds(&b, dir);
			want += 2;
		} else {
			buf_addc(&b, *want);
		}
	}
	text = buf_steal(&b);
	assert_string_equal(got, text);
	free(text);
}

static int
setup(void **state)
{
	char self[1024], *path;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)state;
	strcpy(dir, "/tmp/test_ctl.XXXXXX");
	if (n < 0 || mkdtemp(dir) == NULL)
		return -1;
	self[n] = '\0';
	path = xasprintf("%s/bin", dir);
	mkdir(path, 0755);
	setenv("PATH", path, 1);
	free(path);
	path = xasprintf("%s/bin/spectrum2", dir);
	if (symlink(self, path) < 0)
		return -1;
	free(path);
	path = xasprintf("%s/cfg", dir);
	mkdir(path, 0755);
	free(path);
	path = xasprintf("[service]\nconfig_directory = %s/cfg/\n"
	    "admin_username = x\n", dir);
	put("manager.cfg", path);
	free(path);
	put("cfg/ignored.cfg.bak", "rubbish");
	put_instance("cfg/a.cfg", "a.example", "one", "");
	put_instance("cfg/b.cfg", "b.example", "slow",
	    "[vhosts]\nvhost = v.example\n");
	return 0;
}

static int
teardown(void **state)
{
	char *command = xasprintf("/bin/rm -rf %s", dir);
	int status;

	(void)state;
	manager("stop");
	status = system(command);
	free(command);
	return status;
}

static void
life(void **state)
{
	(void)state;
	assert_int_equal(manager("list"), 0);
	says(out, "a.example\nb.example\n");
	assert_int_equal(manager("status"), 3);
	says(out, "\"DIR/cfg/a.cfg\": a.example Stopped\n"
	    "\"DIR/cfg/b.cfg\": b.example Stopped\n"
	    "\"DIR/cfg/b.cfg\": v.example Stopped\n");
	assert_int_equal(manager("start"), 0);
	says(out, "");
	says(err, "");
	assert_int_equal(manager("status"), 0);
	says(out, "\"DIR/cfg/a.cfg\": a.example Running\n"
	    "\"DIR/cfg/b.cfg\": b.example Running\n"
	    "\"DIR/cfg/b.cfg\": v.example Running\n");
	assert_int_equal(manager("start"), 0);
	says(err, "");
	assert_int_equal(manager("stop a.example"), 0);
	says(out, "Stopping \"DIR/cfg/a.cfg\":  OK\n");
	assert_int_equal(manager("stop"), 0);
	says(out, "Stopping \"DIR/cfg/a.cfg\": Not running\n"
	    "Stopping \"DIR/cfg/b.cfg\":  OK\n"
	    "Stopping \"DIR/cfg/b.cfg\":  OK\n");
	/* Who is slow may find it stopped at the first look. */
	for (int i = 0; i < 10 && dots == 0; i++) {
		assert_int_equal(manager("start b.example"), 0);
		assert_int_equal(manager("stop b.example"), 0);
	}
	assert_true(dots > 0);
	assert_int_equal(manager("status"), 3);
}

/* Stopped means that the process has ended, not only that it is about to.  Here
 * it is ours to bury, which is not done before: its body counts for nothing. */
static void
stops_to_the_end(void **state)
{
	char *mark = xasprintf("%s/lib/l.example/ended", dir), *file;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L), 0);
	put_instance("cfg/l.cfg", "l.example", "lingers", "");
	assert_int_equal(manager("start l.example"), 0);
	assert_int_equal(access(mark, F_OK), -1);
	assert_int_equal(manager("stop l.example"), 0);
	says(out, "Stopping \"DIR/cfg/l.cfg\":  OK\n");
	assert_int_equal(access(mark, F_OK), 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0L, 0L, 0L, 0L), 0);
	assert_true(waitpid(-1, NULL, WNOHANG) > 0);
	file = xasprintf("%s/cfg/l.cfg", dir);
	unlink(file);
	free(file);
	free(mark);
}

static void
one_at_a_time(void **state)
{
	(void)state;
	assert_int_equal(manager("start v.example"), 0);
	assert_int_equal(manager("a.example start"), 0);
	assert_int_equal(manager("status v.example"), 0);
	says(out, "\"DIR/cfg/b.cfg\": v.example Running\n");
	assert_int_equal(manager("status b.example"), 3);
	/* restart starts what did not run, too. */
	assert_int_equal(manager("restart"), 0);
	says(out, "Stopping \"DIR/cfg/a.cfg\":  OK\n"
	    "Starting \"DIR/cfg/a.cfg\": OK\n"
	    "Stopping \"DIR/cfg/b.cfg\": Not running\n"
	    "Starting \"DIR/cfg/b.cfg\": OK\n"
	    "Stopping \"DIR/cfg/b.cfg\":  OK\n"
	    "Starting \"DIR/cfg/b.cfg\": OK\n");
	assert_int_equal(manager("a.example stop"), 0);
	/* The dangerous one: nobody else may be touched. */
	assert_int_equal(manager("stop foo.example"), 9);
	says(err, "There is no instance foo.example in DIR/cfg.\n");
	assert_int_equal(manager("start foo.example"), 9);
	assert_int_equal(manager("status"), 3);
	says(out, "\"DIR/cfg/a.cfg\": a.example Stopped\n"
	    "\"DIR/cfg/b.cfg\": b.example Running\n"
	    "\"DIR/cfg/b.cfg\": v.example Running\n");
}

static void
questions(void **state)
{
	(void)state;
	assert_int_equal(manager("start"), 0);
	assert_int_equal(manager("a.example status"), 0);
	says(out, "Running\n");
	assert_int_equal(manager("a.example register x@y -z pass"), 0);
	says(out, "a.example says register x@y -z pass\n");
	assert_int_equal(manager("a.example refuse"), 1);
	says(out, "");
	says(err, "Error: a.example says refuse\n");
	assert_int_equal(manager("v.example uptime"), 0);
	says(out, "v.example says uptime\n");
	assert_int_equal(manager("a.example start now"), 0);
	says(out, "a.example says start now\n");
	assert_int_equal(manager("a.example empty"), 0);
	says(out, "Empty response\n");
	assert_int_equal(manager("-t 0.2 a.example silent"), 10);
	says(out, "");
	says(err, "a.example does not answer: no answer within 0.2 s.\n");
	assert_int_equal(manager("a.example crash"), 10);
	assert_non_null(strstr(err, "it has ended before it answered"));
	/* Its socket is still there; what dies may close the connection before
	 * it. */
	for (int i = 0; i < 100; i++) {
		assert_int_equal(manager("a.example status"), 10);
		if (strstr(err, "it has ended before") == NULL)
			break;
	}
	assert_non_null(strstr(err, "a.example does not run ("));
	assert_non_null(strstr(err, "Connection refused"));
	assert_int_equal(manager("a.example start"), 0);
	assert_int_equal(manager("foo.example status"), 9);
	says(err, "There is no instance foo.example in DIR/cfg.\n");
}

/* More time, or no end; and whoever asks by a script gets a code. */
static void
long_answers(void **state)
{
	int code;

	(void)state;
	assert_int_equal(manager("start a.example"), 0);
	assert_int_equal(manager("-t 0.2 a.example upgrade"), 0);
	says(out, "Upgraded to 3.1.0 in 40 ms (rehearsal 90 ms)\n");
	assert_int_equal(manager("a.example upgrade x"), 1);
	says(out, "");
	says(err, "Error: not upgraded: it is broken\n");
	/* To begin it has those 0.2 s, and may not get any of them. */
	do {
		code = manager("-t 0.2 a.example trace ana");
	} while (code == 10 && *out == '\0');
	assert_int_equal(code, 0);
	says(out, "first\nsecond\nlast\n");
	assert_int_equal(manager("a.example trace nobody"), 1);
	says(err, "Error: nobody is not online\n");
	assert_int_equal(manager("stop a.example"), 0);
	assert_int_equal(manager("a.example trace ana"), 10);
}

/* What does not run has nothing to do. */
static void
all_that_run(void **state)
{
	(void)state;
	assert_int_equal(manager("start"), 0);
	assert_int_equal(manager("stop b.example"), 0);
	assert_int_equal(manager("reload"), 0);
	says(out, "a.example: a.example says reload\n"
	    "v.example: v.example says reload\n");
	says(err, "");
	assert_int_equal(manager("upgrade"), 0);
	says(out, "a.example: Upgraded to 3.1.0 in 40 ms (rehearsal 90 ms)\n"
	    "v.example: Upgraded to 3.1.0 in 40 ms (rehearsal 90 ms)\n");
	assert_int_equal(manager("reload v.example"), 0);
	says(out, "v.example says reload\n");
	assert_int_equal(manager("v.example reload"), 0);
	says(out, "v.example says reload\n");
	assert_int_equal(manager("reload b.example"), 10);
	assert_int_equal(manager("start"), 0);
}

static void
failures(void **state)
{
	(void)state;
	put_instance("cfg/c.cfg", "c.example", "fails", "");
	if (manager("start c.example") != 12)
		fail_msg("%s", err);
	says(out, "");
	assert_non_null(strstr(err, "Error: c.example (") );
	assert_non_null(strstr(err, "said on standard error\n"));
	assert_non_null(strstr(err, "said in the log\n"));
	put_instance("cfg/c.cfg", "c.example", "fails", "[logging]\n"
	    "file = /dev/null/$jid/nowhere\n");
	assert_int_equal(manager("start c.example"), 78);
	assert_non_null(strstr(err, "directory /dev/null/c.example cannot"));
	put_instance("cfg/c.cfg", "c.example", "dies", "");
	assert_int_equal(manager("start c.example"), 10);
	assert_non_null(strstr(err, "started, but does not answer"));
	/* The others start all the same, and the code tells. */
	put("cfg/c.cfg", "[service]\nport = x\n");
	assert_int_equal(manager("start"), 1);
	assert_non_null(strstr(err, "/cfg/c.cfg:2: [service] port: "));
	assert_int_equal(manager("a.example status"), 0);
	assert_int_equal(manager("status"), 1);
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(manager("stop"), 1);
	assert_int_equal(manager("start"), 8);
	assert_non_null(strstr(err, "PATH"));
}

/* A slip in the file of a running instance does not make it immortal. */
static void
spoilt_files(void **state)
{
	(void)state;
	assert_int_equal(manager("start a.example"), 0);
	put_instance("cfg/a.cfg", "a.example", "one",
	    "port = q\nfrontend = x\n[database]\ntype = oracle\nrubbish\n");
	assert_int_equal(manager("status a.example"), 0);
	assert_non_null(strstr(err, "/cfg/a.cfg:"));
	assert_int_equal(manager("a.example status"), 0);
	says(out, "Running\n");
	assert_int_equal(manager("stop a.example"), 0);
	says(out, "Stopping \"DIR/cfg/a.cfg\":  OK\n");
	assert_int_equal(manager("start a.example"), 78);
	assert_int_equal(manager("status a.example"), 3);
}

/* Its log shows why. */
static void
the_log_is_shown(void **state)
{
	char *more = xasprintf("[logging]\nfile = %s/log/c.log\n", dir);

	(void)state;
	put_instance("cfg/c.cfg", "c.example", "fails", more);
	assert_int_equal(manager("start c.example"), 12);
	assert_non_null(strstr(err, "said in the log\n"));
	free(more);
}

static void
usage_and_settings(void **state)
{
	(void)state;
	assert_int_equal(manager(""), 1);
	assert_non_null(strstr(out, "Usage: spectrum2_manager"));
	assert_int_equal(manager("-h"), 1);
	assert_int_equal(manager("-v"), 0);
	assert_int_equal(manager("--nonsense"), 2);
	assert_int_equal(manager("-t x list"), 2);
	assert_int_equal(manager("-t -1 list"), 2);
	assert_int_equal(manager("list a.example b.example"), 2);
	assert_int_equal(manager("a.example"), 11);
	assert_int_equal(manager("server"), 1);
	assert_int_equal(manager("-c /nonexistent list"), 4);
	says(err, "/nonexistent: No such file or directory\n"
	    "Can't load configuration file.\n");
	put("manager.cfg", "[service]\nconfig_direktory = /x\n");
	assert_int_equal(manager("list"), 4);
	assert_non_null(strstr(err, "manager.cfg:2: [service] config_direk"));
	put("manager.cfg", "[service]\nconfig_directory =\n");
	assert_int_equal(manager("list"), 4);
	put("manager.cfg", "rubbish\n");
	assert_int_equal(manager("list"), 4);
	put("manager.cfg", "[service]\nconfig_directory = /nonexistent\n");
	assert_int_equal(manager("list"), 6);
	put("manager.cfg", "[service]\nconfig_directory = /dev/null\n");
	assert_int_equal(manager("list"), 7);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(life),
		TEST(stops_to_the_end),
		TEST(one_at_a_time),
		TEST(questions),
		TEST(long_answers),
		TEST(all_that_run),
		TEST(failures),
		TEST(spoilt_files),
		TEST(the_log_is_shown),
		TEST(usage_and_settings),
	};

	if (argc == 4 && strcmp(basename(argv[0]), "spectrum2") == 0)
		return instance_main(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
