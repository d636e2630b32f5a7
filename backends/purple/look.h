/* SPDX-License-Identifier: GPL-2.0-or-later */
/* look.h - how a run of text looks: what the tags around it say, harmless by
 * construction.  Nothing here knows libpurple. */
#ifndef BACKENDS_PURPLE_LOOK_H
#define BACKENDS_PURPLE_LOOK_H

#include <stdbool.h>
#include <stddef.h>

enum {
	LOOK_BOLD = 1, LOOK_ITALIC = 2, LOOK_UNDERLINE = 4, LOOK_STRIKE = 8,
	LOOK_MONO = 16,
};

#define LOOK_SIZE_NORMAL	3

struct look {
	unsigned char	 bits;
	unsigned char	 size;		/* 1 to 7, as of <font>; 0: as usual */
	char		 color[24];	/* #rgb, #rrggbb, a name, or "" */
	char		 background[24];
	char		 face[40];	/* letters, digits, blanks, -; "" when
					 * LOOK_MONO is set */
	/* Of a link: in the text that is being read, its entities as they
	 * stand there.  NULL: none, or none that may be followed. */
	const char	*href;
	size_t		 href_len;
};

bool	look_equal(const struct look *, const struct look *);
/* Is there anything but the link? */
bool	look_is_plain(const struct look *);

/* What an attribute adds; what is unknown or could do harm adds nothing. */
void	look_color(struct look *, const char *value, size_t len);
void	look_background(struct look *, const char *value, size_t len);
void	look_face(struct look *, const char *value, size_t len);
/* Of <font size>: "5", "+1", "-2". */
void	look_size(struct look *, const char *value, size_t len);
/* "property: value; ..." */
void	look_style(struct look *, const char *style, size_t len);
/* The name that CSS has for a size; NULL for the usual one. */
const char *look_size_name(unsigned size);

#endif
