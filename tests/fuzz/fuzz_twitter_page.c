/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter_text util */
/* Any bytes as an answer of X: if it is JSON, then what is made of it is text
 * everywhere, ids are ids, and what points somewhere points into the page. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/page.h"
#include "backends/twitter/text.h"
#include "util/utf8.h"

static size_t touched;		/* so that nothing is optimised away */

static void
check_text(const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;
	uint32_t cp;

	for (size_t i = 0, step; i < n; i += step) {
		step = utf8_next(s + i, n - i, &cp);
		if (step == 0 || !utf8_xml_char(cp))
			abort();
	}
	touched += n;
}

static void
check_id(const char *id)
{
	if (id != NULL && !page_is_id(id))
		abort();
}

static void
check_address(const char *s)
{
	check_text(s);
	if (s != NULL && !text_is_address(s))
		abort();
}

static void
check_media(const struct media **media, size_t n)
{
	if (n > PAGE_MEDIA_MAX)
		abort();
	for (size_t i = 0; i < n; i++) {
		check_text(media[i]->key);
		check_address(media[i]->url);
		check_address(media[i]->preview);
		check_text(media[i]->type);
		check_text(media[i]->alt);
	}
}

static void
check_person(const struct person *p)
{
	if (p == NULL)
		return;
	check_id(p->id);
	if (strpbrk(p->username, "@/ ") != NULL || *p->name == '\0' ||
	    strpbrk(p->name, "\n\t") != NULL)
		abort();
	check_text(p->username);
	check_text(p->name);
	check_text(p->about);
	check_text(p->place);
	check_text(p->website);
	check_address(p->picture);
}

static void
check_post(const struct post *p, int steps)
{
	if (p == NULL || steps == 0)
		return;
	check_id(p->id);
	check_text(p->text);
	check_text(p->lang);
	check_id(p->author_id);
	check_id(p->conversation_id);
	check_id(p->reply_to_id);
	check_id(p->quoted_id);
	check_id(p->reposted_id);
	check_id(p->reply_to_author_id);
	check_person(p->author);
	check_post(p->reply_to, steps - 1);
	check_post(p->quoted, steps - 1);
	check_post(p->reposted, steps - 1);
	check_media(p->media, p->nmedia);
}

static void
check_event(const struct event *e)
{
	check_id(e->id);
	check_text(e->conversation_id);
	check_text(e->text);
	check_id(e->sender_id);
	check_person(e->sender);
	for (size_t i = 0; i < e->npeople; i++)
		check_id(e->people[i]);
	check_id(e->post_id);
	check_post(e->post, 2);
	check_media(e->media, e->nmedia);
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *json;
	struct page page;

	if (size > 64 * 1024)
		return 0;
	json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES,
	    NULL);
	for (int of = PAGE_POSTS; of <= PAGE_EVENTS; of++) {
		page_read(&page, json, (enum page_of)of);
		for (size_t i = 0; i < page.nposts; i++)
			check_post(&page.posts[i], 3);
		for (size_t i = 0; i < page.npeople; i++)
			check_person(&page.people[i]);
		for (size_t i = 0; i < page.nevents; i++)
			check_event(&page.events[i]);
		check_id(page.newest_id);
		check_text(page.next);
		page_free(&page);
	}
	json_decref(json);
	return 0;
}
