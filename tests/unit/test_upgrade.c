/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: ctl manager util */
/* A small instance that executes copies of itself: this program, called with
 * "serve DIR".  It counts questions, and keeps a pipe; DIR/rehearse and
 * DIR/adopt say what goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
#include "manager/upgrade.h"
#include "util/later.h"
#include "util/log.h"
#include "util/xalloc.h"

/* -------------------------------------------------------------- an instance */

static struct ev_loop *loop;
static struct control *control;
static struct upgrade *upgrade;
static const char *home;
static int64_t count;
static uint64_t asked;			/* who waits for the upgrade */
static int ends[2] = { -1, -1 };	/* of a pipe, to and from ourselves */
static bool quiet, frozen, usr2_seen;

static void
unlink_file(const char *name)
{
	char *path = xasprintf("%s/%s", home, name);

	unlink(path);
	free(path);
}

/* Does the file DIR/name say this word? */
static bool
told(const char *name, const char *word)
{
	char *path = xasprintf("%s/%s", home, name), text[32] = "";
	FILE *f = fopen(path, "r");

	free(path);
	if (f == NULL)
		return false;
	if (fgets(text, sizeof(text), f) == NULL)
		text[0] = '\0';
	fclose(f);
	return strcmp(text, word) == 0;
}

static unsigned
open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
on_usr2(struct ev_loop *l, struct ev_signal *w, int events)
{
	(void)l;
	(void)w;
	(void)events;
	usr2_seen = true;
}

static void
facts(void *ctx, struct packer *p)
{
	pack_str(p, "name", ctx);
}

static void
be_quiet(void *ctx, bool yes)
{
	(void)ctx;
	quiet = yes;
}

static bool
settled(void *ctx)
{
	(void)ctx;
	return quiet && !told("settled", "never");
}

/* What comes while nobody has a handler must not be lost, nor end us. */
static void
freeze(void *ctx, bool yes)
{
	(void)ctx;
	frozen = yes;
	if (yes)
		raise(SIGUSR2);
}

static void
pack(void *ctx, struct packer *p)
{
	(void)ctx;
	pack_map(p, "control");
	control_handover(control, asked, p);
	pack_end(p);
	pack_int(p, "count", count);
	pack_fd(p, "out", ends[0]);
	pack_fd(p, "in", ends[1]);
}

static void
failed(void *ctx, const char *text)
{
	(void)ctx;
	control_reply(control, asked, text);
}

static struct upgrade_parts parts = {
	.rehearsal_max = 3, .facts = facts, .quiet = be_quiet,
	.settled = settled, .freeze = freeze, .pack = pack, .failed = failed,
};

static void
on_upgrade(void *ctx, uint64_t id, const char *args)
{
	(void)ctx;
	(void)args;
	if (upgrade_start(upgrade) < 0)
		control_reply(control, id, "Error: under way");
	else
		asked = id;
}

/* The file that runs, the process, and what it has. */
static void
on_who(void *ctx, uint64_t id, const char *args)
{
	struct stat st;
	char *text, name[17] = "";

	(void)ctx;
	(void)args;
	stat("/proc/self/exe", &st);
	prctl(PR_GET_NAME, name);
	text = xasprintf("inode %lu pid %ld %s %s", (unsigned long)st.st_ino,
	    (long)getpid(), name, quiet || frozen ? "quiet" : "serves");
	control_reply(control, id, text);
	free(text);
}

static void
on_count(void *ctx, uint64_t id, const char *args)
{
	char byte = 'x', *text;

	(void)ctx;
	(void)args;
	if (write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1)
		byte = '!';
	text = xasprintf("%ld %c", (long)++count, byte);
	control_reply(control, id, text);
	free(text);
}

static void
on_files(void *ctx, uint64_t id, const char *args)
{
	char *text = xasprintf("%u %s", open_files(), usr2_seen ? "signal" :
	    "none");

	(void)ctx;
	(void)args;
	control_reply(control, id, text);
	free(text);
}

