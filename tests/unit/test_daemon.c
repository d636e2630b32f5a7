/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: manager util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <grp.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "manager/daemon.h"
#include "manager/logging.h"
#include "util/xalloc.h"

static char dir[64];
static struct config *config;

static struct config *
make_config(const char *more)
{
	char *text, *why = NULL;
	struct config *c;

	text = xasprintf("[service]\njid = x.example\nport = 1\n"
	    "backend = b\npidfile = %s/run/a/x.pid\n"
	    "working_dir = %s/lib/$jid\n%s", dir, dir, more);
	c = config_parse(text, "t.cfg", NULL, NULL, 0, &why);
	if (c == NULL)
		fail_msg("%s", why);
	free(text);
	return c;
}

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_daemon.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	config = make_config("");
	return 0;
}

static int
teardown(void **state)
{
	char *command = xasprintf("rm -rf %s", dir);
	int status = system(command);

	(void)state;
	free(command);
	config_destroy(config);
	return status;
}

/* Run in a process of its own; 0 when all that it checked was right. */
static int
in_child(int (*body)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(body());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

#define CHECK(x)	do { if (!(x)) { \
	fprintf(stderr, "line %d: %s\n", __LINE__, #x); return 1; } } while (0)

static int
become_the_only_one(void)
{
	char *why = NULL, text[32] = "", here[128];
	struct rlimit limit;
	int fd;

	CHECK(daemon_running(config->service_pidfile) == 0);
	CHECK(daemon_directories(config, &why) == 0);
	CHECK(daemon_directories(config, &why) == 0);
	CHECK(daemon_lock(config, &why) == 0);
	CHECK(daemon_settle(config, &why) == 0);
	CHECK(daemon_running(config->service_pidfile) == getpid());
	fd = open(config->service_pidfile, O_RDONLY);
	CHECK(read(fd, text, sizeof(text) - 1) > 1);
	CHECK(atol(text) == getpid() && text[strlen(text) - 1] == '\n');
	CHECK(getcwd(here, sizeof(here)) != NULL);
	CHECK(strcmp(here, config->service_working_dir) == 0);
	CHECK(umask(0) == 0007);
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHECK(limit.rlim_cur == limit.rlim_max || limit.rlim_cur >= 1048576);
	daemon_release();
	CHECK(access(config->service_pidfile, F_OK) < 0);
	CHECK(daemon_running(config->service_pidfile) == 0);
	daemon_release();
	return 0;
}

static void
one_instance(void **state)
{
	(void)state;
	assert_int_equal(in_child(become_the_only_one), 0);
}

static int
hold_the_lock(void)
{
	char *why = NULL;

	CHECK(daemon_directories(config, &why) == 0);
	CHECK(daemon_lock(config, &why) == 0);
	CHECK(daemon_settle(config, &why) == 0);
	for (;;)
		pause();
}

static void
wait_running(void)
{
	for (int i = 0; i < 500; i++) {
		if (daemon_running(config->service_pidfile) > 0)
			return;
		usleep(10000);
	}
	fail_msg("does not run");
}

static void
a_second_is_refused(void **state)
{
	char *why = NULL, *words;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(hold_the_lock());
	wait_running();
	assert_int_equal(daemon_running(config->service_pidfile), pid);
	assert_int_equal(daemon_lock(config, &why), -1);
	words = xasprintf("x.example is already running as process %ld (%s)",
	    (long)pid, config->service_pidfile);
	assert_string_equal(why, words);
	free(words);
	free(why);
	/* Its file stays, its lock does not. */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(access(config->service_pidfile, F_OK), 0);
	assert_int_equal(daemon_running(config->service_pidfile), 0);
	assert_int_equal(daemon_lock(config, &why), 0);
	daemon_release();
}

static int
fail_in_background(void)
{
	char *why = NULL;

	CHECK(daemon_detach(&why) == 0);
	return 78;
}

static int
die_in_background(void)
{
	char *why = NULL;

	CHECK(daemon_detach(&why) == 0);
	raise(SIGKILL);
	return 0;
}

static int
live_in_background(void)
{
	char *why = NULL;

	CHECK(daemon_directories(config, &why) == 0);
	CHECK(daemon_lock(config, &why) == 0);
	CHECK(daemon_detach(&why) == 0);
	CHECK(daemon_settle(config, &why) == 0);
	CHECK(getsid(0) == getpid());
	usleep(100000);
	daemon_ready();
	sleep(20);
	return 0;
}

static void
the_background(void **state)
{
	pid_t pid;

	(void)state;
	assert_int_equal(in_child(fail_in_background), 78);
	assert_int_equal(in_child(die_in_background), 1);
	assert_int_equal(in_child(live_in_background), 0);
	/* The lock has gone over, and the file names the child. */
	pid = daemon_running(config->service_pidfile);
	assert_true(pid > 0);
	assert_int_equal(getsid(pid), pid);
	assert_int_equal(kill(pid, SIGKILL), 0);
}

static int
cannot_write(void)
{
	char *why = NULL;

	if (geteuid() == 0 && setuid(65534) < 0)
		return 2;
	CHECK(daemon_directories(config, &why) < 0);
	CHECK(strstr(why, "cannot be made: Permission denied") != NULL);
	why = NULL;
	CHECK(daemon_lock(config, &why) < 0);
	CHECK(strstr(why, "cannot be written") != NULL);
	CHECK(daemon_settle(config, &why) < 0);
	CHECK(strstr(why, "working_dir") != NULL);
	return 0;
}

static void
no_permission(void **state)
{
	(void)state;
	chmod(dir, 0555);
	assert_int_equal(in_child(cannot_write), 0);
	chmod(dir, 0755);
}

static int
become_daemon(void)
{
	char *why = NULL;
	struct stat st;
	gid_t groups[64], root = 0;
	uid_t uid;
	gid_t gid;

	CHECK(setgroups(1, &root) == 0);
	CHECK(daemon_directories(config, &why) == 0);
	CHECK(daemon_ids(config, &uid, &gid, &why) == 0);
	CHECK(stat(config->service_working_dir, &st) == 0);
	CHECK(st.st_uid == uid && st.st_gid == gid);
	CHECK((st.st_mode & 0777) == 0750);
	CHECK(daemon_lock(config, &why) == 0);
	CHECK(daemon_drop_privileges(config, &why) == 0);
	CHECK(geteuid() == uid && getuid() == uid && getegid() == gid);
	CHECK(getgroups(64, groups) >= 0);
	CHECK(!group_member(0));
	CHECK(setuid(0) < 0);
	CHECK(daemon_settle(config, &why) == 0);
	daemon_release();
	CHECK(daemon_running(config->service_pidfile) == 0);
	/* It is us already. */
	CHECK(daemon_drop_privileges(config, &why) == 0);
	return 0;
}

static int
cannot_become_other(void)
{
	char *why = NULL;

	if (geteuid() == 0 && setuid(65534) < 0)
		return 2;
	CHECK(daemon_drop_privileges(config, &why) < 0);
	CHECK(strstr(why, "[service] user: only root can become \"daemon\""));
	return 0;
}

static void
another_user(void **state)
{
	char *why = NULL;
	uid_t uid;
	gid_t gid;

	(void)state;
	assert_int_equal(daemon_ids(config, &uid, &gid, &why), 0);
	assert_true(uid == (uid_t)-1 && gid == (gid_t)-1);
	assert_int_equal(daemon_drop_privileges(config, &why), 0);
	config_destroy(config);
	config = make_config("user = daemon\n");
	chmod(dir, 0755);
	assert_int_equal(in_child(cannot_become_other), 0);
	if (geteuid() == 0)
		assert_int_equal(in_child(become_daemon), 0);
	config_destroy(config);
	config = make_config("user = no-such-user\n");
	assert_int_equal(daemon_directories(config, &why), -1);
	assert_string_equal(why, "t.cfg:7: [service] user: there is no user "
	    "\"no-such-user\"; the name of one");
	free(why);
	config_destroy(config);
	config = make_config("group = no-such-group\n");
	assert_int_equal(daemon_drop_privileges(config, &why), -1);
	assert_non_null(strstr(why, "[service] group: there is no group"));
	free(why);
}

/* ----------------------------------------------------------------- systemd */

static int
listen_as_systemd(const char *name, socklen_t len)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(sun.sun_path, name, len);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, (socklen_t)
	    offsetof(struct sockaddr_un, sun_path) + len), 0);
	return fd;
}

