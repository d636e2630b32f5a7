/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both kinds say the same in other words; what the main process has no field
 * for becomes lines of the note. */
#include "backends/xmpp/vcard.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/avatar.h"
#include "backends/xmpp/stanza.h"
#include "util/buf.h"
#include "util/macros.h"
#include "util/xalloc.h"

#define TEXT_MAX	1024	/* bytes */
#define NOTE_MAX	4096
#define NOTE_LINES	30

/* Where it is in the older kind, and in the newer; inner may be NULL: the
 * element itself. */
struct place {
	const char	*old, *old_inner, *new, *new_inner;
};

static const struct place full_name = { "FN", NULL, "fn", "text" };
static const struct place nick = { "NICKNAME", NULL, "nickname", "text" };
static const struct place url = { "URL", NULL, "url", "uri" };
static const struct place email = { "EMAIL", "USERID", "email", "text" };
static const struct place birthday = { "BDAY", NULL, "bday", "date" };

static const struct {
	struct place	 at;
	const char	*label;		/* or "": the text alone */
} notes[] = {
	{ { "DESC", NULL, "note", "text" }, "" },
	{ { "NOTE", NULL, NULL, NULL }, "" },
	{ { "ORG", "ORGNAME", "org", "text" }, "Organisation: " },
	{ { "TITLE", NULL, "title", "text" }, "Title: " },
	{ { "ROLE", NULL, "role", "text" }, "Role: " },
	{ { "TEL", "NUMBER", "tel", "text" }, "Telephone: " },
	{ { NULL, NULL, "tel", "uri" }, "Telephone: " },
	{ { "ADR", "LOCALITY", "adr", "locality" }, "Town: " },
	{ { "ADR", "CTRY", "adr", "country" }, "Country: " },
};

static xmpp_stanza_t *
first(xmpp_stanza_t *card, const struct place *p, bool new)
{
	const char *name = new ? p->new : p->old;

	return name != NULL ? stanza_child(card, name, NULL) : NULL;
}

/* What one of them says, malloced, or NULL. */
static char *
text_of(xmpp_stanza_t *st, const struct place *p, bool new)
{
	const char *inner = new ? p->new_inner : p->old_inner;

	return stanza_text(inner != NULL ? stanza_child(st, inner, NULL) : st,
	    TEXT_MAX);
}

static void
fill(struct arena *a, xmpp_stanza_t *card, bool new, const struct place *p,
    const char **field)
{
	char *text = text_of(first(card, p, new), p, new);

	if (text != NULL && *field == NULL)
		*field = arena_strdup(a, text);
	free(text);
}

static void
fill_note(struct arena *a, xmpp_stanza_t *card, bool new, const char **field)
{
	struct buf b = { 0 };
	size_t lines = 0;
	char *text;

	for (size_t i = 0; i < LENGTH(notes); i++) {
		const struct place *p = &notes[i].at;
		xmpp_stanza_t *st = first(card, p, new);

		for (; st != NULL && lines < NOTE_LINES &&
		    buf_len(&b) < NOTE_MAX;
		    st = stanza_beside(st, new ? p->new : p->old, NULL)) {
			if ((text = text_of(st, p, new)) == NULL)
				continue;
			buf_addf(&b, "%s%s%s", lines++ > 0 ? "\n" : "",
			    notes[i].label, text);
			free(text);
		}
	}
	if (buf_len(&b) > 0 && *field == NULL)
		*field = arena_strndup(a, buf_data(&b), buf_len(&b));
	buf_free(&b);
}

static void
fill_photo(struct arena *a, xmpp_stanza_t *card, struct msg_profile_result *r)
{
	xmpp_stanza_t *photo = stanza_child(card, "PHOTO", NULL);
	char *type;

	if (photo == NULL || r->photo.len > 0)
		return;
	r->photo = avatar_decode(a, stanza_child(photo, "BINVAL", NULL));
	type = stanza_text(stanza_child(photo, "TYPE", NULL), TEXT_MAX);
	if (r->photo.len > 0 && type != NULL)
		r->photo_type = arena_strdup(a, type);
	free(type);
}

void
vcard_read(struct arena *a, xmpp_stanza_t *card, struct msg_profile_result *r)
{
	bool new = stanza_is(card, "vcard", NS_VCARD4);

	fill(a, card, new, &full_name, &r->full_name);
	fill(a, card, new, &nick, &r->nick);
	fill(a, card, new, &url, &r->url);
	fill(a, card, new, &email, &r->email);
	fill(a, card, new, &birthday, &r->birthday);
	fill_note(a, card, new, &r->note);
	fill_photo(a, card, r);
}
