/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose connections are there? */
#include "backends/irc/identd.h"

#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/address.h"
#include "util/later.h"
#include "util/xalloc.h"

struct identd *
identd_create(struct ev_loop *loop, unsigned port, const char *bind,
    const char *file, const char *instance)
{
	struct identd *d = xcalloc(1, sizeof(*d));

	d->loop = loop;
	d->port = port;
	d->bind = xstrdup(bind);
	d->file = xstrdup_null(file);
	d->keeper = keeper_create(d, instance);
	return d;
}

static void
identd_free(void *object)
{
	struct identd *d = object;

	free(d->bind);
	free(d->file);
	map_finish(&d->known);
	free(d);
}

void
identd_destroy(struct identd *d)
{
	if (d == NULL)
		return;
	keeper_destroy(d->keeper);
	answers_destroy(d->answers);
	d->keeper = NULL;
	d->answers = NULL;
	later(identd_free, d);
}

/* ---- the table */

static void
write_now(void *object)
{
	struct identd *d = object;

	d->changed = false;
	identd_write(d);
}

static void
changed(struct identd *d)
{
	if (d->changed || d->answers == NULL || d->file == NULL)
		return;
	d->changed = true;
	later(write_now, d);
}

bool
identd_put(struct identd *d, struct ident *i)
{
	if (map_count(&d->known) >= IDENT_MAX ||
	    map_get(&d->known, i->key) != NULL)
		return false;
	map_put(&d->known, i->key, i);
	changed(d);
	return true;
}

void
identd_remove(struct identd *d, struct ident *i)
{
	if (map_get(&d->known, i->key) != i)
		return;
	map_remove(&d->known, i->key);
	changed(d);
}

const struct ident *
identd_find(const struct identd *d, const char *key)
{
	return map_get(&d->known, key);
}

/* ---- for networks */

static unsigned
port_of(const struct sockaddr *sa)
{
	struct sockaddr_in in;

	/* At the same place in both families. */
	memcpy(&in, sa, sizeof(in));
	return ntohs(in.sin_port);
}

void
identd_add(struct identd *d, struct ident **list, const struct sockaddr *own,
    const struct sockaddr *peer, const char *reply)
{
	struct ident *i;
	char *address;

	if (d == NULL)
		return;
	i = xcalloc(1, sizeof(*i));
	address = address_host(peer);
	snprintf(i->key, sizeof(i->key), "%u,%u,%.60s", port_of(own),
	    port_of(peer), address);
	snprintf(i->reply, sizeof(i->reply), "%.32s", reply);
	free(address);
	if (!identd_put(d, i)) {
		free(i);
		return;
	}
	i->next = *list;
	*list = i;
	keeper_tell(d->keeper, i, false);
}

void
identd_forget(struct identd *d, struct ident **list)
{
	struct ident *i;

	while ((i = *list) != NULL) {
		*list = i->next;
		if (d != NULL) {
			identd_remove(d, i);
			keeper_tell(d->keeper, i, true);
		}
		free(i);
	}
}

void
identd_reply(char out[IDENT_REPLY], const char *instance, const char *user)
{
	unsigned char bytes[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state h;

	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, (const unsigned char *)"ident", 6);
	crypto_hash_sha256_update(&h, (const unsigned char *)instance,
	    strlen(instance) + 1);
	crypto_hash_sha256_update(&h, (const unsigned char *)user,
	    strlen(user));
	crypto_hash_sha256_final(&h, bytes);
	/* Many servers cut it after nine or ten. */
	snprintf(out, IDENT_REPLY, "u%02x%02x%02x%02x", bytes[0], bytes[1],
	    bytes[2], bytes[3]);
}
