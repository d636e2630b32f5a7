/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture is a message of its own, with nothing but the address in it: as
 * such XMPP clients show it. */
#include "backends/purple/image.h"

#include <purple.h>
#include <stdlib.h>

#include "backends/kit/kit.h"
#include "backends/purple/media.h"
#include "backends/purple/text.h"
#include "util/xalloc.h"

#define NAME_BYTES 200

static void
tell_missing(struct msg_message *m, const char *name, const char *why)
{
	char *text = xasprintf("[%s was sent: %s]", name ? name : "A picture",
	    why);

	m->body = text;
	kit_notify(METHOD_message, m);
	free(text);
}

static void
tell_one(struct msg_message m, int id)
{
	PurpleStoredImage *image = purple_imgstore_find_by_id(id);
	size_t size = image ? purple_imgstore_get_size(image) : 0;
	char *name = image ? text_line(purple_imgstore_get_filename(image),
	    NAME_BYTES) : NULL;
	const char *why = "this gateway cannot receive pictures";
	struct msg_attachment file = { 0 };
	struct media stored;

	if (image == NULL || size == 0) {
		why = "it is not there";
	} else if (media_available() && (int64_t)size > media_image_max()) {
		why = "it is too large for this gateway";
	} else if (media_available() && media_store_as(
	    purple_imgstore_get_data(image), size, name, &stored, &why) == 0) {
		file = (struct msg_attachment){ .url = stored.url,
			.name = name, .type = stored.type,
			.size = stored.size };
		m.body = stored.url;
		m.attachments.v = &file;
		m.attachments.n = 1;
		kit_notify(METHOD_message, &m);
		free(stored.url);
		free(name);
		return;
	}
	tell_missing(&m, name, why);
	free(name);
}

void
image_tell(const struct msg_message *like, const struct markup *text)
{
	struct msg_message m = *like;

	m.xhtml = NULL;
	m.id = NULL;
	for (size_t i = 0; i < text->nimages; i++)
		tell_one(m, text->images[i]);
}
