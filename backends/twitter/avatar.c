/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture is known by the address that X has told, and fetched in a larger
 * size than that.  Those that are here are kept while there is room, the ones
 * not used for longest going first; of those to come a few are fetched at a
 * time.  Nobody is told of a picture that does not come: it is an ornament. */
#include "backends/twitter/avatar.h"

#include <ev.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "backends/twitter/http.h"
#include "util/log.h"
#include "util/map.h"
#include "util/xalloc.h"

#define PICTURE_MAX	((size_t)256 * 1024)	/* bytes of one */
#define KEPT_BYTES	((size_t)8 * 1024 * 1024)
#define WAITING_MAX	4000		/* as many pictures wanted at once */
#define FETCHED_MAX	4		/* at a time */
/* What the main process has not read yet: no more is fetched then. */
#define QUEUED_MAX	((size_t)2 * 1024 * 1024)
#define PAUSE		0.5		/* seconds */

enum state { WANTED, FETCHED, HERE };

struct image {
	TAILQ_ENTRY(image) entry;	/* of the list of its state */
	enum state	 state;
	char		*address;	/* as X has told it */
	bool		 small;		/* the larger one could not be had */
	struct http_call *http;		/* FETCHED */
	unsigned	 waiting;	/* how many of those below */
	void		*data;		/* HERE, else NULL */
	struct picture	 picture;
	char		 type[16];
	char		 hash[41];
};

/* Somebody waits for one. */
struct waiter {
	TAILQ_ENTRY(waiter) entry;
	struct image	*image;
	struct session	*session;
	avatar_done	*done;		/* NULL: tell the main process */
	void		*ctx;
	char		 contact[CONTACT_SIZE];
};

TAILQ_HEAD(images, image);
static struct images lists[] = {
	[WANTED] = TAILQ_HEAD_INITIALIZER(lists[WANTED]),
	[FETCHED] = TAILQ_HEAD_INITIALIZER(lists[FETCHED]),
	[HERE] = TAILQ_HEAD_INITIALIZER(lists[HERE]),	/* last used last */
};
static TAILQ_HEAD(, waiter) waiters = TAILQ_HEAD_INITIALIZER(waiters);
static size_t n_waiters, n_fetched, bytes;
static struct map by_address;
static ev_timer pause_timer;

static void	fetch_some(void);

/* ----------------------------------------------------------------- images */

static void
set_state(struct image *i, enum state state)
{
	n_fetched -= i->state == FETCHED;
	n_fetched += state == FETCHED;
	TAILQ_REMOVE(&lists[i->state], i, entry);
	i->state = state;
	TAILQ_INSERT_TAIL(&lists[state], i, entry);
}

static void
forget(struct image *i)
{
	n_fetched -= i->state == FETCHED;
	bytes -= i->picture.length;
	TAILQ_REMOVE(&lists[i->state], i, entry);
	map_remove(&by_address, i->address);
	http_cancel(i->http);
	free(i->address);
	free(i->data);
	free(i);
}

static struct image *
find(const char *address)
{
	struct image *i = map_get(&by_address, address);

	if (i == NULL) {
		i = xcalloc(1, sizeof(*i));
		i->address = xstrdup(address);
		i->state = WANTED;
		TAILQ_INSERT_TAIL(&lists[WANTED], i, entry);
		map_put(&by_address, i->address, i);
	} else if (i->state == HERE) {
		set_state(i, HERE);
	}
	return i;
}

/* ---------------------------------------------------------------- waiters */

static void
tell(struct session *s, const char *contact, const struct picture *p)
{
	const struct msg_avatar m = { .user = s->user, .contact = contact,
	    .hash = p->hash, .type = p->type,
	    .data = { p->data, p->length } };

	if (p->data != NULL)
		kit_notify(METHOD_avatar, &m);
}

static void
unlink_waiter(struct waiter *w)
{
	TAILQ_REMOVE(&waiters, w, entry);
	n_waiters--;
	w->image->waiting--;
}

/* Whoever is told may end the session, and with it other waiters. */
static void
answer_waiters(struct image *i)
{
	struct waiter *w;

	while (i->waiting > 0) {
		TAILQ_FOREACH(w, &waiters, entry)
			if (w->image == i)
				break;
		unlink_waiter(w);
		if (w->done == NULL)
			tell(w->session, w->contact, &i->picture);
		else
			w->done(w->session, &i->picture, w->ctx);
		free(w);
	}
}

static struct waiter *
wait_for(struct image *i, struct session *s)
{
	struct waiter *w = xcalloc(1, sizeof(*w));

	w->image = i;
	w->session = s;
	i->waiting++;
	n_waiters++;
	TAILQ_INSERT_TAIL(&waiters, w, entry);
	return w;
}

void
avatar_end(struct session *s)
{
	struct waiter *w, *next;

	for (w = TAILQ_FIRST(&waiters); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		if (w->session != s)
			continue;
		unlink_waiter(w);
		if (w->image->waiting == 0 && w->image->state == WANTED)
			forget(w->image);
		free(w);
	}
}

