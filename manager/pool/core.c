/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where is the core of a dead backend?  The kernel does not say; but it says
 * by which pattern it names them, and whether there is one. */
#include "manager/pool/core.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATTERN_MAX	128	/* the kernel's own */
#define LATE		5	/* s from a death until we look at the clock */

/* A name in which no directory begins, as the kernel does it. */
static void
add_name(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++)
		buf_addc(out, *name == '/' ? '!' : *name);
}

static void
add_fact(struct buf *out, char what, const struct core_facts *f)
{
	switch (what) {
	case '%':
		buf_addc(out, '%');
		break;
	case 'p': case 'P': case 'i': case 'I':
		buf_addf(out, "%d", (int)f->pid);
		break;
	case 'u':
		buf_addf(out, "%u", (unsigned)f->uid);
		break;
	case 'g':
		buf_addf(out, "%u", (unsigned)f->gid);
		break;
	case 's':
		buf_addf(out, "%d", f->signal);
		break;
	case 't':
		buf_addf(out, "%lld", (long long)f->time);
		break;
	case 'h':
		add_name(out, f->host);
		break;
	case 'e': case 'f':
		add_name(out, f->comm);
		break;
	case 'd':
		buf_addc(out, '1');
		break;
	default:			/* it drops what it does not know */
		break;
	}
}

void
core_expand(const char *pattern, bool uses_pid, const struct core_facts *facts,
    struct buf *out)
{
	bool has_pid = false;

	for (const char *p = pattern; *p != '\0'; p++) {
		if (*p != '%') {
			buf_addc(out, *p);
			continue;
		}
		if (*++p == '\0')
			break;
		has_pid = has_pid || *p == 'p';
		add_fact(out, *p, facts);
	}
	if (uses_pid && !has_pid && pattern[0] != '|')
		buf_addf(out, ".%d", (int)facts->pid);
}

/* The first line of a file of the kernel, without its end; false: none. */
static bool
read_line(const char *path, char *line, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (f == NULL)
		return false;
	ok = fgets(line, (int)size, f) != NULL;
	fclose(f);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	return ok;
}

static void
say_handler(const char *command, pid_t pid, struct buf *out)
{
	size_t n = strcspn(command, " ");
	const char *name = command + n;

	while (name > command && name[-1] != '/')
		name--;
	n -= (size_t)(name - command);
	buf_addf(out, "core given to %.*s", (int)n, name);
	if (n == strlen("systemd-coredump") &&
	    memcmp(name, "systemd-coredump", n) == 0)
		buf_addf(out, ": coredumpctl info %d", (int)pid);
}

/* It is named for the second in which it was begun. */
static void
find_file(const char *pattern, bool uses_pid, struct core_facts *facts,
    struct buf *out)
{
	char cwd[PATH_MAX] = "";
	int64_t now = facts->time;
	size_t begin = buf_len(out);

	if (pattern[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL)
		cwd[0] = '\0';
	for (int late = 0; late <= LATE; late++) {
		buf_truncate(out, begin);
		facts->time = now - late;
		buf_addf(out, "%s%s", cwd, cwd[0] != '\0' ? "/" : "");
		core_expand(pattern, uses_pid, facts, out);
		buf_addc(out, '\0');
		out->end--;
		if (access(buf_data(out) + begin, F_OK) == 0)
			return;
	}
	buf_adds(out, " (not found there)");
}

void
core_words(pid_t pid, const char *comm, int status, struct buf *out)
{
	char pattern[PATTERN_MAX + 2], uses[8] = "0", host[65] = "";
	struct core_facts facts = {
		.pid = pid, .uid = getuid(), .gid = getgid(),
		.time = (int64_t)time(NULL), .comm = comm, .host = host,
	};

	if (!WIFSIGNALED(status) || !WCOREDUMP(status))
		return;
	facts.signal = WTERMSIG(status);
	if (!read_line("/proc/sys/kernel/core_pattern", pattern,
	    sizeof(pattern)))
		return;
	read_line("/proc/sys/kernel/core_uses_pid", uses, sizeof(uses));
	gethostname(host, sizeof(host) - 1);
	if (pattern[0] == '|') {
		say_handler(pattern + 1 + strspn(pattern + 1, " "), pid, out);
		return;
	}
	buf_adds(out, "core: ");
	find_file(pattern, uses[0] == '1', &facts, out);
}
