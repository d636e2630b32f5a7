/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What do the server and we have in common?  A server lists what it has, in
 * one line or several, and may add to it and take from it at any time; we ask
 * for what there is a row for.  Old servers ignore or refuse CAP, so nothing
 * waits for an answer except what was promised by one. */
#include "backends/irc/cap.h"

#include <stdlib.h>
#include <string.h>

#include "backends/irc/sasl.h"
#include "backends/irc/sts.h"
#include "util/macros.h"

/* Of the names in one REQ: the server writes them back behind a prefix. */
#define REQUEST_MAX	380

typedef void value_reader(struct caps *, const char *value);

static value_reader read_sasl, read_multiline, read_chathistory, read_sts;

static const struct {
	const char	*name;
	enum cap	 cap;
	bool		 used;		/* what it brings is acted on: ask */
	value_reader	*read;		/* NULL: its value does not matter */
} table[] = {
	{ "multi-prefix",	CAP_MULTI_PREFIX,	true,	NULL },
	{ "server-time",	CAP_SERVER_TIME,	true,	NULL },
	{ "echo-message",	CAP_ECHO_MESSAGE,	true,	NULL },
	{ "away-notify",	CAP_AWAY_NOTIFY,	true,	NULL },
	{ "extended-join",	CAP_EXTENDED_JOIN,	true,	NULL },
	{ "message-tags",	CAP_MESSAGE_TAGS,	true,	NULL },
	{ "chghost",		CAP_CHGHOST,		true,	NULL },
	{ "account-notify",	CAP_ACCOUNT_NOTIFY,	true,	NULL },
	{ "account-tag",	CAP_ACCOUNT_TAG,	true,	NULL },
	{ "setname",		CAP_SETNAME,		true,	NULL },
	{ "invite-notify",	CAP_INVITE_NOTIFY,	true,	NULL },
	{ "userhost-in-names",	CAP_USERHOST_IN_NAMES,	true,	NULL },
	{ "batch",		CAP_BATCH,		true,	NULL },
	{ "labeled-response",	CAP_LABELED_RESPONSE,	true,	NULL },
	{ "standard-replies",	CAP_STANDARD_REPLIES,	true,	NULL },
	{ "draft/chathistory",	CAP_CHATHISTORY,	true,
							read_chathistory },
	{ "draft/multiline",	CAP_MULTILINE,		true,	read_multiline },
	{ "draft/message-redaction", CAP_REDACTION,	true,	NULL },
	{ "extended-monitor",	CAP_EXTENDED_MONITOR,	true,	NULL },
	{ "sasl",		CAP_SASL,		true,	read_sasl },
	/* Only said, never asked for. */
	{ "sts",		0,			false,	read_sts },
};

/* ---- values */

static void
read_sasl(struct caps *c, const char *value)
{
	c->mechanisms = *value != '\0' ? sasl_parse_mechanisms(value) :
	    MECHANISM_UNKNOWN;
}

/* The number behind key= in a list like max-bytes=4096,max-lines=24; 0: none,
 * or one that is nonsense. */
static unsigned
number_of(const char *value, const char *key)
{
	size_t len = strlen(key);

	while (*value != '\0') {
		if (strncmp(value, key, len) == 0 && value[len] == '=') {
			long n = strtol(value + len + 1, NULL, 10);

			return n > 0 && n < 1000000000 ? (unsigned)n : 0;
		}
		value += strcspn(value, ",");
		value += *value == ',';
	}
	return 0;
}

static void
read_multiline(struct caps *c, const char *value)
{
	c->multiline_bytes = number_of(value, "max-bytes");
	c->multiline_lines = number_of(value, "max-lines");
}

static void
read_chathistory(struct caps *c, const char *value)
{
	long n = strtol(value, NULL, 10);

	c->chathistory_max = n > 0 && n < 1000000000 ? (unsigned)n : 0;
}

static void
read_sts(struct caps *c, const char *value)
{
	c->has_sts = true;
	c->sts = sts_parse(value);
}

/* ---- lists */

/* One word of a list, and where the next one begins. */
struct word {
	const char	*name, *value;
	size_t		 len;		/* of name */
	bool		 minus;
};

static bool
next_word(const char **at, struct word *w, char *value, size_t size)
{
	const char *s = *at + strspn(*at, " ");
	size_t all = strcspn(s, " "), len;

	if (*s == '\0')
		return false;
	*at = s + all;
	w->minus = *s == '-';
	w->name = s + w->minus;
	w->len = strcspn(w->name, "= ");
	value[0] = '\0';
	if (w->name[w->len] == '=') {
		len = all - w->minus - w->len - 1;
		len = len < size - 1 ? len : size - 1;
		memcpy(value, w->name + w->len + 1, len);
		value[len] = '\0';
	}
	w->value = value;
	return true;
}

/* The bits of the names in a list; those with a minus go to *minus.  With
 * values, where what is behind '=' is to be remembered. */
static unsigned
read_list(const char *list, unsigned *minus, struct caps *values)
{
	char value[400];
	struct word w;
	unsigned bits = 0;

	while (next_word(&list, &w, value, sizeof(value)))
		for (size_t i = 0; i < LENGTH(table); i++) {
			if (strlen(table[i].name) != w.len ||
			    memcmp(table[i].name, w.name, w.len) != 0)
				continue;
			if (w.minus) {
				*minus |= table[i].cap;
				break;
			}
			bits |= table[i].cap;
			if (values != NULL && table[i].read != NULL)
				table[i].read(values, w.value);
			break;
		}
	return bits;
}

