/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stanzas that every part of the gateway sends: errors, iq results, plain
 * presence, one-to-one messages. */
#include "manager/gateway/say.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "manager/gateway/ns.h"
#include "manager/gateway/quote.h"
#include "manager/gateway/raw.h"
#include "manager/gateway/say_chat.h"
#include "manager/gateway/trace.h"
#include "manager/gateway/xhtml.h"
#include "protocol/errors.h"

static const struct {
	const char *name, *type;
} conditions[] = {
	[E_BAD_REQUEST]             = { "bad-request", "modify" },
	[E_CONFLICT]                = { "conflict", "cancel" },
	[E_FEATURE_NOT_IMPLEMENTED] = { "feature-not-implemented", "cancel" },
	[E_FORBIDDEN]               = { "forbidden", "auth" },
	[E_GONE]                    = { "gone", "cancel" },
	[E_INTERNAL_SERVER_ERROR]   = { "internal-server-error", "wait" },
	[E_ITEM_NOT_FOUND]          = { "item-not-found", "cancel" },
	[E_JID_MALFORMED]           = { "jid-malformed", "modify" },
	[E_NOT_ACCEPTABLE]          = { "not-acceptable", "modify" },
	[E_NOT_ALLOWED]             = { "not-allowed", "cancel" },
	[E_NOT_AUTHORIZED]          = { "not-authorized", "auth" },
	[E_POLICY_VIOLATION]        = { "policy-violation", "modify" },
	[E_RECIPIENT_UNAVAILABLE]   = { "recipient-unavailable", "wait" },
	[E_REGISTRATION_REQUIRED]   = { "registration-required", "auth" },
	[E_REMOTE_SERVER_NOT_FOUND] = { "remote-server-not-found", "cancel" },
	[E_REMOTE_SERVER_TIMEOUT]   = { "remote-server-timeout", "wait" },
	[E_RESOURCE_CONSTRAINT]     = { "resource-constraint", "wait" },
	[E_ROOM_FULL]               = { "service-unavailable", "wait" },
	[E_SERVICE_UNAVAILABLE]     = { "service-unavailable", "cancel" },
	[E_SUBSCRIPTION_REQUIRED]   = { "subscription-required", "auth" },
	[E_UNDEFINED_CONDITION]     = { "undefined-condition", "cancel" },
	[E_UNEXPECTED_REQUEST]      = { "unexpected-request", "wait" },
};

static const struct {
	const char *code;
	enum stanza_error error;
} codes[] = {
	{ ERR_BAD_REQUEST,    E_BAD_REQUEST },
	{ ERR_NOT_SUPPORTED,  E_FEATURE_NOT_IMPLEMENTED },
	{ ERR_NOT_CONNECTED,  E_RECIPIENT_UNAVAILABLE },
	{ ERR_NOT_FOUND,      E_ITEM_NOT_FOUND },
	{ ERR_CONFLICT,       E_CONFLICT },
	{ ERR_NOT_AUTHORIZED, E_NOT_AUTHORIZED },
	{ ERR_FORBIDDEN,      E_FORBIDDEN },
	{ ERR_BANNED,         E_FORBIDDEN },
	{ ERR_MEMBERS_ONLY,   E_REGISTRATION_REQUIRED },
	{ ERR_FULL,           E_ROOM_FULL },
	{ ERR_NOT_ALLOWED,    E_NOT_ALLOWED },
	{ ERR_NOT_ACCEPTABLE, E_NOT_ACCEPTABLE },
	{ ERR_TOO_LONG,       E_POLICY_VIOLATION },
	{ ERR_RATE_LIMITED,   E_RESOURCE_CONSTRAINT },
	{ ERR_NETWORK,        E_REMOTE_SERVER_NOT_FOUND },
	{ ERR_TIMEOUT,        E_REMOTE_SERVER_TIMEOUT },
	{ ERR_UNCERTAIN,      E_REMOTE_SERVER_TIMEOUT },
	{ ERR_LOST,           E_REMOTE_SERVER_TIMEOUT },
	{ ERR_UNSENT,         E_REMOTE_SERVER_TIMEOUT },
	{ ERR_QUEUE_FULL,     E_RESOURCE_CONSTRAINT },
};

enum stanza_error
say_error_of(const char *code)
{
	for (size_t i = 0; i < LENGTH(codes); i++) {
		if (strcmp(code, codes[i].code) == 0)
			return codes[i].error;
	}
	return E_UNDEFINED_CONDITION;
}