static const struct control_command commands[] = {
	{ "upgrade", on_upgrade }, { "who", on_who }, { "count", on_count },
	{ "files", on_files },
};

static int
adopt(const struct control_config *cc, const struct packed *state, char **why)
{
	count = packed_int(state, "count", -1);
	ends[0] = packed_fd(state, "out");
	ends[1] = packed_fd(state, "in");
	if (told("adopt", "refuse")) {
		/* It gets that far, and it was one of these all the time. */
		unlink_file("adopt");
		close(ends[0]);
		close(ends[1]);
		*why = xstrdup("it does not like it");
		return -1;
	}
	if (told("adopt", "never")) {
		*why = xstrdup("nobody likes it");
		return -1;
	}
	control = control_adopt(loop, cc, commands, LENGTH(commands), NULL,
	    packed_get(state, "control"), &asked, why);
	return control != NULL ? 0 : -1;
}

static int
be_rehearsed(struct heir *h)
{
	const char *name = packed_str(packed_get(upgrade_state(h), "facts"),
	    "name");

	bool right = name != NULL && strcmp(name, "small one") == 0;

	if (told("rehearse", "fail")) {
		fprintf(stderr, "much is said\n");
		return upgrade_rehearsed(h, "this one is not right\n");
	}
	if (told("rehearse", "hang"))
		pause();
	if (told("rehearse", "die"))
		raise(SIGKILL);
	if (told("rehearse", "nothing"))
		_exit(0);
	if (told("rehearse", "mute"))
		_exit(3);
	if (told("rehearse", "vanish"))
		unlink_file("prog");
	return upgrade_rehearsed(h, right ? NULL : "the facts are lost");
}

static int
begin(struct heir *h, const struct control_config *cc)
{
	char *why = NULL;

	if (h != NULL && (upgrade_check(h, &why) < 0 ||
	    adopt(cc, upgrade_state(h), &why) < 0))
		upgrade_give_back(h, why);
	if (h != NULL)
		return 0;
	control = control_create(loop, cc, commands, LENGTH(commands), NULL,
	    &why);
	return control != NULL && pipe2(ends, O_CLOEXEC) == 0 ? 0 : -1;
}

static int
serve(char **argv)
{
	struct control_config cc = { .owner = (uid_t)-1, .group = (gid_t)-1 };
	struct ev_signal usr2;
	struct heir *h;
	char *text;

	home = argv[2];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	upgrade_remember(argv);
	h = upgrade_inherit();
	if (h != NULL && upgrade_is_rehearsal(h))
		return be_rehearsed(h);
	loop = ev_default_loop(0);
	ev_signal_init(&usr2, on_usr2, SIGUSR2);
	ev_signal_start(loop, &usr2);
	cc.path = xasprintf("%s/sock", home);
	if (begin(h, &cc) < 0)
		return 1;
	upgrade = upgrade_create(loop, &parts, xstrdup("small one"));
	if (h != NULL) {
		text = upgrade_done(h);
		control_reply(control, asked, text);
		free(text);
		asked = 0;
	}
	alarm(200);			/* never outlive the test by much */
	for (;;) {
		ev_run(loop, EVRUN_ONCE);
		later_run();
	}
}

/* --------------------------------------------------------------- the outside */

static char dir[64], path[96], answer[512];
static pid_t child;
static char self[4096];

static void
put(const char *name, const char *text)
{
	char *file = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(file);
}

static void
shell(const char *fmt, ...)
{
	struct buf b = { 0 };
	char *command;
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	command = buf_steal(&b);
	assert_int_equal(system(command), 0);
	free(command);
}

/* As a package manager does it. */
static void
install(void)
{
	shell("cp %s %s/new && mv %s/new %s/prog", self, dir, dir, dir);
}

static const char *
ask(const char *line)
{
	char *why = NULL, *text = NULL;

	for (int i = 0; i < 300 && text == NULL; i++) {
		free(why);
		why = NULL;
		if ((text = ctl_ask(path, line, 20, &why)) == NULL)
			usleep(10000);
	}
	if (text == NULL)
		fail_msg("%s: %s", line, why);
	free(why);
	snprintf(answer, sizeof(answer), "%s", text);
	free(text);
	return answer;
}

