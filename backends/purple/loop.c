/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors of libpurple, each under a number of ours, so that the source
 * behind it can go while reading is paused, and come again. */
#include "backends/purple/loop.h"

#include <glib-unix.h>
#include <purple.h>
#include <stdbool.h>

#include "backends/kit/kit_glib.h"

struct input {
	guint		 number;	/* libpurple's name for it; not 0 */
	guint		 source;	/* GLib's; 0: paused */
	int		 fd;
	PurpleInputCondition what;
	PurpleInputFunction function;
	void		*data;
};

static GHashTable *inputs;	/* number -> struct input */
static bool paused;

/* Nobody waits for hundreds of others.  A turn that is full leaves the rest for
 * the next one, which begins with them: sources are called in the order of
 * their numbers. */
static bool
has_to_wait(const struct input *input)
{
	static unsigned turn;
	static guint first, left;	/* sources; 0: all, none */
	static bool served;		/* one of us, in this turn */
	bool full;
	unsigned now = kit_glib_turn(&full);

	if (now != turn) {
		turn = now;
		first = left;
		left = 0;
		served = false;
	}
	if (input->source < first)
		return true;
	if (!full || !served) {
		served = true;
		return false;
	}
	if (left == 0)
		left = input->source;
	return true;
}

static gboolean
ready(gint fd, GIOCondition condition, gpointer data)
{
	struct input *input = data;
	PurpleInputCondition what = 0;

	if (has_to_wait(input))
		return G_SOURCE_CONTINUE;
	if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR))
		what |= PURPLE_INPUT_READ;
	if (condition & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL))
		what |= PURPLE_INPUT_WRITE;
	/* It may remove itself: nothing of it is touched afterwards. */
	input->function(input->data, fd, what);
	return G_SOURCE_CONTINUE;
}

static void
listen(struct input *input)
{
	GIOCondition condition = 0;

	if (input->what & PURPLE_INPUT_READ)
		condition |= G_IO_IN | G_IO_HUP | G_IO_ERR;
	if (input->what & PURPLE_INPUT_WRITE)
		condition |= G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL;
	input->source = g_unix_fd_add(input->fd, condition, ready, input);
}

static void
silence(struct input *input)
{
	if (input->source != 0)
		g_source_remove(input->source);
	input->source = 0;
}

static guint
input_add(int fd, PurpleInputCondition what, PurpleInputFunction function,
    gpointer data)
{
	static guint serial;
	struct input *input = g_new(struct input, 1);

	do {
		serial++;
	} while (serial == 0 || g_hash_table_contains(inputs,
	    GUINT_TO_POINTER(serial)));
	*input = (struct input){ serial, 0, fd, what, function, data };
	g_hash_table_insert(inputs, GUINT_TO_POINTER(serial), input);
	if (!paused || !(what & PURPLE_INPUT_READ))
		listen(input);
	return serial;
}

static gboolean
input_remove(guint number)
{
	struct input *input = g_hash_table_lookup(inputs,
	    GUINT_TO_POINTER(number));

	if (input == NULL)
		return FALSE;
	g_hash_table_remove(inputs, GUINT_TO_POINTER(number));
	silence(input);
	g_free(input);
	return TRUE;
}

void
loop_pause(void)
{
	GHashTableIter at;
	void *input;

	paused = true;
	g_hash_table_iter_init(&at, inputs);
	while (g_hash_table_iter_next(&at, NULL, &input)) {
		if (((struct input *)input)->what & PURPLE_INPUT_READ)
			silence(input);
	}
}

void
loop_resume(void)
{
	GHashTableIter at;
	void *input;

	paused = false;
	g_hash_table_iter_init(&at, inputs);
	while (g_hash_table_iter_next(&at, NULL, &input)) {
		if (((struct input *)input)->source == 0)
			listen(input);
	}
}

void
loop_init(void)
{
	static PurpleEventLoopUiOps ops = {
		.timeout_add = g_timeout_add,
		.timeout_remove = g_source_remove,
		.input_add = input_add,
		.input_remove = input_remove,
		.timeout_add_seconds = g_timeout_add_seconds,
	};

	inputs = g_hash_table_new(NULL, NULL);
	purple_eventloop_set_ui_ops(&ops);
}
