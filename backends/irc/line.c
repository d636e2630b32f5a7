/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in a line, and how is one written?  Parsing works in place on a copy
 * that is already UTF-8; nothing here knows what a command means. */
#include "backends/irc/line.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/utf8.h"

/* Code points of the bytes 0x80 - 0x9f in CP1252; the rest is ISO 8859-1. */
static const uint16_t cp1252[32] = {
	0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
	0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
};

static size_t
put_cp1252(char *out, size_t room, unsigned char byte)
{
	unsigned cp = byte < 0xa0 ? cp1252[byte - 0x80] : byte;

	if (cp < 0x800) {
		if (room < 2)
			return 0;
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (room < 3)
		return 0;
	out[0] = (char)(0xe0 | cp >> 12);
	out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[2] = (char)(0x80 | (cp & 0x3f));
	return 3;
}

size_t
line_decode(char *out, size_t size, const char *in, size_t len)
{
	size_t n = 0, step;
	uint32_t cp;

	if (len < size && memchr(in, 0, len) == NULL && utf8_valid(in, len)) {
		memcpy(out, in, len);
		out[len] = '\0';
		return len;
	}
	for (size_t i = 0; i < len;) {
		size_t put;

		if (in[i] == '\0') {
			i++;
			continue;
		}
		if ((step = utf8_next(in + i, len - i, &cp)) != 0) {
			if (step > size - 1 - n)
				break;
			memcpy(out + n, in + i, step);
			put = step;
		} else {
			step = 1;
			put = put_cp1252(out + n, size - 1 - n,
			    (unsigned char)in[i]);
			if (put == 0)
				break;
		}
		n += put;
		i += step;
	}
	out[n] = '\0';
	return n;
}

/* Cut the next word off *at; NULL at the end of the line. */
static char *
word(char **at)
{
	char *s = *at, *end;

	while (*s == ' ')
		s++;
	if (*s == '\0')
		return NULL;
	end = s + strcspn(s, " ");
	*at = end;
	if (*end != '\0') {
		*end = '\0';
		*at = end + 1;
	}
	return s;
}

/* nick!user@host, nick@host, nick or server.name */
static void
parse_prefix(struct line *l, char *prefix)
{
	char *at, *bang;

	l->nick = prefix;
	if ((at = strrchr(prefix, '@')) != NULL) {
		*at = '\0';
		l->host = at + 1;
	}
	if ((bang = strchr(prefix, '!')) != NULL) {
		*bang = '\0';
		l->user = bang + 1;
	}
}

static int
number(const char *s)
{
	for (int i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '9')
			return -1;
	if (s[3] != '\0')
		return -1;
	return (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
}

static void
parse_params(struct line *l, char *at)
{
	while (l->nparams < LINE_PARAMS) {
		char *w;

		while (*at == ' ')
			at++;
		/* The fifteenth takes all that is left, colon or not. */
		if (*at == ':' || l->nparams == LINE_PARAMS - 1) {
			if (*at != '\0')
				l->params[l->nparams++] = at + (*at == ':');
			return;
		}
		if ((w = word(&at)) == NULL)
			return;
		l->params[l->nparams++] = w;
	}
}

int
line_parse(struct line *l, char *at)
{
	char *w;

	*l = (struct line){ .tags = "", .nick = "", .user = "", .host = "",
		.command = "", .numeric = -1 };
	for (unsigned i = 0; i <= LINE_PARAMS; i++)
		l->params[i] = "";
	while (*at == ' ')
		at++;
	if (*at == '@') {
		at++;
		if ((w = word(&at)) == NULL)
			return -1;
		l->tags = w;
		while (*at == ' ')
			at++;
	}
	if (*at == ':') {
		at++;
		if (*at != ' ') {
			if ((w = word(&at)) == NULL)
				return -1;
			parse_prefix(l, w);
		}
	}
	if ((w = word(&at)) == NULL)
		return -1;
	for (char *c = w; *c != '\0'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	l->command = w;
	l->numeric = number(w);
	parse_params(l, at);
	return 0;
}

/* ---- tags */

static size_t
unescape(char *out, size_t size, const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < size; i++) {
		char c = s[i];

		if (c == '\\') {
			if (++i == len)
				break;
			switch (s[i]) {
			case ':': c = ';'; break;
			case 's': c = ' '; break;
			case 'r': c = '\r'; break;
			case 'n': c = '\n'; break;
			default: c = s[i]; break;
			}
		}
		out[n++] = c;
	}
	out[n] = '\0';
	return n;
}

const char *
line_tag(const struct line *l, const char *key, char *out, size_t size)
{
	size_t klen = strlen(key);

	for (const char *t = l->tags; *t != '\0';) {
		size_t len = strcspn(t, ";");

		if (len >= klen && memcmp(t, key, klen) == 0 &&
		    (len == klen || t[klen] == '=')) {
			size_t skip = klen + (len > klen);

			len = unescape(out, size, t + skip, len - skip);
			/* Cut by size, maybe inside a character. */
			while (len > 0 && !utf8_valid(out, len))
				out[--len] = '\0';
			return out;
		}
		t += len;
		t += *t == ';';
	}
	return NULL;
}

long long
line_time(const struct line *l)
{
	char text[40];
	struct tm tm = { 0 };
	int ms = 0, n;
	time_t t;

	if (*l->tags == '\0' || line_tag(l, "time", text, sizeof(text)) == NULL)
		return 0;
	n = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &tm.tm_year,
	    &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms);
	if (n < 6 || tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12 ||
	    tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
	    tm.tm_min > 59 || tm.tm_sec > 60 || tm.tm_hour < 0 ||
	    tm.tm_min < 0 || tm.tm_sec < 0 || ms < 0)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	t = timegm(&tm);
	return t <= 0 ? 0 : (long long)t * 1000 + ms;
}

bool
line_add_tag(struct buf *tags, const char *key, const char *value)
{
	static const char bad[] = "; \\\r\n", good[] = ":s\\rn";
	size_t start = buf_len(tags);
	const char *at;

	buf_addf(tags, "%s%s%s", start > 0 ? ";" : "", key,
	    value != NULL && *value != '\0' ? "=" : "");
	for (; value != NULL && *value != '\0'; value++)
		if ((at = strchr(bad, *value)) == NULL) {
			buf_addc(tags, *value);
		} else {
			buf_addc(tags, '\\');
			buf_addc(tags, good[at - bad]);
		}
	if (buf_len(tags) <= LINE_TAGS_MAX)
		return true;
	buf_truncate(tags, start);
	return false;
}

/* ---- writing */

/* CR and LF are the only bytes that end a line; NUL cannot be in a string. */
static void
add_clean(struct buf *out, const char *s, size_t len)
{
	char *to = buf_reserve(out, len);

	for (size_t i = 0; i < len; i++)
		to[i] = s[i] == '\r' || s[i] == '\n' ? ' ' : s[i];
	buf_added(out, len);
}

static bool
is_middle(const char *s)
{
	return *s != '\0' && *s != ':' && strpbrk(s, " \r\n") == NULL;
}

int
line_putv(struct buf *out, size_t max, const char *command,
    const char *const *params, size_t n)
{
	size_t start = buf_len(out), used, len;

	buf_adds(out, command);
	for (size_t i = 0; i + 1 < n; i++) {
		if (!is_middle(params[i]))
			goto fail;
		buf_addc(out, ' ');
		buf_adds(out, params[i]);
	}
	if (n > 0) {
		const char *last = params[n - 1];

		buf_adds(out, is_middle(last) ? " " : " :");
		used = buf_len(out) - start + 2;
		if (used > max)
			goto fail;
		len = strlen(last);
		add_clean(out, last, utf8_cut(last, len, max - used));
	}
	buf_add(out, "\r\n", 2);
	if (buf_len(out) - start <= max)
		return 0;
fail:
	buf_truncate(out, start);
	return -1;
}

int
line_put(struct buf *out, size_t max, const char *command, ...)
{
	const char *params[LINE_PARAMS], *p;
	size_t n = 0;
	va_list ap;

	va_start(ap, command);
	while ((p = va_arg(ap, const char *)) != NULL && n < LINE_PARAMS)
		params[n++] = p;
	va_end(ap);
	return line_putv(out, max, command, params, n);
}
