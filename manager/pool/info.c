/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does an admin want to know of the backends, and what can the network
 * do?  Nothing here changes anything. */
#include <stdio.h>
#include <string.h>

#include "util/clock.h"
#include "manager/pool/inside.h"
#include "manager/pool/proc.h"
#include "util/utf8.h"

const struct msg_initialize_result *
pool_features(const struct pool *pool)
{
	return features_get(&pool->features);
}

bool
pool_can(const struct pool *pool, const char *feature)
{
	return features_have(&pool->features, feature);
}

unsigned
pool_users_max(const struct pool *pool)
{
	const struct msg_initialize_result *said = pool_features(pool);
	unsigned max = pool->config.users_max;

	return said != NULL && said->users_max > 0 && said->users_max < max ?
	    (unsigned)said->users_max : max;
}

static void
tell_last(const struct pool *pool, struct backend_info *info)
{
	const struct report_last *last = report_last(&pool->report, info->id);

	if (last == NULL)
		return;
	info->restarts = last->deaths;
	snprintf(info->last_exit, sizeof(info->last_exit), "%.*s, %.0f s ago",
	    (int)utf8_cut(last->how, strlen(last->how), 360), last->how,
	    clock_now() - last->when);
	memcpy(info->last_words, last->words, sizeof(info->last_words));
}

size_t
pool_backends(const struct pool *pool, struct backend_info *info, size_t max)
{
	const struct backend *b;
	size_t n = 0;

	TAILQ_FOREACH(b, &pool->backends, link) {
		if (n++ >= max)
			continue;
		info[n - 1] = (struct backend_info){
			.id = b->id,
			.pid = b->pid,
			.state = backend_state_name(b->state),
			.users = b->nusers,
			.alone = b->alone,
			.age = clock_now() - b->born,
			.rss_kb = b->rss_kb > 0 ? b->rss_kb :
			    proc_rss_kb(b->pid),
			.sent = b->channel.sent,
			.received = b->channel.received,
			.queued = channel_queued(&b->channel),
		};
		tell_last(pool, &info[n - 1]);
	}
	return n;
}

unsigned
pool_ready_count(const struct pool *pool)
{
	const struct backend *b;
	unsigned n = 0;

	TAILQ_FOREACH(b, &pool->backends, link)
		n += b->state == BACKEND_READY;
	return n;
}

unsigned long
pool_crashes(const struct pool *pool)
{
	return pool->report.crashes;
}

void
pool_crash_report(const struct pool *pool, struct buf *out)
{
	report_print(&pool->report, out);
}

void
pool_crashed_pids(const struct pool *pool, struct buf *out)
{
	report_print_pids(&pool->report, out);
}