static const char *
told(int fd)
{
	static char text[256];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void
systemd_is_told(void **state)
{
	char name[100];
	int fd, files;
	long long usec;

	(void)state;
	snprintf(name, sizeof(name), "%s/notify", dir);
	fd = listen_as_systemd(name, (socklen_t)strlen(name));
	assert_false(daemon_is_supervised());
	daemon_notify("nobody listens");
	daemon_status("nor here");
	setenv("NOTIFY_SOCKET", name, 1);
	assert_true(daemon_is_supervised());
	daemon_ready();
	assert_string_equal(told(fd), "READY=1");
	assert_string_equal(told(fd), "");
	files = dup(0);
	daemon_status("2 users");
	assert_string_equal(told(fd), "STATUS=2 users");
	daemon_status("2 users");
	assert_string_equal(told(fd), "");
	daemon_status("3 users");
	assert_string_equal(told(fd), "STATUS=3 users");
	daemon_reloading();
	assert_int_equal(sscanf(told(fd), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    &usec), 1);
	assert_true(usec > 0);
	/* One socket for all that; it survives a new one at the other end. */
	close(files);
	assert_int_equal(dup(0), files);
	close(files);
	close(fd);
	unlink(name);
	log_set_level(LOG_ERROR);
	daemon_notify("nobody there");
	log_set_level(LOG_INFO);
	fd = listen_as_systemd(name, (socklen_t)strlen(name));
	daemon_notify("STOPPING=1");
	assert_string_equal(told(fd), "STOPPING=1");
	close(fd);
	/* Full: it must not stop us. */
	fd = listen_as_systemd("\0test_daemon", 12);
	setenv("NOTIFY_SOCKET", "@test_daemon", 1);
	log_set_level(LOG_ERROR);
	for (int i = 0; i < 5000; i++)
		daemon_notify("WATCHDOG=1");
	log_set_level(LOG_INFO);
	assert_string_equal(told(fd), "WATCHDOG=1");
	unsetenv("NOTIFY_SOCKET");
	close(fd);
}

static void
the_watchdog(void **state)
{
	static const struct {
		const char *usec, *pid;
		double seconds;
	} rows[] = {
		{ "30000000", NULL, 15 }, { "30000000", "0", 15 },
		{ "30000000", "1", 0 }, { "1", NULL, 0.5e-6 },
		{ NULL, NULL, 0 }, { "", NULL, 0 }, { "0", NULL, 0 },
		{ "-5", NULL, 0 }, { "3s", NULL, 0 },
		{ "99999999999999999999999", NULL, 0 },
	};
	char *ours = xasprintf("%ld", (long)getpid());

	(void)state;
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_true(daemon_watchdog() <= 0);	/* nobody listens */
	setenv("NOTIFY_SOCKET", "@nobody", 1);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		unsetenv("WATCHDOG_USEC");
		unsetenv("WATCHDOG_PID");
		if (rows[i].usec != NULL)
			setenv("WATCHDOG_USEC", rows[i].usec, 1);
		if (rows[i].pid != NULL)
			setenv("WATCHDOG_PID", strcmp(rows[i].pid, "0") == 0 ?
			    ours : rows[i].pid, 1);
		if (fabs(daemon_watchdog() - rows[i].seconds) > 1e-9)
			fail_msg("row %zu: %g", i, daemon_watchdog());
	}
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	unsetenv("NOTIFY_SOCKET");
	free(ours);
}

