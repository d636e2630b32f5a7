/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which stanzas has nobody confirmed yet?  Only what has been said and in
 * which order; when to send them again and when to give up is for those who
 * own a ledger. */
#include "manager/xmpp/kept.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "manager/xmpp/xml.h"

#define NS_DELAY	"urn:xmpp:delay"

/* Followed by the address with its NUL, then by the stanza.  Not aligned. */
struct head {
	int64_t		 ms;
	uint64_t	 mark;
	uint32_t	 size;		/* of the address, with its NUL */
	uint32_t	 len;
	bool		 written;
	bool		 keep;
};

void
kept_free(struct kept *k)
{
	k->first = k->next;
	k->precious = 0;
	buf_free(&k->bytes);
}

static size_t
size_of(const struct head *h)
{
	return sizeof(*h) + h->size + h->len;
}

void
kept_add(struct kept *k, const struct kept_item *item)
{
	size_t size = strlen(item->to) + 1;
	struct head h = {
		.ms = item->ms, .mark = item->mark, .size = (uint32_t)size,
		.len = (uint32_t)item->len, .written = item->written,
		.keep = item->keep,
	};
	char *at = buf_reserve(&k->bytes, size_of(&h));

	memcpy(at, &h, sizeof(h));
	memcpy(at + sizeof(h), item->to, size);
	memcpy(at + sizeof(h) + size, item->stanza, item->len);
	buf_added(&k->bytes, size_of(&h));
	if (h.keep)
		k->precious += size_of(&h);
	k->next++;
}

size_t
kept_bytes(const struct kept *k)
{
	return buf_len(&k->bytes);
}

uint64_t
kept_count(const struct kept *k)
{
	return k->next - k->first;
}

bool
kept_next(const struct kept *k, size_t *at, struct kept_item *item)
{
	const char *data = buf_data(&k->bytes) + *at;
	struct head h;

	if (*at == buf_len(&k->bytes))
		return false;
	memcpy(&h, data, sizeof(h));
	*item = (struct kept_item){
		.ms = h.ms, .mark = h.mark, .written = h.written,
		.to = data + sizeof(h), .stanza = data + sizeof(h) + h.size,
		.len = h.len, .keep = h.keep,
	};
	*at += size_of(&h);
	return true;
}

void
kept_mark(struct kept *k, size_t at, uint64_t mark)
{
	char *data = buf_data(&k->bytes) + at;
	struct head h;

	memcpy(&h, data, sizeof(h));
	h.mark = mark;
	h.written = true;
	memcpy(data, &h, sizeof(h));
}

void
kept_release(struct kept *k, size_t at)
{
	char *data = buf_data(&k->bytes) + at;
	struct head h;

	memcpy(&h, data, sizeof(h));
	if (h.keep)
		k->precious -= size_of(&h);
	h.keep = false;
	memcpy(data, &h, sizeof(h));
}

bool
kept_oldest(const struct kept *k, struct kept_item *item)
{
	size_t at = 0;

	return buf_len(&k->bytes) > 0 && kept_next(k, &at, item);
}

/* The first entries, so many bytes, are done with. */
static void
consume(struct kept *k, size_t n)
{
	buf_consume(&k->bytes, n);
	/* A flood's memory does not stay; that of every second does. */
	if (buf_len(&k->bytes) == 0 && k->bytes.cap > 1 << 20)
		buf_free(&k->bytes);
}

void
kept_drop_oldest(struct kept *k)
{
	if (k->first < k->next)
		kept_confirm(k, k->first + 1);
}

uint64_t
kept_confirm(struct kept *k, uint64_t number)
{
	const char *data = buf_data(&k->bytes);
	uint64_t before = k->first;
	size_t at = 0;
	struct head h;

	for (; k->first < number && k->first < k->next; k->first++) {
		memcpy(&h, data + at, sizeof(h));
		if (h.keep)
			k->precious -= size_of(&h);
		at += size_of(&h);
	}
	consume(k, at);
	return k->first - before;
}

static void
write_delay(struct buf *b, const char *from, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm = { 0 };
	struct xml x;
	char stamp[64];
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(stamp, sizeof(stamp) - 8, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(stamp + n, 8, ".%03dZ", (int)(ms % 1000));
	xml_begin(&x, b);
	xml_open_ns(&x, "delay", NS_DELAY);
	xml_attr(&x, "from", from);
	xml_attr(&x, "stamp", stamp);
	xml_close(&x);
}

/* Text cannot look like this: its "<" is escaped. */
static bool
has_delay(const struct kept_item *item)
{
	static const char tag[] = "<delay xmlns='" NS_DELAY "'";

	return memmem(item->stanza, item->len, tag, sizeof(tag) - 1) != NULL;
}

/* We wrote it, so it ends in "</name>" or in "/>". */
void
kept_write(const struct kept_item *item, const char *from, struct buf *b)
{
	const char *s = item->stanza, *end;
	size_t name;

	if (from == NULL || item->len < 4 || has_delay(item)) {
		buf_add(b, s, item->len);
		return;
	}
	if (s[item->len - 2] == '/') {
		name = 1 + strcspn(s + 1, " />");
		buf_add(b, s, item->len - 2);
		buf_addc(b, '>');
		write_delay(b, from, item->ms);
		buf_adds(b, "</");
		buf_add(b, s + 1, name - 1);
		buf_addc(b, '>');
		return;
	}
	end = memrchr(s, '<', item->len);
	if (end == NULL)
		end = s + item->len;
	buf_add(b, s, (size_t)(end - s));
	write_delay(b, from, item->ms);
	buf_add(b, end, (size_t)(s + item->len - end));
}

void
kept_pack(const struct kept *k, struct packer *p, const char *key)
{
	struct kept_item item;
	size_t at = 0;

	pack_list(p, key);
	while (kept_next(k, &at, &item)) {
		pack_map(p, NULL);
		pack_int(p, "ms", item.ms);
		pack_int(p, "mark", (int64_t)item.mark);
		pack_str(p, "to", item.to);
		pack_bin(p, "stanza", item.stanza, item.len);
		pack_bool(p, "written", item.written);
		pack_bool(p, "keep", item.keep);
		pack_end(p);
	}
	pack_end(p);
}

void
kept_unpack(struct kept *k, const struct packed *list)
{
	struct kept_item item;

	for (size_t i = 0; i < packed_count(list); i++) {
		const struct packed *p = packed_at(list, i);

		item.ms = packed_int(p, "ms", 0);
		item.mark = (uint64_t)packed_int(p, "mark", -1);
		item.to = packed_str(p, "to");
		item.stanza = packed_bin(p, "stanza", &item.len);
		item.written = packed_bool(p, "written", false);
		item.keep = packed_bool(p, "keep", true);
		if (item.to != NULL && item.stanza != NULL && item.len > 0)
			kept_add(k, &item);
	}
}
