/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.h - the settings of spectrum2_twitter_backend(8), section [twitter],
 * and [proxy]. */
#ifndef BACKENDS_TWITTER_CONFIG_H
#define BACKENDS_TWITTER_CONFIG_H

#include <stdbool.h>

#include "protocol/schema.h"
#include "util/macros.h"

enum price {
#define PRICE(name, millicents, help)	PRICE_##name,
#include "backends/twitter/price.def"
#undef PRICE
	PRICE_COUNT
};

/* One for the process.  Strings are never NULL unless that is said. */
struct config {
	char		*base_url;	/* without a slash at its end */
	char		*web_url;	/* of pages for people, likewise */
	char		*ca_file;	/* or NULL: the system's */
	char		*consumer_key, *consumer_secret;  /* NULL: no OAuth 1.0a */
	char		*client_id;	/* NULL: no OAuth 2.0 */
	char		*client_secret;	/* NULL: a public client */
	char		*redirect_uri;	/* of OAuth 2.0 */
	char		*proxy;		/* type://host:port, or NULL: none */
	char		*proxy_user;	/* or NULL */
	char		*proxy_password;	/* or NULL */
	long		 poll_active, poll_idle, poll_away;	/* seconds */
	long		 dm_poll;	/* seconds; 0: no direct messages */
	long		 budget_user, budget_all;	/* millicents a day; 0: no
						 * limit */
	long		 reads_user, reads_all;		/* resources a day,
						 * likewise */
	long		 price[PRICE_COUNT];	/* millicents */
	bool		 post_words;	/* say post where X's documentation says
					 * tweet, as its description of the API
					 * does */
	long		 media_max;	/* MiB of a file that is sent */
	bool		 private_urls;	/* media from addresses of this network */
};

extern struct config config;

/* -1 and *why (malloced): section, key, what is wrong, what would be right. */
int	config_read(const struct sections *, char **why) MUST_CHECK;
void	config_finish(void);

#endif
