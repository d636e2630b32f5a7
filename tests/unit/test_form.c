/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Data forms, written and read; and names of the network as addresses. */
#include "tests/unit/gateway_kit.h"

#include "manager/gateway/form.h"
#include "manager/gateway/name.h"
#include "manager/gateway/ns.h"

static struct arena a;

static struct stanza *
field(struct stanza *form, const char *var, const char *value)
{
	struct stanza *f = stanza_add(&a, form, "field", NULL);

	if (var != NULL)
		stanza_set(&a, f, "var", var);
	if (value != NULL)
		stanza_add_text(&a, stanza_add(&a, f, "value", NULL), value,
		    strlen(value));
	return f;
}

static void
reading(void **state)
{
	struct stanza *query = stanza_new(&a, "query", NS_REGISTER), *form, *f;
	struct pairs pairs;

	(void)state;
	assert_null(form_find(query));
	assert_null(form_find(NULL));
	assert_null(form_value(&a, NULL, "x"));
	assert_int_equal(form_values(&a, NULL).n, 0);
	form = stanza_add(&a, query, "x", NS_DATA);
	field(form, "FORM_TYPE", "y");
	field(form, NULL, "no name");
	field(form, "empty", NULL);
	f = field(form, "lines", "one");
	stanza_add_text(&a, stanza_add(&a, f, "value", NULL), "two", 3);
	stanza_set(&a, stanza_add(&a, form, "fields", NULL), "var", "z");
	assert_ptr_equal(form_find(query), form);
	pairs = form_values(&a, form);
	assert_int_equal(pairs.n, 2);
	assert_string_equal(pairs.v[0].key, "empty");
	assert_string_equal(pairs.v[0].value, "");
	assert_string_equal(pairs.v[1].value, "one\ntwo");
	assert_string_equal(form_value(&a, form, "lines"), "one");
	assert_null(form_value(&a, form, "empty"));
	assert_null(form_value(&a, form, "z"));
	for (int i = 0; i < 200; i++)
		field(form, "again", "x");
	assert_true(form_values(&a, form).n <= 64);
	assert_true(form_bool("1") && form_bool("true"));
	assert_false(form_bool("0") || form_bool("TRUE") || form_bool(NULL));
	arena_free(&a);
}

/* Many values in one field cost as much as they are long, not its square. */
static void
long_field(void **state)
{
	struct stanza *form = stanza_new(&a, "x", NS_DATA);
	struct stanza *f = field(form, "x", "0123456789");
	struct pairs pairs;
	size_t before;

	(void)state;
	for (int i = 1; i < 20000; i++)
		stanza_add_text(&a, stanza_add(&a, f, "value", NULL),
		    "0123456789", 10);
	before = a.total;
	pairs = form_values(&a, form);
	assert_int_equal(strlen(pairs.v[0].value), 20000 * 11 - 1);
	assert_true(a.total - before < 2000000);
	arena_free(&a);
}

static void
writing(void **state)
{
	static const struct {
		const char *ours, *theirs;
	} types[] = {
		{ NULL, "text-single" }, { "text", "text-single" },
		{ "secret", "text-private" }, { "multi", "text-multi" },
		{ "bool", "boolean" }, { "choice", "list-single" },
		{ "choices", "list-multi" }, { "fixed", "fixed" },
		{ "x'><evil/>", "x&apos;&gt;&lt;evil/&gt;" },
	};
	struct msg_option option = { .value = "<v>", .label = "l" };
	struct buf out = { 0 };
	struct xml x;

	(void)state;
	for (size_t i = 0; i < LENGTH(types); i++) {
		struct msg_field f = {
			.var = "v", .type = types[i].ours, .value = "1\n2",
			.options = { &option, 1 },
		};
		char *want;

		buf_clear(&out);
		xml_begin(&x, &out);
		form_field_of(&x, &f);
		buf_addc(&out, '\0');
		want = xasprintf("<field var='v' type='%s'>",
		    types[i].theirs);
		assert_memory_equal(buf_data(&out), want, strlen(want));
		if (form_is_secret(&f))
			assert_null(strstr(buf_data(&out), "<value>1"));
		else
			assert_non_null(strstr(buf_data(&out), strstr(want,
			    "-multi") ? "<value>1</value><value>2</value>" :
			    "<value>1\n2</value>"));
		assert_non_null(strstr(buf_data(&out), "<option label='l'>"
		    "<value>&lt;v&gt;</value></option></field>"));
		free(want);
	}
	buf_free(&out);
}

/* -------------------------------------------------------------------- names */

static const struct {
	bool		 escaping;
	const char	*name, *jid, *back;	/* jid NULL: none */
} names[] = {
	{ true, "bob", "bob@" GW, "bob" },
	{ true, "Bob", "bob@" GW, "bob" },
	{ true, "#cats", "#cats@" GW, "#cats" },
	{ true, "a b@c/d", "a\\20b\\40c\\2fd@" GW, "a b@c/d" },
	{ true, "a\\20b", "a\\5c20b@" GW, "a\\20b" },
	{ true, "", NULL, NULL },
	{ true, "a\nb", NULL, NULL },
	{ true, "a\xff", NULL, NULL },
	/* As the C++ program, with what it cannot tell apart. */
	{ false, "bob@mail.example", "bob%mail.example@" GW,
	    "bob@mail.example" },
	{ false, "a@b@c", "a\\40b\\40c@" GW, "a@b@c" },
	{ false, "a%b", "a%b@" GW, "a@b" },
	{ false, "a b", "a\\20b@" GW, "a b" },
	{ false, "", NULL, NULL },
};

static void
both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(names); i++) {
		char *jid, *node;

		kit.config.jid_escaping = names[i].escaping;
		jid = name_to_jid(kit.gw, &a, names[i].name);
		if (jid == NULL ? names[i].jid != NULL : names[i].jid ==
		    NULL || strcmp(jid, names[i].jid) != 0)
			print_error("%s: %s\n", names[i].name,
			    jid ? jid : "none");
		if (names[i].jid == NULL) {
			assert_null(jid);
			continue;
		}
		assert_string_equal(jid, names[i].jid);
		node = arena_strndup(&a, jid, strlen(jid) - strlen("@" GW));
		assert_string_equal(name_from_node(&a, node), names[i].back);
		assert_string_equal(name_to_full(kit.gw, &a, names[i].name),
		    arena_printf(&a, "%s/" CONTACT_RESOURCE, jid));
	}
	arena_free(&a);
}

static void
rooms(void **state)
{
	(void)state;
	assert_false(name_is_room(kit.gw, "#cats"));
	can("room_prefixes=#&");
	assert_true(name_is_room(kit.gw, "#cats"));
	assert_true(name_is_room(kit.gw, "&cats"));
	assert_false(name_is_room(kit.gw, "cats"));
	assert_false(name_is_room(kit.gw, ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(reading),
		gateway_test(long_field),
		gateway_test(writing),
		gateway_test(both_ways),
		gateway_test(rooms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
