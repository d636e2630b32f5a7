/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libpurple keeps pictures in memory only (and would like to in files); here
 * they are checked and passed on. */
#include "backends/purple/avatar.h"

#include <stdlib.h>
#include <string.h>

#include "backends/kit/kit.h"
#include "backends/purple/picture.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

#define SHA1_SIZE 20

/* Of a contact whose picture has been taken away. */
static const unsigned char none[SHA1_SIZE];

/* -------------------------------------------------------------- a contact's */

static struct bin
usable(PurpleBuddyIcon *icon, const char *who, const char **type)
{
	struct bin data = { NULL, 0 };
	struct picture picture;

	*type = NULL;
	if (icon != NULL)
		data.data = purple_buddy_icon_get_data(icon, &data.len);
	if (data.data == NULL || data.len == 0)
		return (struct bin){ NULL, 0 };
	if (data.len > PICTURE_MAX) {
		log_debug("the picture of %s has %zu bytes and is not shown",
		    who, data.len);
		return (struct bin){ NULL, 0 };
	}
	if (!picture_probe(data.data, data.len, &picture)) {
		log_debug("the picture of %s is of a kind that is not known",
		    who);
		return (struct bin){ NULL, 0 };
	}
	*type = picture.type;
	return data;
}

static struct bin
picture_of(const struct contact *c, const char **type)
{
	return usable(purple_buddy_get_icon(c->buddies->data), c->id, type);
}

bool
avatar_look(struct contact *c)
{
	unsigned char now[SHA1_SIZE] = { 0 };
	gsize n = sizeof(now);
	const char *type;
	struct bin data = picture_of(c, &type);
	GChecksum *sum;

	if (data.data == NULL && c->avatar == NULL)
		return false;
	if (data.data != NULL) {
		sum = g_checksum_new(G_CHECKSUM_SHA1);
		g_checksum_update(sum, data.data, (gssize)data.len);
		g_checksum_get_digest(sum, now, &n);
		g_checksum_free(sum);
	}
	if (c->avatar != NULL && memcmp(c->avatar, now, sizeof(now)) == 0)
		return false;
	if (c->avatar == NULL)
		c->avatar = xmalloc(sizeof(now));
	memcpy(c->avatar, now, sizeof(now));
	return true;
}

const char *
avatar_hash(const struct contact *c, char out[AVATAR_HASH_SIZE])
{
	if (c->avatar == NULL)
		return NULL;
	*out = '\0';
	if (memcmp(c->avatar, none, sizeof(none)) == 0)
		return out;
	for (size_t i = 0; i < SHA1_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", c->avatar[i]);
	return out;
}

void
avatar_tell(const struct contact *c)
{
	char hash[AVATAR_HASH_SIZE];
	struct msg_avatar m = {
		.user = c->session->user, .contact = c->id,
		.hash = avatar_hash(c, hash),
	};

	m.data = picture_of(c, &m.type);
	if (m.data.data != NULL && m.hash != NULL && *m.hash != '\0')
		kit_notify(METHOD_avatar, &m);
}

struct bin
avatar_of(PurpleAccount *account, const char *who, const char **type)
{
	PurpleBuddyIcon *icon = purple_buddy_icons_find(account, who);
	struct bin data = usable(icon, who, type);

	/* Whoever has one on the list keeps it. */
	if (icon != NULL)
		purple_buddy_icon_unref(icon);
	return data;
}

/* ----------------------------------------------------------- the user's own */

/* Plug-ins tell sizes that are meant for a screen, too; and prpl-jabber those
 * of 2006: what XMPP clients take today is what our users' own ones take. */
static bool
takes_all(const struct session *s)
{
	return strcmp(purple_account_get_protocol_id(s->account),
	    "prpl-jabber") == 0;
}

static bool
format_listed(const char *formats, const char *format)
{
	char **names = g_strsplit(formats, ",", -1);
	bool found = false;

	for (char **name = names; *name != NULL && !found; name++) {
		found = strcmp(*name, format) == 0 ||
		    (strcmp(*name, "jpg") == 0 && strcmp(format, "jpeg") == 0);
	}
	g_strfreev(names);
	return found;
}

static bool
fits(const PurpleBuddyIconSpec *spec, const struct picture *p, size_t len)
{
	unsigned max_width = (unsigned)MAX(spec->max_width, 0);
	unsigned max_height = (unsigned)MAX(spec->max_height, 0);

	if (!format_listed(spec->format, p->format) ||
	    (spec->max_filesize > 0 && len > spec->max_filesize))
		return false;
	if (!(spec->scale_rules & PURPLE_ICON_SCALE_SEND))
		return true;
	return (max_width == 0 || p->width <= max_width) &&
	    (max_height == 0 || p->height <= max_height) &&
	    p->width >= (unsigned)MAX(spec->min_width, 0) &&
	    p->height >= (unsigned)MAX(spec->min_height, 0);
}

static char *
refusal(const PurpleBuddyIconSpec *spec, const struct picture *p, size_t len)
{
	struct buf b = { 0 };

	buf_addf(&b, "This network takes pictures of type %s", spec->format);
	if (spec->scale_rules & PURPLE_ICON_SCALE_SEND)
		buf_addf(&b, ", %d x %d to %d x %d pixels", spec->min_width,
		    spec->min_height, spec->max_width, spec->max_height);
	if (spec->max_filesize > 0)
		buf_addf(&b, ", at most %zu bytes", spec->max_filesize);
	buf_addf(&b, ". This is a %s of %u x %u pixels and %zu bytes.",
	    p->format, p->width, p->height, len);
	return buf_steal(&b);
}

char *
avatar_set_own(struct session *s, const struct bin *data)
{
	PurplePluginProtocolInfo *info = session_protocol(s);
	struct picture picture;

	if (info == NULL || !PROTOCOL_HAS(info, set_buddy_icon) ||
	    info->icon_spec.format == NULL)
		return xstrdup("This network has no pictures of its users.");
	if (data->len == 0) {
		purple_buddy_icons_set_account_icon(s->account, NULL, 0);
		return NULL;
	}
	if (data->len > PICTURE_MAX)
		return xstrdup("A picture can have 256 KiB at most.");
	if (!picture_probe(data->data, data->len, &picture))
		return xstrdup("This is no picture of a known kind.");
	if (!takes_all(s) && !fits(&info->icon_spec, &picture, data->len))
		return refusal(&info->icon_spec, &picture, data->len);
	purple_buddy_icons_set_account_icon(s->account,
	    g_memdup2(data->data, data->len), data->len);
	return NULL;
}

/* --------------------------------------------------------------------- life */

static void
init(void)
{
	purple_buddy_icons_set_caching(FALSE);
}

const struct module avatar_module = { .init = init };
