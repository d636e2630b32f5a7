/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can this network do?  The answer to initialize is kept as the message
 * that it was: encoded again to compare, decoded again to own. */
#include "manager/pool/features.h"

#include <string.h>

#include "util/log.h"

bool
features_set(struct features *f, const struct msg_initialize_result *result)
{
	struct buf said = { 0 };
	struct msg msg;
	const char *why;

	if (encode_result(&said, 0, METHOD_initialize, result) < 0)
		fatal("what was one message is none any more");
	if (buf_len(&said) == buf_len(&f->said) &&
	    memcmp(buf_data(&said), buf_data(&f->said), buf_len(&said)) == 0) {
		buf_free(&said);
		return false;
	}
	features_finish(f);
	f->said = said;
	buf_add(&f->message, buf_data(&said), buf_len(&said));
	f->decoder = decoder_create(UP);
	if (decoder_next(f->decoder, &f->message, &msg, &why) != 1 ||
	    decoder_result(f->decoder, METHOD_initialize, &f->result,
	    &why) < 0)
		fatal("our own message is none: %s", why);
	return true;
}

bool
features_restore(struct features *f, const void *said, size_t n)
{
	struct decoder *d = decoder_create(UP);
	struct buf in = { 0 };
	union result result;
	struct msg msg;
	const char *why;
	bool ok;

	buf_add(&in, said, n);
	ok = decoder_next(d, &in, &msg, &why) == 1 && msg.kind == RESPONSE &&
	    msg.error == NULL &&
	    decoder_result(d, METHOD_initialize, &result, &why) == 0;
	if (ok)
		features_set(f, &result.initialize);
	decoder_destroy(d);
	buf_free(&in);
	return ok;
}

const struct msg_initialize_result *
features_get(const struct features *f)
{
	return f->decoder != NULL ? &f->result.initialize : NULL;
}

bool
features_have(const struct features *f, const char *feature)
{
	const struct strs *list = &f->result.initialize.features;

	if (f->decoder == NULL)
		return false;
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i], feature) == 0)
			return true;
	}
	return false;
}

void
features_finish(struct features *f)
{
	decoder_destroy(f->decoder);
	buf_free(&f->message);
	buf_free(&f->said);
	*f = (struct features){ 0 };
}