/* ---- asking */

static void
ask(struct network *n, const char *names, unsigned bits)
{
	if (link_now(&n->link, "CAP", "REQ", names, NULL) == -1)
		return;
	n->cap.asked |= bits;
	n->cap.requests++;
}

/* Ask for these, with as few lines as hold them, or one each. */
static void
ask_all(struct network *n, unsigned bits, bool one_by_one)
{
	char names[REQUEST_MAX + 1];
	size_t len = 0;
	unsigned in_line = 0;

	for (size_t i = 0; i < LENGTH(table); i++) {
		size_t more = strlen(table[i].name);

		if (!(bits & table[i].cap) || !table[i].used)
			continue;
		if (len > 0 && (one_by_one || len + 1 + more > REQUEST_MAX)) {
			ask(n, names, in_line);
			len = in_line = 0;
		}
		if (len > 0)
			names[len++] = ' ';
		memcpy(names + len, table[i].name, more + 1);
		len += more;
		in_line |= table[i].cap;
		/* A capability with a second, older name: one is enough. */
		bits &= ~(unsigned)table[i].cap;
	}
	if (len > 0)
		ask(n, names, in_line);
}

/* What of the offered ones we use and have not, and have not asked for. */
static unsigned
missing(const struct network *n, unsigned offered)
{
	unsigned bits = offered & ~(n->caps | n->cap.asked | n->cap.refused);

	if ((bits & CAP_SASL) && !sasl_is_wanted(n))
		bits &= ~(unsigned)CAP_SASL;
	return bits;
}

/* ---- what comes of it */

void
cap_end(struct network *n)
{
	if (n->state != NETWORK_REGISTERING || n->cap.ended)
		return;
	n->cap.ended = true;
	link_now(&n->link, "CAP", "END", NULL);
}

void
cap_begin(struct network *n)
{
	n->caps = n->caps_offered = 0;
	n->cap = (struct caps){ 0 };
	link_now(&n->link, "CAP", "LS", "302", NULL);
}

/* Every REQ has been answered, or there was none to send. */
static void
settled(struct network *n)
{
	if (n->cap.requests > 0 || n->cap.listing)
		return;
	n->cap.asked = 0;
	sasl_begin(n);
}

static void
on_ls(struct network *n, const char *list, bool more)
{
	unsigned minus = 0;

	if (n->state != NETWORK_REGISTERING || n->cap.ended)
		return;
	n->caps_offered |= read_list(list, &minus, &n->cap);
	n->cap.listing = more;
	if (more)
		return;
	if (sts_heard(n))
		return;			/* and n is elsewhere */
	ask_all(n, missing(n, n->caps_offered), false);
	settled(n);
}

static void
answered(struct network *n)
{
	if (n->cap.requests > 0)
		n->cap.requests--;
	settled(n);
}

static void
on_ack(struct network *n, const char *list, bool more)
{
	unsigned minus = 0, bits = read_list(list, &minus, NULL);

	n->caps = (n->caps | bits) & ~minus;
	n->cap.asked &= ~bits;
	if (!more)
		answered(n);
}

/* One refusal in a list refuses the list: ask for each alone. */
static void
on_nak(struct network *n, const char *list)
{
	unsigned minus = 0, bits = read_list(list, &minus, NULL);
	unsigned again;

	bits &= n->cap.asked;
	/* Some servers cut the list that they write back. */
	if (bits == 0 || n->cap.requests == 1)
		bits = n->cap.asked;
	n->cap.asked &= ~bits;
	again = bits & ~n->cap.alone;
	if ((again & (again - 1)) == 0)
		again = 0;		/* it was alone already */
	n->cap.refused |= bits & ~again;
	n->cap.alone |= again;
	ask_all(n, again, true);
	answered(n);
}

static void
on_new(struct network *n, const char *list)
{
	unsigned minus = 0, bits = read_list(list, &minus, &n->cap);

	if (sts_heard(n))
		return;			/* and n is elsewhere */
	n->caps_offered |= bits;
	/* What is offered anew may be had now. */
	n->cap.refused &= ~bits;
	n->cap.alone &= ~bits;
	ask_all(n, missing(n, bits), false);
}

static void
on_del(struct network *n, const char *list)
{
	unsigned minus = 0, bits = read_list(list, &minus, NULL);

	n->caps &= ~bits;
	n->caps_offered &= ~bits;
	if (bits & CAP_SASL)
		sasl_gone(n);
}

void
cap_line(struct network *n, struct line *l)
{
	/* CAP nick SUBCOMMAND [*] :list; some servers forget the colon. */
	const char *what = l->params[1];
	bool more = strcmp(l->params[2], "*") == 0 && l->nparams > 3;
	const char *list = l->params[more ? 3 : 2];

	if (strcmp(what, "LS") == 0)
		on_ls(n, list, more);
	else if (strcmp(what, "ACK") == 0)
		on_ack(n, list, more);
	else if (strcmp(what, "NAK") == 0)
		on_nak(n, list);
	else if (strcmp(what, "NEW") == 0)
		on_new(n, list);
	else if (strcmp(what, "DEL") == 0)
		on_del(n, list);
}

void
cap_list(const struct network *n, struct buf *out)
{
	for (size_t i = 0; i < LENGTH(table); i++)
		if (n->caps & table[i].cap)
			buf_addf(out, " %s", table[i].name);
}
