/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X sends the profiles of whoever is mentioned with each page, and has each
 * paid for once a day; so they are not asked for with it, and only those whom
 * nobody here has met are, many at once. */
#include "backends/twitter/direct_inside.h"

#include <stdlib.h>
#include <string.h>

#include "backends/twitter/fetch.h"
#include "backends/twitter/people.h"
#include "backends/twitter/task.h"
#include "util/xalloc.h"

#define AT_ONCE		100		/* X takes no more */

struct finding {
	struct task	 task;
	struct direct_ids ids;
	size_t		 asked;		/* of these */
	bool		 background;
	direct_found	*done;
	void		*ctx;
};

void
direct_ids_add(struct direct_ids *ids, const char *id)
{
	if (id == NULL || ids->n >= DIRECT_IDS_MAX || people_by_id(id) != NULL)
		return;
	for (size_t i = 0; i < ids->n; i++)
		if (strcmp(ids->v[i], id) == 0)
			return;
	ids->v = xreallocarray(ids->v, ids->n + 1, sizeof(*ids->v));
	strcpy(ids->v[ids->n++], id);
}

void
direct_ids_of(struct direct_ids *ids, const struct session *s,
    const struct event *e)
{
	char peer[PAGE_ID_MAX + 1];

	if (e->sender_id != NULL && strcmp(e->sender_id, s->id) != 0)
		direct_ids_add(ids, e->sender_id);
	for (size_t i = 0; i < e->npeople; i++)
		direct_ids_add(ids, e->people[i]);
	if (e->conversation_id != NULL &&
	    direct_id_peer(e->conversation_id, s->id, peer))
		direct_ids_add(ids, peer);
	if (e->post != NULL)
		direct_ids_add(ids, e->post->author_id);
}

static void
finish(struct task *task)
{
	free(((struct finding *)task)->ids.v);
}

static void
end(struct finding *f, const struct api_answer *a)
{
	struct session *s = f->task.session;
	direct_found *done = f->done;
	void *ctx = f->ctx;

	task_reply(&f->task, NULL);
	done(s, a, ctx);
}

static void	ask(struct finding *);

static void
got(struct session *s, const struct api_answer *a, const struct page *page,
    void *ctx)
{
	struct finding *f = ctx;

	(void)s;
	(void)page;
	if (a->outcome == API_OK && f->asked < f->ids.n)
		ask(f);
	else
		end(f, a);
}

static void
ask(struct finding *f)
{
	struct buf b = { 0 };
	char *list;

	for (size_t i = 0; i < AT_ONCE && f->asked < f->ids.n; i++)
		buf_addf(&b, "%s%s", i > 0 ? "," : "", f->ids.v[f->asked++]);
	list = buf_steal(&b);
	fetch(f->task.session, &(struct fetch){ .endpoint = E_users,
	    .name = "ids", .value = list, .background = f->background },
	    got, f);
	free(list);
}

void
direct_people(struct session *s, struct direct_ids *ids, bool background,
    direct_found *done, void *ctx)
{
	static const struct api_answer ok = { .outcome = API_OK };
	struct finding *f;

	if (ids->n == 0) {
		done(s, &ok, ctx);
		return;
	}
	f = task_begin(s, NULL, sizeof(*f), finish);
	f->ids = *ids;
	f->background = background;
	f->done = done;
	f->ctx = ctx;
	*ids = (struct direct_ids){ 0 };
	ask(f);
}
