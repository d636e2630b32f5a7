/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway.h - one instance: XMPP on one side, the pool on the other, meaning
 * in between.  This is the only layer that knows both.
 *
 *	link -> router -> down_*  -> pool		a stanza goes down
 *	pool -> dispatch -> up_*  -> say -> link	an event comes up
 *
 * user, contact and room are facts and include no XML. */
#ifndef MANAGER_GATEWAY_GATEWAY_H
#define MANAGER_GATEWAY_GATEWAY_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "manager/pool/pool.h"
#include "manager/store/store.h"
#include "manager/xmpp/link.h"
#include "util/map.h"
#include "util/recent.h"

/* What the gateway needs of the configuration; all strings outlive it. */
struct gateway_config {
	const char	*jid;			/* prepared domain */
	const char	*protocol;		/* [service] protocol */
	const char	*identity_name, *identity_category, *identity_type;
	bool		 public_registration, auto_register;
	char *const	*allowed_servers;	/* domains, NULL-terminated */
	char *const	*notify_jids;		/* told of registrations */
	char *const	*admin_jids;		/* bare, prepared */
	const char	*admin_password;	/* server mode; "": no admin login */
	const char	*register_instructions;
	const char	*username_label, *password_label;
	const char	*username_mask, *allowed_usernames;
	const char	*gateway_prompt, *gateway_label;
	bool		 jid_escaping;
	bool		 enable_xhtml;
	bool		 remove_contacts;	/* enable_remove_buddy */
	bool		 vip_only;
	const char	*vip_message;		/* "" for none */
	bool		 send_headlines, stay_connected;  /* users' defaults */
	unsigned	 room_list_max;
	double		 login_timeout;		/* of a login in flight, seconds */
	double		 crash_grace;		/* presence is kept so long */
	double		 login_delay;		/* seconds between two logins */
	double		 login_rate;		/* of those who come back, a
						 * second; 0: no limit */
	unsigned	 outbox_max;		/* messages waiting per user */
	unsigned	 inflight_max;		/* unanswered per user */
	unsigned	 history_max;		/* room messages kept for joiners */
	unsigned	 archive_max;	/* messages of a room of a user; 0 */
	double		 archive_age;	/* seconds; 0: no limit */
	bool		 record_history, persistent;	/* users' defaults */
	double		 spool_age;		/* seconds a message may wait */
	size_t		 spool_max;		/* bytes kept over a restart */
};

/* Sessions that were lost and are being brought back. */
struct losses {
	unsigned	 now;		/* being brought back */
	unsigned	 all;		/* since there were none */
	unsigned	 shown;		/* of those, shown offline */
	double		 since;		/* ev_now() of the first */
};

struct gateway {
	struct ev_loop	*loop;
	const struct gateway_config *config;	/* owned by main */
	struct link	*link;			/* set by gateway_start() */
	struct pool	*pool;
	struct store	*store;
	struct map	 users;			/* bare JID -> struct user */
	struct map	 iqs;			/* id -> struct iq we have sent */
	struct map	 rights;		/* rights.c: XEP-0356, by domain */
	struct map	 strikes;		/* quarantine.c: by bare JID */
	struct pace	*pace;			/* pace.c */
	struct avatars	*avatars;		/* avatar.c; or NULL */
	struct client_kinds *client_kinds;	/* client_caps.c; or NULL */
	struct probes	*probes;		/* watch.c; or NULL */
	LIST_HEAD(, trace) traces;	/* trace.c */
	struct recent	 recent;		/* backends, the link, the admin */
	struct recent	 recent_users;		/* many, so apart from those */
	struct losses	 losses;		/* session_recover.c */
	struct room_lists *room_lists;		/* room_list.c; or NULL */
	double		 started;		/* ev_now() */
	double		 next_login;		/* not before, for login_delay */
	LIST_HEAD(, mam_query) mam_queries;	/* mam.c */
	double		 next_prune;		/* of the archive */
	char		 caps_contacts[32];	/* caps.c; "": to be computed */
	char		 caps_self[32];
	int64_t		 last_message;	/* taken; us since 1970 or more, so
					 * that numbers outlive us */
	size_t		 waiting;	/* bytes in the users' outboxes */
	size_t		 spooled;	/* bytes; <= config->spool_max */
	int64_t		*spooled_up;	/* rows given to the link, owned */
	size_t		 nspooled_up;
	unsigned long	 messages_down, messages_up;	/* since the start */
	unsigned long	 dropped;	/* to XMPP, since the start */
	unsigned long	 undelivered;	/* to XMPP, in this second */
	unsigned long	 iq_serial;
	char		 iq_token[13];
	struct ev_timer	 tick;			/* once a second */
	struct ev_timer	 roster_soon;	/* roster.c: some roster_due is past */
	bool		 stopping;
	bool		 adopted;	/* the successor of another run */
	double		 lenient_until;	/* clients that have gone come back */
};

/* Is it not the users' own doing that clients are gone?  When the XMPP server was
 * restarted they have to connect again; so have, in server mode, those that an
 * upgrade could not take along.  Sessions and rooms wait for them a while. */
#define LENIENCE	60.0	/* seconds in which clients come back */
static inline bool
gateway_is_lenient(const struct gateway *gw)
{
	return gw->lenient_until > ev_now(gw->loop);
}

/* Events for link_events and pool_events; ctx is the struct gateway. */
extern const struct link_events gateway_link_events;
extern const struct pool_events gateway_pool_events;

struct gateway	*gateway_create(struct ev_loop *, const struct gateway_config *);
/* Wire it up; all three are borrowed and outlive the gateway. */
void		 gateway_start(struct gateway *, struct link *, struct pool *,
		    struct store *);
/* The config has other values now, or the network other features. */
void		 gateway_reconfigured(struct gateway *);
/* Tell every user that the service stops: rooms (332), contacts and the
 * gateway go unavailable.  Sessions are logged out with the pool. */
void		 gateway_stop(struct gateway *);
/* The last thing before the link and the store go. */
void		 gateway_save(struct gateway *);	/* NULL is fine */
void		 gateway_destroy(struct gateway *);	/* NULL is fine */

/* The network can do this (initialize: features). */
bool		 gateway_can(const struct gateway *, const char *feature);

#endif
