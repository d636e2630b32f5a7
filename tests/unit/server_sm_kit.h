/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server_sm_kit.h - clients with stream management (XEP-0198) that lose their
 * connection, and a server that goes on in another process. */
#ifndef TESTS_UNIT_SERVER_SM_KIT_H
#define TESTS_UNIT_SERVER_SM_KIT_H

#include "tests/unit/server_kit.h"
#include "tests/unit/link_kit.h"

#define SM "xmlns='urn:xmpp:sm:3'"
#define BOB_AUTH AUTH("AGJvYgBwdw==")		/* \0bob\0pw */
#define ANA "ana@irc.example"

static char id[64];		/* of the last session that was enabled */

static const struct server_config resumable = {
	.resume_timeout = 60, .many_resources = true,
};

static UNUSED void
enable(struct peer *p)
{
	const char *s;

	peer_send(p, "<enable " SM " resume='true'/>");
	peer_expect(p, "<enabled " SM " id='");
	peer_expect(p, "/>");
	s = strstr(peer_text(p), "id='") + 4;
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(s, "'"), s);
	peer_forget(p);
}

/* Ana, bound and resumable. */
static UNUSED void
arrive(struct peer *p, const char *bind)
{
	enter(p, bind);
	enable(p);
}

static UNUSED int
tell(const char *to, const char *name, unsigned flags)
{
	struct xml *x = link_begin(t.link);

	xml_open(x, "message");
	xml_attr(x, "to", to);
	xml_attr(x, "id", name);
	xml_close(x);
	return link_end(t.link, to, flags);
}

static UNUSED void
ask_to_resume(struct peer *p, const char *auth, const char *previd, unsigned h)
{
	char text[256];

	authenticate(p, auth);
	snprintf(text, sizeof(text), "<resume " SM " previd='%s' h='%u'/>",
	    previd, h);
	peer_send(p, text);
}

/* The network is gone, without a word. */
static UNUSED void
vanish(struct peer *p)
{
	peer_close(p);
	wait_for(count(&logged, "it may come back") > 0);
	buf_clear(&logged);
}

static UNUSED void
list_kept(void *ctx, int64_t ms, const char *to, const char *stanza, size_t len)
{
	assert_true(ms > 0);
	buf_addf(ctx, "%s %.*s;", to, (int)len, stanza);
}

static UNUSED void
hand_over(struct server_config cfg)
{
	char *why = NULL;

	link_execve(t.link);
	buf_clear(&t.seen);
	cfg.domain = "IRC.example";
	cfg.address = "127.0.0.1";
	t.link = server_adopt(loop, &cfg, &events, &t, link_found(), &why);
	if (t.link == NULL)
		fail_msg("%s", why);
}

static UNUSED int
clean_up(void **state)
{
	link_kit_finish();
	return tear_down(state);
}

#endif