/* The pidfile in a successor's hands: the same process, executed again. */
static int
hand_over(void)
{
	struct packer p = { 0 };
	struct unpacker *u;
	char *why = NULL, text[32] = "";
	int fd;

	CHECK(daemon_directories(config, &why) == 0);
	CHECK(daemon_lock(config, &why) == 0);
	CHECK(daemon_settle(config, &why) == 0);
	pack_map(&p, NULL);
	daemon_handover(&p);
	pack_end(&p);
	CHECK(p.nfds == 1);
	u = unpack_open(buf_data(&p.out), buf_len(&p.out));
	CHECK(daemon_adopt(config, NULL, &why) < 0);
	CHECK(strstr(why, "was not handed over") != NULL);
	CHECK(daemon_adopt(config, unpack_root(u), &why) == 0);
	CHECK(daemon_settle(config, &why) == 0);
	CHECK(daemon_running(config->service_pidfile) == getpid());
	fd = open(config->service_pidfile, O_RDONLY);
	CHECK(read(fd, text, sizeof(text)) == (ssize_t)strlen(text));
	CHECK(atol(text) == getpid());
	daemon_release();
	CHECK(daemon_running(config->service_pidfile) == 0);
	return 0;
}

static void
a_successor(void **state)
{
	(void)state;
	assert_int_equal(in_child(hand_over), 0);
}

