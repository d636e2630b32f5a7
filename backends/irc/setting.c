/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may users set, and to what?  Who uses a setting is not known here. */
#include "backends/irc/setting.h"

#include <ctype.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/irc/network.h"
#include "util/utf8.h"
#include "util/xalloc.h"

#define ALTERNATIVES_MAX	10
#define PORTS_MAX		8
#define COMMANDS_MAX		20
#define COMMAND_BYTES_MAX	400

/* ---- one value each */

static const char *
check_nick(char *value)
{
	return nick_is_valid(value) && strchr("#&+$~%0123456789-", *value) ==
	    NULL ? NULL : "a nick: no spaces, none of , ! @ :, and a letter "
	    "in front";
}

/* Words separated by one space each, spaces and commas before. */
static size_t
join_words(char *value)
{
	char *to = value;
	size_t n = 0;

	for (const char *at = value;;) {
		size_t len;

		at += strspn(at, " ,;\t\n");
		if (*at == '\0')
			break;
		len = strcspn(at, " ,;\t\n");
		if (n++ > 0)
			*to++ = ' ';
		memmove(to, at, len);
		to += len;
		at += len;
	}
	*to = '\0';
	return n;
}

/* Every word of a joined list. */
static const char *
check_words(char *value, size_t most, const char *(*check)(char *word),
    const char *too_many)
{
	const char *wrong = NULL;

	if (join_words(value) > most)
		return too_many;
	for (char *at = value; wrong == NULL; at++) {
		char *end = at + strcspn(at, " "), was = *end;

		*end = '\0';
		wrong = check(at);
		*end = was;
		if (was == '\0')
			break;
		at = end;
	}
	return wrong;
}

static const char *
check_alternatives(char *value)
{
	return check_words(value, ALTERNATIVES_MAX, check_nick,
	    "at most 10 nicks, separated by spaces");
}

static const char *
check_username(char *value)
{
	for (const char *c = value; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f ||
		    strchr("@!:%*?", *c) != NULL)
			return "ASCII letters, digits, and none of @ ! : % "
			    "* ?";
	return NULL;
}

static const char *
check_port(char *word)
{
	const char *digits = word + (*word == '+');
	char *end;
	long port;

	if (!isdigit((unsigned char)*digits))
		return "ports such as +6697 6667; + means TLS";
	port = strtol(digits, &end, 10);
	return *end == '\0' && port >= 1 && port <= 65535 ? NULL :
	    "ports from 1 to 65535, + before those with TLS";
}

static const char *
check_ports(char *value)
{
	return check_words(value, PORTS_MAX, check_port, "at most 8 ports");
}

static const char *
check_fingerprint(char *value)
{
	static const char right[] =
	    "the SHA-256 of the certificate: 64 hexadecimal digits";
	char *to = value;

	for (const char *c = value; *c != '\0'; c++) {
		if (*c == ':' || *c == ' ')
			continue;
		if (!isxdigit((unsigned char)*c))
			return right;
		*to++ = (char)tolower((unsigned char)*c);
	}
	*to = '\0';
	return to - value == 64 ? NULL : right;
}

static const char *
check_certificate(char *value)
{
	if (strstr(value, "-----BEGIN CERTIFICATE-----") == NULL ||
	    strstr(value, "PRIVATE KEY-----") == NULL)
		return "a certificate and its private key, both in PEM";
	if (strstr(value, "ENCRYPTED") != NULL)
		return "a private key without a passphrase";
	return NULL;
}

/* Empty lines go; what is left must be commands that fit a line. */
static const char *
check_commands(char *value)
{
	char *to = value;
	size_t n = 0;

	for (const char *at = value; *at != '\0';) {
		size_t len;

		at += strspn(at, " \n");
		if ((len = strcspn(at, "\n")) == 0)
			continue;
		if (++n > COMMANDS_MAX || len > COMMAND_BYTES_MAX)
			return "at most 20 lines of at most 400 bytes";
		if (*at == '/')		/* as it is typed in clients */
			at++, len--;
		if (len == 0 || !isalnum((unsigned char)*at))
			return "one command a line, such as MODE $nick +B";
		if (to != value)
			*to++ = '\n';
		memmove(to, at, len);
		to += len;
		at += len;
	}
	*to = '\0';
	return n > 0 ? NULL : "one command a line";
}

