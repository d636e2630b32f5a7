/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which words does the setting [service] backend consist of?  Text only:
 * whether the program exists is found out when it is started. */
#include "manager/pool/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/xalloc.h"

#define PLACEHOLDER	"BACKEND_ID"
#define BLANKS		" \t\r\n"

struct words {
	char	**v;		/* ends with NULL once n > 0 */
	size_t	  n;
};

char *
command_expand(const char *text, unsigned id)
{
	struct buf out = { 0 };
	const char *hit;

	while ((hit = strstr(text, PLACEHOLDER)) != NULL) {
		buf_add(&out, text, (size_t)(hit - text));
		buf_addf(&out, "%u", id);
		text = hit + strlen(PLACEHOLDER);
	}
	buf_adds(&out, text);
	return buf_steal(&out);
}

static void
add_word(struct words *words, struct buf *word, unsigned id)
{
	char *text = buf_steal(word);

	words->v = xreallocarray(words->v, words->n + 2, sizeof(*words->v));
	words->v[words->n++] = command_expand(text, id);
	words->v[words->n] = NULL;
	free(text);
}

/* The rest of a quoted piece, *at behind the opening quote.  Returns -1 when
 * it does not end. */
static int
quoted(const char **at, char quote, struct buf *word)
{
	const char *p = *at;

	for (; *p != quote; p++) {
		if (*p == '\0')
			return -1;
		if (quote == '"' && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		buf_addc(word, *p);
	}
	*at = p + 1;
	return 0;
}

/* One word that begins at *at.  Returns -1 with *why. */
static int
one_word(const char **at, struct buf *word, const char **why)
{
	const char *p = *at;

	while (*p != '\0' && strchr(BLANKS, *p) == NULL) {
		char c = *p++;

		if (c == '\'' || c == '"') {
			if (quoted(&p, c, word) < 0) {
				*why = "a quote is not closed";
				return -1;
			}
			continue;
		}
		if (c == '\\' && (c = *p++) == '\0') {
			*why = "it ends with a backslash";
			return -1;
		}
		buf_addc(word, c);
	}
	*at = p;
	return 0;
}

char **
command_split(const char *command, unsigned id, const char **why)
{
	struct words words = { 0 };
	struct buf word = { 0 };

	for (;;) {
		command += strspn(command, BLANKS);
		if (*command == '\0')
			break;
		if (one_word(&command, &word, why) < 0)
			goto fail;
		add_word(&words, &word, id);
	}
	if (words.n == 0 || words.v[0][0] == '\0') {
		*why = "it names no program";
		goto fail;
	}
	return words.v;
fail:
	buf_free(&word);
	command_free(words.v);
	return NULL;
}

void
command_free(char **words)
{
	if (words == NULL)
		return;
	for (size_t i = 0; words[i] != NULL; i++)
		free(words[i]);
	free(words);
}
