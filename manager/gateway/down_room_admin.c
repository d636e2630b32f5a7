/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What clients want done to a room and to the people in it: roles, lists,
 * invitations (the room's form is room_owner.c's).  Each is a question to the
 * network, and answered when the network has answered. */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/asked.h"
#include "manager/gateway/down.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/say_room.h"
#include "manager/gateway/say_room_admin.h"
#include "manager/gateway/session.h"
#include "protocol/errors.h"
#include "protocol/features.h"
#include "util/xalloc.h"

#define ITEMS_MAX 50		/* of one stanza */

/* A stanza whose answer depends on one or more requests. */
struct job {
	struct gateway	*gw;
	char		*user;		/* bare JID */
	char		*from, *to, *id;	/* of the stanza */
	const char	*kind;		/* "iq" or "message" */
	enum affiliation affiliation;	/* of the list asked for */
	unsigned	 pending;	/* requests not answered yet */
	bool		 failed;
	enum stanza_error error;
	char		*text;		/* of the first failure, or NULL */
};

static struct job *
job_new(const struct down *d)
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->gw = d->gw;
	job->user = xstrdup(d->user->jid);
	job->from = xstrdup(d->from->full);
	job->to = xstrdup(d->to->full);
	job->id = xstrdup_null(d->id);
	job->kind = strcmp(d->stanza->name, "iq") == 0 ? "iq" : "message";
	return job;
}

static void
job_free(struct job *job)
{
	free(job->user);
	free(job->from);
	free(job->to);
	free(job->id);
	free(job->text);
	free(job);
}

static const char *
room_name(const struct down *d)
{
	return d->room ? d->room->id : d->name;
}

static void
ask(struct job *job, struct user *user, enum method method,
    const void *params, rpc_reply *reply)
{
	job->pending++;
	user->inflight++;
	session_request(user, method, params, reply, job);
}

/* One request of the job is answered.  Returns whether it was the last. */
static bool
job_answered(struct job *job, const struct msg_error *error)
{
	struct user *user = user_find(job->gw, job->user);

	if (user != NULL)
		session_answered(user);
	if (error != NULL && !job->failed) {
		job->failed = true;
		job->error = say_error_of(error->code);
		job->text = xstrdup_null(error->text);
	}
	return --job->pending == 0;
}

static void
job_refuse(struct job *job)
{
	say_error_to(job->gw, job->kind, job->to, job->from, job->id,
	    job->error, job->text);
}

/* Networks that ban by a list and then kick tell only of the kick: so who is
 * banned is remembered until the kick comes, or the refusal. */
static void
mark_banned(const struct room *room, const char *nick)
{
	struct occupant *o = room ? room_occupant(room, nick) : NULL;

	if (o != NULL)
		o->banned = true;
}

static void
unmark_banned(const struct job *job)
{
	struct user *user = user_find(job->gw, job->user);
	struct room *room = user ? room_find(user, job->to) : NULL;
	struct occupant *o;
	size_t at = 0;

	while (room != NULL && (o = map_next(&room->occupants, &at)) != NULL)
		o->banned = false;
}

/* For requests that have no result but that they are done. */
static void
done(void *ctx, const struct msg_error *error, const union result *result)
{
	struct job *job = ctx;

	(void)result;
	if (!job_answered(job, error))
		return;
	if (job->failed)
		unmark_banned(job);
	if (job->failed)
		job_refuse(job);
	else if (strcmp(job->kind, "iq") == 0)
		say_end(job->gw, say_result_begin_to(job->gw, job->to,
		    job->from, job->id), job->from, 0);
	job_free(job);
}

/* ------------------------------------------------------------ muc#admin get */

static void
listed(void *ctx, const struct msg_error *error, const union result *result)
{
	struct job *job = ctx;

	job_answered(job, error);
	if (job->failed)
		job_refuse(job);
	else
		say_room_affiliations(job->gw, job->to, job->from, job->id,
		    job->affiliation,
		    result ? &result->room_affiliations : NULL);
	job_free(job);
}