/* Letters must stand for themselves, or the protocol itself would be garbled:
 * no UTF-16, no EBCDIC, no UTF-7. */
static bool
keeps_ascii(iconv_t cd)
{
	char in[0x60], out[sizeof(in) * 4], *from = in, *to = out;
	size_t left = 0, room = sizeof(out);

	for (char c = ' '; c < 0x7f; c++)
		in[left++] = c;
	left = 0x7f - ' ';
	return iconv(cd, &from, &left, &to, &room) == 0 && left == 0 &&
	    to - out == 0x7f - ' ' && memcmp(in, out, 0x7f - ' ') == 0;
}

static const char *
check_encoding(char *value)
{
	iconv_t cd = (iconv_t)-1;
	bool ok;

	/* iconv takes options behind the name: "//TRANSLIT" is ours. */
	for (const char *c = value; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && strchr("-_.:", *c) == NULL)
			return "the name of a character set, such as "
			    "ISO-8859-15";
	if (*value != '\0')
		cd = iconv_open(value, "UTF-8");
	if (cd == (iconv_t)-1)
		return "a character set that is known here, such as UTF-8, "
		    "ISO-8859-15, CP1251 or ISO-2022-JP";
	ok = keeps_ascii(cd);
	iconv_close(cd);
	return ok ? NULL : "a character set in which ASCII is ASCII";
}

/* ---- the table */

#define U	SETTING_USER
#define S	SETTING_SERVER
#define R	SETTING_ROOM

static const struct setting rows[] = {
	{ .name = "nick", .label = "Nick", .type = SETTING_TEXT,
	    .scope = U | S, .max = 64, .check = check_nick },
	{ .name = "nick_alternatives", .type = SETTING_TEXT,
	    .label = "Nicks to try when that is taken, in this order",
	    .scope = U | S, .at_connect = true, .max = 512,
	    .check = check_alternatives },
	{ .name = "username", .label = "User name (ident)",
	    .type = SETTING_TEXT, .scope = U | S, .at_connect = true,
	    .max = 32, .check = check_username },
	{ .name = "realname", .label = "Real name", .type = SETTING_TEXT,
	    .scope = U | S, .at_connect = true, .max = 200 },
	{ .name = "sasl", .label = "How to log in (SASL)",
	    .type = SETTING_CHOICE, .scope = U | S, .at_connect = true,
	    .max = 16, .choices = "auto scram-sha-256 plain external off" },
	{ .name = "sasl_user", .label = "Account (SASL)",
	    .type = SETTING_TEXT, .scope = U | S, .at_connect = true,
	    .max = 200 },
	{ .name = "sasl_password", .label = "Password of the account (SASL)",
	    .type = SETTING_SECRET, .scope = S, .secret = true,
	    .at_connect = true, .max = 512 },
	{ .name = "server_password", .label = "Password of the server (PASS)",
	    .type = SETTING_SECRET, .scope = S, .secret = true,
	    .at_connect = true, .max = 400 },
	{ .name = "client_certificate", .type = SETTING_LINES,
	    .label = "Client certificate and private key, in PEM",
	    .scope = U | S, .secret = true, .at_connect = true,
	    .max = SETTING_VALUE_MAX, .check = check_certificate },
	{ .name = "ports", .type = SETTING_TEXT, .scope = U | S,
	    .label = "Ports to try, in this order (+ means TLS)",
	    .at_connect = true, .max = 80, .check = check_ports },
	{ .name = "tls", .label = "Encryption (TLS)", .type = SETTING_CHOICE,
	    .scope = U | S, .at_connect = true, .max = 16,
	    .choices = "required auto off" },
	{ .name = "tls_verify", .label = "Check the server's certificate",
	    .type = SETTING_BOOL, .scope = U | S, .at_connect = true },
	{ .name = "tls_fingerprint", .type = SETTING_TEXT, .scope = S,
	    .label = "The only certificate to accept (SHA-256)",
	    .at_connect = true, .max = 128, .check = check_fingerprint },
	{ .name = "after_connect", .type = SETTING_LINES, .scope = S,
	    .label = "Raw commands to send once connected ($nick is your "
	    "nick)", .secret = true, .at_connect = true, .max = 4096,
	    .check = check_commands },
	{ .name = "encoding", .type = SETTING_TEXT, .scope = U | S | R,
	    .label = "Character set, where it is not UTF-8", .max = 40,
	    .check = check_encoding },
	{ .name = "throttle_burst", .type = SETTING_NUMBER, .scope = U | S,
	    .label = "Lines that may be sent at once", .max = 16,
	    .least = 1, .most = 100 },
	{ .name = "throttle_rate", .type = SETTING_NUMBER, .scope = U | S,
	    .label = "Lines a second after that", .max = 16,
	    .least = 0.1, .most = 50 },
};

