/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the JSON of X to structs.  First what an answer mentions (media, people,
 * other posts), then what it is of, and then who belongs to whom, as anything
 * may refer to anything.  Texts are made in text.c. */
#include "backends/twitter/page.h"

#include <string.h>
#include <time.h>

#include "backends/twitter/field.h"
#include "backends/twitter/text.h"
#include "util/macros.h"
#include "util/map.h"

#define LINKS_MAX	64		/* in one text */
#define NAME_MAX_BYTES	200
#define USERNAME_MAX	30
#define ABOUT_MAX	2000
#define TOKEN_MAX	256
#define VARIANTS_MAX	32

/* Lives while a page is being read. */
struct reader {
	struct page	*page;
	struct arena	*arena;		/* of the page */
	struct media	*media;
	size_t		 nmedia;
	struct map	 media_of, person_of, post_of;	/* by their ids */
	struct post	*others;	/* posts that are only mentioned */
	size_t		 nothers;
};

/* -------------------------------------------------------------------- small */

bool
page_is_id(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n <= PAGE_ID_MAX && s[n] == '\0' && *s != '0';
}

int
page_id_compare(const char *a, const char *b)
{
	size_t m = strlen(a), n = strlen(b);

	return m != n ? (m > n) - (m < n) : strcmp(a, b);
}

/* All digits, in s[at] to s[at + n - 1]. */
static int
number(const char *s, size_t at, size_t n)
{
	int value = 0;

	for (size_t i = at; i < at + n; i++)
		value = 10 * value + (s[i] - '0');
	return value;
}

int64_t
page_time(const char *s)
{
	static const char form[] = "0000-00-00T00:00:00";
	struct tm tm = { 0 };
	int64_t ms = 0;
	int scale = 100;

	for (const char *f = form; *f != '\0'; f++) {
		const char c = s[f - form];

		if (*f == '0' ? c < '0' || c > '9' : c != *f)
			return 0;
	}
	tm.tm_year = number(s, 0, 4) - 1900;
	tm.tm_mon = number(s, 5, 2) - 1;
	tm.tm_mday = number(s, 8, 2);
	tm.tm_hour = number(s, 11, 2);
	tm.tm_min = number(s, 14, 2);
	tm.tm_sec = number(s, 17, 2);
	if (tm.tm_year < 70 || tm.tm_mon < 0 || tm.tm_mon > 11 ||
	    tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
	    tm.tm_min > 59 || tm.tm_sec > 60)
		return 0;
	s += sizeof(form) - 1;
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++, scale /= 10)
			ms += scale * (*s - '0');
	if (strcmp(s, "Z") != 0)
		return 0;
	return (int64_t)timegm(&tm) * 1000 + ms;
}

/* Elements that are looked at. */
static size_t
count(const json_t *array, size_t max)
{
	size_t n = json_array_size(array);

	return n < max ? n : max;
}

/* -------------------------------------------------------------------- media */

/* Videos come in several sizes. */
static void
read_variants(struct reader *r, struct media *m, const json_t *variants)
{
	long rate, most = -1;
	const json_t *v, *best = NULL;
	const char *type;

	for (size_t i = 0; i < count(variants, VARIANTS_MAX); i++) {
		v = json_array_get(variants, i);
		type = field_string(v, "content_type", NAME_MAX_BYTES);
		rate = field_count(v, "bit_rate");
		if (rate < 0)
			rate = 0;
		/* Not playlists. */
		if (type != NULL && strncmp(type, "video/", 6) == 0 &&
		    rate > most) {
			most = rate;
			best = v;
		}
	}
	if (best == NULL)
		return;
	m->url = field_address(r->arena, best, "url");
	m->type = field_line(r->arena, best, "content_type", NAME_MAX_BYTES);
}

/* false: nobody could look at it. */
static bool
read_medium(struct reader *r, struct media *m, const json_t *json)
{
	const char *type = field_string(json, "type", NAME_MAX_BYTES);

	if (type == NULL)
		return false;
	*m = (struct media){
		.kind = strcmp(type, "photo") == 0 ? MEDIA_PHOTO :
		    strcmp(type, "animated_gif") == 0 ? MEDIA_GIF : MEDIA_VIDEO,
		.key = field_key(r->arena, json, "media_key"),
		.url = field_address(r->arena, json, "url"),
		.preview = field_address(r->arena, json, "preview_image_url"),
		.alt = field_line(r->arena, json, "alt_text", ABOUT_MAX),
		.width = field_count(json, "width"),
		.height = field_count(json, "height"),
	};
	if (m->width <= 0 || m->height <= 0)
		m->width = m->height = 0;
	if (m->kind != MEDIA_PHOTO)
		read_variants(r, m, json_object_get(json, "variants"));
	if (m->url == NULL)
		m->url = m->preview;
	return m->key != NULL && m->url != NULL;
}