void
down_room_admin_get(struct down *d)
{
	const struct stanza *item = stanza_child(d->payload, "item",
	    NS_MUC_ADMIN);
	const char *affiliation = stanza_attr(item, "affiliation");
	struct msg_room_affiliations m = {
		.user = d->user->jid, .room = room_name(d),
		.affiliation = affiliation,
	};
	enum affiliation asked;
	enum role role;
	struct job *job;

	if (affiliation_parse(affiliation, &asked) == 0) {
		if (!asked_may(d, session_ready(d->user)))
			return;
		job = job_new(d);
		job->affiliation = asked;
		ask(job, d->user, METHOD_room_affiliations, &m, listed);
	} else if (role_parse(stanza_attr(item, "role"), &role) < 0) {
		say_error(d, E_BAD_REQUEST, NULL);
	} else if (d->room == NULL ||
	    !room_has_client(d->room, d->from->full)) {
		say_error(d, E_FORBIDDEN, "You are not in this room.");
	} else {
		say_room_roles(d, d->room, role);
	}
}

/* ------------------------------------------------------------ muc#admin set */

static const char *
nick_of_real(const struct room *room, const char *real)
{
	const struct occupant *o;
	size_t at = 0;

	while (room != NULL && (o = map_next(&room->occupants, &at)) != NULL)
		if (o->real != NULL && strcmp(o->real, real) == 0)
			return o->nick;
	return NULL;
}

/* Whom an item means, on the network: a nick where there is one, else an
 * account or a mask.  NULL: somebody who is not there. */
static const char *
target_of(const struct down *d, const struct stanza *item, bool must_be_here)
{
	const char *nick = stanza_attr(item, "nick"), *found = NULL, *name;
	const char *text = stanza_attr(item, "jid");
	struct jid jid;

	if (nick != NULL && d->room != NULL)
		found = room_occupant_nick(d->room, nick);
	if (found != NULL || must_be_here || (text == NULL && nick != NULL))
		return found ? found : must_be_here ? NULL : nick;
	if (text == NULL || text[0] == '\0')
		return NULL;
	if (jid_parse(d->arena, text, &jid) < 0 || jid.node == NULL ||
	    strcmp(jid.domain, d->gw->config->jid) != 0)
		return text;		/* a mask of the network, typed in */
	if (jid.resource != NULL && strcmp(jid.bare, d->to->bare) == 0)
		return d->room ? room_occupant_nick(d->room, jid.resource) :
		    NULL;
	name = name_from_node(d->arena, jid.node);
	found = nick_of_real(d->room, name);
	return found ? found : name;
}

/* What an item asks for; -1 and *error when it cannot be asked. */
static int
parse_item(const struct down *d, const struct stanza *item,
    struct msg_room_moderate *m, enum stanza_error *error)
{
	enum affiliation affiliation;
	enum role role;

	*m = (struct msg_room_moderate){
		.user = d->user->jid, .room = room_name(d),
		.role = stanza_attr(item, "role"),
		.affiliation = stanza_attr(item, "affiliation"),
		.reason = stanza_child_text(d->arena, item, "reason", NULL),
	};
	*error = E_BAD_REQUEST;
	if ((m->role == NULL) == (m->affiliation == NULL) ||
	    (m->role != NULL && role_parse(m->role, &role) < 0) ||
	    (m->affiliation != NULL &&
	    affiliation_parse(m->affiliation, &affiliation) < 0))
		return -1;
	*error = E_ITEM_NOT_FOUND;
	m->target = target_of(d, item, m->role != NULL);
	return m->target == NULL ? -1 : 0;
}

static const struct stanza *
next_item(const struct stanza *item)
{
	while (item != NULL && !stanza_is(item, "item", NS_MUC_ADMIN))
		item = stanza_next(item);
	return item;
}

