/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/timeline.h"

#include "backends/twitter/notice.h"

void
timeline_up(struct session *s)
{
	const struct msg_contact contact = { .user = s->user,
	    .contact = CONTACT, .name = "X" };
	const struct msg_contact_presence presence = { .user = s->user,
	    .contact = CONTACT, .show = "online" };

	kit_notify(METHOD_contact, &contact);
	kit_notify(METHOD_contact_presence, &presence);
}

void
timeline_end(struct session *s)
{
	(void)s;
}

void
timeline_show(struct session *s)
{
	(void)s;
}

void
timeline_setting(struct session *s, const char *name)
{
	(void)s;
	(void)name;
}

void
timeline_soon(struct session *s)
{
	(void)s;
}
