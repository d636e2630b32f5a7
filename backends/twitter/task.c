/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/twitter/task.h"

#include <stdlib.h>

#include "util/xalloc.h"

void *
task_begin(struct session *s, const struct kit_call *call, size_t size,
    void (*finish)(struct task *))
{
	struct task *t = xcalloc(1, size);

	t->session = s;
	if (call != NULL)
		t->call = *call;
	t->finish = finish;
	LIST_INSERT_HEAD(&s->tasks, t, entry);
	return t;
}

static void
end(struct task *t)
{
	LIST_REMOVE(t, entry);
	if (t->finish != NULL)
		t->finish(t);
	free(t);
}

void
task_reply(struct task *t, const void *result)
{
	kit_reply(&t->call, result);
	end(t);
}

void
task_error(struct task *t, const char *code, const char *text)
{
	kit_error(&t->call, code, text);
	end(t);
}

void
task_refused(struct task *t, const struct api_answer *a)
{
	task_error(t, api_error_code(a->outcome), a->text);
}

void
tasks_end(struct session *s)
{
	struct task *t;

	while ((t = LIST_FIRST(&s->tasks)) != NULL)
		task_error(t, ERR_NOT_CONNECTED, NULL);
}
