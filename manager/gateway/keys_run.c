/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One scheme after the other: the devices in the user's list, the list in the
 * network's account, the keys of each device, and at last the list there, read
 * once more, which is to name nothing that has no keys.  What was published is
 * remembered in the user's settings, as "device=digest" with spaces between
 * them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/keys_inside.h"
#include "manager/gateway/ns.h"
#include "manager/gateway/raw.h"
#include "util/xalloc.h"

const struct scheme keys_schemes[] = {
	{ KEYS_LIST_OLD, "eu.siacs.conversations.axolotl.bundles:", false,
	  "list", "eu.siacs.conversations.axolotl", "omemo_axolotl" },
	{ KEYS_LIST, "urn:xmpp:omemo:2:bundles", true,
	  "devices", "urn:xmpp:omemo:2", "omemo_2" },
};

const size_t keys_nschemes = LENGTH(keys_schemes);

static void	next_device(struct run *);
static void	publish_list(struct run *, struct user *);
static void	published_list(struct run *, bool worked);

static void
next_scheme(struct run *r)
{
	if (++r->scheme == keys_schemes + keys_nschemes)
		run_end(r);
	else
		run_begin(r);
}

static bool
is_error(const struct stanza *answer, const char *condition)
{
	return stanza_child(stanza_child(answer, "error", NULL), condition,
	    NS_STANZAS) != NULL;
}

/* The item with that id; id NULL: of the only one, which is "current" as a rule
 * (XEP-0384), or the last. */
static const struct stanza *
item_of(const struct stanza *pubsub, const char *id)
{
	const struct stanza *s = stanza_first(stanza_child(pubsub, "items",
	    NULL)), *last = NULL;

	for (; s != NULL; s = stanza_next(s)) {
		const char *its = stanza_attr(s, "id");

		if (its != NULL && strcmp(its, id ? id : "current") == 0)
			return s;
		if (id == NULL)
			last = s;
	}
	return last;
}

/* false: it is no list, or none that is to be understood. */
static bool
read_list(const struct run *r, const struct stanza *pubsub,
    const struct stanza **list)
{
	const struct stanza *item = item_of(pubsub, NULL);

	*list = stanza_first(item);
	return stanza_is(pubsub, "pubsub", NS_PUBSUB) && (item == NULL ||
	    stanza_is(*list, r->scheme->name, r->scheme->ns));
}

/* ------------------------------------------------------------------ devices */

static struct device *
device_find(struct run *r, const char *id)
{
	for (size_t i = 0; i < r->ndevices; i++) {
		if (strcmp(r->devices[i].id, id) == 0)
			return &r->devices[i];
	}
	return NULL;
}

static struct device *
device_add(struct run *r, const char *id)
{
	size_t len = strlen(id);
	struct device *d = device_find(r, id);

	if (d != NULL || len == 0 || len >= KEYS_DEVICE_SIZE ||
	    strspn(id, "0123456789") != len ||
	    r->ndevices == LENGTH(r->devices))
		return d;
	d = &r->devices[r->ndevices++];
	*d = (struct device){ .gone = true };
	memcpy(d->id, id, len + 1);
	return d;
}

/* Those that were published before. */
static void
read_record(struct run *r, const struct user *user)
{
	char *copy = xstrdup(user_setting(user, r->scheme->setting, ""));
	char *save = NULL;

	for (char *s = strtok_r(copy, " ", &save); s != NULL;
	    s = strtok_r(NULL, " ", &save)) {
		char *digest = strchr(s, '=');
		struct device *d;

		if (digest == NULL || r->ndevices == KEYS_DEVICES_MAX)
			continue;
		*digest++ = '\0';
		d = device_add(r, s);
		if (d != NULL && strlen(digest) < sizeof(d->digest))
			strncpy(d->digest, digest, sizeof(d->digest) - 1);
	}
	free(copy);
}