/* All items are looked at before anything is asked: all or none. */
void
down_room_admin_set(struct down *d)
{
	struct msg_room_moderate m[ITEMS_MAX];
	const struct stanza *item = next_item(stanza_first(d->payload));
	enum stanza_error error = E_BAD_REQUEST;
	struct job *job;
	size_t n = 0;

	for (; item != NULL; item = next_item(stanza_next(item))) {
		if (n == ITEMS_MAX) {
			say_error(d, E_POLICY_VIOLATION, "Too many items.");
			return;
		}
		if (parse_item(d, item, &m[n++], &error) < 0) {
			say_error(d, error, NULL);
			return;
		}
	}
	if (n == 0) {
		say_error(d, E_BAD_REQUEST, NULL);
		return;
	}
	if (!asked_may(d, session_ready(d->user)))
		return;
	job = job_new(d);
	for (size_t i = 0; i < n; i++) {
		if (m[i].affiliation != NULL &&
		    strcmp(m[i].affiliation, "outcast") == 0)
			mark_banned(d->room, m[i].target);
		ask(job, d->user, METHOD_room_moderate, &m[i], done);
	}
}

/* -------------------------------------------------------------- invitations */

/* Somebody of the network is invited there, anybody else by a message. */
static void
invite(const struct down *d, const struct stanza *e)
{
	const char *to = stanza_attr(e, "to");
	struct msg_room_invite m = {
		.user = d->user->jid, .room = room_name(d),
		.reason = stanza_child_text(d->arena, e, "reason", NULL),
	};
	struct jid jid;

	if (to == NULL || jid_parse(d->arena, to, &jid) < 0) {
		say_error(d, E_JID_MALFORMED, NULL);
	} else if (strcmp(jid.domain, d->gw->config->jid) != 0) {
		say_room_invitation(d->gw, d->room->jid, d->from->bare,
		    jid.bare, m.reason, d->room->password);
	} else if (jid.node == NULL) {
		say_error(d, E_ITEM_NOT_FOUND, NULL);
	} else if (asked_may(d, session_ready(d->user))) {
		m.peer = name_from_node(d->arena, jid.node);
		ask(job_new(d), d->user, METHOD_room_invite, &m, done);
	}
}

/* To most networks it is nothing they want to know. */
static void
declined(void *ctx, const struct msg_error *error, const union result *result)
{
	if (error != NULL && strcmp(error->code, ERR_NOT_SUPPORTED) == 0)
		error = NULL;
	done(ctx, error, result);
}

/* The room tells who has invited.  It is not of this network when somebody of
 * XMPP has; and what we told in our own name has nobody. */
static void
decline(const struct down *d, const struct stanza *e)
{
	const char *to = stanza_attr(e, "to");
	struct msg_room_decline m = {
		.user = d->user->jid, .room = room_name(d),
		.reason = stanza_child_text(d->arena, e, "reason", NULL),
	};
	struct jid jid;

	if (!gateway_can(d->gw, FEATURE_ROOMS))
		return;
	if (to != NULL && jid_parse(d->arena, to, &jid) < 0) {
		say_error(d, E_JID_MALFORMED, NULL);
		return;
	}
	if (to != NULL && strcmp(jid.domain, d->gw->config->jid) != 0)
		return;
	if (to != NULL && jid.node != NULL)
		m.peer = name_from_node(d->arena, jid.node);
	if (asked_may(d, session_ready(d->user)))
		ask(job_new(d), d->user, METHOD_room_decline, &m, declined);
}

void
down_room_mediated(struct down *d)
{
	const struct stanza *e = stanza_child(d->payload, "decline",
	    NS_MUC_USER);
	unsigned n = 0;

	if (e != NULL) {
		decline(d, e);
		return;
	}
	if (d->room == NULL || !room_has_client(d->room, d->from->full)) {
		say_error(d, E_NOT_ACCEPTABLE, "You are not in this room.");
		return;
	}
	for (e = stanza_first(d->payload); e != NULL; e = stanza_next(e)) {
		if (!stanza_is(e, "invite", NS_MUC_USER))
			continue;
		if (++n > ITEMS_MAX) {
			say_error(d, E_POLICY_VIOLATION,
			    "Too many invitations at once.");
			return;
		}
		invite(d, e);
	}
}