/* Of the file that would be run now. */
static unsigned long
installed(void)
{
	char *name = xasprintf("%s/prog", dir);
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	free(name);
	return st.st_ino;
}

/* "who", without what may be different. */
static unsigned long
inode(void)
{
	unsigned long n;
	long pid;
	char name[20], how[20];

	assert_int_equal(sscanf(ask("who"), "inode %lu pid %ld %19s %19s", &n,
	    &pid, name, how), 4);
	assert_int_equal(pid, child);
	assert_string_equal(name, "prog");
	assert_string_equal(how, "serves");
	return n;
}

static int
setup(void **state)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char log[96];

	(void)state;
	strcpy(dir, "/tmp/test_upgrade.XXXXXX");
	if (n < 0 || mkdtemp(dir) == NULL)
		return -1;
	self[n] = '\0';
	snprintf(path, sizeof(path), "%s/sock", dir);
	snprintf(log, sizeof(log), "%s/log", dir);
	install();
	if ((child = fork()) == 0) {
		/* By a name that leads there only from here. */
		if (chdir(dir) < 0 || freopen(log, "a", stderr) == NULL)
			_exit(1);
		execl("./prog", "./prog", "serve", dir, "a b", (char *)NULL);
		_exit(1);
	}
	ask("count");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	shell("rm -rf %s", dir);
	return 0;
}

