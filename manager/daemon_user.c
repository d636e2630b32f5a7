/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose the process is: its directories, and the user it becomes when root
 * has started it. */
#include "manager/daemon.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manager/logging.h"
#include "util/xalloc.h"

#define NOBODY_UID	((uid_t)-1)
#define NOBODY_GID	((gid_t)-1)

int
daemon_ids(const struct config *c, uid_t *uid, gid_t *gid, char **why)
{
	const struct passwd *pw;
	const struct group *gr;

	*uid = NOBODY_UID;
	*gid = NOBODY_GID;
	if (*c->service_user != '\0') {
		if ((pw = getpwnam(c->service_user)) == NULL) {
			*why = config_wrong(c, "service", "user", "there is "
			    "no user \"%s\"; the name of one",
			    c->service_user);
			return -1;
		}
		*uid = pw->pw_uid;
		*gid = pw->pw_gid;
	}
	if (*c->service_group != '\0') {
		if ((gr = getgrnam(c->service_group)) == NULL) {
			*why = config_wrong(c, "service", "group", "there is "
			    "no group \"%s\"; the name of one",
			    c->service_group);
			return -1;
		}
		*gid = gr->gr_gid;
	}
	return 0;
}

/* ------------------------------------------------------------- directories */

struct owner {
	uid_t	uid;
	gid_t	gid;
};

/* Directories of everybody's are never given away, whatever a configuration
 * puts into them. */
static bool
is_shared(const char *path, const struct stat *st)
{
	static const char *const shared[] = { "/", "/run", "/var", "/var/run",
	    "/var/lib", "/var/log", "/var/tmp", "/tmp", "/etc", "/usr",
	    "/home", "/root", "/srv", "/opt" };

	for (size_t i = 0; i < LENGTH(shared); i++) {
		if (strcmp(path, shared[i]) == 0)
			return true;
	}
	return (st->st_mode & (S_ISVTX | S_IWOTH)) != 0;
}

static void
give(const char *path, const struct owner *owner)
{
	struct stat st;

	if (geteuid() != 0 ||
	    (owner->uid == NOBODY_UID && owner->gid == NOBODY_GID) ||
	    stat(path, &st) < 0 || st.st_uid != 0 || is_shared(path, &st))
		return;
	/* It shows when something is to be written there. */
	if (chown(path, owner->uid, owner->gid) < 0)
		log_warn("daemon: %s cannot be given to its user: %s", path,
		    strerror(errno));
}

static int
make(char *path, mode_t mode, const struct owner *owner, char **why)
{
	char *slash;

	if (mkdir(path, mode) == 0) {
		give(path, owner);
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	if (errno == ENOENT && (slash = strrchr(path, '/')) != NULL &&
	    slash != path) {
		*slash = '\0';
		if (make(path, 0755, owner, why) < 0)
			return -1;
		*slash = '/';
		if (mkdir(path, mode) == 0 || errno == EEXIST) {
			give(path, owner);
			return 0;
		}
	}
	*why = xasprintf("directory %s cannot be made: %s", path,
	    strerror(errno));
	return -1;
}

static int
make_directory(const char *path, mode_t mode, const struct owner *owner,
    char **why)
{
	char *copy = xstrdup(path);
	size_t len = strlen(copy);
	int status;

	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	status = make(copy, mode, owner, why);
	if (status == 0)
		give(copy, owner);
	free(copy);
	return status;
}

/* The directory that a file will be in; a name alone is in one that exists. */
static int
make_parent(const char *file, mode_t mode, const struct owner *owner,
    char **why)
{
	const char *slash = file == NULL ? NULL : strrchr(file, '/');
	char *dir;
	int status;

	if (slash == NULL || slash == file)
		return 0;
	dir = xstrndup(file, (size_t)(slash - file));
	status = make_directory(dir, mode, owner, why);
	free(dir);
	return status;
}

static int
make_log_directories(const struct config *c, const struct owner *owner,
    char **why)
{
	char *file = logging_file(c), *backend = logging_backend_file(c);
	int status = 0;

	if (make_parent(file, 0750, owner, why) < 0 ||
	    make_parent(backend, 0750, owner, why) < 0)
		status = -1;
	free(file);
	free(backend);
	return status;
}

int
daemon_directories(const struct config *c, char **why)
{
	struct owner owner;

	if (daemon_ids(c, &owner.uid, &owner.gid, why) < 0 ||
	    make_parent(c->service_pidfile, 0755, &owner, why) < 0 ||
	    make_parent(c->service_control, 0755, &owner, why) < 0 ||
	    make_directory(c->service_working_dir, 0750, &owner, why) < 0 ||
	    make_log_directories(c, &owner, why) < 0)
		return -1;
	if (strcmp(c->database_type, "sqlite3") == 0 &&
	    (make_parent(c->database_database, 0700, &owner, why) < 0 ||
	    make_parent(c->database_key_file, 0700, &owner, why) < 0))
		return -1;
	return 0;
}

/* -------------------------------------------------------------------- user */

static int
is_already(uid_t uid, gid_t gid)
{
	return (uid == NOBODY_UID || uid == geteuid()) &&
	    (gid == NOBODY_GID || gid == getegid() || group_member(gid));
}

static int
become(const char *user, uid_t uid, gid_t gid)
{
	if (*user != '\0') {
		if (initgroups(user, gid) < 0)
			return -1;
	} else if (setgroups(1, &gid) < 0) {
		return -1;
	}
	if (setresgid(gid, gid, gid) < 0)
		return -1;
	if (uid != NOBODY_UID && setresuid(uid, uid, uid) < 0)
		return -1;
	return 0;
}

/* Logs were opened by root; the user must open them again on rotation. */
static void
give_logs(const struct config *c, uid_t uid, gid_t gid)
{
	char *file = logging_file(c);

	if (file != NULL && chown(file, uid, gid) < 0)
		log_debug("daemon: %s stays root's: %s", file,
		    strerror(errno));
	free(file);
}

int
daemon_drop_privileges(const struct config *c, char **why)
{
	const char *key = *c->service_user != '\0' ? "user" : "group";
	uid_t uid;
	gid_t gid;

	if (daemon_ids(c, &uid, &gid, why) < 0)
		return -1;
	if (uid == NOBODY_UID && gid == NOBODY_GID)
		return 0;
	if (geteuid() != 0) {
		if (is_already(uid, gid))
			return 0;
		*why = config_wrong(c, "service", key, "only root can become "
		    "\"%s\"; start as root, or leave it out",
		    *c->service_user != '\0' ? c->service_user :
		    c->service_group);
		return -1;
	}
	give_logs(c, uid, gid);
	if (become(c->service_user, uid, gid) < 0) {
		*why = config_wrong(c, "service", key, "cannot become \"%s\": "
		    "%s", c->service_user, strerror(errno));
		return -1;
	}
	if (uid != NOBODY_UID && uid != 0 && setuid(0) == 0) {
		*why = config_wrong(c, "service", "user", "root can still be "
		    "had back");
		return -1;
	}
	return 0;
}
