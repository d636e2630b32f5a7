/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has been spent today?  A resource that has been read is free for the
 * rest of the day, for all users of the app.  What a day has cost is kept as a
 * setting of each user, so that a restart does not begin anew; prices are for
 * price.def and the configuration. */
#include "backends/twitter/budget.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/twitter/config.h"
#include "backends/twitter/count.h"
#include "backends/twitter/notice.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define SETTING		"spent"		/* "DAY MILLICENTS READS" */
#define DAY		86400		/* seconds */
#define SAVE_AFTER	10.0		/* seconds */
#define BACKGROUND	80		/* per cent of a limit, for polling */
#define RESULTS_MIN	10		/* X's least for some pages */
#define COUNT_MAX	100000000000	/* more is not believed */
#define SEEN_MAX	100000		/* ids; more are counted each time */

struct count {
	long	 spent;			/* millicents */
	long	 reads;			/* resources */
};

struct budget {
	char		*user;		/* key of the map of all */
	struct session	*session;	/* NULL: not logged in now */
	struct count	 count;
	struct count	 held;		/* by what is under way */
	struct count	 sure;		/* of that: X gives no page of less */
	bool		 told;		/* that polling rests */
	ev_timer	 save;		/* active: not kept yet */
};

/* Of one day. */
static struct {
	long		 number;	/* since 1970 */
	struct count	 count;		/* of all here */
	struct count	 held, sure;	/* likewise */
	struct map	 users;		/* struct budget, also of who has left */
	struct map	 seen;		/* ids that have been paid for */
} day;
static size_t everybody;		/* logged in, in all backends; 0: unknown */

