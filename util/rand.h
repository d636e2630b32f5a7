/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rand.h - unpredictable numbers. */
#ifndef UTIL_RAND_H
#define UTIL_RAND_H

#include <stddef.h>
#include <stdint.h>

void	 rand_bytes(void *, size_t);	/* from the kernel; never fails */
double	 rand_unit(void);		/* 0 <= x < 1, for jitter only */
/* size - 1 letters and digits and a NUL: ids nobody can guess. */
void	 rand_token(char *out, size_t size);

#endif
