/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file after the other; then what remains of the text. */
#include "backends/purple/attach.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "backends/purple/fetch.h"
#include "backends/purple/file.h"
#include "backends/purple/media.h"
#include "backends/purple/peer.h"
#include "backends/purple/send.h"
#include "util/log.h"
#include "util/xalloc.h"

#define FILES_MAX	10		/* of a message */
#define PARCELS_MAX	8		/* of a session at a time */

struct parcel {
	LIST_ENTRY(parcel) entry;
	struct session	*session;
	struct kit_call	 call;
	char		*contact;
	char		*text;		/* without the files' addresses */
	struct fetch	*fetch;		/* what is being fetched */
	size_t		 count, at;
	struct {
		char	*url, *name;	/* name may be NULL */
	} files[FILES_MAX];
};

static LIST_HEAD(, parcel) parcels = LIST_HEAD_INITIALIZER(parcels);

static void
destroy(struct parcel *p)
{
	LIST_REMOVE(p, entry);
	if (p->fetch != NULL)
		fetch_cancel(p->fetch);
	for (size_t i = 0; i < p->count; i++) {
		free(p->files[i].url);
		free(p->files[i].name);
	}
	free(p->contact);
	free(p->text);
	free(p);
}

/* Addresses are taken out of the text once their file is on its way. */
static void
take_out(char *text, const char *url)
{
	char *at = strstr(text, url);
	size_t len = strlen(url);

	if (at == NULL)
		return;
	len += strspn(at + len, " \n");
	memmove(at, at + len, strlen(at + len) + 1);
}

/* What could not be sent as a file stays, or comes, into the text. */
static void
keep_in(struct parcel *p, const char *url)
{
	char *text;

	if (strstr(p->text, url) != NULL)
		return;
	text = xasprintf("%s\n%s", p->text, url);
	free(p->text);
	p->text = text;
}

/* The parcel goes first: to send is to call the plug-in, which may end the
 * session, and with it all parcels. */
static void
finish(struct parcel *p)
{
	struct session *s = p->session;
	struct kit_call call = p->call;
	char *contact = p->contact, *all = p->text, *text = all;
	size_t len;

	p->contact = p->text = NULL;
	destroy(p);
	text += strspn(text, " \n");
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\n'))
		text[--len] = '\0';
	send_text(s, &call, contact, text, NULL);
	free(contact);
	free(all);
}

static void fetch_next(struct parcel *);

static void
fetched(void *ctx, char *path, const char *why)
{
	struct parcel *p = ctx;
	struct session *s = p->session;
	const char *url = p->files[p->at++].url;

	p->fetch = NULL;
	if (path == NULL) {
		log_debug("%s: a file was not fetched: %s", s->user, why);
		keep_in(p, url);
	} else {
		take_out(p->text, url);
		file_send(s, p->contact, path, url);
		/* The end of the session is the parcel's as well. */
		if (session_of(s->account) != s)
			return;
	}
	fetch_next(p);
}

static void
fetch_next(struct parcel *p)
{
	while (p->at < p->count) {
		p->fetch = fetch_start(p->files[p->at].url,
		    p->files[p->at].name, media_file_max(), fetched, p);
		if (p->fetch != NULL)
			return;
		keep_in(p, p->files[p->at++].url);
	}
	finish(p);
}

static unsigned
count(const struct session *s)
{
	struct parcel *p;
	unsigned n = 0;

	LIST_FOREACH(p, &parcels, entry)
		n += p->session == s;
	return n;
}

bool
attach_send(struct session *s, const struct kit_call *call,
    const struct msg_send *m)
{
	const char *name = peer_name(s, m->to);
	struct parcel *p;

	if (m->attachments.n == 0 || name == NULL || count(s) >= PARCELS_MAX ||
	    !file_can_send(s, name))
		return false;
	p = xcalloc(1, sizeof(*p));
	p->session = s;
	p->call = *call;
	p->contact = xstrdup(m->to);
	p->text = xstrdup(m->body);
	for (; p->count < m->attachments.n && p->count < FILES_MAX;
	    p->count++) {
		p->files[p->count].url =
		    xstrdup(m->attachments.v[p->count].url);
		p->files[p->count].name =
		    xstrdup_null(m->attachments.v[p->count].name);
	}
	LIST_INSERT_HEAD(&parcels, p, entry);
	fetch_next(p);
	return true;
}

static void
end(struct session *s)
{
	struct parcel *p, *next;

	for (p = LIST_FIRST(&parcels); p != NULL; p = next) {
		next = LIST_NEXT(p, entry);
		if (p->session != s)
			continue;
		kit_error(&p->call, ERR_NOT_CONNECTED, NULL);
		destroy(p);
	}
}

const struct module attach_module = { .end = end };
