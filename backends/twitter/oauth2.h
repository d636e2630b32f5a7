/* SPDX-License-Identifier: GPL-2.0-or-later */
/* oauth2.h - the token endpoint of OAuth 2.0 (RFC 6749, 4.1.3 and 6). */
#ifndef BACKENDS_TWITTER_OAUTH2_H
#define BACKENDS_TWITTER_OAUTH2_H

#include <stdbool.h>
#include <stddef.h>

#include "backends/twitter/credentials.h"
#include "backends/twitter/http.h"
#include "backends/twitter/sign.h"

/* Post these, and who we are. */
struct http_call *oauth2_post(const struct sign_param *, size_t n, http_done *,
		    void *ctx);
/* The tokens of an answer.  false: there are none, and nothing has changed. */
bool		 oauth2_take(const struct http_response *,
		    struct credentials *);
/* Is this what X says of a code or token that it does not take?  Anything else
 * may be better the next time. */
bool		 oauth2_refused(const struct http_response *);

#endif