static const char *
logged(void)
{
	static char text[20000];
	char *file = xasprintf("%s/log", dir);
	FILE *f = fopen(file, "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	free(file);
	return text;
}

static void
works(void)
{
	double ms, rehearsal;

	if (sscanf(ask("upgrade"), "Upgraded to " SPECTRUM_VERSION " in %lf "
	    "ms (rehearsal %lf ms)\n", &ms, &rehearsal) != 2)
		fail_msg("%s", answer);
	assert_true(ms >= 0 && ms < 2000);
	assert_true(rehearsal > 0);
}

static void
to_a_new_file(void **state)
{
	unsigned long first = inode(), second;
	unsigned files;
	char was[16];

	(void)state;
	assert_int_equal(sscanf(ask("files"), "%u %15s", &files, was), 2);
	assert_string_equal(was, "none");
	install();
	works();
	second = inode();
	assert_int_not_equal(first, second);
	/* The same pipe, the same count, the same descriptors, the signal. */
	assert_string_equal(ask("count"), "2 x\n");
	ask("files");
	assert_int_equal(atoi(answer), files);
	assert_non_null(strstr(answer, "signal"));
	assert_non_null(strstr(logged(), "upgrade: Upgraded to "));
	for (int i = 0; i < 5; i++) {
		install();
		works();
	}
	/* The last one; numbers of those before it may be taken again. */
	assert_int_equal(inode(), installed());
	assert_string_equal(ask("count"), "3 x\n");
	assert_int_equal(atoi(ask("files")), files);
}

static void
refused(const char *why)
{
	char *want = xasprintf("Error: not upgraded: %s; the old program goes "
	    "on\n", why);

	assert_string_equal(ask("upgrade"), want);
	assert_non_null(strstr(logged(), "upgrade: not upgraded: "));
	free(want);
}

static void
rehearsal_fails(void **state)
{
	unsigned long first = inode();
	unsigned files = (unsigned)atoi(ask("files"));
	char *why;

	(void)state;
	install();
	put("rehearse", "fail");
	refused("this one is not right");
	put("rehearse", "die");
	why = xasprintf("%s/./prog was killed by signal 9 in its rehearsal",
	    dir);
	refused(why);
	free(why);
	put("rehearse", "mute");
	why = xasprintf("%s/./prog ended its rehearsal with exit code 3", dir);
	refused(why);
	free(why);
	put("rehearse", "nothing");
	why = xasprintf("%s/./prog is no program that can take over", dir);
	refused(why);
	free(why);
	/* Nothing has changed; and then it works. */
	assert_int_equal(inode(), first);
	assert_string_equal(ask("count"), "2 x\n");
	assert_int_equal(atoi(ask("files")), files);
	put("rehearse", "");
	works();
	assert_string_equal(ask("count"), "3 x\n");
}

static void
rehearsal_hangs(void **state)
{
	unsigned long first = inode();
	char *why = NULL;

	(void)state;
	put("rehearse", "hang");
	assert_null(ctl_ask(path, "upgrade", 0.3, &why));
	assert_string_equal(why, "no answer within 0.3 s");
	free(why);
	/* Others are served, and nobody can ask twice. */
	assert_string_equal(ask("upgrade"), "Error: under way\n");
	assert_string_equal(ask("count"), "2 x\n");
	while (strstr(logged(), "did not end its rehearsal within 3 s") == NULL)
		usleep(10000);
	assert_int_equal(inode(), first);
	put("rehearse", "");
	works();
}

static void
execution_fails(void **state)
{
	unsigned long first = inode();
	char *why = xasprintf("%s/./prog cannot be executed: No such file or "
	    "directory", dir);

	(void)state;
	/* Between the rehearsal and the performance. */
	put("rehearse", "vanish");
	refused(why);
	assert_int_equal(inode(), first);
	assert_string_equal(ask("count"), "2 x\n");
	/* And before either. */
	refused(why);
	free(why);
	put("rehearse", "");
	shell("touch %s/prog", dir);
	why = xasprintf("%s/./prog cannot be executed: Permission denied", dir);
	refused(why);
	free(why);
	install();
	works();
	assert_string_equal(ask("count"), "3 x\n");
}

static void
restoration_fails(void **state)
{
	unsigned long first = inode();
	unsigned files = (unsigned)atoi(ask("files"));

	(void)state;
	install();
	put("adopt", "refuse");
	refused("it does not like it");
	/* The old file has no name any more, and runs. */
	assert_int_equal(inode(), first);
	assert_string_equal(ask("count"), "2 x\n");
	assert_int_equal(atoi(ask("files")), files);
	assert_non_null(strstr(logged(), "going back to the old program"));
	/* It knows its place still. */
	works();
	assert_int_not_equal(inode(), first);
	assert_string_equal(ask("count"), "3 x\n");
}

static void
no_ping_pong(void **state)
{
	char *why = NULL;
	int status;

	(void)state;
	put("adopt", "never");
	assert_null(ctl_ask(path, "upgrade", 20, &why));
	free(why);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 70);
	assert_non_null(strstr(logged(), "neither the new program (nobody "
	    "likes it) nor the old one (nobody likes it) can go on"));
}

static void
never_quiet(void **state)
{
	double ms;

	(void)state;
	put("settled", "never");
	works();
	assert_int_equal(sscanf(answer, "Upgraded to %*s in %lf ms", &ms), 1);
	assert_true(ms >= 100);
	assert_string_equal(ask("count"), "2 x\n");
}

/* Whatever stands in the environment: an ordinary start. */
static void
no_state(void **state)
{
	static const char *const values[] = { "", "x", "0", "2", "4711", "-1" };
	struct heir *h;

	(void)state;
	log_set_level(LOG_ERROR);
	for (size_t i = 0; i < LENGTH(values); i++) {
		setenv("SPECTRUM2_STATE", values[i], 1);
		h = upgrade_inherit();
		assert_null(h);
		assert_null(getenv("SPECTRUM2_STATE"));
	}
	log_set_level(LOG_INFO);
	assert_null(upgrade_inherit());
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(to_a_new_file),
		TEST(rehearsal_fails),
		TEST(rehearsal_hangs),
		TEST(execution_fails),
		TEST(restoration_fails),
		TEST(no_ping_pong),
		TEST(never_quiet),
		cmocka_unit_test(no_state),
	};

	if (argc > 2 && strcmp(argv[1], "serve") == 0)
		return serve(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
