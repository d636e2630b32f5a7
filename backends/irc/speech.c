/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does a message look like on IRC?  What it answers and what it corrects
 * is said by tags where the server has them, in words where it has not; colours
 * are switched on again in each line, as every line begins plain.  Where
 * the server knows draft/multiline a text of several lines is one message, if
 * it is within the server's bounds. */
#include "backends/irc/speech.h"

#include <stdio.h>
#include <string.h>

#include "backends/irc/format.h"
#include "backends/irc/label.h"
#include "backends/irc/markup.h"
#include "backends/irc/spoken.h"
#include "backends/irc/split.h"

/* Visible, as nothing else shows on IRC that this is not said anew. */
#define CORRECTED	"[corrected] "

static bool
has_tags(const struct network *n, enum client_tag tag)
{
	return (n->caps & CAP_MESSAGE_TAGS) && !(n->is.tags_denied & tag);
}

/* ---- the text */

static void
add_reply(struct speech *s, struct buf *text, const struct msg_reply *reply)
{
	bool tagged = has_tags(s->n, TAG_REPLY) &&
	    line_add_tag(&s->tags, "+draft/reply", reply->id);

	/* A message that the others may not have seen under this id is quoted
	 * as well. */
	if (reply->text != NULL && (!tagged ||
	    spoken_find(s->n, s->target, reply->id) == NULL))
		buf_adds(text, reply->text);
}

static void
compose(struct speech *s, const struct msg_send *m)
{
	static struct buf text, coded, bare;
	const struct channel *c = network_channel(s->n, s->target);
	const char *said = markup_codes(m->body, m->xhtml, &coded);

	buf_clear(&text);
	if (m->reply_to != NULL)
		add_reply(s, &text, m->reply_to);
	if (strncmp(m->body, "/me ", 4) == 0 && buf_len(&text) == 0) {
		/* Codes before it would make it no action. */
		if (strncmp(said, "/me ", 4) != 0)
			said = markup_codes(m->body, NULL, &coded);
		buf_adds(&text, "/me ");
		said += 4;
	}
	if (m->replaces != NULL && *said != '\0')
		buf_adds(&text, CORRECTED);
	buf_adds(&text, said);
	buf_addc(&text, '\0');
	s->text = buf_data(&text);
	if (c != NULL && c->plain)
		s->text = format_plain(s->text, &bare);
}

/* ---- as pieces, each of them a message */

static unsigned
count_pieces(const struct speech *s)
{
	struct split split;
	const char *piece;
	size_t len;
	unsigned count = 0;

	split_init(&split, s->text, s->room);
	while (count <= SPEECH_LINES_MAX && split_next(&split, &piece, &len))
		count++;
	return count;
}

static int
send_line(const struct speech *s, struct link *link, unsigned long label,
    const char *text)
{
	char number[LABEL_MAX];
	struct buf tags = { 0 };
	int r;

	if (label == 0 && buf_len(&s->tags) == 0)
		return link_send(link, "PRIVMSG", s->target, text, NULL);
	if (buf_len(&s->tags) > 0)
		buf_add(&tags, buf_data(&s->tags), buf_len(&s->tags));
	if (label != 0)
		line_add_tag(&tags, "label", label_text(number, label));
	buf_addc(&tags, '\0');
	r = link_send_tagged(link, buf_data(&tags), "PRIVMSG", s->target,
	    text, NULL);
	buf_free(&tags);
	return r;
}

static int
send_pieces(struct speech *s, struct link *link, unsigned long label)
{
	static struct buf text;
	char carry[FORMAT_CARRY_MAX] = "";
	struct split split;
	const char *piece;
	size_t len;

	split_init(&split, s->text, s->room);
	while (split_next(&split, &piece, &len)) {
		buf_clear(&text);
		buf_adds(&text, split.action ? "\1ACTION " : "");
		buf_adds(&text, carry);
		buf_add(&text, piece, len);
		buf_adds(&text, split.action ? "\1" : "");
		buf_addc(&text, '\0');
		if (send_line(s, link, label, buf_data(&text)) == -1)
			return -1;
		if (s->styled)
			format_carry(carry, piece, len);
		if (label != 0)
			label++;
		/* What it answers is said once. */
		buf_free(&s->tags);
	}
	return 0;
}

