/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.h - text as plug-ins hand it out, made fit to be shown.  Nothing here
 * knows libpurple.
 *
 * Each returns a malloced copy: valid UTF-8 without what XML forbids, cut to
 * max bytes.  NULL gives NULL. */
#ifndef BACKENDS_PURPLE_TEXT_H
#define BACKENDS_PURPLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

char	*text_clean(const char *, size_t max);
/* One line without blanks at its ends; NULL when nothing is left. */
char	*text_line(const char *, size_t max);
/* Of HTML, as libpurple has it for whatever is shown, without blanks at its
 * ends; NULL when nothing is left. */
char	*text_plain(const char *html, size_t max);

/* Could this be the id of a contact or a room?  Not empty, not longer than a
 * JID's part, one line of valid UTF-8. */
bool	 text_is_id(const char *);

#endif