/* ----------------------------------------------------------------- logging */

static char *
put(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void
old_log_files(void **state)
{
	char *main_cfg = put("logging.cfg",
	    "# comment\n!also\nlog4j.rootLogger=debug, R\n\n"
	    "log4j.appender.R=org.apache.log4j.RollingFileAppender\n"
	    "log4j.appender.R.File=/var/log/spectrum2/${jid}/s${pid}.log\n"
	    "log4j.appender.R.MaxFileSize=100000KB\n"
	    "log4j.appender.S.File=/other\n"
	    "log4j.category.Component.XML = OFF\n");
	char *backend_cfg = put("backend.cfg",
	    "log4j.rootLogger : WARN\n"
	    "log4j.appender.R.File: /l/${jid}/backend-${id}.log\n");
	char *more = xasprintf("[logging]\nconfig = %s\nbackend_config = %s\n",
	    main_cfg, backend_cfg), *path, *right;

	(void)state;
	config_destroy(config);
	config = make_config(more);
	path = logging_file(config);
	right = xasprintf("/var/log/spectrum2/x.example/s%ld.log",
	    (long)getpid());
	assert_string_equal(path, right);
	free(path);
	free(right);
	path = logging_backend_file(config);
	assert_string_equal(path, "/l/x.example/backend-BACKEND_ID.log");
	free(path);
	assert_int_equal(logging_level(config), LOG_DEBUG);
	free(more);
	free(main_cfg);
	free(backend_cfg);
}

static void
no_log_files(void **state)
{
	char *path, *why = NULL;

	(void)state;
	assert_null(logging_file(config));
	assert_null(logging_backend_file(config));
	assert_int_equal(logging_level(config), LOG_INFO);
	assert_int_equal(logging_start(config, &why), 0);
	config_destroy(config);
	config = make_config("[logging]\nconfig = /nonexistent\n"
	    "level = error\nbackend_file = /x-BACKEND_ID\n");
	log_set_level(LOG_ERROR);	/* the warning is not for this test */
	assert_null(logging_file(config));
	assert_int_equal(logging_level(config), LOG_ERROR);
	path = logging_backend_file(config);
	assert_string_equal(path, "/x-BACKEND_ID");
	free(path);
	config_destroy(config);
	config = make_config("[logging]\nfile = /nonexistent/x\n");
	assert_int_equal(logging_start(config, &why), -1);
	assert_non_null(strstr(why, "/nonexistent/x cannot be opened"));
	free(why);
	log_set_level(LOG_INFO);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_instance),
		TEST(a_second_is_refused),
		TEST(the_background),
		TEST(no_permission),
		TEST(another_user),
		TEST(systemd_is_told),
		TEST(the_watchdog),
		TEST(a_successor),
		TEST(old_log_files),
		TEST(no_log_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
