/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of spectrum2_manager: which command over which instances?
 * "start", "start JID" and "JID start" are all understood; what is no command
 * of ours goes to the instance. */
#include "manager/ctl/ctl.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"

#define ANSWER_SECONDS 10

static const struct command {
	const char	*name;
	ctl_command	*run;
	bool		 alone;		/* "JID name" means this one, too */
	const char	*help;
} commands[] = {
	{ "start",   ctl_start,   true,  "start what does not run" },
	{ "stop",    ctl_stop,    true,  "stop what runs" },
	{ "restart", ctl_restart, true,  "stop what runs, and start" },
	{ "status",  ctl_status,  false, "tell what runs; 3 if not all do" },
	{ "list",    ctl_list,    false, "print the JID of each file" },
	{ "reload",  ctl_reload,  false, "have them read their files again" },
	{ "upgrade", ctl_upgrade, false, "have them execute the program on "
	    "disk" },
};

static void
usage(FILE *out)
{
	fprintf(out,
	    "Usage: spectrum2_manager [OPTIONS] COMMAND [JID]\n"
	    "       spectrum2_manager [OPTIONS] JID COMMAND [ARGUMENT...]\n"
	    "\nCommands for all instances or the one named:\n");
	for (size_t i = 0; i < LENGTH(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name,
		    commands[i].help);
	fprintf(out,
	    "Any other COMMAND is given to the instance; \"JID help\" lists "
	    "them.\n"
	    "\nOptions:\n"
	    "  -c, --config FILE      instead of %s/spectrum2/"
	    "spectrum_manager.cfg\n"
	    "  -t, --timeout SECONDS  to wait for an answer (%d)\n"
	    "  -h, --help             this text\n"
	    "  -v, --version          print the version\n",
	    SPECTRUM_SYSCONFDIR, ANSWER_SECONDS);
}

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < LENGTH(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static int
unknown(const struct ctl *ctl, const char *jid)
{
	fprintf(stderr, "There is no instance %s in %s.\n", jid,
	    ctl->directory);
	return CTL_UNKNOWN;
}

/* COMMAND [JID] */
static int
run_command(struct ctl *ctl, const struct ctl_instances *all,
    const struct command *command, const char *jid)
{
	struct ctl_instance *one;
	int code;

	if (jid == NULL) {
		code = command->run(ctl, all->v, all->n);
		return code == CTL_OK && ctl->broken ? CTL_FAILED : code;
	}
	if ((one = ctl_instances_get(all, jid)) == NULL)
		return unknown(ctl, jid);
	return command->run(ctl, one, 1);
}

static int
run(struct ctl *ctl, const struct ctl_instances *all, char **words, size_t n)
{
	const struct command *command = find_command(words[0]);
	struct ctl_instance *one;

	if (command != NULL)
		return run_command(ctl, all, command, words[1]);
	if ((one = ctl_instances_get(all, words[0])) == NULL)
		return unknown(ctl, words[0]);
	command = find_command(words[1]);
	if (n == 2 && command != NULL && command->alone)
		return command->run(ctl, one, 1);
	return ctl_query(ctl, one, words + 1, n - 1);
}

static int
run_words(struct ctl *ctl, char **words, size_t n)
{
	struct ctl_instances all;
	int code;

	if (n == 0) {
		usage(stdout);
		return CTL_FAILED;
	}
	if (strcmp(words[0], "server") == 0) {
		fprintf(stderr, "The web interface is not part of this "
		    "version.\n");
		return CTL_FAILED;
	}
	if (find_command(words[0]) != NULL ? n > 2 : n < 2) {
		usage(n < 2 ? stdout : stderr);
		return n < 2 ? CTL_INCOMPLETE : CTL_USAGE;
	}
	if ((code = ctl_instances_find(ctl, &all)) != CTL_OK)
		return code;
	code = run(ctl, &all, words, n);
	ctl_instances_finish(&all);
	return code;
}

static int
set_timeout(struct ctl *ctl, const char *value)
{
	char *end;

	ctl->timeout = strtod(value, &end);
	if (end != value && *end == '\0' && ctl->timeout > 0 &&
	    ctl->timeout <= 86400)
		return 0;
	fprintf(stderr, "--timeout: \"%s\" is not a number of seconds\n",
	    value);
	return -1;
}

/* Returns -1 to go on, or what to exit with. */
static int
read_options(struct ctl *ctl, int argc, char **argv, const char **path)
{
	static const struct option options[] = {
		{ "config",  required_argument, NULL, 'c' },
		{ "timeout", required_argument, NULL, 't' },
		{ "help",    no_argument,       NULL, 'h' },
		{ "version", no_argument,       NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	/* "+": the words of a query may begin with a dash. */
	while ((c = getopt_long(argc, argv, "+c:t:hv", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			*path = optarg;
			break;
		case 't':
			if (set_timeout(ctl, optarg) < 0)
				return CTL_USAGE;
			break;
		case 'h':
			usage(stdout);
			return CTL_FAILED;	/* as the C++ program did */
		case 'v':
			printf("%s\n", SPECTRUM_VERSION);
			return CTL_OK;
		default:
			usage(stderr);
			return CTL_USAGE;
		}
	}
	return -1;
}

int
ctl_main(int argc, char **argv)
{
	struct ctl ctl = { .timeout = ANSWER_SECONDS };
	const char *path = NULL;
	int code;

	setvbuf(stdout, NULL, _IOLBF, 0);
	/* Hints about settings are for --check-config. */
	log_set_level(LOG_ERROR);
	if ((code = read_options(&ctl, argc, argv, &path)) >= 0)
		return code;
	if (ctl_settings(&ctl, path) < 0) {
		fprintf(stderr, "Can't load configuration file.\n");
		return CTL_CONFIG;
	}
	code = run_words(&ctl, argv + optind, (size_t)(argc - optind));
	free(ctl.directory);
	return code;
}