static void
read_media(struct reader *r, const json_t *array)
{
	size_t n = count(array, PAGE_ITEMS_MAX);
	struct media *m;

	r->media = arena_zalloc(r->arena, (n + 1) * sizeof(*m));
	for (size_t i = 0; i < n; i++) {
		m = &r->media[r->nmedia];
		if (!read_medium(r, m, json_array_get(array, i)))
			continue;
		r->nmedia++;
		map_put(&r->media_of, m->key, m);
	}
}

/* Those that were sent with it, as far as X says what they are. */
static size_t
attached(struct reader *r, const json_t *item, const struct media ***list)
{
	const json_t *keys = json_object_get(json_object_get(item,
	    "attachments"), "media_keys");
	size_t n = count(keys, PAGE_MEDIA_MAX), found = 0;
	const char *key;
	const struct media *m;

	*list = arena_zalloc(r->arena, (n + 1) * sizeof(**list));
	for (size_t i = 0; i < n; i++) {
		key = json_string_value(json_array_get(keys, i));
		m = key != NULL ? map_get(&r->media_of, key) : NULL;
		if (m != NULL)
			(*list)[found++] = m;
	}
	return found;
}

/* -------------------------------------------------------------------- texts */

/* What a text does not need to say, as it is shown otherwise. */
struct shown {
	bool		 media;
	const char	*post;		/* an id, or NULL */
};

/* https://x.com/somebody/status/1 is a post, with /photo/1 its picture. */
static bool
is_shown(const char *address, const struct shown *shown)
{
	const char *at = strstr(address, "/status/");
	size_t n;

	if (at == NULL)
		return false;
	at += strlen("/status/");
	n = strspn(at, "0123456789");
	if (strncmp(at + n, "/photo/", 7) == 0 ||
	    strncmp(at + n, "/video/", 7) == 0)
		return shown->media;
	return shown->post != NULL && n == strlen(shown->post) &&
	    strncmp(at, shown->post, n) == 0 && strchr("?", at[n]) != NULL;
}

static bool
read_link(struct link *l, const json_t *json, const struct shown *shown)
{
	json_t *real = json_object_get(json, "expanded_url");

	l->address = json_string_value(json_object_get(json, "url"));
	l->real = json_string_value(real);
	if (l->address == NULL || l->real == NULL ||
	    !text_is_address(l->address) || !text_is_address(l->real))
		return false;
	if (is_shown(l->real, shown))
		l->real = NULL;
	return true;
}

static char *
read_text(struct reader *r, const char *text, const json_t *entities,
    const struct shown *shown)
{
	const json_t *urls = json_object_get(entities, "urls");
	struct link links[LINKS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < count(urls, LINKS_MAX); i++)
		n += read_link(&links[n], json_array_get(urls, i), shown);
	return text_read(r->arena, text != NULL ? text : "", links, n);
}

/* ------------------------------------------------------------------- people */

