/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page.h - an answer of X: posts, people, or direct messages, with what they
 * mention.  Nothing of it can be relied on: what is not as it should be is as
 * if it were not there, and what is not known here is ignored. */
#ifndef BACKENDS_TWITTER_PAGE_H
#define BACKENDS_TWITTER_PAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

/* Ids have 64 bits and are never numbers here; other ids are [0-9A-Za-z_-]. */
#define PAGE_ID_MAX	20		/* digits of a post or a person */
#define PAGE_MEDIA_MAX	16		/* of one post */
#define PAGE_ITEMS_MAX	1000		/* and as many of each kind mentioned */

enum media_kind { MEDIA_PHOTO, MEDIA_VIDEO, MEDIA_GIF };

struct media {
	enum media_kind	 kind;
	const char	*key;
	const char	*url;		/* the best one there is */
	const char	*type;		/* of video/mp4 and the like, or NULL */
	const char	*preview;	/* address of a picture, or NULL */
	const char	*alt;		/* what it shows, or NULL */
	long		 width, height;	/* 0: unknown */
};

struct person {
	const char	*id;
	const char	*username;	/* without @ */
	const char	*name;		/* never empty */
	const char	*about, *place;	/* or NULL */
	const char	*website, *picture;	/* addresses, or NULL */
	int64_t		 created;	/* ms since 1970; 0: unknown */
	long		 followers, following, posts;	/* -1: unknown */
	bool		 is_protected, is_verified;
};

/* Ids are NULL where there is none.  A pointer is NULL where X did not send
 * what it would lead to; following them may go in circles. */
struct post {
	const char	*id;
	const char	*text;		/* the whole of it, links as they are */
	const char	*lang;		/* or NULL */
	int64_t		 at;		/* ms since 1970; 0: unknown */
	const char	*author_id;
	const struct person *author;
	const char	*conversation_id;
	const char	*reply_to_id, *quoted_id, *reposted_id;
	const struct post *reply_to, *quoted, *reposted;
	const char	*reply_to_author_id;
	const struct media **media;
	size_t		 nmedia;
	bool		 sensitive;
	long		 likes, reposts, replies, quotes;	/* -1: unknown */
};

enum event_kind { EVENT_MESSAGE, EVENT_JOIN, EVENT_LEAVE };

/* Of direct messages. */
struct event {
	enum event_kind	 kind;
	const char	*id;
	const char	*conversation_id;	/* or NULL */
	const char	*text;		/* "" where there is none */
	int64_t		 at;		/* ms since 1970; 0: unknown */
	const char	*sender_id;	/* or NULL */
	const struct person *sender;	/* or NULL */
	const char	**people;	/* ids of who joined or left */
	size_t		 npeople;
	const char	*post_id;	/* a post that was sent with it, or NULL */
	const struct post *post;	/* or NULL */
	const struct media **media;
	size_t		 nmedia;
};

/* As X has them, which is newest first. */
struct page {
	struct arena	 arena;		/* owns all that hangs here */
	struct post	*posts;
	size_t		 nposts;
	struct person	*people;
	size_t		 npeople;
	struct event	*events;
	size_t		 nevents;
	const char	*next;		/* token of the page after, or NULL */
	const char	*newest_id;	/* of the posts or events, or NULL */
};

enum page_of { PAGE_POSTS, PAGE_PEOPLE, PAGE_EVENTS };

/* One page, or one item.  json is borrowed for the call, and may be NULL. */
void	page_read(struct page *, const json_t *json, enum page_of);
void	page_free(struct page *);

/* Digits, without zeros in front. */
bool	page_is_id(const char *);
/* Which of two ids is the younger one?  As strcmp(). */
int	page_id_compare(const char *, const char *);
/* 2026-01-02T03:04:05.678Z as ms since 1970; 0: it is no time. */
int64_t	page_time(const char *);

#endif
