/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stubs of direct messages. */
#include "backends/twitter/direct.h"

#include <string.h>

#include "backends/twitter/page.h"

bool
direct_is_message(const char *id)
{
	size_t n = strlen(DIRECT_PREFIX);

	return strncmp(id, DIRECT_PREFIX, n) == 0 && page_is_id(id + n);
}

bool
direct_is_room(const char *room)
{
	return strncmp(room, DIRECT_PREFIX, strlen(DIRECT_PREFIX)) == 0;
}

void
direct_send(struct session *s, const struct kit_call *call,
    const struct msg_send *m)
{
	(void)s;
	(void)m;
	kit_error(call, ERR_NOT_SUPPORTED, NULL);
}

void
direct_retract(struct session *s, const struct kit_call *call,
    const struct msg_retract *m)
{
	(void)s;
	(void)m;
	kit_error(call, ERR_NOT_SUPPORTED, NULL);
}

void
direct_room_join(struct session *s, const struct kit_call *call,
    const struct msg_room_join *m)
{
	(void)s;
	(void)m;
	kit_error(call, ERR_NOT_FOUND, NULL);
}

void
direct_room_leave(struct session *s, const struct kit_call *call,
    const struct msg_room_leave *m)
{
	(void)s;
	(void)m;
	kit_error(call, ERR_NOT_FOUND, NULL);
}

void
direct_room_nick(struct session *s, const struct kit_call *call,
    const struct msg_room_nick *m)
{
	(void)s;
	(void)m;
	kit_error(call, ERR_NOT_SUPPORTED, NULL);
}

void
direct_room_subject(struct session *s, const struct kit_call *call,
    const struct msg_room_subject_set *m)
{
	(void)s;
	(void)m;
	kit_error(call, ERR_NOT_SUPPORTED, NULL);
}

void
direct_room_invite(struct session *s, const struct kit_call *call,
    const struct msg_room_invite *m)
{
	(void)s;
	(void)m;
	kit_error(call, ERR_NOT_SUPPORTED, NULL);
}

size_t
direct_rooms(struct session *s, struct msg_room_info *rows, size_t max)
{
	(void)s;
	(void)rows;
	(void)max;
	return 0;
}

void
direct_message(struct session *s, const char *name, const char *text,
    direct_done *done, void *ctx)
{
	(void)name;
	(void)text;
	done(s, &(struct api_answer){ .outcome = API_FAILED,
	    .text = "Not yet." }, ctx);
}

void
direct_group(struct session *s, const char *const *names, size_t n,
    const char *text, direct_done *done, void *ctx)
{
	(void)names;
	(void)n;
	(void)text;
	done(s, &(struct api_answer){ .outcome = API_FAILED,
	    .text = "Not yet." }, ctx);
}

void
direct_up(struct session *s)
{
	(void)s;
}

void
direct_end(struct session *s)
{
	(void)s;
}

void
direct_show(struct session *s)
{
	(void)s;
}

void
direct_setting(struct session *s, const char *name)
{
	(void)s;
	(void)name;
}
