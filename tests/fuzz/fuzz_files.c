/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway pool store xmpp net protocol util */
/* Any bytes as what users and networks say beside their words: the URL and the
 * name of a file, a picture in base64, the answer to a question.  What is taken
 * keeps within its bounds, and means the same when it is read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manager/gateway/ask_inside.h"
#include "manager/gateway/avatar.h"
#include "manager/gateway/files.h"
#include "manager/gateway/ns.h"
#include "manager/xmpp/parser.h"

#define HEAD "<stream:stream xmlns='jabber:client' xmlns:stream='" NS_STREAM \
	"'>"

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
took(void *ctx, struct arena *a, const struct stanza *message)
{
	struct msg_attachment v[FILES_MAX];
	const char *kept = files_take(a, message), *body;
	size_t n = files_list(a, kept, v);

	(void)ctx;
	must((kept == NULL) == (n == 0));
	for (size_t i = 0; i < n; i++) {
		must(files_is_fetchable(v[i].url));
		must(v[i].name == NULL || (*v[i].name != '\0' &&
		    strchr(v[i].name, '\n') == NULL));
	}
	body = files_body(a, message);
	if (body != NULL && n > 0) {
		struct msg_send m = { .body = body };

		files_add(a, &m, kept, v, false);
		for (size_t i = 0; i < n; i++)
			must(strstr(m.body, v[i].url) != NULL);
		must(strlen(files_words(a, m.body, v, n)) <= strlen(m.body));
	}
}

static void
ignore(void *ctx, struct arena *a, const struct stanza *s)
{
	(void)ctx, (void)a, (void)s;
}

static void
ended(void *ctx)
{
	(void)ctx;
}

static void
message(const char *url, const char *name, const char *body)
{
	static const struct parser_events events = { ignore, took, ended };
	struct parser *parser = parser_create("jabber:client", 1 << 20,
	    &events, NULL);
	struct buf out = { 0 };
	const char *why;
	struct xml x;

	buf_adds(&out, HEAD);
	xml_begin(&x, &out);
	xml_open(&x, "message");
	xml_element(&x, "body", NULL, body);
	for (int i = 0; i < 2; i++) {
		xml_open_ns(&x, "x", NS_OOB);
		xml_element(&x, "url", NULL, url);
		xml_element(&x, "desc", NULL, name);
		xml_close(&x);
	}
	xml_close(&x);
	must(parser_feed(parser, buf_data(&out), buf_len(&out), &why) == 0);
	parser_destroy(parser);
	buf_free(&out);
}

static void
answer(const char *text)
{
	static struct msg_option options[] = {
		{ .value = "one", .label = "First" }, { .value = "2" },
	};
	static const char *const types[] = {
		"text", "bool", "choice", "choices",
	};

	for (size_t i = 0; i < LENGTH(types); i++) {
		const struct msg_field f = {
			.var = "v", .type = types[i], .options = { options, 2 },
		};
		char *value = ask_value(&f, text, true), *again;

		if (value == NULL)
			continue;
		/* What is an answer is one in a form, too. */
		again = ask_value(&f, value, false);
		must(again != NULL && strcmp(again, value) == 0);
		free(again);
		free(value);
	}
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	char *text, *url;
	struct bin bin;

	if (size > 4096)
		return 0;
	text = strndup((const char *)data, size);
	must((url = malloc(size + 16)) != NULL);
	strcpy(url, "https://");
	strcat(url, text);
	message(url, text, text);
	message(text, url, url);
	answer(text);
	bin = avatar_decode(&a, text);
	must(bin.len <= size);
	arena_free(&a);
	free(url);
	free(text);
	return 0;
}
