/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which character set is this line?  Commands and names of channels are
 * ASCII in all sets that may be set, so the line can be looked at before it is
 * understood. */
#include "backends/irc/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "backends/irc/settings.h"
#include "util/utf8.h"

#define PARAMS_SEEN	3	/* in which a channel is looked for */
#define OPEN_MAX	6	/* descriptors kept; each costs some loading */

/* ---- descriptors */

/* From the set; to it, of which only what it has; and to it, with something
 * similar for what it has not. */
enum way { FROM = '<', TO = '>', NEAR = '~' };

static struct opened {
	char	 name[60];	/* way and set: "<CP1251" */
	iconv_t	 cd;
} opened[OPEN_MAX];
static unsigned next_slot;

static iconv_t
open_set(const char *set, enum way way)
{
	char name[sizeof(opened[0].name)], to[sizeof(name) + 12];
	struct opened *o;

	snprintf(name, sizeof(name), "%c%s", way, set);
	for (size_t i = 0; i < OPEN_MAX; i++)
		if (strcmp(opened[i].name, name) == 0)
			return opened[i].cd;
	o = &opened[next_slot++ % OPEN_MAX];
	if (o->name[0] != '\0')
		iconv_close(o->cd);
	o->name[0] = '\0';
	snprintf(to, sizeof(to), "%s%s", set, way == NEAR ? "//TRANSLIT" : "");
	o->cd = way == FROM ? iconv_open("UTF-8", set) :
	    iconv_open(to, "UTF-8");
	/* It could be when it was set. */
	if (o->cd != (iconv_t)-1)
		memcpy(o->name, name, sizeof(name));
	return o->cd;
}

/* As much as fits; what is malformed becomes '?'.  Returns the length. */
static size_t
convert(iconv_t cd, char *out, size_t size, const char *in, size_t len)
{
	char *from = (char *)(uintptr_t)in, *to = out;

	iconv(cd, NULL, NULL, NULL, NULL);
	while (len > 0 && iconv(cd, &from, &len, &to, &size) == (size_t)-1) {
		if (errno == E2BIG || size == 0)
			break;
		*to++ = '?';
		size--;
		from++;
		len--;
	}
	/* Back to ASCII, where the set has states. */
	iconv(cd, NULL, NULL, &to, &size);
	return (size_t)(to - out);
}

/* ---- whose line is it? */

static const char *
skip_word(const char *at, const char *end)
{
	while (at < end && *at != ' ')
		at++;
	while (at < end && *at == ' ')
		at++;
	return at;
}

/* The channel among the first parameters of a line, or NULL. */
static struct channel *
channel_of(const struct network *n, const char *at, const char *end)
{
	char name[NAME_MAX_BYTES];

	if (at < end && *at == '@')
		at = skip_word(at, end);
	if (at < end && *at == ':')
		at = skip_word(at, end);
	at = skip_word(at, end);		/* the command */
	for (unsigned i = 0; i < PARAMS_SEEN && at < end; i++) {
		const char *next;
		size_t len = 0;

		if (*at == ':')
			at++;
		while (at + len < end && strchr(" ,\r\n", at[len]) == NULL)
			len++;
		if (len > 0 && len < sizeof(name)) {
			struct channel *c;

			memcpy(name, at, len);
			name[len] = '\0';
			if ((c = network_channel(n, name)) != NULL)
				return c;
		}
		next = skip_word(at, end);
		at = next;
	}
	return NULL;
}

/* Asked for every line before that is looked at. */
static bool
may_differ(const struct network *n)
{
	return n->settings != NULL && texts_count(n->settings) > 0;
}

/* NULL: UTF-8 */
static const char *
set_of(const struct network *n, const char *line, size_t len)
{
	const struct channel *c;
	const char *set;

	c = channel_of(n, line, line + len);
	set = c != NULL ? settings_get_room(n, c, "encoding") :
	    settings_get(n, "encoding");
	if (set != NULL && (strcasecmp(set, "utf-8") == 0 ||
	    strcasecmp(set, "utf8") == 0))
		return NULL;
	return set;
}

/* ---- lines */

/* ISO-2022 is ASCII bytes all over, told apart by its escapes only. */
static bool
has_escapes(const char *line, size_t len)
{
	return memchr(line, '\x1b', len) != NULL &&
	    (memmem(line, len, "\x1b$", 2) != NULL ||
	    memmem(line, len, "\x1b(", 2) != NULL);
}

