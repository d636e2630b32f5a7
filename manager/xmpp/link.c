/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The half of a link that is the same in both modes: which stanza is being
 * written, and who is asked. */
#include "manager/xmpp/link.h"

#include <string.h>

#include "manager/xmpp/link_private.h"
#include "util/log.h"

struct xml *
link_begin(struct link *l)
{
	if (l->out != NULL)
		fatal("%s: a stanza inside of a stanza", l->domain);
	l->out = l->ops->begin(l);
	l->mark = buf_len(l->out);
	xml_begin(&l->xml, l->out);
	return &l->xml;
}

int
link_end(struct link *l, const char *to, unsigned flags)
{
	if (l->out == NULL || l->xml.depth != 0)
		fatal("%s: end of a stanza that is not whole", l->domain);
	l->out = NULL;
	return l->ops->end(l, to, flags, l->mark);
}

const char *
link_written(const struct link *l, size_t *len)
{
	*len = l->out != NULL ? buf_len(l->out) - l->mark : 0;
	return l->out != NULL ? buf_data(l->out) + l->mark : NULL;
}

void
link_abort(struct link *l)
{
	if (l->out != NULL)
		buf_truncate(l->out, l->mark);
	l->out = NULL;
}

bool
link_is_server(const struct link *l)
{
	return l->server;
}

bool
link_is_up(const struct link *l)
{
	return l->ops->is_up(l);
}

const char *
link_domain(const struct link *l)
{
	return l->domain;
}

void
link_destroy(struct link *l)
{
	if (l != NULL)
		l->ops->destroy(l);
}

void
link_shutdown(struct link *l)
{
	l->ops->shutdown(l);
}

void
link_pause(struct link *l)
{
	l->ops->pause(l, true);
}

void
link_resume(struct link *l)
{
	l->ops->pause(l, false);
}

bool
link_settled(const struct link *l)
{
	return l->ops->settled(l);
}

void
link_freeze(struct link *l, bool frozen)
{
	l->ops->freeze(l, frozen);
}

void
link_handover(struct link *l, struct packer *p)
{
	l->ops->handover(l, p);
}

void
link_each_kept(struct link *l, link_kept *f, void *ctx)
{
	l->ops->each_kept(l, f, ctx);
}

void
link_put_kept(struct link *l, int64_t ms, const char *to, const char *stanza,
    size_t len)
{
	const struct kept_item item = {
		.ms = ms, .mark = KEPT_UNSENT, .to = to, .stanza = stanza,
		.len = len, .written = true,
	};

	l->ops->put_kept(l, &item);
}

void
link_describe(const struct link *l, struct buf *b)
{
	l->ops->describe(l, b);
}

void
link_login_result(struct link *l, uint64_t client, const char *condition,
    const char *text)
{
	if (l->ops->login_result != NULL)
		l->ops->login_result(l, client, condition, text);
}

void
link_login_guest(struct link *l, uint64_t client)
{
	if (l->ops->login_guest != NULL)
		l->ops->login_guest(l, client);
}

void
link_trust(struct link *l, const char *bare)
{
	if (l->ops->trust != NULL)
		l->ops->trust(l, bare);
}

void
link_close(struct link *l, const char *jid, const char *condition,
    const char *text)
{
	if (l->ops->close != NULL)
		l->ops->close(l, jid, condition, text);
}

unsigned
link_clients(const struct link *l, const char *bare)
{
	return l->ops->clients != NULL ? l->ops->clients(l, bare) : 0;
}

bool
link_is_stanza(const struct stanza *s, const char *ns)
{
	return strcmp(s->ns, ns) == 0 && (strcmp(s->name, "message") == 0 ||
	    strcmp(s->name, "presence") == 0 || strcmp(s->name, "iq") == 0);
}

int
link_bounce(struct buf *b, const struct stanza *s, const char *from,
    const char *to, const char *type, const char *condition)
{
	const char *kind = stanza_attr(s, "type");
	struct xml x;

	if (kind != NULL && (strcmp(kind, "error") == 0 ||
	    strcmp(kind, "result") == 0))
		return -1;
	xml_begin(&x, b);
	xml_open(&x, s->name);
	xml_attr(&x, "type", "error");
	xml_attr(&x, "from", from);
	xml_attr(&x, "to", to);
	xml_attr(&x, "id", stanza_attr(s, "id"));
	xml_open(&x, "error");
	xml_attr(&x, "type", type);
	xml_element(&x, condition, NS_STANZA_ERRORS, NULL);
	xml_close_to(&x, 0);
	return 0;
}
