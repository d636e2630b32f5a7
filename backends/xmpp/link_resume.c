/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session of before (XEP-0198): how it is begun, so that it can go on after
 * a break, and how it does so or ends.
 *
 * libstrophe forgets a session when a connection breaks before it goes on, be
 * it in the middle of a login.  So it hears nothing of all this: it asks for a
 * resource each time.  Where there is a session to go on with, that request
 * waits.  If the server has the session, libstrophe is told the resource that it
 * has already; if not, the request is sent. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/link_private.h"
#include "backends/xmpp/stanza.h"
#include "util/log.h"
#include "util/macros.h"
#include "util/xalloc.h"

#define ID_BYTES	4000	/* of a session's name (XEP-0198) */
#define JID_BYTES	3071	/* RFC 7622 3.1 */
#define RESUMES_MAX	3	/* without an answer: then it is given up */
/* Less than libstrophe waits for its resource, which is then in vain. */
#define RESUME_TIMEOUT	14.0

bool
link_read_number(const char *h, uint32_t *out)
{
	char *end;
	unsigned long n;

	if (h == NULL || *h < '0' || *h > '9')
		return false;
	errno = 0;
	n = strtoul(h, &end, 10);
	*out = (uint32_t)n;
	return *end == '\0' && errno == 0 && n <= UINT32_MAX;
}

/* ------------------------------------------------------------------- begin */

void
link_forget(struct link *l)
{
	free(l->previd);
	free(l->bound);
	l->previd = l->bound = NULL;
	l->unanswered = 0;
}

static void
done_asking(struct link *l)
{
	free(l->bind);
	l->bind = NULL;
}

void
link_begin(struct link *l)
{
	static const char enable[] = "<enable xmlns='" NS_SM "' "
	    "resume='true'/>";

	done_asking(l);
	link_forget(l);
	/* What is sent before the server has said that it counts would be
	 * counted by one side only. */
	if (l->sm_offered)
		link_say(l, enable, sizeof(enable) - 1);
	else
		link_up(l, false);
}

void
link_enabled(struct link *l, xmpp_stanza_t *stanza)
{
	const char *resume = xmpp_stanza_get_attribute(stanza, "resume");
	const char *id = xmpp_stanza_get_id(stanza);
	const char *jid = xmpp_conn_get_bound_jid(l->xmpp);

	l->sm_on = true;
	l->handled = 0;
	link_forget(l);
	if (resume == NULL || (strcmp(resume, "true") != 0 &&
	    strcmp(resume, "1") != 0) || id == NULL || *id == '\0' ||
	    strlen(id) > ID_BYTES)
		return;
	l->previd = xstrdup(id);
	l->bound = xstrdup(jid != NULL && strlen(jid) <= JID_BYTES ?
	    jid : l->full);
}

/* ------------------------------------------------------------------- go on */

static void
ask_to_resume(struct link *l)
{
	xmpp_stanza_t *resume = xmpp_stanza_new(l->strophe);
	char h[sizeof("4294967295")], *xml = NULL;	/* the largest */
	size_t len = 0;

	snprintf(h, sizeof(h), "%u", (unsigned)l->handled);
	if (resume == NULL || xmpp_stanza_set_name(resume, "resume") != 0 ||
	    xmpp_stanza_set_ns(resume, NS_SM) != 0 ||
	    xmpp_stanza_set_attribute(resume, "h", h) != 0 ||
	    xmpp_stanza_set_attribute(resume, "previd", l->previd) != 0 ||
	    xmpp_stanza_to_text(resume, &xml, &len) != 0)
		fatal("libstrophe: out of memory");
	l->unanswered++;
	l->met = true;
	link_set_timer(l, RESUME_TIMEOUT);
	link_say(l, xml, len);
	xmpp_free(l->strophe, xml);
	xmpp_stanza_release(resume);
}

bool
link_holds_back(struct link *l, const char *data, size_t len)
{
	static const char iq[] = "<iq ";

	if (!l->authenticated || len < sizeof(iq) - 1 ||
	    memcmp(data, iq, sizeof(iq) - 1) != 0)
		return false;
	/* It wants a session for its resource (RFC 3921), and has both. */
	if (l->resumed)
		return true;
	if (l->state != TALKING || l->previd == NULL || !l->sm_offered ||
	    l->bind != NULL)
		return false;
	l->bind = xstrndup(data, len);
	ask_to_resume(l);
	return true;
}

static void
resumed(struct link *l, const char *name, const char *h)
{
	if (name == NULL || strcmp(name, l->previd) != 0 ||
	    !link_read_number(h, &l->resumed_h)) {
		link_fail(l, LINK_REFUSED, true, xasprintf("%s goes on with "
		    "a session that is none.", l->domain));
		return;
	}
	l->unanswered = 0;
	l->resumed = true;
}

static void
lost(struct link *l, const char *h)
{
	uint32_t number;

	/* It may know still what it has had. */
	if (link_read_number(h, &number) &&
	    ledger_done(&l->ledger, number) == -1)
		log_info("%s: %s says that it has had what was never sent",
		    l->jid, l->domain);
	/* Whoever was told of it may have ended the link. */
	if (l->state != TALKING)
		return;
	link_forget(l);
	link_set_timer(l, TALK_TIMEOUT);
	link_say(l, l->bind, strlen(l->bind));
	done_asking(l);
}

void
link_hear_answer(struct link *l, const char *name,
    const char *const *attributes)
{
	const char *h = guard_attribute(attributes, "h");

	if (l->bind == NULL)
		return;
	if (strcmp(name, "resumed") == 0)
		resumed(l, guard_attribute(attributes, "previd"), h);
	else if (strcmp(name, "failed") == 0)
		lost(l, h);
}

/* Tell libstrophe the answer to a request of this id, with the resource. */
static void
tell(struct link *l, const char *id)
{
	static const char iq[] = NS_CLIENT "\x1fiq";
	static const char bind[] = XMPP_NS_BIND "\x1f" "bind";
	static const char jid[] = XMPP_NS_BIND "\x1fjid";
	const char *attributes[] = { "type", "result", "id", id, NULL };
	const char *none[] = { NULL };

	guard_open(l->guard, iq, attributes);
	guard_open(l->guard, bind, none);
	guard_open(l->guard, jid, none);
	guard_text(l->guard, l->bound);
	guard_close(l->guard, jid);
	guard_close(l->guard, bind);
	guard_close(l->guard, iq);
}

void
link_let_in(struct link *l)
{
	/* Of all versions so far. */
	static const char *const ids[] = { "_xmpp_bind1", "_xmpp_session1" };

	done_asking(l);
	l->telling = true;
	for (size_t i = 0; i < LENGTH(ids) && l->state == TALKING; i++)
		tell(l, ids[i]);
	l->telling = false;
	if (l->state != TALKING)
		return;
	link_forget(l);
	link_fail(l, LINK_NETWORK, true, xstrdup("libstrophe does not go on "
	    "with a session."));
}

/* --------------------------------------------------------------------- end */

void
link_settle(struct link *l)
{
	done_asking(l);
	/* Where one side has refused what the other said in it, it would hear
	 * the same once more. */
	if ((l->reason == LINK_REFUSED && l->met) ||
	    l->unanswered >= RESUMES_MAX)
		link_forget(l);
}
