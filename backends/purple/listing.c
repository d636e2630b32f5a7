/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which protocols are there, and what can be set for each?  For a human who
 * writes a configuration file. */
#include "backends/purple/listing.h"

#include <purple.h>
#include <string.h>

#include "backends/purple/option.h"
#include "util/buf.h"

/* Columns, so far as names keep to them. */
#define NAME_WIDTH	24
#define DEFAULT_WIDTH	20

/* Labels of dialogs may have several lines. */
static void
print_line(FILE *to, const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		fputc(*text == '\n' || *text == '\r' ? ' ' : *text, to);
}

/* "NAME@Server": what an account's name is made of. */
static void
print_name(FILE *to, const PurplePluginProtocolInfo *info)
{
	const PurpleAccountUserSplit *split;

	fputs("    account: NAME", to);
	for (GList *l = info->user_splits; l != NULL; l = l->next) {
		split = l->data;
		fprintf(to, "%c", split->field_sep);
		print_line(to, split->text);
	}
	if (info->options & OPT_PROTO_NO_PASSWORD)
		fputs(", without a password", to);
	else if (info->options & OPT_PROTO_PASSWORD_OPTIONAL)
		fputs(", with or without a password", to);
	fputc('\n', to);
}

static const char *
kind(const PurpleAccountOption *option)
{
	switch (purple_account_option_get_type(option)) {
	case PURPLE_PREF_BOOLEAN:
		return "0 or 1";
	case PURPLE_PREF_INT:
		return "number";
	case PURPLE_PREF_STRING_LIST:
		return "choice";
	default:
		return "text";
	}
}

static void
print_option(FILE *to, const PurpleAccountOption *option)
{
	struct buf usual = { 0 }, want = { 0 };

	option_default(&usual, option);
	buf_addc(&usual, '\0');
	fprintf(to, "    %-*s %-7s %-*s ", NAME_WIDTH,
	    purple_account_option_get_setting(option), kind(option),
	    DEFAULT_WIDTH, *buf_data(&usual) != '\0' ? buf_data(&usual) :
	    "-");
	print_line(to, purple_account_option_get_text(option));
	fputc('\n', to);
	if (purple_account_option_get_type(option) ==
	    PURPLE_PREF_STRING_LIST) {
		option_want(&want, option);
		fprintf(to, "        %.*s\n", (int)buf_len(&want),
		    buf_data(&want));
	}
	buf_free(&want);
	buf_free(&usual);
}

static void
print_protocol(FILE *to, PurplePlugin *protocol)
{
	const PurplePluginProtocolInfo *info =
	    PURPLE_PLUGIN_PROTOCOL_INFO(protocol);

	fprintf(to, "%s  %s\n", purple_plugin_get_id(protocol),
	    purple_plugin_get_name(protocol));
	print_name(to, info);
	for (GList *l = info->protocol_options; l != NULL; l = l->next) {
		if (purple_account_option_get_setting(l->data) != NULL)
			print_option(to, l->data);
	}
	fputc('\n', to);
}

void
listing_print(FILE *to)
{
	fprintf(to, "Protocols for [service] protocol, and what [purple] may "
	    "set for them:\nname, kind of value, default, meaning.\n\n");
	for (GList *l = purple_plugins_get_protocols(); l != NULL;
	    l = l->next)
		print_protocol(to, l->data);
}