static const struct {
	enum price	 price;
	bool		 each;
} costs[] = {
#define ENDPOINT(name, method, path, price, each, what) \
	{ PRICE_##price, each },
#include "backends/twitter/endpoint.def"
#undef ENDPOINT
};

static bool
is_read(enum price price)
{
	return price >= PRICE_post_read && price <= PRICE_trend_read;
}

/* --------------------------------------------------------------------- days */

static void
forget_seen(void)
{
	char *id;
	size_t at = 0;

	while ((id = map_next(&day.seen, &at)) != NULL)
		free(id);
	map_finish(&day.seen);
}

static void
destroy(struct budget *b)
{
	ev_timer_stop(EV_DEFAULT_ &b->save);
	map_remove(&day.users, b->user);
	free(b->user);
	free(b);
}

static void
roll(void)
{
	long now = (long)(api_now() / DAY);
	struct budget *b;
	size_t at = 0;

	if (now == day.number)
		return;
	day.number = now;
	day.count = (struct count){ 0 };
	forget_seen();
	while ((b = map_next(&day.users, &at)) != NULL) {
		b->count = (struct count){ 0 };
		b->told = false;
		if (b->session == NULL)
			destroy(b);
	}
}

/* By our clock. */
static time_t
tomorrow(void)
{
	return (time_t)(day.number + 1) * DAY - (api_now() - time(NULL));
}

/* ------------------------------------------------------------------- limits */

void
budget_all_sessions(size_t n)
{
	everybody = n;
}

/* Each backend only knows what it has spent itself. */
static long
share(long limit)
{
	size_t here = sessions_count();

	if (limit == 0 || here == 0 || everybody <= here)
		return limit;
	limit = (long)((double)limit * (double)here / (double)everybody);
	return limit > 0 ? limit : 1;	/* 0 would be no limit */
}

static bool
fits(long used, long more, long limit, long percent)
{
	return limit == 0 || used + more <= limit / 100 * percent +
	    limit % 100 * percent / 100;
}

static bool
allows(const struct count *c, const struct count *sure, long price, bool read,
    long money, long reads, bool background)
{
	long percent = background ? BACKGROUND : 100;

	return fits(c->spent + sure->spent, price, money, percent) &&
	    (!read || fits(c->reads + sure->reads, 1, reads, percent));
}

/* X asks for more where there is a link, which example.org is, too. */
static enum price
price_of(enum endpoint e, const char *text)
{
	enum price price = costs[e].price;

	return price == PRICE_post_create && text != NULL &&
	    count_has_address(text) ?
	    PRICE_post_create_url : price;
}

static void
tell(struct budget *b, const char *why)
{
	if (b->told || !b->session->connected)
		return;
	b->told = true;
	notice(b->session, why);
}

bool
budget_allows(struct session *s, const struct api_request *r, time_t *until,
    const char **why)
{
	enum price p = price_of(r->endpoint,
	    json_string_value(json_object_get(r->body, "text")));
	long price = config.price[p];
	bool mine, all;

	roll();
	mine = price == 0 || allows(&s->budget->count, &s->budget->sure,
	    price, is_read(p), config.budget_user, config.reads_user, r->background);
	all = price == 0 || allows(&day.count, &day.sure, price, is_read(p),
	    share(config.budget_all), share(config.reads_all), r->background);
	if (mine && all)
		return true;
	*until = tomorrow();
	if (r->background) {
		*why = mine ? "What all users of this gateway may cost at X "
		    "today is nearly used up. Nothing is fetched by itself any "
		    "more until midnight (UTC)." :
		    "What your account may cost at X today is nearly used up. "
		    "Nothing is fetched by itself any more until midnight "
		    "(UTC); what you ask for is, while some is left.";
		tell(s->budget, *why);
	} else {
		*why = mine ? "What all users of this gateway may cost at X "
		    "today is used up, until midnight (UTC)." :
		    "What your account may cost at X today is used up, until "
		    "midnight (UTC).";
	}
	return false;
}

static long
left(long used, long limit, long price)
{
	long rest = limit > used ? limit - used : 0;

	return limit == 0 || price == 0 ? 1000000 : rest / price;
}

static long
least(long a, long b)
{
	return a < b ? a : b;
}

static struct count
sum(const struct count *a, const struct count *b)
{
	return (struct count){ a->spent + b->spent, a->reads + b->reads };
}

long
budget_results(struct session *s, enum endpoint e, long wanted)
{
	struct count mine, all;
	long price = config.price[costs[e].price], n = wanted;

	roll();
	mine = sum(&s->budget->count, &s->budget->held);
	all = sum(&day.count, &day.held);
	n = least(n, left(mine.spent, config.budget_user, price));
	n = least(n, left(mine.reads, config.reads_user, 1));
	n = least(n, left(all.spent, share(config.budget_all), price));
	n = least(n, left(all.reads, share(config.reads_all), 1));
	if (n < RESULTS_MIN)
		n = least(wanted, RESULTS_MIN);
	return n;
}

/* ---------------------------------------------------------------- under way */

static void
change(struct count *c, enum price price, long n)
{
	c->spent += n * config.price[price];
	c->reads += is_read(price) ? n : 0;
}

static void
hold(struct session *s, enum endpoint e, long results, int sign)
{
	enum price price = costs[e].price;
	long n = costs[e].each ? results : 1;

	change(&s->budget->held, price, sign * n);
	change(&day.held, price, sign * n);
	n = least(n, RESULTS_MIN);
	change(&s->budget->sure, price, sign * n);
	change(&day.sure, price, sign * n);
}

void
budget_hold(struct session *s, enum endpoint e, long results)
{
	hold(s, e, results, 1);
}

void
budget_release(struct session *s, enum endpoint e, long results)
{
	hold(s, e, results, -1);
}

/* ----------------------------------------------------------------- spending */

/* Has it been paid for today?  It has from now on. */
static bool
is_paid(enum price price, const json_t *item)
{
	const char *id = json_string_value(json_object_get(item, "id"));
	char *key;

	if (id == NULL || strlen(id) > 40)
		return false;
	key = xasprintf("%u/%s", (unsigned)price, id);
	if (map_get(&day.seen, key) != NULL) {
		free(key);
		return true;
	}
	if (map_count(&day.seen) < SEEN_MAX)
		map_put(&day.seen, key, key);
	else
		free(key);
	return false;
}

static void
pay(struct budget *b, enum price price)
{
	struct count *const counts[] = { &b->count, &day.count };

	for (size_t i = 0; i < LENGTH(counts); i++) {
		counts[i]->spent += config.price[price];
		counts[i]->reads += is_read(price);
	}
}

static void
pay_each(struct budget *b, enum price price, const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		if (!is_paid(price, item))
			pay(b, price);
	}
}

static void
pay_answer(struct budget *b, enum endpoint e, const json_t *json)
{
	const json_t *data = json_object_get(json, "data");
	const json_t *more = json_object_get(json, "includes");
	enum price price = price_of(e, json_string_value(json_object_get(data,
	    "text")));

	if (costs[e].each && json != NULL)
		pay_each(b, price, data);
	else if (!is_read(price) || !is_paid(price, data))
		pay(b, price);
	if (!is_read(price))
		return;
	pay_each(b, PRICE_user_read, json_object_get(more, "users"));
	/* Called so in X's documentation, and so in its description. */
	pay_each(b, PRICE_post_read, json_object_get(more, "tweets"));
	pay_each(b, PRICE_post_read, json_object_get(more, "posts"));
}

