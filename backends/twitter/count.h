/* SPDX-License-Identifier: GPL-2.0-or-later */
/* count.h - how long is a post, as X counts?  Its weighted length: letters of
 * most alphabets 1, others (Chinese, Japanese, Korean) 2, an emoji 2 however
 * it is made, an address 23 however long it is.
 * (docs.x.com, Counting characters; the configuration v3 of twitter-text)
 *
 * Two things are simpler than with X: the text is taken as it is (not composed
 * first, Unicode NFC), and an address without https:// is one only in the
 * better known domains.  X has the last word. */
#ifndef BACKENDS_TWITTER_COUNT_H
#define BACKENDS_TWITTER_COUNT_H

#include <stdbool.h>
#include <stddef.h>

#define COUNT_POST_MAX	280
#define COUNT_ADDRESS	23

size_t	count_weight(const char *text);
/* Is there an address in it? */
bool	count_has_address(const char *text);
/* How many bytes of the text, from its beginning, weigh max at most?  Rather
 * whole words, and never parts of an address or an emoji; 0 only when the text
 * is empty or its first character is too heavy. */
size_t	count_cut(const char *text, size_t max);

#endif
