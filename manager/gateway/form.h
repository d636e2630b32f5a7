/* SPDX-License-Identifier: GPL-2.0-or-later */
/* form.h - data forms (XEP-0004). */
#ifndef MANAGER_GATEWAY_FORM_H
#define MANAGER_GATEWAY_FORM_H

#include "manager/xmpp/xml.h"
#include "protocol/schema.h"

/* <x type='form|submit|result'> with title and instructions (NULL: none) and a
 * hidden FORM_TYPE (NULL: none); put fields, then form_end(). */
void	form_begin(struct xml *, const char *type, const char *title,
	    const char *instructions, const char *form_type);
/* type: "text-single" "boolean" "hidden" ...; label NULL: none. */
void	form_field(struct xml *, const char *var, const char *type,
	    const char *label, const char *value, bool required);
/* A field as backends describe them. */
void	form_field_of(struct xml *, const struct msg_field *);
void	form_end(struct xml *);
/* The name in XEP-0004 of a type of the protocol; NULL: text. */
const char *form_type(const char *type);
/* Is what is filled in there not to be shown to anybody? */
bool	form_is_secret(const struct msg_field *);

/* The form inside an element, or NULL; one value of it, NULL when absent. */
const struct stanza *form_find(const struct stanza *);
const char *form_value(struct arena *, const struct stanza *form,
	    const char *var);
/* All values by name, several of one field joined by newlines. */
struct pairs form_values(struct arena *, const struct stanza *form);
/* "1" and "true". */
bool	form_bool(const char *value);

#endif