void
say_error_element(struct xml *x, enum stanza_error error, const char *text)
{
	xml_open(x, "error");
	xml_attr(x, "type", conditions[error].type);
	xml_element(x, conditions[error].name, NS_STANZAS, NULL);
	if (text != NULL && *text != '\0')
		xml_element(x, "text", NS_STANZAS, text);
	xml_close(x);
}

void
say_error_to(struct gateway *gw, const char *kind, const char *from,
    const char *to, const char *id, enum stanza_error error, const char *text)
{
	struct xml *x = link_begin(gw->link);

	xml_open(x, kind);
	xml_attr(x, "type", "error");
	xml_attr(x, "from", from);
	xml_attr(x, "to", to);
	xml_attr(x, "id", id);
	/* XEP-0045 7.2: clients look for this to know that a join failed. */
	if (strcmp(kind, "presence") == 0 && strchr(from, '/') != NULL)
		xml_element(x, "x", NS_MUC, NULL);
	say_error_element(x, error, text);
	say_end(gw, x, to, strcmp(kind, "message") == 0 ? LINK_KEEP : 0);
}

void
say_error(const struct down *d, enum stanza_error error, const char *text)
{
	const char *kind = d->stanza->name;

	if (d->type != NULL && (strcmp(d->type, "error") == 0 ||
	    (strcmp(kind, "iq") == 0 && strcmp(d->type, "result") == 0)))
		return;
	say_error_to(d->gw, kind, d->to->full, d->from->full, d->id, error,
	    text);
}

struct xml *
say_answer_begin_to(struct gateway *gw, const char *type, const char *from,
    const char *to, const char *id)
{
	struct xml *x = link_begin(gw->link);

	xml_open(x, "iq");
	xml_attr(x, "type", type);
	xml_attr(x, "from", from);
	xml_attr(x, "to", to);
	xml_attr(x, "id", id);
	return x;
}

struct xml *
say_result_begin_to(struct gateway *gw, const char *from, const char *to,
    const char *id)
{
	return say_answer_begin_to(gw, "result", from, to, id);
}

struct xml *
say_result_begin(const struct down *d)
{
	return say_result_begin_to(d->gw, d->to->full, d->from->full, d->id);
}

void
say_result(const struct down *d)
{
	say_end(d->gw, say_result_begin(d), d->from->full, 0);
}

int
say_send(struct gateway *gw, const char *to, unsigned flags)
{
	if (trace_runs(gw))
		trace_stanza_out(gw, to);
	return link_end(gw->link, to, flags);
}

int
say_end(struct gateway *gw, struct xml *x, const char *to, unsigned flags)
{
	xml_close_to(x, 0);
	return say_send(gw, to, flags);
}

void
say_stamp(char *out, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(out, STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, STAMP_SIZE - n, ".%03uZ", (unsigned)(ms % 1000));
}

static bool
quotes(const struct say_message *m)
{
	return m->reply_to != NULL && m->reply_to->text != NULL &&
	    m->body != NULL;
}

static void
put_reply(struct xml *x, const struct say_message *m)
{
	xml_open_ns(x, "reply", NS_REPLY);
	xml_attr(x, "to", m->reply_jid);
	xml_attr(x, "id", m->reply_to->id);
	xml_close(x);
	if (!quotes(m))
		return;
	xml_open_ns(x, "fallback", NS_FALLBACK);
	xml_attr(x, "for", NS_REPLY);
	xml_open(x, "body");
	xml_attr(x, "start", "0");
	xml_attrf(x, "end", "%zu", quote_length(m->reply_to->text));
	xml_close(x);
	xml_close(x);
}

/* Clients that know nothing of answers see what is answered all the same. */
static void
put_body(struct xml *x, const struct say_message *m)
{
	struct buf text = { 0 };

	if (!quotes(m)) {
		xml_element(x, "body", NULL, m->body);
		return;
	}
	quote_add(&text, m->reply_to->text);
	buf_adds(&text, m->body);
	buf_addc(&text, '\0');
	xml_element(x, "body", NULL, buf_data(&text));
	buf_free(&text);
}

static void
put_attachments(struct xml *x, const struct say_message *m)
{
	for (size_t i = 0; i < m->nattachments; i++) {
		xml_open_ns(x, "x", NS_OOB);
		xml_element(x, "url", NULL, m->attachments[i].url);
		if (m->attachments[i].name != NULL)
			xml_element(x, "desc", NULL, m->attachments[i].name);
		xml_close(x);
	}
}