/* ---- as one */

/* The lines of a text as the others shall see them, empty ones too; the pieces
 * of a long line are put together again. */
struct piece {
	const char	*text;
	size_t		 len;
	bool		 joined;	/* to the one before it */
};

static bool
next_piece(const char **at, bool *inside, size_t room, struct piece *p)
{
	size_t line = strcspn(*at, "\n"), cut;

	if (**at == '\0')
		return false;
	cut = split_cut(*at, line, room);
	*p = (struct piece){ .text = *at, .len = cut, .joined = *inside };
	*at += cut;
	*inside = cut < line;
	if (!*inside && **at == '\n')
		(*at)++;
	return true;
}

/* Returns the lines that it takes, 0 when it is over the server's bounds. */
static unsigned
count_batched(const struct speech *s)
{
	unsigned bytes = s->n->cap.multiline_bytes;
	unsigned lines = s->n->cap.multiline_lines, count = 0;
	const char *at = s->text;
	bool inside = false;
	struct piece p;

	if (strlen(s->text) + FORMAT_CARRY_MAX > bytes)
		return 0;
	while (count <= SPEECH_LINES_MAX &&
	    next_piece(&at, &inside, s->room, &p))
		count++;
	/* A bound that is not told is none. */
	return count > 1 && (lines == 0 || count <= lines) ? count : 0;
}

static int
send_batched(struct speech *s, struct link *link, unsigned long label)
{
	static char text[ISUPPORT_LINE_MAX + FORMAT_CARRY_MAX + 16];
	char ref[LABEL_MAX + 4], sign[LABEL_MAX + 5], number[LABEL_MAX];
	char tags[80], carry[FORMAT_CARRY_MAX] = "";
	const char *at = s->text;
	bool inside = false;
	struct piece p;

	/* The count of our lines is as good a name as any. */
	snprintf(ref, sizeof(ref), "m%s", label_text(number,
	    link->taken + 1));
	snprintf(sign, sizeof(sign), "+%s", ref);
	if (label != 0)
		line_add_tag(&s->tags, "label", label_text(number, label));
	buf_addc(&s->tags, '\0');
	if (link_send_tagged(link, buf_data(&s->tags), "BATCH", sign,
	    "draft/multiline", s->target, NULL) == -1)
		return -1;
	while (next_piece(&at, &inside, s->room, &p)) {
		snprintf(tags, sizeof(tags), "batch=%s%s", ref,
		    p.joined ? ";draft/multiline-concat" : "");
		snprintf(text, sizeof(text), "%s%.*s", p.len > 0 ? carry : "",
		    (int)p.len, p.text);
		if (link_send_tagged(link, tags, "PRIVMSG", s->target, text,
		    NULL) == -1)
			return -1;
		if (s->styled)
			format_carry(carry, p.text, p.len);
	}
	sign[0] = '-';
	return link_send(link, "BATCH", sign, NULL);
}

/* ---- both */

void
speech_begin(struct speech *s, const struct network *n,
    const struct msg_send *m, const char *target)
{
	const unsigned needs = CAP_BATCH | CAP_MULTILINE | CAP_MESSAGE_TAGS;
	unsigned count;

	*s = (struct speech){ .n = n, .target = target,
		.room = split_room(n->link.line_max, n->prefix_len,
		    strlen(target)) };
	compose(s, m);
	/* Room for the codes that go on in the next line. */
	s->styled = format_is_styled(s->text);
	if (s->styled)
		s->room -= FORMAT_CARRY_MAX;
	s->lines = count_pieces(s);
	if (s->lines < 2 || (n->caps & needs) != needs ||
	    strncmp(s->text, "/me ", 4) == 0)
		return;
	count = count_batched(s);
	if (count == 0 || count > SPEECH_LINES_MAX)
		return;
	s->batch = true;
	s->lines = count + 2;
}

int
speech_send(struct speech *s, struct link *link, unsigned long label)
{
	return s->batch ? send_batched(s, link, label) :
	    send_pieces(s, link, label);
}

unsigned
speech_answers(const struct speech *s)
{
	return s->batch ? 1 : s->lines;
}

void
speech_end(struct speech *s)
{
	buf_free(&s->tags);
}
