/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 005 as facts: one row per token we use, limits so that no server can make
 * us believe in absurd ones. */
#include "backends/irc/isupport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/macros.h"
#include "util/utf8.h"

void
isupport_init(struct isupport *is)
{
	*is = (struct isupport){
		.casemap = CASEMAP_RFC1459, .line_len = 512, .modes = 3,
		.chantypes = "#&", .prefix_modes = "ohv",
		.prefix_chars = "@%+",
		.chanmodes = { "beI", "k", "l", "imnpst" },
	};
}

static uint16_t
number(const char *value, uint16_t low, uint16_t high)
{
	long n = strtol(value, NULL, 10);

	return n < low ? low : n > high ? high : (uint16_t)n;
}

/* Copy printable ASCII only: these become parts of commands and of ids. */
static void
letters(char *out, size_t size, const char *value, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < size; i++)
		if (value[i] > ' ' && value[i] < 0x7f)
			out[n++] = value[i];
	out[n] = '\0';
}

static void
set_casemap(struct isupport *is, const char *value)
{
	is->casemap = casemap_parse(value);
}

static void
set_chantypes(struct isupport *is, const char *value)
{
	letters(is->chantypes, sizeof(is->chantypes), value, strlen(value));
}

static void
set_statusmsg(struct isupport *is, const char *value)
{
	letters(is->statusmsg, sizeof(is->statusmsg), value, strlen(value));
}

/* "(qaohv)~&@%+"; both halves must be of one length to mean anything. */
static void
set_prefix(struct isupport *is, const char *value)
{
	const char *close = strchr(value, ')');
	size_t n;

	if (*value == '\0') {
		is->prefix_modes[0] = is->prefix_chars[0] = '\0';
		return;
	}
	if (*value != '(' || close == NULL)
		return;
	n = (size_t)(close - value - 1);
	if (strlen(close + 1) != n)
		return;
	if (n > ISUPPORT_PREFIXES)
		n = ISUPPORT_PREFIXES;
	letters(is->prefix_modes, n + 1, value + 1, n);
	letters(is->prefix_chars, n + 1, close + 1, n);
	/* Something unprintable was left out of one of them. */
	if (strlen(is->prefix_modes) != strlen(is->prefix_chars))
		isupport_token(is, "-PREFIX");
}

static void
set_chanmodes(struct isupport *is, const char *value)
{
	for (size_t i = 0; i < 4; i++) {
		size_t len = strcspn(value, ",");

		letters(is->chanmodes[i], sizeof(is->chanmodes[i]), value,
		    len);
		value += len;
		value += *value == ',';
	}
}

static void
set_network(struct isupport *is, const char *value)
{
	snprintf(is->network, sizeof(is->network), "%s", value);
	if (strlen(value) >= sizeof(is->network))
		is->network[utf8_cut(value, strlen(value),
		    sizeof(is->network) - 1)] = '\0';
	utf8_xml_clean(is->network, strlen(is->network));
}

static void
set_line_len(struct isupport *is, const char *value)
{
	is->line_len = number(value, 512, ISUPPORT_LINE_MAX);
}

static void
set_nick_len(struct isupport *is, const char *value)
{
	is->nick_len = number(value, 1, NAME_MAX_BYTES - 1);
}

static void
set_topic_len(struct isupport *is, const char *value)
{
	is->topic_len = number(value, 1, 4096);
}

static void
set_channel_len(struct isupport *is, const char *value)
{
	is->channel_len = number(value, 1, NAME_MAX_BYTES - 1);
}

static void
set_monitor(struct isupport *is, const char *value)
{
	is->monitor = *value ? number(value, 0, 5000) : 5000;
}

static void
set_kick_len(struct isupport *is, const char *value)
{
	is->kick_len = number(value, 1, 4096);
}

static void
set_away_len(struct isupport *is, const char *value)
{
	is->away_len = number(value, 1, 4096);
}

static void
set_modes(struct isupport *is, const char *value)
{
	/* No value: no limit.  Twelve params always fit in a line. */
	is->modes = *value ? (uint8_t)number(value, 1, 12) : 12;
}

static void
set_whox(struct isupport *is, const char *value)
{
	(void)value;
	is->whox = true;
}