static void
put_ids(struct xml *x, const struct say_message *m)
{
	if (m->stanza_id != NULL) {
		xml_open_ns(x, "stanza-id", NS_SID);
		xml_attr(x, "id", m->stanza_id);
		xml_attr(x, "by", m->stanza_id_by);
		xml_close(x);
	}
	if (m->origin_id != NULL) {
		xml_open_ns(x, "origin-id", NS_SID);
		xml_attr(x, "id", m->origin_id);
		xml_close(x);
	}
	if (m->occupant_id != NULL) {
		xml_open_ns(x, "occupant-id", NS_OCCUPANT_ID);
		xml_attr(x, "id", m->occupant_id);
		xml_close(x);
	}
	if (m->replaces != NULL) {
		xml_open_ns(x, "replace", NS_CORRECT);
		xml_attr(x, "id", m->replaces);
		xml_close(x);
	}
	if (m->received != NULL) {
		xml_open_ns(x, "received", NS_RECEIPTS);
		xml_attr(x, "id", m->received);
		xml_close(x);
	}
	if (m->displayed != NULL) {
		xml_open_ns(x, "displayed", NS_MARKERS);
		xml_attr(x, "id", m->displayed);
		xml_close(x);
	}
	if (m->reply_to != NULL)
		put_reply(x, m);
	if (m->wants_receipt)
		xml_element(x, "request", NS_RECEIPTS, NULL);
	if (m->markable)
		xml_element(x, "markable", NS_MARKERS, NULL);
}

static void
put_delay(struct xml *x, const struct say_message *m)
{
	char stamp[STAMP_SIZE];

	if (m->time <= 0)
		return;
	say_stamp(stamp, m->time);
	xml_open_ns(x, "delay", NS_DELAY);
	xml_attr(x, "stamp", stamp);
	xml_attr(x, "from", m->delay_from);
	xml_close(x);
}

/* Into an open <message/>. */
static void
put_message(struct xml *x, const struct say_message *m)
{
	xml_attr(x, "from", m->from);
	xml_attr(x, "to", m->to);
	xml_attr(x, "type", m->type);
	xml_attr(x, "id", m->id);
	xml_attr(x, "xml:lang", m->lang);
	if (m->subject != NULL)
		xml_element(x, "subject", NULL, m->subject);
	if (m->body != NULL)
		put_body(x, m);
	if (m->xhtml != NULL)
		xhtml_put(x, m->xhtml);
	if (m->thread != NULL)
		xml_element(x, "thread", NULL, m->thread);
	if (m->chat_state != NULL)
		xml_element(x, m->chat_state, NS_CHATSTATES, NULL);
	if (m->attention)
		xml_element(x, "attention", NS_ATTENTION, NULL);
	put_ids(x, m);
	if (m->gesture != NULL)
		say_gesture_inside(x, m->gesture);
	put_attachments(x, m);
	put_delay(x, m);
	if (m->extra != NULL)
		raw_put(x, m->to, m->extra);
	if (m->private_muc)
		xml_element(x, "x", NS_MUC_USER, NULL);
	if (m->no_carbons) {
		xml_element(x, "private", NS_CARBONS, NULL);
		xml_element(x, "no-copy", NS_HINTS, NULL);
	}
	if (m->no_store)
		xml_element(x, "no-store", NS_HINTS, NULL);
}

int
say_message(struct gateway *gw, const struct say_message *m)
{
	struct xml *x = link_begin(gw->link);

	xml_open(x, "message");
	put_message(x, m);
	return say_end(gw, x, m->to, m->body || m->subject || m->received ||
	    m->gesture ? LINK_KEEP : 0);
}

void
say_message_inside(struct xml *x, const struct say_message *m)
{
	xml_open_ns(x, "message", "jabber:client");
	put_message(x, m);
	xml_close(x);
}

void
say_notice(struct gateway *gw, const char *to, const char *text)
{
	struct say_message m = {
		.from = gw->config->jid, .to = to, .type = "chat",
		.body = text, .no_carbons = true,
	};

	say_message(gw, &m);
}

void
say_presence(struct gateway *gw, const char *from, const char *to,
    const char *type, enum show show, const char *status)
{
	struct xml *x = link_begin(gw->link);

	xml_open(x, "presence");
	xml_attr(x, "from", from);
	xml_attr(x, "to", to);
	xml_attr(x, "type", type);
	if (type == NULL && show != SHOW_ONLINE && show != SHOW_OFFLINE)
		xml_element(x, "show", NULL, show_name(show));
	if (status != NULL && *status != '\0')
		xml_element(x, "status", NULL, status);
	say_end(gw, x, to, 0);
}
