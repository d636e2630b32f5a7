/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pack.h - a tree of facts as bytes and back: what one run of a program hands
 * over to the next.  Facts have names (MessagePack maps), so two versions
 * understand each other: what is not known is passed over, what is not there
 * has a default. */
#ifndef UTIL_PACK_H
#define UTIL_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/macros.h"

#define PACK_DEPTH	16

/* Writing.  Zero-initialised is empty; pack_free() when done.  key is the
 * fact's name inside a map, and NULL inside a list and for the root. */
struct packer {
	struct buf	 out;
	struct {
		size_t	 at;		/* of the count, to be filled in */
		uint32_t n;
		bool	 map;
	}		 level[PACK_DEPTH];
	unsigned	 depth;
	int		*fds;		/* owned; the numbers, not the files */
	size_t		 nfds;
};

void	 pack_free(struct packer *);
void	 pack_map(struct packer *, const char *key);
void	 pack_list(struct packer *, const char *key);
void	 pack_end(struct packer *);	/* of the innermost map or list */
/* NULL is left out (and must not stand in a list). */
void	 pack_str(struct packer *, const char *key, const char *);
void	 pack_bin(struct packer *, const char *key, const void *, size_t);
void	 pack_int(struct packer *, const char *key, int64_t);
void	 pack_num(struct packer *, const char *key, double);
void	 pack_bool(struct packer *, const char *key, bool);
/* A descriptor that goes along; -1 is left out. */
void	 pack_fd(struct packer *, const char *key, int fd);
/* Let all of them stay open over execve(2), or not. */
void	 pack_keep_fds(const struct packer *, bool keep);

/* Reading.  Everything lives as long as the unpacker and the bytes. */
struct unpacker;
struct packed;		/* a value; where NULL is given nothing is there */

struct unpacker	*unpack_open(const void *, size_t);	/* NULL: garbage */
void		 unpack_close(struct unpacker *);	/* NULL is fine */
const struct packed *unpack_root(const struct unpacker *);

const struct packed *packed_get(const struct packed *map, const char *key);
size_t		 packed_count(const struct packed *list);
const struct packed *packed_at(const struct packed *list, size_t);
/* NULL when it is absent or no string; of a list's value with key NULL. */
const char	*packed_str(const struct packed *map, const char *key);
const void	*packed_bin(const struct packed *map, const char *key,
		    size_t *len);
int64_t		 packed_int(const struct packed *map, const char *key,
		    int64_t otherwise);
double		 packed_num(const struct packed *map, const char *key,
		    double otherwise);
bool		 packed_bool(const struct packed *map, const char *key,
		    bool otherwise);
/* Close-on-exec again; -1: none, or it is not open. */
int		 packed_fd(const struct packed *map, const char *key);

#endif