static void
write_record(struct run *r, struct user *user)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < r->ndevices; i++) {
		if (r->devices[i].digest[0] != '\0')
			buf_addf(&out, "%s%s=%s", buf_len(&out) ? " " : "",
			    r->devices[i].id, r->devices[i].digest);
	}
	buf_addc(&out, '\0');
	if (strcmp(buf_data(&out), user_setting(user, r->scheme->setting,
	    "")) != 0)
		(void)user_keep_setting(user, r->scheme->setting,
		    STORE_STRING, buf_data(&out));
	buf_free(&out);
}

/* ----------------------------------------------- 1. what the user's list is */

static void	ask_theirs(struct run *, struct user *);

static void
got_list(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct run *r = ctx;
	struct user *user = run_user(r);
	const struct stanza *list, *s;
	size_t n = 0;

	(void)gw, (void)a;
	if (user == NULL)
		return;
	r->unsure |= answer == NULL;
	if (!read_list(r, stanza_child(answer, "pubsub", NS_PUBSUB), &list) &&
	    !is_error(answer, "item-not-found")) {
		next_scheme(r);		/* it may have one: that is not known */
		return;
	}
	for (s = stanza_first(list); s != NULL && n < KEYS_DEVICES_MAX;
	    s = stanza_next(s)) {
		struct device *d = device_add(r, stanza_attr(s, "id") ?
		    stanza_attr(s, "id") : "");

		if (d != NULL) {
			d->gone = false;
			n++;
		}
	}
	if (r->ndevices == 0)
		next_scheme(r);
	else
		ask_theirs(r, user);
}

void
run_begin(struct run *r)
{
	struct user *user = run_user(r);

	if (user == NULL)
		return;
	r->ndevices = r->at = 0;
	r->ready = false;
	read_record(r, user);
	run_ask_user(r, r->scheme->list, NULL, got_list);
}

/* -------------------------------------------- 2. what the network's list is */

static void
read_theirs(void *ctx, struct arena *a, const struct stanza *pubsub)
{
	struct run *r = ctx;
	const struct stanza *list, *s;
	struct buf others = { 0 };

	(void)a;
	if (!read_list(r, pubsub, &list))
		return;
	for (s = stanza_first(list); s != NULL; s = stanza_next(s)) {
		const char *id = stanza_attr(s, "id");
		struct device *d = id ? device_find(r, id) : NULL;

		if (d != NULL)
			d->listed = true;
		else
			stanza_write(&others, s, r->scheme->ns);
	}
	buf_addc(&others, '\0');
	r->others = buf_steal(&others);
}

static void
got_theirs(void *ctx, const struct msg_error *error, const union result *result)
{
	static const struct msg_stanza_result nothing;
	const struct msg_stanza_result *m = result ? &result->stanza : &nothing;
	struct run *r = ctx;
	struct user *user = run_user(r);
	bool none;

	if (user == NULL)
		return;
	r->unsure |= error != NULL;
	none = m->type != NULL && strcmp(m->type, "error") == 0 &&
	    m->xml != NULL && strstr(m->xml, "item-not-found") != NULL;
	if (error == NULL && !none && m->xml != NULL)
		raw_read(m->xml, r->user, read_theirs, r);
	/* What cannot be read is not to be overwritten, either. */
	if (error != NULL || (!none && r->others == NULL))
		published_list(r, false);
	else if (r->ready)
		publish_list(r, user);
	else
		next_device(r);
}

static void
ask_theirs(struct run *r, struct user *user)
{
	struct buf out = { 0 };

	free(r->others);
	r->others = NULL;
	for (size_t i = 0; i < r->ndevices; i++)
		r->devices[i].listed = false;
	buf_addf(&out, "<pubsub xmlns='" NS_PUBSUB "'><items node='%s'/>"
	    "</pubsub>", r->scheme->list);
	run_ask_network(r, user, "get", &out, got_theirs);
}

/* --------------------------------------------------- 3. keys of each device */

static void
published_keys(struct run *r, bool worked)
{
	struct device *d = &r->devices[r->at++];

	if (!worked) {
		d->gone = !d->listed;	/* with what keys it has there */
		next_device(r);
		return;
	}
	/* Once, and only if there is something to be told of: some servers
	 * answer with an event, which has us come back. */
	if (d->digest[0] == '\0')
		run_subscribe(r, r->node);
	memcpy(d->digest, r->digest, sizeof(d->digest));
	next_device(r);
}