size_t
encoding_decode(struct network *n, char *out, size_t size, const char *bytes,
    size_t len)
{
	static char text[LINE_IN_MAX * 3 + 1];
	const char *set = NULL;
	iconv_t cd;
	size_t done;

	if (may_differ(n) &&
	    (!utf8_valid(bytes, len) || has_escapes(bytes, len)))
		set = set_of(n, bytes, len);
	if (set == NULL || (cd = open_set(set, FROM)) == (iconv_t)-1)
		return line_decode(out, size, bytes, len);
	done = convert(cd, text, sizeof(text), bytes, len);
	return line_decode(out, size, text, done);
}

/* Of words and targets, in front of the last parameter. */
static size_t
separators(const char *line, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && line[i] == ':' && line[i - 1] == ' ')
			break;
		count += line[i] == ' ' || line[i] == ',';
	}
	return count;
}

/* Some sets have pictures where others have CR and LF: no text may become a
 * second command. */
static bool
is_clean(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] == '\r' || line[i] == '\n' || line[i] == '\0')
			return false;
	return true;
}

/* All of it or, when the set does not have a character or it would become
 * another line, nothing. */
static bool
convert_exactly(const char *set, char *out, size_t size, const char *in,
    size_t len, size_t *done)
{
	char *from = (char *)(uintptr_t)in, *to = out;
	iconv_t cd = open_set(set, TO);
	size_t left = len;

	if (cd == (iconv_t)-1)
		return false;
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &from, &left, &to, &size) == (size_t)-1 ||
	    iconv(cd, NULL, NULL, &to, &size) == (size_t)-1)
		return false;
	*done = (size_t)(to - out);
	return is_clean(out, *done) &&
	    separators(out, *done) == separators(in, len);
}

/* Where the text of a line begins, NULL: there is none.  Elsewhere something
 * similar could be a space, a comma, another name. */
static const char *
text_of(const char *line, size_t len)
{
	static const char *const commands[] = {
		"PRIVMSG ", "NOTICE ", "TOPIC ", "QUIT ", "PART ", "KICK ",
		"AWAY ",
	};
	const char *text;

	for (size_t i = 0; i < LENGTH(commands); i++) {
		size_t n = strlen(commands[i]);

		if (len <= n || memcmp(line, commands[i], n) != 0)
			continue;
		if ((text = memmem(line, len, " :", 2)) != NULL)
			return text + 1;
		text = memrchr(line, ' ', len);
		return text ? text + 1 : NULL;
	}
	return NULL;
}

/* The line (without its end) into out, its text by what is similar. */
static bool
convert_text(const char *set, char *out, size_t size, const char *line,
    size_t len, size_t *done)
{
	iconv_t near = open_set(set, NEAR);
	const char *text = text_of(line, len);
	size_t head, n;

	if (text == NULL || near == (iconv_t)-1 || !convert_exactly(set, out,
	    size - 1, line, (size_t)(text - line), &head))
		return false;
	out[head++] = ':';		/* it may have spaces now */
	text += *text == ':';
	n = convert(near, out + head, size - head, text,
	    (size_t)(line + len - text));
	*done = head + n;
	return is_clean(out, *done);
}

void
encoding_encode(struct network *n, struct buf *buf, size_t at, size_t max)
{
	char out[LINE_IN_MAX];
	const char *line = buf_data(buf) + at, *begin = line, *set;
	size_t len = buf_len(buf) - at, done, tags;

	if (!may_differ(n) || utf8_ascii(line, len) == len ||
	    (set = set_of(n, line, len)) == NULL)
		return;
	/* Tags are UTF-8 whatever the rest is. */
	if (*line == '@')
		begin = skip_word(line, line + len);
	tags = (size_t)(begin - line);
	len -= tags + 2;			/* CR LF */
	if ((!convert_exactly(set, out, sizeof(out) - 2, begin, len, &done) &&
	    !convert_text(set, out, sizeof(out) - 2, begin, len, &done)) ||
	    done + 2 > max)
		return;
	memcpy(out + done, "\r\n", 2);
	buf_truncate(buf, at + tags);
	buf_add(buf, out, done + 2);
}
