/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plug-ins make a page for humans, of labels and values; it is taken apart
 * again by its labels.  What nobody knows a field for is a line of the note. */
#include "backends/purple/profile_fill.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/avatar.h"
#include "backends/purple/contact.h"
#include "backends/purple/markup.h"
#include "backends/purple/picture.h"
#include "backends/purple/profile_label.h"
#include "backends/purple/text.h"
#include "util/buf.h"

#define VALUE_MAX	1024		/* bytes */
#define NOTE_MAX	8192
#define ENTRIES_MAX	200

struct page {
	struct arena	*arena;
	char		*fields[PROFILE_FIELDS];	/* the first of each */
	struct buf	 note;
	int		 image;		/* of libpurple's store; 0: none */
};

static char *
plain(struct arena *a, const char *markup)
{
	char *text = text_plain(markup, VALUE_MAX), *kept;

	if (text == NULL)
		return NULL;
	kept = arena_strdup(a, text);
	free(text);
	return kept;
}

static void
add_note(struct page *page, const char *label, const char *value)
{
	if (buf_len(&page->note) + strlen(label) + strlen(value) + 3 >
	    NOTE_MAX)
		return;
	buf_addf(&page->note, "%s%s%s%s", buf_len(&page->note) ? "\n" : "",
	    label, *label ? ": " : "", value);
}

/* "<img id='7'>": the picture of somebody who is not on the list, too. */
static void
find_image(struct page *page, const char *value)
{
	struct markup m = { 0 };

	if (page->image != 0 || strlen(value) > VALUE_MAX)
		return;
	markup_read(&m, value);
	if (m.nimages > 0)
		page->image = m.images[0];
	markup_free(&m);
}

static void
add_entry(struct page *page, PurpleNotifyUserInfoEntry *entry)
{
	const char *value = purple_notify_user_info_entry_get_value(entry);
	char *label, *text, date[11];
	enum profile_field field;

	if (value == NULL)
		return;
	find_image(page, value);
	label = plain(page->arena,
	    purple_notify_user_info_entry_get_label(entry));
	text = plain(page->arena, value);
	if (text == NULL)
		return;
	field = label != NULL ? profile_field_of(label) : PROFILE_OTHER;
	if (field == PROFILE_BIRTHDAY && profile_birthday(text, date))
		text = arena_strdup(page->arena, date);
	else if (field == PROFILE_BIRTHDAY)
		field = PROFILE_OTHER;
	if (field == PROFILE_OTHER || page->fields[field] != NULL)
		add_note(page, label != NULL ? label : "", text);
	else
		page->fields[field] = text;
}

static void
read_page(struct page *page, PurpleNotifyUserInfo *info)
{
	GList *l = purple_notify_user_info_get_entries(info);

	for (int n = 0; l != NULL && n < ENTRIES_MAX; l = l->next, n++) {
		if (purple_notify_user_info_entry_get_type(l->data) ==
		    PURPLE_NOTIFY_USER_INFO_ENTRY_PAIR)
			add_entry(page, l->data);
	}
}

static void
put_picture(struct session *s, const char *id, const struct page *page,
    struct msg_profile_result *r)
{
	struct picture picture;
	PurpleStoredImage *image;

	r->photo = avatar_of(s->account, id, &r->photo_type);
	image = r->photo.data == NULL && page->image > 0 ?
	    purple_imgstore_find_by_id(page->image) : NULL;
	if (image == NULL)
		return;
	r->photo.data = purple_imgstore_get_data(image);
	r->photo.len = purple_imgstore_get_size(image);
	if (r->photo.data != NULL && r->photo.len <= PICTURE_MAX &&
	    picture_probe(r->photo.data, r->photo.len, &picture))
		r->photo_type = picture.type;
	else
		r->photo = (struct bin){ NULL, 0 };
}

static const char *
whole_name(struct arena *a, char *const fields[])
{
	const char *given = fields[PROFILE_GIVEN];
	const char *family = fields[PROFILE_FAMILY];

	if (fields[PROFILE_FULL_NAME] != NULL)
		return fields[PROFILE_FULL_NAME];
	if (given != NULL && family != NULL)
		return arena_printf(a, "%s %s", given, family);
	return given != NULL ? given : family;
}

void
profile_fill(struct arena *a, struct session *s, const char *id,
    PurpleNotifyUserInfo *info, struct msg_profile_result *r)
{
	struct page page = { .arena = a };
	const struct contact *c = contact_find(s, id);

	if (info != NULL)
		read_page(&page, info);
	r->full_name = whole_name(a, page.fields);
	r->nick = page.fields[PROFILE_NICK];
	/* The user's own name for them is not theirs, this one is. */
	if (r->nick == NULL && c != NULL)
		r->nick = plain(a, ((const PurpleBuddy *)
		    c->buddies->data)->server_alias);
	r->url = page.fields[PROFILE_URL];
	r->email = page.fields[PROFILE_EMAIL];
	r->birthday = page.fields[PROFILE_BIRTHDAY];
	if (buf_len(&page.note) > 0) {
		buf_addc(&page.note, '\0');
		r->note = arena_strdup(a, buf_data(&page.note));
	}
	buf_free(&page.note);
	put_picture(s, id, &page, r);
}
