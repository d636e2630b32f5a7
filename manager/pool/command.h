/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command.h - the backend's command line as words. */
#ifndef MANAGER_POOL_COMMAND_H
#define MANAGER_POOL_COMMAND_H

#include "util/macros.h"

/* Split as a shell does, and no more than that: blanks separate, '...' keeps
 * everything, "..." keeps all but \" and \\, a backslash elsewhere keeps the
 * next character.  No variables, no globs, no redirection.  BACKEND_ID becomes
 * the number, wherever it stands.  Returns an owned array that ends with NULL
 * and has one word at least, or NULL with *why. */
char	**command_split(const char *command, unsigned id, const char **why)
	    MUST_CHECK;
void	  command_free(char **words);		/* NULL is fine */

/* A copy of the text with every BACKEND_ID replaced. */
char	 *command_expand(const char *text, unsigned id);

#endif
