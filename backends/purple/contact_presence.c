/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libpurple has merged the resources of a contact already, where there are
 * several: this is about the presence that it shows. */
#include "backends/purple/contact_presence.h"

#include <stdlib.h>
#include <string.h>

#include "backends/purple/text.h"
#include "util/later.h"
#include "util/xalloc.h"

#define STATUS_MAX 1024		/* bytes */

static const char *
show_of(PurplePresence *presence)
{
	PurpleStatus *status = purple_presence_get_active_status(presence);
	PurpleStatusType *type = status ? purple_status_get_type(status) :
	    NULL;
	const char *id = type ? purple_status_type_get_id(type) : NULL;

	if (type == NULL || !purple_presence_is_online(presence))
		return "offline";
	switch (purple_status_type_get_primitive(type)) {
	case PURPLE_STATUS_AWAY:
		return "away";
	case PURPLE_STATUS_EXTENDED_AWAY:
		return "xa";
	case PURPLE_STATUS_UNAVAILABLE:
		return "dnd";
	case PURPLE_STATUS_INVISIBLE:
		/* There, and does not want to be disturbed by everybody. */
		return "xa";
	default:
		return id != NULL && strcmp(id, "freeforchat") == 0 ? "chat" :
		    "online";
	}
}

/* What a plug-in would show under the name: the message, a song, a game. */
static char *
text_of(const struct contact *c, PurplePresence *presence)
{
	PurplePluginProtocolInfo *info = session_protocol(c->session);
	PurpleStatus *status = purple_presence_get_active_status(presence);
	char *markup, *text = NULL;

	/* Of those who are away plug-ins tell other things, such as that the
	 * user may not see them. */
	if (PROTOCOL_HAS(info, status_text) &&
	    purple_presence_is_online(presence)) {
		markup = info->status_text(c->buddies->data);
		text = text_plain(markup, STATUS_MAX);
		g_free(markup);
	}
	if (text == NULL && status != NULL && purple_status_type_get_attr(
	    purple_status_get_type(status), "message") != NULL)
		text = text_plain(purple_status_get_attr_string(status,
		    "message"), STATUS_MAX);
	return text;
}

static const char *
attribute(PurpleStatus *status, const char *name)
{
	if (purple_status_type_get_attr(purple_status_get_type(status),
	    name) == NULL)
		return NULL;
	return purple_status_get_attr_string(status, name);
}

/* A mood has no place of its own: "at the sea (happy: because of you)". */
static char *
with_mood(char *text, PurplePresence *presence)
{
	PurpleStatus *status = purple_presence_get_status(presence, "mood");
	char *mood, *comment, *both;

	if (status == NULL || !purple_status_is_active(status))
		return text;
	mood = text_plain(attribute(status, PURPLE_MOOD_NAME), 64);
	if (mood == NULL)
		return text;
	comment = text_plain(attribute(status, PURPLE_MOOD_COMMENT), 256);
	both = xasprintf("%s%s%s%s%s%s", text ? text : "", text ? " (" : "",
	    mood, comment ? ": " : "", comment ? comment : "",
	    text ? ")" : "");
	free(mood);
	free(comment);
	free(text);
	return both;
}

char *
contact_presence_of(const struct contact *c, struct msg_contact_presence *m)
{
	PurplePresence *presence = purple_buddy_get_presence(c->buddies->data);
	char *text;

	m->show = "offline";
	m->since = 0;
	if (presence == NULL)
		return NULL;
	m->show = show_of(presence);
	/* Asked once: the plug-in may end its session meanwhile. */
	text = text_of(c, presence);
	if (c->buddies == NULL || strcmp(m->show, "offline") == 0)
		return text;
	if (purple_presence_is_idle(presence))
		m->since = (int64_t)purple_presence_get_idle_time(presence) *
		    1000;
	return with_mood(text, presence);
}

/* ------------------------------------------------------ from buddy to buddy */

struct kept_presence {
	char		*status, *message;	/* message or NULL */
	gboolean	 idle;
	time_t		 since;
};

void
contact_presence_keep(struct contact *c, PurpleBuddy *leaving)
{
	PurplePresence *presence = purple_buddy_get_presence(leaving);
	struct kept_presence *kept;
	PurpleStatus *status;

	if (presence == NULL || !purple_presence_is_online(presence) ||
	    c->kept != NULL)
		return;
	status = purple_presence_get_active_status(presence);
	kept = xcalloc(1, sizeof(*kept));
	kept->status = xstrdup(purple_status_get_id(status));
	kept->message = xstrdup_null(attribute(status, "message"));
	kept->idle = purple_presence_is_idle(presence);
	kept->since = purple_presence_get_idle_time(presence);
	c->kept = kept;
}

void
contact_presence_give(struct contact *c, PurpleBuddy *arrived)
{
	PurpleAccount *account = purple_buddy_get_account(arrived);
	PurplePresence *presence = purple_buddy_get_presence(arrived);
	const char *name = purple_buddy_get_name(arrived);
	struct kept_presence *kept = c->kept;

	if (kept != NULL && presence != NULL &&
	    !purple_presence_is_online(presence) &&
	    purple_presence_get_status(presence, kept->status) != NULL) {
		purple_prpl_got_user_status(account, name, kept->status,
		    kept->message != NULL ? "message" : NULL, kept->message,
		    NULL);
		purple_prpl_got_user_idle(account, name, kept->idle,
		    kept->since);
	}
	contact_presence_forget(c);
}

void
contact_presence_forget(struct contact *c)
{
	struct kept_presence *kept = c->kept;

	if (kept == NULL)
		return;
	c->kept = NULL;
	later_free(kept->status);
	later_free(kept->message);
	later_free(kept);
}