/* "*" denies all, "-tag" after it all but that, "tag" just that. */
static void
set_tags_denied(struct isupport *is, const char *value)
{
	static const struct {
		const char	*name;
		enum client_tag	 tag;
	} tags[] = {
		{ "typing", TAG_TYPING },
		{ "draft/reply", TAG_REPLY }, { "reply", TAG_REPLY },
		{ "draft/react", TAG_REACT }, { "draft/unreact", TAG_REACT },
	};
	unsigned denied = 0;

	while (*value != '\0') {
		size_t len = strcspn(value, ",");
		bool minus = *value == '-';

		if (len == 1 && *value == '*')
			denied = TAG_TYPING | TAG_REPLY | TAG_REACT;
		for (size_t i = 0; i < LENGTH(tags); i++)
			if (strlen(tags[i].name) == len - minus &&
			    memcmp(tags[i].name, value + minus,
			    len - minus) == 0)
				denied = minus ? denied & ~(unsigned)tags[i].tag :
				    denied | tags[i].tag;
		value += len;
		value += *value == ',';
	}
	is->tags_denied = (uint8_t)denied;
}

static void
set_bot(struct isupport *is, const char *value)
{
	/* Flags with a meaning of their own. */
	if (strchr("HG*@", value[0]) == NULL && value[1] == '\0')
		is->bot = value[0];
}

static const struct {
	const char	*key;
	void		(*set)(struct isupport *, const char *value);
} tokens[] = {
	{ "AWAYLEN",		set_away_len },
	{ "BOT",		set_bot },
	{ "CASEMAPPING",	set_casemap },
	{ "CHANNELLEN",		set_channel_len },
	{ "CHANMODES",		set_chanmodes },
	{ "CHANTYPES",		set_chantypes },
	{ "CLIENTTAGDENY",	set_tags_denied },
	{ "KICKLEN",		set_kick_len },
	{ "LINELEN",		set_line_len },
	{ "MODES",		set_modes },
	{ "MONITOR",		set_monitor },
	{ "NETWORK",		set_network },
	{ "NICKLEN",		set_nick_len },
	{ "PREFIX",		set_prefix },
	{ "STATUSMSG",		set_statusmsg },
	{ "TOPICLEN",		set_topic_len },
	{ "WHOX",		set_whox },
};

/* -KEY: back to what held before it was said. */
static void
forget(struct isupport *is, const char *key)
{
	struct isupport fresh;

	isupport_init(&fresh);
	if (strcmp(key, "PREFIX") == 0) {
		memcpy(is->prefix_modes, fresh.prefix_modes,
		    sizeof(is->prefix_modes));
		memcpy(is->prefix_chars, fresh.prefix_chars,
		    sizeof(is->prefix_chars));
	} else if (strcmp(key, "STATUSMSG") == 0) {
		is->statusmsg[0] = '\0';
	} else if (strcmp(key, "MONITOR") == 0) {
		is->monitor = 0;
	} else if (strcmp(key, "WHOX") == 0) {
		is->whox = false;
	} else if (strcmp(key, "BOT") == 0) {
		is->bot = '\0';
	}
}

void
isupport_token(struct isupport *is, const char *token)
{
	size_t len = strcspn(token, "=");

	if (*token == '-') {
		forget(is, token + 1);
		return;
	}
	for (size_t i = 0; i < LENGTH(tokens); i++)
		if (strlen(tokens[i].key) == len &&
		    memcmp(tokens[i].key, token, len) == 0) {
			tokens[i].set(is, token + len + (token[len] == '='));
			return;
		}
}

bool
isupport_is_channel(const struct isupport *is, const char *name)
{
	return *name != '\0' && strchr(is->chantypes, *name) != NULL;
}

static int
index_of(const char *in, char c)
{
	const char *at = c ? strchr(in, c) : NULL;

	return at ? (int)(at - in) : -1;
}

int
isupport_prefix_mode(const struct isupport *is, char letter)
{
	return index_of(is->prefix_modes, letter);
}

int
isupport_prefix_char(const struct isupport *is, char sign)
{
	return index_of(is->prefix_chars, sign);
}

int
isupport_mode_kind(const struct isupport *is, char letter)
{
	for (int i = 0; i < 4; i++)
		if (index_of(is->chanmodes[i], letter) >= 0)
			return i;
	return -1;
}
