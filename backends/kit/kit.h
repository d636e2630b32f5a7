/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kit.h - what a backend in C is built on.
 *
 * The backend fills in one struct kit_backend and calls kit_main() (kit_ev.h,
 * for libev) or kit_glib_main() (kit_glib.h) from main().  The kit speaks the
 * protocol on what were standard input and output, answers initialize and ping
 * itself, and hands every other message to its handler.  One backend per
 * process, one thread.
 *
 * Nothing here blocks, and nothing given to kit_notify() or kit_reply() is
 * lost while the main process lives: when it does not keep up, the kit stops
 * reading requests and asks the backend to pause() its networks. */
#ifndef BACKENDS_KIT_KIT_H
#define BACKENDS_KIT_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/errors.h"
#include "protocol/rpc.h"
#include "protocol/schema.h"
#include "util/macros.h"

/* Which message is being handled.  Copy it to answer later. */
struct kit_call {
	uint32_t	 id;
	enum method	 method;
	bool		 wanted;	/* somebody waits for the answer; to
					 * answer a notification is harmless */
};

/* One member for each message from the main process, named as in messages.def:
 *	void (*login)(const struct kit_call *, const struct msg_login *);
 * The params live until the handler returns.  A handler of a request calls
 * kit_reply() or kit_error() now or later, exactly once.  NULL: requests are
 * refused as not supported, notifications ignored. */
#define KIT_HANDLER_DOWN(name) \
	void	(*name)(const struct kit_call *, const struct msg_##name *);
#define KIT_HANDLER_UP(name)
#define RECORD(name)
#define MESSAGE(name, wire, dir, kind, help)	KIT_HANDLER_##dir(name)
#define RESULT(name, help)
#define FIELD(type, name, need, help)
#define LIST(record, name, need, help)
#define ONE(record, name, need, help)
#define END
struct kit_handlers {
#include "protocol/messages.def"
};
#undef RECORD
#undef MESSAGE
#undef RESULT
#undef FIELD
#undef LIST
#undef ONE
#undef END

struct kit_backend {
	const char	*program;	/* "spectrum2_irc_backend" */
	const char	*about;		/* one line for --help */
	const char	*options;	/* main() knows more of them: "--list";
					 * may be NULL */
	const char	*name;		/* of the network, for humans */
	const char *const *features;	/* up to a NULL; may be NULL */

	/* initialize has come.  *say is filled in with the above; add to it
	 * what the configuration decides.  It is sent when start() has
	 * returned, so it must not point into start()'s own variables.  config
	 * stays valid for ever (kit_config() looks into it).  -1: this cannot
	 * work, *why (malloced) says what is wrong; it goes to the admin's log
	 * and the process exits.  About a setting it begins "[section] key", as
	 * warnings do: the main process puts file and line in front.  May be
	 * NULL. */
	int	(*start)(const struct sections *config,
		    struct msg_initialize_result *say, char **why);
	/* Log everyone out, then call kit_stopped(); there is a second or two
	 * for it.  Called once; the main process may be gone already.  May be
	 * NULL: nobody needs to be logged out. */
	void	(*stop)(void);
	/* The main process does not keep up: stop reading from networks, until
	 * resume().  Called in turns, from the loop only.  Both NULL when there
	 * is nothing to stop. */
	void	(*pause)(void);
	void	(*resume)(void);
	/* How many users are logged in, for statistics.  May be NULL. */
	size_t	(*sessions)(void);
	/* So many users have all backends of the instance together; comes now
	 * and then.  May be NULL. */
	void	(*all_sessions)(size_t);

	/* initialize, ping and exit are the kit's own, theirs stay NULL. */
	struct kit_handlers handle;
};

/* Answer a request.  result: the struct msg_METHOD_result, or NULL for nil.
 * One that is too large for a message becomes the error too_long. */
void	kit_reply(const struct kit_call *, const void *result);
/* text may be NULL. */
void	kit_error(const struct kit_call *, const char *code, const char *text);

/* Tell the main process.  What is too large for a message is dropped with a
 * line in the log: cut texts before they get here. */
void	kit_notify(enum method, const void *params);
/* Ask the main process, which is METHOD_ask; reply comes exactly once, at the
 * latest after so many seconds, and never before this returns. */
void	kit_request(enum method, const void *params, double timeout,
	    rpc_reply *reply, void *ctx);

/* Bytes that wait for the main process.  pause() comes at the end of a turn:
 * whoever makes much out of little looks here and takes a rest before. */
size_t	kit_queued(void);
/* Between pause() and resume(). */
bool	kit_paused(void);
/* stop() has done its work. */
void	kit_stopped(void);

/* The configuration file, from start() on.  An absent key gives otherwise;
 * several values of a repeated key are lines. */
const char *kit_config(const char *section, const char *key,
	    const char *otherwise);
/* 1, true, yes, on, or 0, false, no, off; anything else is otherwise. */
bool	kit_config_bool(const char *section, const char *key, bool otherwise);
long	kit_config_int(const char *section, const char *key, long otherwise);
/* The JID of the instance, and the number of this process in it. */
const char *kit_instance(void);
unsigned kit_number(void);

#endif
