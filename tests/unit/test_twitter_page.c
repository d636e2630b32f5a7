/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: twitter_text util */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/twitter/page.h"
#include "backends/twitter/text.h"
#include "util/macros.h"

/* JSON with ' for " */
static void
read_as(struct page *page, const char *text, enum page_of of)
{
	char *copy = strdup(text);
	json_t *json;

	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	json = json_loads(copy, 0, NULL);
	if (json == NULL)
		fail_msg("no JSON: %s", copy);
	page_read(page, json, of);
	/* The page does not depend on it. */
	json_decref(json);
	free(copy);
}

static void
same(const char *got, const char *want)
{
	assert_string_equal(got != NULL ? got : "NULL", want);
}

static void
times(void **state)
{
	static const struct {
		const char	*text;
		int64_t		 want;
	} cases[] = {
		{ "1970-01-01T00:00:00.001Z", 1 },
		{ "2026-01-02T03:04:05.678Z", 1767323045678 },
		{ "2026-01-02T03:04:05Z", 1767323045000 },
		{ "2026-01-02T03:04:05.6Z", 1767323045600 },
		{ "2026-01-02T03:04:05.6789999999999999Z", 1767323045678 },
		{ "2026-01-02T03:04:05.678", 0 },
		{ "2026-01-02T03:04:05.678+01:00", 0 },
		{ "2026-13-02T03:04:05Z", 0 },
		{ "2026-00-02T03:04:05Z", 0 },
		{ "2026-01-32T03:04:05Z", 0 },
		{ "2026-01-02T24:04:05Z", 0 },
		{ "1969-01-02T03:04:05Z", 0 },
		{ "2026-01-02", 0 }, { "", 0 }, { "2026-01-02T03:04:0", 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		if (page_time(cases[i].text) != cases[i].want)
			fail_msg("%s: %lld", cases[i].text,
			    (long long)page_time(cases[i].text));
}

static void
ids(void **state)
{
	(void)state;
	assert_true(page_is_id("1"));
	assert_true(page_is_id("18446744073709551615"));
	assert_false(page_is_id(""));
	assert_false(page_is_id("0"));
	assert_false(page_is_id("01"));
	assert_false(page_is_id("-1"));
	assert_false(page_is_id("1 "));
	assert_false(page_is_id("1/2"));
	assert_false(page_is_id("184467440737095516150"));
	assert_true(page_id_compare("9", "10") < 0);
	assert_true(page_id_compare("11", "10") > 0);
	assert_true(page_id_compare("11", "11") == 0);
	assert_true(page_id_compare("1900000000000000001",
	    "1900000000000000002") < 0);
}

static void
texts(void **state)
{
	static const struct link links[] = {
		{ "https://t.co/a", "https://example.org/?a=1&amp;b" },
		{ "https://t.co/ab", "https://example.net/" },
		{ "https://t.co/gone", NULL },
	};
	static const struct {
		const char	*text, *want;
	} cases[] = {
		{ "", "" }, { " \n ", "" }, { "plain", "plain" },
		{ "a &amp; b &lt;c&gt; &quot;d&quot; &#39;", "a & b <c> \"d\" '" },
		{ "&amp;lt; &amp;amp;", "&lt; &amp;" },
		{ "&", "&" }, { "&am", "&am" }, { "&nbsp;", "&nbsp;" },
		/* The real address is as it is. */
		{ "see https://t.co/a now",
		    "see https://example.org/?a=1&amp;b now" },
		{ "https://t.co/ab", "https://example.net/" },
		{ "(https://t.co/ab)", "(https://example.net/)" },
		{ "https://t.co/x", "https://t.co/x" },
		{ "https://t.co/abc", "https://t.co/abc" },
		{ "https://t.co/ab/", "https://example.net//" },
		{ "look https://t.co/gone", "look" },
		{ "line\nline\ttab", "line\nline\ttab" },
		{ "bell\a", "bell?" },
	};
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		same(text_read(&a, cases[i].text, links, LENGTH(links)),
		    cases[i].want);
	same(text_line(&a, " two\nlines\t&amp; ", 100), "two lines &");
	same(text_line(&a, "caf\xc3\xa9", 4), "caf");
	arena_free(&a);
}

/* Short names for long addresses, many times. */
static void
text_growth(void **state)
{
	char real[2000], text[16 * 4000 + 1];
	const struct link l = { "https://t.co/a", real };
	struct arena a = { 0 };

	(void)state;
	memset(real, 'a', sizeof(real));
	memcpy(real, "https://", 8);
	real[sizeof(real) - 1] = '\0';
	for (size_t i = 0; i < 4000; i++)
		memcpy(text + 16 * i, "https://t.co/a  ", 16);
	text[sizeof(text) - 1] = '\0';
	assert_true(strlen(text_read(&a, text, &l, 1)) <=
	    sizeof(text) + TEXT_GROWS);
	arena_free(&a);
}

static const char timeline[] =
    "{'data': [{'id': '30', 'text': 'Hi &amp; https://t.co/1 https://t.co/2',"
    "  'author_id': '7', 'created_at': '2026-01-02T03:04:05.000Z',"
    "  'lang': 'en', 'conversation_id': '10', 'possibly_sensitive': true,"
    "  'in_reply_to_user_id': '8', 'new_field': {'a': [1]},"
    "  'attachments': {'media_keys': ['3_1', '7_2', '3_404', 5]},"
    "  'public_metrics': {'like_count': 4, 'retweet_count': 2},"
    "  'entities': {'urls': ["
    "    {'url': 'https://t.co/1', 'expanded_url': 'https://example.org/x'},"
    "    {'url': 'https://t.co/2',"
    "     'expanded_url': 'https://x.com/a/status/30/photo/1'}]},"
    "  '%s': [{'type': 'replied_to', 'id': '10'},"
    "    {'type': 'quoted', 'id': '404'}]},"
    " {'id': '31', 'author_id': '8', 'text': 'RT @anna: Long te...',"
    "  '%s': [{'type': 'retweeted', 'id': '20'}]},"
    " {'id': '32', 'author_id': '7', 'text': 'so: https://t.co/3',"
    "  'entities': {'urls': [{'url': 'https://t.co/3',"
    "    'expanded_url': 'https://twitter.com/anna/status/20'}]},"
    "  '%s': [{'type': 'quoted', 'id': '20'}]}],"
    "'includes': {"
    " 'users': [{'id': '7', 'username': 'anna', 'name': 'Anna &lt;3'},"
    "   {'id': '8', 'username': 'bob', 'name': ''},"
    "   {'id': '9', 'username': 'e v i l', 'name': 'x'}],"
    " 'media': [{'media_key': '3_1', 'type': 'photo', 'alt_text': 'A cat',"
    "     'url': 'https://pbs.example/1.jpg', 'width': 9, 'height': 8},"
    "   {'media_key': '7_2', 'type': 'video',"
    "     'preview_image_url': 'https://pbs.example/2.jpg', 'variants': ["
    "     {'content_type': 'application/x-mpegURL', 'url': 'https://v/p.m3u8'},"
    "     {'content_type': 'video/mp4', 'bit_rate': 1,"
    "      'url': 'https://v/1.mp4'},"
    "     {'content_type': 'video/mp4', 'bit_rate': 9,"
    "      'url': 'https://v/9.mp4'}"
    "     ]}],"
    " '%s': [{'id': '20', 'author_id': '7', 'text': 'short...',"
    "   '%s': {'text': 'Long text &gt; 280'}},"
    "   {'id': '10', 'author_id': '8', 'text': 'first'}]},"
    "'meta': {'next_token': 'abc123', 'newest_id': 'lies'}}";

static void
check_timeline(const struct page *page)
{
	const struct post *p = page->posts;

	assert_int_equal(page->nposts, 3);
	assert_int_equal(page->npeople, 2);
	same(page->next, "abc123");
	same(page->newest_id, "32");

	same(p[0].text, "Hi & https://example.org/x");
	assert_true(p[0].at == 1767323045000);
	same(p[0].author->username, "anna");
	same(p[0].author->name, "Anna <3");
	same(p[0].lang, "en");
	same(p[0].conversation_id, "10");
	same(p[0].reply_to_author_id, "8");
	assert_true(p[0].sensitive);
	same(p[0].reply_to->text, "first");
	same(p[0].reply_to->author->name, "bob");
	same(p[0].quoted_id, "404");
	assert_null(p[0].quoted);
	assert_int_equal(p[0].likes, 4);
	assert_int_equal(p[0].reposts, 2);
	assert_int_equal(p[0].replies, -1);
	assert_int_equal(p[0].nmedia, 2);
	same(p[0].media[0]->alt, "A cat");
	same(p[0].media[0]->url, "https://pbs.example/1.jpg");
	assert_int_equal(p[0].media[0]->width, 9);
	assert_int_equal(p[0].media[1]->kind, MEDIA_VIDEO);
	same(p[0].media[1]->url, "https://v/9.mp4");
	same(p[0].media[1]->type, "video/mp4");

	same(p[1].reposted->text, "Long text > 280");
	same(p[1].reposted->author->username, "anna");
	assert_false(p[1].sensitive);

	/* The quoted post is there, so its address is not in the text. */
	same(p[2].text, "so:");
	same(p[2].quoted->id, "20");
}

/* As X called it, and as X calls it. */
static void
posts(void **state)
{
	char text[sizeof(timeline) + 200];
	struct page page;

	(void)state;
	snprintf(text, sizeof(text), timeline, "referenced_tweets",
	    "referenced_tweets", "referenced_tweets", "tweets", "note_tweet");
	read_as(&page, text, PAGE_POSTS);
	check_timeline(&page);
	page_free(&page);
	snprintf(text, sizeof(text), timeline, "referenced_posts",
	    "referenced_posts", "referenced_posts", "posts", "note_post");
	read_as(&page, text, PAGE_POSTS);
	check_timeline(&page);
	page_free(&page);
}

/* Links of a quoted post and of media stay where those are not known. */
static void
links_kept(void **state)
{
	struct page page;

	(void)state;
	read_as(&page, "{'data': {'id': '1', 'text': 'https://t.co/1 and"
	    " https://t.co/2', 'entities': {'urls': ["
	    "{'url': 'https://t.co/1',"
	    " 'expanded_url': 'https://x.com/a/status/2'},"
	    "{'url': 'https://t.co/2',"
	    " 'expanded_url': 'https://x.com/a/status/1/photo/1'}]},"
	    "'attachments': {'media_keys': ['3_1']},"
	    "'referenced_tweets': [{'type': 'quoted', 'id': '2'}]}}",
	    PAGE_POSTS);
	assert_int_equal(page.nposts, 1);
	same(page.posts[0].text, "https://x.com/a/status/2 and"
	    " https://x.com/a/status/1/photo/1");
	assert_int_equal(page.posts[0].nmedia, 0);
	page_free(&page);
}

static void
people(void **state)
{
	struct page page;
	const struct person *p;

	(void)state;
	read_as(&page, "{'data': [{'id': '7', 'username': 'anna_1', 'name':"
	    " 'Anna\\nB', 'description': 'I &amp; https://t.co/1',"
	    " 'location': 'Here', 'url': 'https://t.co/2', 'protected': true,"
	    " 'verified': false, 'created_at': '1970-01-01T00:00:01Z',"
	    " 'profile_image_url': 'https://pbs.example/a_normal.jpg',"
	    " 'public_metrics': {'followers_count': 1, 'following_count': -2,"
	    "   'tweet_count': 3},"
	    " 'entities': {'url': {'urls': [{'url': 'https://t.co/2',"
	    "   'expanded_url': 'https://anna.example/'}]},"
	    "  'description': {'urls': [{'url': 'https://t.co/1',"
	    "   'expanded_url': 'javascript:alert'}]}}},"
	    "{'id': '8', 'username': 'a/b'}, {'username': 'c'}, 4, null,"
	    "{'id': 9, 'username': 'd'}]}", PAGE_PEOPLE);
	assert_int_equal(page.npeople, 1);
	p = page.people;
	same(p->id, "7");
	same(p->username, "anna_1");
	same(p->name, "Anna B");
	same(p->about, "I & https://t.co/1");
	same(p->place, "Here");
	same(p->website, "https://anna.example/");
	same(p->picture, "https://pbs.example/a_normal.jpg");
	assert_true(p->created == 1000);
	assert_true(p->is_protected);
	assert_false(p->is_verified);
	assert_int_equal(p->followers, 1);
	assert_int_equal(p->following, -1);
	assert_int_equal(p->posts, 3);
	page_free(&page);
}

static void
events(void **state)
{
	struct page page;
	const struct event *e;

	(void)state;
	read_as(&page, "{'data': [{'id': '5', 'event_type': 'MessageCreate',"
	    " 'text': 'see https://t.co/1', 'sender_id': '7',"
	    " 'dm_conversation_id': '7-8', 'referenced_tweets': [{'id': '20'}],"
	    " 'attachments': {'media_keys': ['3_1']},"
	    " 'created_at': '1970-01-01T00:00:01Z', 'entities': {'urls': ["
	    "  {'url': 'https://t.co/1', 'expanded_url': 'https://b.example/'}]}},"
	    "{'id': '4', 'event_type': 'ParticipantsJoin', 'sender_id': '8',"
	    " 'participant_ids': ['9', 'x', 10, '11']},"
	    "{'id': '3', 'event_type': 'SomethingNew'}, {'id': '2'}],"
	    "'includes': {'users': [{'id': '7', 'username': 'anna'}],"
	    " 'tweets': [{'id': '20', 'text': 'that'}], 'media': [{'media_key':"
	    " '3_1', 'type': 'photo', 'url': 'https://pbs.example/1'}]}}",
	    PAGE_EVENTS);
	assert_int_equal(page.nevents, 2);
	assert_int_equal(page.nposts, 0);
	same(page.newest_id, "5");
	e = page.events;
	assert_int_equal(e[0].kind, EVENT_MESSAGE);
	same(e[0].text, "see https://b.example/");
	same(e[0].conversation_id, "7-8");
	same(e[0].sender->username, "anna");
	same(e[0].post->text, "that");
	assert_int_equal(e[0].nmedia, 1);
	assert_int_equal(e[1].kind, EVENT_JOIN);
	assert_null(e[1].sender);
	assert_int_equal(e[1].npeople, 2);
	same(e[1].people[1], "11");
	same(e[1].text, "");
	page_free(&page);
}

/* What is not an answer at all, each as everything. */
static void
rubbish(void **state)
{
	static const char *const cases[] = {
		"{}", "[]", "{'data': null}", "{'data': 5}", "{'data': []}",
		"{'data': {}}", "{'data': [[], {}, 1, 'x', null]}",
		"{'data': [{'id': 5, 'text': 'x'}]}",
		"{'data': [{'id': '0'}, {'id': ''}, {'id': '../1'}]}",
		"{'data': [{'id': 'x'}], 'includes': []}",
		"{'data': [], 'includes': {'users': {}, 'media': 'x',"
		" 'tweets': 7}, 'meta': [1]}",
		"{'meta': {'next_token': 'a&b', 'newest_id': '7'}}",
	};
	struct page page;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		for (int of = PAGE_POSTS; of <= PAGE_EVENTS; of++) {
			read_as(&page, cases[i], (enum page_of)of);
			assert_int_equal(page.nposts, 0);
			assert_int_equal(page.npeople, 0);
			assert_int_equal(page.nevents, 0);
			assert_null(page.next);
			assert_null(page.newest_id);
			page_free(&page);
		}
	page_read(&page, NULL, PAGE_POSTS);
	assert_int_equal(page.nposts, 0);
	page_free(&page);
}

/* Posts of circles, and of one id. */
static void
circles(void **state)
{
	struct page page;

	(void)state;
	read_as(&page, "{'data': [{'id': '1', 'text': 'a', 'referenced_tweets':"
	    " [{'type': 'quoted', 'id': '1'}, {'type': 'retweeted', 'id': '2'}]},"
	    "{'id': '1', 'text': 'again'}, {'id': '2', 'referenced_tweets':"
	    " [{'type': 'retweeted', 'id': '1'}]}],"
	    "'includes': {'tweets': [{'id': '1', 'text': 'other'}]}}",
	    PAGE_POSTS);
	assert_int_equal(page.nposts, 2);
	assert_ptr_equal(page.posts[0].quoted, page.posts);
	assert_ptr_equal(page.posts[0].reposted, page.posts + 1);
	same(page.posts[1].reposted->text, "a");
	same(page.posts[1].text, "");
	page_free(&page);
}

static void
too_many(void **state)
{
	json_t *data = json_array(), *json;
	struct page page;

	(void)state;
	for (int i = 1; i <= PAGE_ITEMS_MAX + 50; i++) {
		char id[16];

		snprintf(id, sizeof(id), "%d", i);
		json_array_append_new(data, json_pack("{ss ss}", "id", id,
		    "text", "t"));
	}
	json = json_pack("{so}", "data", data);
	page_read(&page, json, PAGE_POSTS);
	assert_int_equal(page.nposts, PAGE_ITEMS_MAX);
	page_free(&page);
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times), cmocka_unit_test(ids),
		cmocka_unit_test(texts), cmocka_unit_test(text_growth),
		cmocka_unit_test(posts), cmocka_unit_test(links_kept),
		cmocka_unit_test(people), cmocka_unit_test(events),
		cmocka_unit_test(rubbish), cmocka_unit_test(circles),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
