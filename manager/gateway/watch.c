/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients that vanish.  A client says goodbye by presence; when the link or
 * the XMPP server was away it may not have been able to, so it is asked. */
#include "manager/gateway/watch.h"

#include <stdlib.h>
#include <string.h>

#include "manager/gateway/contact.h"
#include "manager/gateway/iq.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/room.h"
#include "manager/gateway/say.h"
#include "manager/gateway/session.h"
#include "util/log.h"
#include "util/xalloc.h"

#define PING_TIMEOUT	30.0	/* seconds */
#define PROBES_MAX	20000	/* beyond, only those who were online */

static void
remove_client(struct user *user, const char *full, bool said_so)
{
	bool known = user_client_gone(user, full);

	if (said_so && !user->stay_connected)
		rooms_leave_empty(user);
	if (!TAILQ_EMPTY(&user->clients) || rooms_count(user) > 0) {
		if (known)
			session_presence(user);
		return;
	}
	if (user->stay_connected)
		session_presence(user);
	else if ((said_so || !gateway_is_lenient(user->gw)) &&
	    (!link_is_server(user->gw->link) ||
	    link_clients(user->gw->link, user->jid) == 0))
		session_end(user, NULL);
	user_tidy(user);
}

void
watch_remove(struct user *user, const char *full)
{
	remove_client(user, full, false);
}

void
watch_goodbye(struct user *user, const char *full)
{
	remove_client(user, full, true);
}

void
watch_client_gone(struct gateway *gw, const char *full)
{
	char *bare = xstrndup(full, strcspn(full, "/"));
	struct user *user = user_find(gw, bare);

	if (user != NULL)
		watch_remove(user, full);
	free(bare);
}

/* ------------------------------------------------------------ after a break */

static bool
is_alive(struct arena *a, const struct stanza *answer)
{
	const char *type = stanza_attr(answer, "type");
	const struct stanza *error = stanza_child(answer, "error", NULL);

	(void)a;
	if (type != NULL && strcmp(type, "result") == 0)
		return true;
	/* A client that does not know XEP-0199 says so itself; a server whose
	 * user is not there says service-unavailable (RFC 6121 8.5.3.2.3). */
	return stanza_child(error, "feature-not-implemented", NS_STANZAS) ||
	    stanza_child(error, "forbidden", NS_STANZAS);
}

/* A client that has been asked. */
struct ping {
	double	 sent;		/* ev_now() */
	char	 full[];
};

static void ask_after(struct user *, const char *full);

static void
judge(struct user *user, const struct ping *ping, struct arena *a,
    const struct stanza *answer)
{
	struct gateway *gw = user->gw;
	struct client *client = user_client(user, ping->full);

	/* It has said so itself meanwhile. */
	if (client != NULL && !client->doubtful)
		return;
	if (answer == NULL && !link_is_up(gw->link))
		return;		/* asked anew when it comes back */
	if (answer == NULL && ev_now(gw->loop) < ping->sent + PING_TIMEOUT) {
		/* It was not even asked: too many were, all at once. */
		ask_after(user, ping->full);
	} else if (answer == NULL || !is_alive(a, answer)) {
		watch_remove(user, ping->full);
	} else if (client != NULL) {
		client->doubtful = false;
	}
}

static void
pinged(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct ping *ping = ctx;
	char *bare = xstrndup(ping->full, strcspn(ping->full, "/"));
	struct user *user = user_find(gw, bare);

	if (user != NULL)
		judge(user, ping, a, answer);
	free(bare);
	free(ping);
}

static void
ask_after(struct user *user, const char *full)
{
	struct xml *x = iq_begin(user->gw, "get", NULL, full);
	size_t size = strlen(full) + 1;
	struct ping *ping = xmalloc(sizeof(*ping) + size);

	ping->sent = ev_now(user->gw->loop);
	memcpy(ping->full, full, size);
	xml_element(x, "ping", NS_PING, NULL);
	iq_send(user->gw, x, ping->full, PING_TIMEOUT, pinged, ping);
}