#undef U
#undef S
#undef R

const struct setting *
setting_rows(size_t *n)
{
	*n = LENGTH(rows);
	return rows;
}

const struct setting *
setting_find(const char *name)
{
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

/* ---- by type */

static const char *
take_bool(char *value)
{
	static const char *const yes[] = { "1", "true", "yes", "on" };
	static const char *const no[] = { "0", "false", "no", "off" };

	for (size_t i = 0; i < LENGTH(yes); i++) {
		if (strcasecmp(value, yes[i]) != 0 &&
		    strcasecmp(value, no[i]) != 0)
			continue;
		value[0] = strcasecmp(value, yes[i]) == 0 ? '1' : '0';
		value[1] = '\0';
		return NULL;
	}
	return "yes or no";
}

static const char *
take_number(const struct setting *row, char *value)
{
	char *end;
	double n;

	if (strspn(value, "0123456789.") != strlen(value))
		return "a number";
	n = strtod(value, &end);
	if (end == value || *end != '\0')
		return "a number";
	return n >= row->least && n <= row->most ? NULL :
	    row->least < 1 ? "a number from 0.1 to 50" :
	    "a number from 1 to 100";
}

static const char *
take_choice(const struct setting *row, char *value)
{
	size_t len = strlen(value);

	for (const char *at = row->choices; *at != '\0';) {
		size_t n = strcspn(at, " ");

		if (n == len && strncasecmp(at, value, n) == 0) {
			memcpy(value, at, n);
			return NULL;
		}
		at += n + (at[n] == ' ');
	}
	return "one of the choices";
}

static bool
has_control(const char *value, bool lines)
{
	for (; *value != '\0'; value++)
		if (((unsigned char)*value < ' ' &&
		    !(lines && *value == '\n')) || *value == 0x7f)
			return true;
	return false;
}

/* A copy without space around it, every end of line one character. */
static char *
trimmed(const char *value)
{
	char *copy, *to;
	size_t len;

	value += strspn(value, " \t\r\n");
	to = copy = xstrdup(value);
	for (const char *c = value; *c != '\0'; c++)
		if (*c != '\r')
			*to++ = *c == '\t' ? ' ' : *c;
	*to = '\0';
	for (len = strlen(copy); len > 0 && strchr(" \n", copy[len - 1]);)
		copy[--len] = '\0';
	return copy;
}

char *
setting_take(const struct setting *row, const char *value, const char **why)
{
	char *copy;

	*why = NULL;
	if (strlen(value) > SETTING_VALUE_MAX) {
		*why = "something shorter";
		return NULL;
	}
	copy = trimmed(value);
	if (*copy == '\0')
		*why = "a value";
	else if (row->max > 0 && strlen(copy) > row->max)
		*why = "something shorter";
	else if (!utf8_valid(copy, strlen(copy)) ||
	    has_control(copy, row->type == SETTING_LINES))
		*why = "text without control characters";
	else if (row->type == SETTING_BOOL)
		*why = take_bool(copy);
	else if (row->type == SETTING_NUMBER)
		*why = take_number(row, copy);
	else if (row->type == SETTING_CHOICE)
		*why = take_choice(row, copy);
	if (*why == NULL && row->check != NULL)
		*why = row->check(copy);
	if (*why == NULL)
		return copy;
	explicit_bzero(copy, strlen(copy));
	free(copy);
	return NULL;
}
