/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: protocol util */
/* Does spectrum2-backend(7) say the same as messages.def, errors.h and
 * features.h?  Run with --print, this prints what the page should have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/layout.h"
#include "util/buf.h"
#include "util/ini.h"
#include "util/macros.h"

#define PAGE	"man/spectrum2-backend.7.scd"

static const char *const type_names[] = {
	[FIELD_STR] = "string",
	[FIELD_INT] = "integer",
	[FIELD_BOOL] = "boolean",
	[FIELD_TRI] = "boolean",
	[FIELD_BIN] = "binary",
	[FIELD_STRS] = "array of strings",
	[FIELD_MAP] = "map of strings",
	[FIELD_SECTIONS] = "map of maps of strings",
	[FIELD_LIST] = "array of ",
	[FIELD_ONE] = "",
};

static char *page;

static void
put_field(struct buf *b, const struct field *f)
{
	const char *record = f->record != NULL ? f->record()->name : NULL;

	buf_addf(b, f->required ? "\t- *%s*: " : "\t- *%s*?: ", f->name);
	buf_adds(b, type_names[f->type]);
	if (record != NULL)
		buf_addf(b, "_%s_", record);
	if (f->help[0] != '\0')
		buf_addf(b, "; %s", f->help);
}

static void
put_fields(struct buf *b, const struct layout *layout)
{
	for (unsigned i = 0; i < layout->count; i++) {
		put_field(b, &layout->fields[i]);
		buf_addc(b, '\n');
	}
	if (layout->count > 0)
		buf_addc(b, '\n');
}

static void
put_method(struct buf *b, enum method m)
{
	const struct layout *params = layout_params(m);
	const struct layout *result = layout_result(m);

	buf_addf(b, "*%s* (%s %s the backend)\n", method_wire(m),
	    method_kind(m) == REQUEST ? "request" : "notification",
	    method_direction(m) == DOWN ? "to" : "from");
	if (params->help[0] != '\0')
		buf_addf(b, "\t%s\n", params->help);
	buf_addc(b, '\n');
	put_fields(b, params);
	if (result == NULL)
		return;
	buf_addf(b, "\tResult%s%s\n\n", result->help[0] != '\0' ? ": " : "",
	    result->help);
	put_fields(b, result);
}

static void
put_record(struct buf *b, const struct layout *layout)
{
	buf_addf(b, "_%s_\n\n", layout->name);
	put_fields(b, layout);
}

static void
must_have(struct buf *want)
{
	char *text = buf_steal(want);

	if (strstr(page, text) == NULL)
		fail_msg(PAGE " must have\n%s", text);
	free(text);
}

static void
methods(void **state)
{
	struct buf want = { 0 };

	(void)state;
	for (enum method m = METHOD_NONE + 1; m < METHOD_COUNT; m++) {
		put_method(&want, m);
		must_have(&want);
	}
}

static void
records(void **state)
{
	const struct layout *layout;
	struct buf want = { 0 };

	(void)state;
	for (size_t i = 0; (layout = layout_record(i)) != NULL; i++) {
		put_record(&want, layout);
		must_have(&want);
	}
}

/* Every string constant of the header stands in a row of its own. */
static void
constants(const char *path)
{
	char *header = ini_read(path), *at = header, *end;
	struct buf want = { 0 };
	int n = 0;

	assert_non_null(header);
	while ((at = strstr(at, "#define ")) != NULL) {
		char *line_end = at + strcspn(at, "\n");

		at += strcspn(at, "\"\n");
		if (at == line_end)
			continue;
		end = strchr(++at, '"');
		buf_addf(&want, "*%.*s*++\n", (int)(end - at), at);
		must_have(&want);
		n++;
	}
	assert_true(n > 10);
	free(header);
}

static void
errors_and_features(void **state)
{
	(void)state;
	constants("protocol/errors.h");
	constants("protocol/features.h");
}

static void
print_all(void)
{
	const struct layout *layout;
	struct buf b = { 0 };

	for (enum method m = METHOD_NONE + 1; m < METHOD_COUNT; m++)
		put_method(&b, m);
	for (size_t i = 0; (layout = layout_record(i)) != NULL; i++)
		put_record(&b, layout);
	fwrite(buf_data(&b), 1, buf_len(&b), stdout);
	buf_free(&b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods),
		cmocka_unit_test(records),
		cmocka_unit_test(errors_and_features),
	};
	int failed;

	if (argc > 1 && strcmp(argv[1], "--print") == 0) {
		print_all();
		return 0;
	}
	if ((page = ini_read(PAGE)) == NULL) {
		perror(PAGE);
		return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(page);
	return failed;
}
