/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the two accounts (XEP-0060, XEP-0163). */
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/keys_inside.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/session.h"
#include "util/log.h"
#include "util/xalloc.h"

#define TIMEOUT	30.0	/* seconds for the user's server */

void
run_ask_user(struct run *r, const char *node, const char *item,
    iq_answer *answer)
{
	struct xml *x = iq_begin(r->gw, "get", NULL, r->user);

	xml_open_ns(x, "pubsub", NS_PUBSUB);
	xml_open(x, "items");
	xml_attr(x, "node", node);
	if (item != NULL) {
		xml_open(x, "item");
		xml_attr(x, "id", item);
	}
	iq_send(r->gw, x, r->user, TIMEOUT, answer, r);
}

void
run_ask_network(struct run *r, struct user *user, const char *type,
    struct buf *xml, rpc_reply *reply)
{
	struct msg_stanza m = { .user = user->jid, .peer = "", .kind = "iq",
	    .type = type };

	buf_addc(xml, '\0');
	m.xml = buf_data(xml);
	session_request(user, METHOD_stanza, &m, reply, r);
	buf_free(xml);
}

/* Servers tell of a node's keys who has subscribed to it: without that we would
 * hear of new ones only at the next login. */
void
run_subscribe(struct run *r, const char *node)
{
	struct xml *x = iq_begin(r->gw, "set", NULL, r->user);

	xml_open_ns(x, "pubsub", NS_PUBSUB);
	xml_open(x, "subscribe");
	xml_attr(x, "node", node);
	xml_attr(x, "jid", r->gw->config->jid);
	iq_send(r->gw, x, r->user, TIMEOUT, NULL, NULL);
}

/* --------------------------------------------------------------- publishing */

/* A node for the keys of all devices? */
static bool
is_for_all(const struct run *r)
{
	return r->scheme->shared && strcmp(r->node, r->scheme->list) != 0;
}

static void
put_field(struct xml *x, const char *var, const char *value)
{
	xml_open(x, "field");
	xml_attr(x, "var", var);
	if (strcmp(var, "FORM_TYPE") == 0)
		xml_attr(x, "type", "hidden");
	xml_element(x, "value", NULL, value);
	xml_close(x);
}

/* XEP-0384 5.3.2: whoever knows the user may read it; and a node for the keys
 * of all devices has an item for each, while servers keep one by default. */
static void
put_options(const struct run *r, struct xml *x, const char *element,
    const char *type)
{
	xml_open(x, element);
	xml_open_ns(x, "x", NS_DATA);
	xml_attr(x, "type", "submit");
	put_field(x, "FORM_TYPE", type);
	put_field(x, "pubsub#persist_items", "true");
	put_field(x, "pubsub#access_model", "open");
	if (is_for_all(r))
		put_field(x, "pubsub#max_items", "max");
	xml_close(x);
	xml_close(x);
}

static void	publish_now(struct run *, struct user *);

/* Is this the answer that was hoped for? */
static bool
has_worked(const struct msg_error *error, const union result *result)
{
	return error == NULL && (result == NULL ||
	    result->stanza.type == NULL ||
	    strcmp(result->stanza.type, "error") != 0);
}

static bool
is_not_found(const union result *result)
{
	return result != NULL && result->stanza.xml != NULL &&
	    strstr(result->stanza.xml, "item-not-found") != NULL;
}

static void
configured(void *ctx, const struct msg_error *error, const union result *result)
{
	struct run *r = ctx;
	struct user *user = run_user(r);

	if (user == NULL)
		return;
	r->unsure |= error != NULL;
	/* Into a node that is not there, nothing is put out of it. */
	if (has_worked(error, result) || is_not_found(result))
		publish_now(r, user);
	else
		r->published(r, false);
}

/* Whoever has keys in there made the node, maybe for these only: then ours
 * would put them out.  Who may read it is not changed. */
static void
configure(struct run *r, struct user *user)
{
	struct buf out = { 0 };
	struct xml x;

	xml_begin(&x, &out);
	xml_open_ns(&x, "pubsub", NS_PUBSUB_OWNER);
	xml_open(&x, "configure");
	xml_attr(&x, "node", r->node);
	xml_open_ns(&x, "x", NS_DATA);
	xml_attr(&x, "type", "submit");
	put_field(&x, "FORM_TYPE", NS_PUBSUB "#node_config");
	put_field(&x, "pubsub#max_items", "max");
	xml_close_to(&x, 0);
	run_ask_network(r, user, "set", &out, configured);
}

static void
created(void *ctx, const struct msg_error *error, const union result *result)
{
	struct run *r = ctx;
	struct user *user = run_user(r);

	if (user == NULL)
		return;
	if (has_worked(error, result))
		publish_now(r, user);
	else
		configure(r, user);	/* it was there */
}

/* ejabberd takes the number of items at no other time; published without, the
 * node would have each device's keys put out those of the one before. */
static void
create(struct run *r, struct user *user)
{
	struct buf out = { 0 };
	struct xml x;

	xml_begin(&x, &out);
	xml_open_ns(&x, "pubsub", NS_PUBSUB);
	xml_open(&x, "create");
	xml_attr(&x, "node", r->node);
	xml_close(&x);
	put_options(r, &x, "configure", NS_PUBSUB "#node_config");
	xml_close_to(&x, 0);
	run_ask_network(r, user, "set", &out, created);
}

static void
published(void *ctx, const struct msg_error *error, const union result *result)
{
	struct run *r = ctx;
	struct user *user = run_user(r);
	bool worked = has_worked(error, result);

	if (user == NULL)
		return;
	r->unsure |= error != NULL;
	/* The node exists, and is of another kind: it may be left so. */
	if (!worked && error == NULL && r->open) {
		r->open = false;
		if (is_for_all(r))
			create(r, user);
		else
			publish_now(r, user);
		return;
	}
	if (!worked)
		log_debug("%s: %s: %s cannot be published",
		    r->gw->config->jid, r->user, r->node);
	r->published(r, worked);
}

static void
publish_now(struct run *r, struct user *user)
{
	struct buf out = { 0 };
	struct xml x;

	xml_begin(&x, &out);
	xml_open_ns(&x, "pubsub", NS_PUBSUB);
	xml_open(&x, "publish");
	xml_attr(&x, "node", r->node);
	xml_open(&x, "item");
	xml_attr(&x, "id", r->item);
	xml_raw(&x, r->payload, strlen(r->payload));
	xml_close(&x);
	xml_close(&x);
	if (r->open)
		put_options(r, &x, "publish-options",
		    NS_PUBSUB "#publish-options");
	xml_close_to(&x, 0);
	run_ask_network(r, user, "set", &out, published);
}

void
run_publish(struct run *r, struct user *user, const char *node,
    const char *item, char *payload, void (*done)(struct run *, bool))
{
	char *copy = xstrdup(node);

	free(r->node);
	free(r->payload);
	r->node = copy;
	r->item = item;
	r->payload = payload;
	r->open = true;
	r->published = done;
	publish_now(r, user);
}