/* --------------------------------------------------------------- fetching */

/* The sizes are part of the name: picture_normal.jpg, picture_400x400.jpg
 * (docs.x.com, User profile images). */
static char *
larger(const char *address)
{
	static const char normal[] = "_normal";
	const char *at = NULL;

	for (const char *p = address; (p = strstr(p, normal)) != NULL; p++)
		at = p;
	if (at == NULL || strchr(at, '/') != NULL)
		return NULL;
	return xasprintf("%.*s_400x400%s", (int)(at - address), address,
	    at + strlen(normal));
}

static bool
take_type(struct image *i, const char *type)
{
	static const char *const types[] = { "image/png", "image/jpeg",
		"image/gif", "image/webp" };

	for (size_t k = 0; type != NULL && k < LENGTH(types); k++) {
		if (strncasecmp(type, types[k], strlen(types[k])) == 0) {
			snprintf(i->type, sizeof(i->type), "%s", types[k]);
			return true;
		}
	}
	return false;
}

static void
take(struct image *i, const struct http_response *r)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(r->body, r->length, digest, &n, EVP_sha1(), NULL) != 1)
		fatal("no SHA-1");
	for (unsigned k = 0; k < n && 2 * k + 2 < sizeof(i->hash); k++)
		snprintf(i->hash + 2 * k, 3, "%02x", digest[k]);
	i->data = xmalloc(r->length);
	memcpy(i->data, r->body, r->length);
	i->picture = (struct picture){ i->data, r->length, i->type, i->hash };
	bytes += r->length;
	set_state(i, HERE);
	while (bytes > KEPT_BYTES && TAILQ_FIRST(&lists[HERE]) != i)
		forget(TAILQ_FIRST(&lists[HERE]));
}

static void
fetched(void *ctx, const struct http_response *r)
{
	struct image *i = ctx;

	i->http = NULL;
	if (r->status == 200 && r->length > 0 && take_type(i, r->type)) {
		take(i, r);
		answer_waiters(i);
	} else if (!i->small && r->status >= 400 && r->status < 500) {
		i->small = true;
		set_state(i, WANTED);
	} else {
		log_debug("picture %s: status %ld, %s", i->address, r->status,
		    r->error != NULL ? r->error : r->type != NULL ? r->type :
		    "of no type");
		answer_waiters(i);
		forget(i);
	}
	fetch_some();
}

static void
go_on(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
	fetch_some();
}

static void
fetch_one(struct image *i)
{
	char *url = i->small ? NULL : larger(i->address);

	i->small = url == NULL;
	set_state(i, FETCHED);
	i->http = http_start(&(struct http_request){ .method = "GET",
	    .url = url != NULL ? url : i->address, .max = PICTURE_MAX,
	    .foreign = true }, fetched, i);
	free(url);
}

static void
fetch_some(void)
{
	struct image *i;

	while (n_fetched < FETCHED_MAX && kit_queued() < QUEUED_MAX &&
	    (i = TAILQ_FIRST(&lists[WANTED])) != NULL)
		fetch_one(i);
	if (n_fetched == 0 && !TAILQ_EMPTY(&lists[WANTED]) &&
	    !ev_is_active(&pause_timer)) {
		ev_timer_init(&pause_timer, go_on, PAUSE, 0);
		ev_timer_start(EV_DEFAULT_ &pause_timer);
	}
}

/* ----------------------------------------------------------------- public */

void
avatar_get(struct session *s, const char *address, avatar_done *done, void *ctx)
{
	static const struct picture none;
	struct image *i;
	struct waiter *w;

	if (address == NULL || n_waiters >= WAITING_MAX) {
		done(s, &none, ctx);
		return;
	}
	i = find(address);
	if (i->state == HERE) {
		done(s, &i->picture, ctx);
		return;
	}
	w = wait_for(i, s);
	w->done = done;
	w->ctx = ctx;
	/* Somebody looks at it: before those that are only to be had. */
	if (i->state == WANTED) {
		TAILQ_REMOVE(&lists[WANTED], i, entry);
		TAILQ_INSERT_HEAD(&lists[WANTED], i, entry);
	}
	fetch_some();
}

bool
avatar_tell(struct session *s, const struct known *who)
{
	struct image *i;
	struct waiter *w;

	if (who->person.picture == NULL)
		return true;
	if (n_waiters >= WAITING_MAX)
		return false;
	i = find(who->person.picture);
	if (i->state == HERE) {
		tell(s, who->contact, &i->picture);
		return true;
	}
	w = wait_for(i, s);
	memcpy(w->contact, who->contact, sizeof(w->contact));
	fetch_some();
	return true;
}

void
avatar_finish(void)
{
	for (size_t k = 0; k < LENGTH(lists); k++)
		while (!TAILQ_EMPTY(&lists[k]))
			forget(TAILQ_FIRST(&lists[k]));
	ev_timer_stop(EV_DEFAULT_ &pause_timer);
	map_finish(&by_address);
}
