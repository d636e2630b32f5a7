/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_kit.h - one process hands a link over to the next.  Include it after
 * cmocka.h. */
#ifndef TESTS_UNIT_LINK_KIT_H
#define TESTS_UNIT_LINK_KIT_H

#include <stdlib.h>
#include <unistd.h>

#include "manager/xmpp/link.h"
#include "util/later.h"
#include "util/macros.h"
#include "util/pack.h"
#include "util/xalloc.h"

static struct packer packer;
static struct unpacker *unpacker;

/* What execve() does: the descriptors stay, everything else is gone. */
static UNUSED void
link_execve(struct link *link)
{
	int *saved;

	link_freeze(link, true);
	pack_map(&packer, NULL);
	link_handover(link, &packer);
	pack_end(&packer);
	later_run();
	saved = xreallocarray(NULL, packer.nfds + 1, sizeof(*saved));
	for (size_t i = 0; i < packer.nfds; i++)
		saved[i] = dup(packer.fds[i]);
	link_destroy(link);
	later_run();
	for (size_t i = 0; i < packer.nfds; i++) {
		assert_int_equal(dup2(saved[i], packer.fds[i]),
		    packer.fds[i]);
		close(saved[i]);
	}
	free(saved);
}

/* What the next process finds. */
static UNUSED const struct packed *
link_found(void)
{
	unpacker = unpack_open(buf_data(&packer.out), buf_len(&packer.out));
	assert_non_null(unpacker);
	return unpack_root(unpacker);
}

static UNUSED void
link_kit_finish(void)
{
	unpack_close(unpacker);
	unpacker = NULL;
	pack_free(&packer);
}

#endif