static void
ask_after_all(struct user *user)
{
	struct client *client;
	char **full;
	size_t n;

	TAILQ_FOREACH(client, &user->clients, entry)
		ask_after(user, client->full);
	/* Those that are only in rooms have sent no presence to us. */
	n = rooms_clients(user, &full);
	for (size_t i = 0; i < n; i++) {
		if (user_client(user, full[i]) == NULL)
			ask_after(user, full[i]);
		free(full[i]);
	}
	free(full);
}

static void
probe(struct gateway *gw, const char *bare)
{
	say_presence(gw, gw->config->jid, bare, "probe", SHOW_ONLINE, NULL);
}

/* Who is there will log in, so they are asked at the pace of logins; those who
 * were online when we stopped come first. */
struct probes {
	size_t		 at, n;
	char		*jid[];
};

static void
forget_probes(struct gateway *gw)
{
	struct probes *p = gw->probes;

	for (; p != NULL && p->at < p->n; p->at++)
		free(p->jid[p->at]);
	free(p);
	gw->probes = NULL;
}

void
watch_tick(struct gateway *gw)
{
	double rate = gw->config->login_rate;
	struct probes *p = gw->probes;

	if (p == NULL)
		return;
	for (double n = 0; p->at < p->n && (rate <= 0 || n < rate); p->at++) {
		if (user_find(gw, p->jid[p->at]) == NULL) {
			probe(gw, p->jid[p->at]);
			n++;
		}
		free(p->jid[p->at]);
	}
	if (p->at == p->n)
		forget_probes(gw);
}

/* Presence that came while we were away was bounced, and no server repeats it:
 * every user is asked, not only those who were here when we stopped. */
static void
listed(void *ctx, const struct store_user *users, size_t n,
    const char *error)
{
	struct gateway *gw = ctx;
	struct probes *p;

	if (error != NULL) {
		log_error("%s: who is registered cannot be read: %s",
		    gw->config->jid, error);
		return;
	}
	forget_probes(gw);
	gw->probes = p = xmalloc(sizeof(*p) + n * sizeof(p->jid[0]));
	p->at = p->n = 0;
	for (int online = 1; online >= 0; online--) {
		for (size_t i = 0; i < n; i++) {
			if (users[i].online == (online != 0) &&
			    (online || n <= PROBES_MAX))
				p->jid[p->n++] = xstrdup(users[i].jid);
		}
	}
	watch_tick(gw);
}

void
watch_link_up(struct gateway *gw)
{
	struct user *user;
	size_t at = 0;

	if (link_is_server(gw->link))
		return;
	while ((user = map_next(&gw->users, &at)) != NULL) {
		probe(gw, user->jid);
		ask_after_all(user);
	}
	store_list(gw->store, false, listed, gw);
}

void
watch_resume(struct gateway *gw)
{
	struct client *client;
	struct user *user;
	size_t at = 0;

	if (link_is_server(gw->link))
		return;
	while ((user = map_next(&gw->users, &at)) != NULL) {
		TAILQ_FOREACH(client, &user->clients, entry) {
			if (client->doubtful)
				ask_after(user, client->full);
		}
	}
}

void
watch_pack(const struct gateway *gw, struct packer *packer)
{
	const struct probes *p = gw->probes;

	for (size_t i = p ? p->at : 0; p != NULL && i < p->n; i++)
		pack_str(packer, NULL, p->jid[i]);
}

void
watch_unpack(struct gateway *gw, const struct packed *list)
{
	size_t n = packed_count(list);
	struct probes *p;

	if (n == 0)
		return;
	gw->probes = p = xmalloc(sizeof(*p) + n * sizeof(p->jid[0]));
	p->at = p->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (packed_str(packed_at(list, i), NULL) != NULL)
			p->jid[p->n++] = xstrdup(packed_str(packed_at(list,
			    i), NULL));
	}
}

void
watch_destroy(struct gateway *gw)
{
	forget_probes(gw);
}

void
watch_link_down(struct gateway *gw)
{
	struct client *client;
	struct user *user;
	size_t at = 0;

	while ((user = map_next(&gw->users, &at)) != NULL) {
		TAILQ_FOREACH(client, &user->clients, entry)
			client->doubtful = true;
	}
}