void
budget_spend(struct session *s, enum endpoint e, const json_t *json)
{
	struct budget *b = s->budget;

	if (config.price[costs[e].price] == 0 && !is_read(costs[e].price))
		return;
	roll();
	pay_answer(b, e, json);
	if (!ev_is_active(&b->save)) {
		ev_timer_set(&b->save, SAVE_AFTER, 0);
		ev_timer_start(EV_DEFAULT_ &b->save);
	}
}

/* ------------------------------------------------------------------ reports */

static void
add_line(struct buf *b, const char *whose, const struct count *c, long money,
    long reads)
{
	buf_addf(b, "%s: $%.3f", whose, (double)c->spent / 100000);
	if (money > 0)
		buf_addf(b, " of $%.2f", (double)money / 100000);
	buf_addf(b, " spent, %ld", c->reads);
	if (reads > 0)
		buf_addf(b, " of %ld", reads);
	buf_adds(b, (reads > 0 ? reads : c->reads) == 1 ? " thing read\n" :
	    " things read\n");
}

char *
budget_text(struct session *s)
{
	struct buf b = { 0 };

	roll();
	buf_adds(&b, "What X has cost today (UTC), by the prices that this "
	    "gateway knows.\n");
	add_line(&b, "You", &s->budget->count, config.budget_user,
	    config.reads_user);
	add_line(&b, "All users here", &day.count, share(config.budget_all),
	    share(config.reads_all));
	buf_addf(&b, "At %d %% of a limit nothing is fetched by itself any "
	    "more, at the limit nothing at all.\nPrices:", BACKGROUND);
#define PRICE(name, millicents, help) \
	if (*help != '\0') \
		buf_addf(&b, " %s $%g;", help, \
		    (double)config.price[PRICE_##name] / 100000);
#include "backends/twitter/price.def"
#undef PRICE
	buf_truncate(&b, buf_len(&b) - 1);
	buf_addc(&b, '.');
	return buf_steal(&b);
}

/* --------------------------------------------------------------------- life */

void
budget_save(struct session *s)
{
	struct budget *b = s->budget;
	char text[80];

	if (!ev_is_active(&b->save))
		return;
	ev_timer_stop(EV_DEFAULT_ &b->save);
	snprintf(text, sizeof(text), "%ld %ld %ld", day.number,
	    b->count.spent, b->count.reads);
	session_keep(s, SETTING, text, false);
}

static void
due(struct ev_loop *loop, ev_timer *w, int events)
{
	struct budget *b = w->data;

	(void)loop;
	(void)events;
	/* It does not run any more, which is not to say that it is kept. */
	ev_timer_start(EV_DEFAULT_ w);
	budget_save(b->session);
}

/* What another process, or this one before it was started anew, has counted. */
static void
load(struct budget *b)
{
	const char *text = session_setting(b->session, SETTING, "");
	long number, spent, reads;

	if (sscanf(text, "%18ld %18ld %18ld", &number, &spent, &reads) != 3 ||
	    number != day.number || spent < 0 || spent > COUNT_MAX ||
	    reads < 0 || reads > COUNT_MAX)
		return;
	if (spent > b->count.spent) {
		day.count.spent += spent - b->count.spent;
		b->count.spent = spent;
	}
	if (reads > b->count.reads) {
		day.count.reads += reads - b->count.reads;
		b->count.reads = reads;
	}
}

void
budget_begin(struct session *s)
{
	struct budget *b;

	roll();
	b = map_get(&day.users, s->user);
	if (b == NULL) {
		b = xcalloc(1, sizeof(*b));
		b->user = xstrdup(s->user);
		ev_timer_init(&b->save, due, SAVE_AFTER, 0);
		b->save.data = b;
		map_put(&day.users, b->user, b);
	}
	b->session = s;
	s->budget = b;
	load(b);
}

void
budget_end(struct session *s)
{
	budget_save(s);
	s->budget->session = NULL;
	s->budget = NULL;
}

void
budget_finish(void)
{
	struct budget *b;
	size_t at = 0;

	while ((b = map_next(&day.users, &at)) != NULL)
		destroy(b);
	map_finish(&day.users);
	forget_seen();
	day.count = (struct count){ 0 };
}
