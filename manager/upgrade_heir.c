/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The successor's part: reading what was handed over, and giving it back when
 * it is of no use.  Copies of all descriptors are held until we serve, so that
 * a half-done restoration that has closed some can still be undone. */
#include "manager/upgrade_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/xalloc.h"

#define COPIES_FROM	3

struct heir {
	int		 file;		/* of the tree */
	char		*bytes;
	struct unpacker	*tree;
	char		*refused;	/* we are the old one again: why */
	int		*fds, *copies;	/* of those that are open */
	size_t		 n;
};

static char *
read_file(int fd, size_t *len)
{
	struct stat st;
	char *bytes;
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return NULL;
	bytes = xmalloc((size_t)st.st_size);
	for (*len = 0; *len < (size_t)st.st_size; *len += (size_t)n) {
		n = pread(fd, bytes + *len, (size_t)st.st_size - *len,
		    (off_t)*len);
		if (n <= 0) {
			free(bytes);
			return NULL;
		}
	}
	return bytes;
}

static void
copy_fds(struct heir *h)
{
	const struct packed *list = packed_get(upgrade_state(h), "fds");
	size_t n = packed_count(list);
	int fd;

	h->fds = xcalloc(n + 1, sizeof(*h->fds));
	h->copies = xcalloc(n + 1, sizeof(*h->copies));
	for (size_t i = 0; i < n; i++) {
		/* Those that nobody takes must not go to our backends. */
		fd = packed_fd(packed_at(list, i), NULL);
		if (fd < 0)
			continue;
		h->fds[h->n] = fd;
		h->copies[h->n++] = fcntl(fd, F_DUPFD_CLOEXEC, COPIES_FROM);
	}
}

/* The first of us knew better how it was started. */
static void
take_self(const struct packed *self)
{
	const char *path = packed_str(self, "path");
	const char *directory = packed_str(self, "directory");

	if (path != NULL)
		xreplace(&upgrade_self.path, path);
	if (directory == NULL)
		return;
	xreplace(&upgrade_self.directory, directory);
	/* Relative names on the command line start there. */
	if (chdir(directory) < 0)
		log_debug("upgrade: %s: %s", directory, strerror(errno));
}

static struct heir *
open_state(int file)
{
	struct heir *h = xcalloc(1, sizeof(*h));
	size_t len = 0;

	h->file = file;
	if ((h->bytes = read_file(file, &len)) != NULL)
		h->tree = unpack_open(h->bytes, len);
	if (h->tree != NULL && fcntl(file, F_SETFD, FD_CLOEXEC) == 0)
		return h;
	free(h->bytes);
	free(h);
	return NULL;
}

/* One that was executed by a descriptor is named by its number. */
static void
name_process(void)
{
	const char *path = upgrade_self.path, *slash = strrchr(path, '/');

	prctl(PR_SET_NAME, slash != NULL ? slash + 1 : path);
}

struct heir *
upgrade_inherit(void)
{
	const char *number = getenv(STATE_VARIABLE);
	const char *refused = getenv(REFUSED_VARIABLE);
	struct heir *h;

	if (number == NULL)
		return NULL;
	if ((h = open_state(atoi(number))) != NULL) {
		h->refused = xstrdup_null(refused);
		take_self(packed_get(upgrade_state(h), "self"));
		copy_fds(h);
		upgrade_hold_signals(!upgrade_is_rehearsal(h));
		if (refused != NULL)
			name_process();
	} else {
		log_warn("upgrade: what " STATE_VARIABLE " says is no state");
	}
	unsetenv(STATE_VARIABLE);
	unsetenv(REFUSED_VARIABLE);
	return h;
}

int
upgrade_check(const struct heir *h, char **why)
{
	int64_t version = packed_int(upgrade_state(h), "version", 0);

	if (version == STATE_VERSION)
		return 0;
	*why = xasprintf("version %s takes over states of version %d, not %ld",
	    SPECTRUM_VERSION, STATE_VERSION, (long)version);
	return -1;
}

bool
upgrade_is_rehearsal(const struct heir *h)
{
	return packed_bool(upgrade_state(h), "rehearsal_only", false);
}

const struct packed *
upgrade_state(const struct heir *h)
{
	return unpack_root(h->tree);
}

static void
heir_free(struct heir *h)
{
	for (size_t i = 0; i < h->n; i++)
		close(h->copies[i]);
	close(h->file);
	unpack_close(h->tree);
	free(h->bytes);
	free(h->refused);
	free(h->fds);
	free(h->copies);
	free(h);
}

int
upgrade_rehearsed(struct heir *h, const char *why)
{
	heir_free(h);
	if (why != NULL) {
		fprintf(stderr, "%s\n", why);
		return EX_CONFIG;
	}
	printf("%s%s\n", REHEARSED_WORD, SPECTRUM_VERSION);
	fflush(stdout);
	return 0;
}

/* All descriptors under their old numbers; image is one of them. */
static void
restore_fds(const struct heir *h)
{
	for (size_t i = 0; i < h->n; i++)
		dup2(h->copies[i], h->fds[i]);
	fcntl(h->file, F_SETFD, 0);
}

void
upgrade_give_back(struct heir *h, const char *why)
{
	int image = (int)packed_int(upgrade_state(h), "image", -1);
	char number[16];

	if (h->refused != NULL) {
		log_error("upgrade: neither the new program (%s) nor the old "
		    "one (%s) can go on", h->refused, why);
		exit(EX_SOFTWARE);
	}
	log_error("upgrade: %s; going back to the old program", why);
	restore_fds(h);
	snprintf(number, sizeof(number), "%d", h->file);
	setenv(STATE_VARIABLE, number, 1);
	setenv(REFUSED_VARIABLE, why, 1);
	execveat(image, "", upgrade_self.argv, environ, AT_EMPTY_PATH);
	log_error("upgrade: the old program cannot be executed: %s",
	    strerror(errno));
	exit(EX_SOFTWARE);
}

static char *
success(const struct heir *h)
{
	const struct packed *state = upgrade_state(h);
	double now = clock_now();

	return xasprintf("Upgraded to %s in %.0f ms (rehearsal %.0f ms)",
	    SPECTRUM_VERSION,
	    (now - packed_num(state, "quiet_since", now)) * 1e3,
	    packed_num(state, "rehearsal", 0) * 1e3);
}

char *
upgrade_done(struct heir *h)
{
	char *text;
	int image = packed_fd(upgrade_state(h), "image");

	if (h->refused != NULL) {
		log_error("upgrade: not upgraded: %s; the old program goes on",
		    h->refused);
		text = upgrade_failure(h->refused);
	} else {
		text = success(h);
		log_info("upgrade: %s, was %s", text,
		    packed_str(upgrade_state(h), "program"));
	}
	if (image >= 0)
		close(image);
	heir_free(h);
	upgrade_hold_signals(false);
	return text;
}