/* The user's account has none for it, or does not say. */
static void
no_keys(struct run *r, const struct stanza *answer)
{
	struct device *d = &r->devices[r->at++];
	bool none = is_error(answer, "item-not-found") ||
	    stanza_child(answer, "pubsub", NS_PUBSUB) != NULL;

	/* What is not ours, or not known, stays as it is. */
	d->gone = (none && d->digest[0] != '\0') || !d->listed;
	r->unsure |= answer == NULL;
	next_device(r);
}

static void
got_keys(struct gateway *gw, void *ctx, struct arena *a,
    const struct stanza *answer)
{
	struct run *r = ctx;
	struct user *user = run_user(r);
	struct device *d;
	const struct stanza *keys;
	struct buf out = { 0 };
	const char *node;

	(void)gw;
	if (user == NULL)
		return;
	d = &r->devices[r->at];
	keys = stanza_first(item_of(stanza_child(answer, "pubsub", NS_PUBSUB),
	    r->scheme->shared ? d->id : NULL));
	if (keys == NULL) {
		no_keys(r, answer);
		return;
	}
	stanza_write(&out, keys, NULL);
	digest_hex(buf_data(&out), buf_len(&out), r->digest);
	if (d->listed && strcmp(r->digest, d->digest) == 0) {
		buf_free(&out);
		r->at++;		/* known already */
		next_device(r);
		return;
	}
	node = arena_printf(a, "%s%s", r->scheme->prefix,
	    r->scheme->shared ? "" : d->id);
	buf_addc(&out, '\0');
	run_publish(r, user, node, r->scheme->shared ? d->id : "current",
	    buf_steal(&out), published_keys);
}

/* -------------------------------------------------------- 4. the list there */

static bool
is_changed(const struct run *r)
{
	for (size_t i = 0; i < r->ndevices; i++) {
		if (r->devices[i].gone == r->devices[i].listed)
			return true;
	}
	return false;
}

static void
published_list(struct run *r, bool worked)
{
	struct user *user = user_find(r->gw, r->user);

	/* Otherwise what is ours is still ours, to be tried again. */
	for (size_t i = 0; i < r->ndevices; i++) {
		if (worked && r->devices[i].gone)
			r->devices[i].digest[0] = '\0';
	}
	if (user != NULL)
		write_record(r, user);
	next_scheme(r);
}

/* Others have had time to change it while keys were published: what they have
 * added is not to be lost. */
static void
end_devices(struct run *r, struct user *user)
{
	r->ready = true;
	if (is_changed(r))
		ask_theirs(r, user);
	else
		published_list(r, true);
}

static void
publish_list(struct run *r, struct user *user)
{
	struct buf out = { 0 };

	if (!is_changed(r)) {
		published_list(r, true);
		return;
	}
	buf_addf(&out, "<%s xmlns='%s'>%s", r->scheme->name, r->scheme->ns,
	    r->others != NULL ? r->others : "");
	for (size_t i = 0; i < r->ndevices; i++) {
		if (!r->devices[i].gone)
			buf_addf(&out, "<device id='%s'/>", r->devices[i].id);
	}
	buf_addf(&out, "</%s>", r->scheme->name);
	buf_addc(&out, '\0');
	run_publish(r, user, r->scheme->list, "current", buf_steal(&out),
	    published_list);
}

static void
next_device(struct run *r)
{
	struct user *user = run_user(r);
	struct device *d;
	char node[80];

	if (user == NULL)
		return;
	while (r->at < r->ndevices && r->devices[r->at].gone)
		r->at++;
	if (r->at == r->ndevices) {
		end_devices(r, user);
		return;
	}
	d = &r->devices[r->at];
	snprintf(node, sizeof(node), "%s%s", r->scheme->prefix,
	    r->scheme->shared ? "" : d->id);
	run_ask_user(r, node, r->scheme->shared ? d->id : NULL, got_keys);
}
