/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of messages: kept as one text, two lines for each, the URL and its
 * name. */
#include "manager/gateway/files.h"

#include <string.h>
#include <strings.h>

#include "manager/gateway/ns.h"
#include "util/buf.h"

#define URL_MAX		2048	/* bytes */
#define NAME_MAX_	255

bool
files_is_fetchable(const char *url)
{
	size_t n = strlen(url);

	return n <= URL_MAX && strcspn(url, " \t\r\n") == n &&
	    (strncasecmp(url, "https://", 8) == 0 ||
	    strncasecmp(url, "http://", 7) == 0);
}

/* What stands behind the last slash, as far as it looks like a name. */
static const char *
name_in(struct arena *a, const char *url)
{
	const char *path = strstr(url, "://") + 3, *slash;
	size_t n;

	path += strcspn(path, "/?#");
	n = strcspn(path, "?#");
	slash = memrchr(path, '/', n);
	if (slash == NULL)
		return "";
	n -= (size_t)(slash + 1 - path);
	return n <= NAME_MAX_ ? arena_strndup(a, slash + 1, n) : "";
}

static void
add(struct buf *b, struct arena *a, const char *url, const char *name)
{
	if (name == NULL || *name == '\0' || strlen(name) > NAME_MAX_ ||
	    strpbrk(name, "\r\n") != NULL)
		name = name_in(a, url);
	buf_addf(b, "%s%s\n%s", buf_len(b) > 0 ? "\n" : "", url, name);
}

static const char *
taken(struct buf *b, struct arena *a)
{
	const char *text = buf_len(b) > 0 ?
	    arena_strndup(a, buf_data(b), buf_len(b)) : NULL;

	buf_free(b);
	return text;
}

const char *
files_take(struct arena *a, const struct stanza *message)
{
	struct buf all = { 0 };
	const char *url;
	unsigned n = 0;

	for (const struct stanza *x = stanza_first(message);
	    x != NULL && n < FILES_MAX; x = stanza_next(x)) {
		if (!stanza_is(x, "x", NS_OOB) || (url = stanza_child_text(a,
		    x, "url", NULL)) == NULL || !files_is_fetchable(url))
			continue;
		add(&all, a, url, stanza_child_text(a, x, "desc", NULL));
		n++;
	}
	return taken(&all, a);
}

/* Networks have no field for it.  In rooms it is the room's; and what an answer
 * quotes is counted from the body's begin. */
static const char *
subject_of(struct arena *a, const struct stanza *message)
{
	const char *type = stanza_attr(message, "type");

	if ((type != NULL && strcmp(type, "groupchat") == 0) ||
	    stanza_child(message, "reply", NS_REPLY) != NULL)
		return NULL;
	return stanza_child_text(a, message, "subject", NULL);
}

const char *
files_body(struct arena *a, const struct stanza *message)
{
	const char *body = stanza_child_text(a, message, "body", NULL);
	const char *subject = subject_of(a, message), *kept;

	if (subject != NULL && *subject != '\0')
		return body != NULL && *body != '\0' ?
		    arena_printf(a, "%s\n\n%s", subject, body) : subject;
	if (body != NULL && *body != '\0')
		return body;
	kept = files_take(a, message);
	return kept != NULL ? arena_strndup(a, kept, strcspn(kept, "\n")) :
	    body;
}

size_t
files_list(struct arena *a, const char *kept, struct msg_attachment *v)
{
	char *rest, *url, *name;
	size_t n = 0;

	if (kept == NULL)
		return 0;
	rest = arena_strdup(a, kept);
	while (n < FILES_MAX && (url = strsep(&rest, "\n")) != NULL &&
	    (name = strsep(&rest, "\n")) != NULL)
		v[n++] = (struct msg_attachment){
			.url = url, .name = *name != '\0' ? name : NULL,
		};
	return n;
}

static const char *
as_text(struct arena *a, const char *body, const struct msg_attachment *v,
    size_t n)
{
	struct buf text = { 0 };

	buf_adds(&text, body);
	for (size_t i = 0; i < n; i++) {
		if (strstr(body, v[i].url) == NULL)
			buf_addf(&text, "%s%s", buf_len(&text) > 0 ? "\n" : "",
			    v[i].url);
	}
	return taken(&text, a);
}

void
files_add(struct arena *a, struct msg_send *msg, const char *kept,
    struct msg_attachment v[FILES_MAX], bool can)
{
	size_t n = files_list(a, kept, v);

	if (n == 0)
		return;
	/* The backend may need them as text, too. */
	msg->body = as_text(a, msg->body, v, n);
	if (can) {
		msg->attachments.v = v;
		msg->attachments.n = n;
	}
}

static void
add_line(struct buf *b, const char *line)
{
	buf_addf(b, "%s%s", buf_len(b) > 0 ? "\n" : "", line);
}

size_t
files_shown(size_t n)
{
	return n < FILES_UP_MAX ? n : FILES_UP_MAX;
}

const char *
files_words(struct arena *a, const char *body, const struct msg_attachment *v,
    size_t n)
{
	char *rest = arena_strdup(a, body), *line;
	struct buf text = { 0 };
	size_t i, shown = files_shown(n);

	while ((line = strsep(&rest, "\n")) != NULL) {
		for (i = 0; i < shown && strcmp(line, v[i].url) != 0; i++)
			;
		if (i == shown)
			add_line(&text, line);
	}
	for (i = shown; i < n; i++)
		add_line(&text, v[i].url);
	body = taken(&text, a);
	return body != NULL && body[strspn(body, " \n")] != '\0' ? body : "";
}