static bool
read_person(struct reader *r, struct person *p, const json_t *json)
{
	static const struct shown nothing;
	const json_t *entities = json_object_get(json, "entities");
	const json_t *numbers = json_object_get(json, "public_metrics");
	const char *about = json_string_value(json_object_get(json,
	    "description"));
	const char *url = json_string_value(json_object_get(json, "url"));

	*p = (struct person){
		.id = field_id(r->arena, json, "id"),
		.username = field_string(json, "username", USERNAME_MAX),
		.name = field_line(r->arena, json, "name", NAME_MAX_BYTES),
		.place = field_line(r->arena, json, "location", ABOUT_MAX),
		.picture = field_address(r->arena, json, "profile_image_url"),
		.created = field_time(json, "created_at"),
		.followers = field_count(numbers, "followers_count"),
		.following = field_count(numbers, "following_count"),
		.posts = field_count(numbers, "post_count"),
		.is_protected = json_is_true(json_object_get(json, "protected")),
		.is_verified = json_is_true(json_object_get(json, "verified")),
	};
	/* It becomes part of a JID. */
	if (p->id == NULL || p->username == NULL ||
	    p->username[strspn(p->username, "0123456789_"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] != '\0')
		return false;
	p->username = arena_strdup(r->arena, p->username);
	if (p->name == NULL)
		p->name = p->username;
	if (p->posts < 0)
		p->posts = field_count(numbers, "tweet_count");
	if (about != NULL && *about != '\0' && strlen(about) <= ABOUT_MAX)
		p->about = read_text(r, about, json_object_get(entities,
		    "description"), &nothing);
	if (url != NULL && text_is_address(url))
		p->website = read_text(r, url, json_object_get(entities, "url"),
		    &nothing);
	return true;
}

/* Data, or what is mentioned.  To be called once. */
static void
read_people(struct reader *r, const json_t *array)
{
	size_t n = count(array, PAGE_ITEMS_MAX);
	struct page *page = r->page;
	struct person *p;

	page->people = arena_zalloc(r->arena, (n + 1) * sizeof(*p));
	for (size_t i = 0; i < n; i++) {
		p = &page->people[page->npeople];
		if (!read_person(r, p, json_array_get(array, i)))
			continue;
		page->npeople++;
		map_put(&r->person_of, p->id, p);
	}
}

/* -------------------------------------------------------------------- posts */

static void
read_references(struct reader *r, struct post *p, const json_t *json)
{
	const json_t *refs = field_either(json, "referenced_posts",
	    "referenced_tweets");
	const json_t *ref;
	const char *type, *id;

	for (size_t i = 0; i < count(refs, PAGE_MEDIA_MAX); i++) {
		ref = json_array_get(refs, i);
		type = field_string(ref, "type", NAME_MAX_BYTES);
		id = field_id(r->arena, ref, "id");
		if (type == NULL || id == NULL)
			continue;
		if (strcmp(type, "replied_to") == 0)
			p->reply_to_id = id;
		else if (strcmp(type, "quoted") == 0)
			p->quoted_id = id;
		else if (strcmp(type, "retweeted") == 0 ||
		    strcmp(type, "reposted") == 0)
			p->reposted_id = id;
	}
}

static void
read_counts(struct post *p, const json_t *json)
{
	const json_t *numbers = json_object_get(json, "public_metrics");

	p->likes = field_count(numbers, "like_count");
	p->replies = field_count(numbers, "reply_count");
	p->quotes = field_count(numbers, "quote_count");
	p->reposts = field_count(numbers, "repost_count");
	if (p->reposts < 0)
		p->reposts = field_count(numbers, "retweet_count");
}

static bool
read_post(struct reader *r, struct post *p, const json_t *json)
{
	*p = (struct post){
		.id = field_id(r->arena, json, "id"),
		.lang = field_key(r->arena, json, "lang"),
		.at = field_time(json, "created_at"),
		.author_id = field_id(r->arena, json, "author_id"),
		.conversation_id = field_id(r->arena, json, "conversation_id"),
		.reply_to_author_id = field_id(r->arena, json,
		    "in_reply_to_user_id"),
		.sensitive = json_is_true(json_object_get(json,
		    "possibly_sensitive")),
	};
	if (p->id == NULL)
		return false;
	read_references(r, p, json);
	read_counts(p, json);
	p->nmedia = attached(r, json, &p->media);
	return true;
}

/* What is longer than 280 has its whole text elsewhere.  After read_others():
 * the address of a quoted post is left out when that post is there. */
static void
read_post_text(struct reader *r, struct post *p, const json_t *json)
{
	const json_t *note = field_either(json, "note_post", "note_tweet");
	const json_t *of = json_is_string(json_object_get(note, "text")) ?
	    note : json;
	const struct shown shown = {
		.media = p->nmedia > 0,
		.post = p->quoted_id != NULL &&
		    map_get(&r->post_of, p->quoted_id) != NULL ?
		    p->quoted_id : NULL,
	};

	p->text = read_text(r, json_string_value(json_object_get(of, "text")),
	    json_object_get(of, "entities"), &shown);
}

static bool
is_among(const struct post *p, const struct post *first,
    const struct post *end)
{
	return p != NULL && p >= first && p < end;
}

/* Each once.  Their texts come later. */
static struct post *
read_posts(struct reader *r, const json_t *array, size_t *found,
    const json_t ***sources)
{
	size_t n = count(array, PAGE_ITEMS_MAX);
	struct post *posts = arena_zalloc(r->arena, (n + 1) * sizeof(*posts));
	struct post *p = posts;
	const json_t *json;

	*sources = arena_zalloc(r->arena, (n + 1) * sizeof(**sources));
	for (size_t i = 0; i < n; i++) {
		json = json_array_get(array, i);
		if (!read_post(r, p, json) ||
		    is_among(map_get(&r->post_of, p->id), posts, p))
			continue;
		(*sources)[p - posts] = json;
		map_put(&r->post_of, p->id, p);
		p++;
	}
	*found = (size_t)(p - posts);
	return posts;
}

static void *
find(const struct map *m, const char *id)
{
	return id != NULL ? map_get(m, id) : NULL;
}

static void
finish_posts(struct reader *r, struct post *posts, size_t n,
    const json_t **sources)
{
	for (struct post *p = posts; p < posts + n; p++) {
		p->author = find(&r->person_of, p->author_id);
		p->reply_to = find(&r->post_of, p->reply_to_id);
		p->quoted = find(&r->post_of, p->quoted_id);
		p->reposted = find(&r->post_of, p->reposted_id);
		read_post_text(r, p, sources[p - posts]);
	}
}

/* ------------------------------------------------------------------- events */

static bool
read_kind(struct event *e, const json_t *json)
{
	static const char *const kinds[] = {
		[EVENT_MESSAGE] = "MessageCreate",
		[EVENT_JOIN] = "ParticipantsJoin",
		[EVENT_LEAVE] = "ParticipantsLeave",
	};
	const char *kind = field_string(json, "event_type", NAME_MAX_BYTES);

	for (size_t i = 0; kind != NULL && i < LENGTH(kinds); i++)
		if (strcmp(kind, kinds[i]) == 0) {
			e->kind = (enum event_kind)i;
			return true;
		}
	return false;
}

static void
read_participants(struct reader *r, struct event *e, const json_t *ids)
{
	size_t n = count(ids, PAGE_ITEMS_MAX);
	const char *id;

	e->people = arena_zalloc(r->arena, (n + 1) * sizeof(*e->people));
	for (size_t i = 0; i < n; i++) {
		id = json_string_value(json_array_get(ids, i));
		if (id != NULL && page_is_id(id))
			e->people[e->npeople++] = arena_strdup(r->arena, id);
	}
}

static bool
read_event(struct reader *r, struct event *e, const json_t *json)
{
	const json_t *refs = field_either(json, "referenced_posts",
	    "referenced_tweets");
	struct shown shown = { 0 };

	*e = (struct event){
		.id = field_id(r->arena, json, "id"),
		.conversation_id = field_key(r->arena, json,
		    "dm_conversation_id"),
		.at = field_time(json, "created_at"),
		.sender_id = field_id(r->arena, json, "sender_id"),
		.post_id = field_id(r->arena, json_array_get(refs, 0), "id"),
	};
	if (e->id == NULL || !read_kind(e, json))
		return false;
	read_participants(r, e, json_object_get(json, "participant_ids"));
	e->sender = find(&r->person_of, e->sender_id);
	e->post = find(&r->post_of, e->post_id);
	e->nmedia = attached(r, json, &e->media);
	shown.media = e->nmedia > 0;
	e->text = read_text(r, json_string_value(json_object_get(json, "text")),
	    json_object_get(json, "entities"), &shown);
	return true;
}

static void
read_events(struct reader *r, const json_t *array)
{
	size_t n = count(array, PAGE_ITEMS_MAX);
	struct page *page = r->page;

	page->events = arena_zalloc(r->arena, (n + 1) * sizeof(*page->events));
	for (size_t i = 0; i < n; i++)
		page->nevents += read_event(r, &page->events[page->nevents],
		    json_array_get(array, i));
}

/* --------------------------------------------------------------------- page */

static void
note_newest(struct page *page, const char *id)
{
	if (page->newest_id == NULL || page_id_compare(id, page->newest_id) > 0)
		page->newest_id = id;
}

static void
read_meta(struct page *page, const json_t *meta)
{
	const char *next = field_string(meta, "next_token", TOKEN_MAX);

	if (next != NULL && next[strspn(next, "0123456789-_="
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] == '\0')
		page->next = arena_strdup(&page->arena, next);
	for (size_t i = 0; i < page->nposts; i++)
		note_newest(page, page->posts[i].id);
	for (size_t i = 0; i < page->nevents; i++)
		note_newest(page, page->events[i].id);
}

void
page_read(struct page *page, const json_t *json, enum page_of of)
{
	const json_t *includes = json_object_get(json, "includes");
	json_t *data = json_object_get(json, "data");
	json_t *one = json_array();
	struct reader r = { .page = page, .arena = &page->arena };
	const json_t **sources, **other_sources;

	*page = (struct page){ 0 };
	if (!json_is_array(data)) {
		if (data != NULL)
			json_array_append(one, data);
		data = one;
	}
	read_media(&r, json_object_get(includes, "media"));
	read_people(&r, of == PAGE_PEOPLE ? data :
	    json_object_get(includes, "users"));
	/* The data last: they are what is found by an id that both have. */
	r.others = read_posts(&r, field_either(includes, "posts", "tweets"),
	    &r.nothers, &other_sources);
	page->posts = read_posts(&r, of == PAGE_POSTS ? data : NULL,
	    &page->nposts, &sources);
	finish_posts(&r, r.others, r.nothers, other_sources);
	finish_posts(&r, page->posts, page->nposts, sources);
	if (of == PAGE_EVENTS)
		read_events(&r, data);
	read_meta(page, json_object_get(json, "meta"));
	map_finish(&r.media_of);
	map_finish(&r.person_of);
	map_finish(&r.post_of);
	json_decref(one);
}

void
page_free(struct page *page)
{
	arena_free(&page->arena);
	*page = (struct page){ 0 };
}
