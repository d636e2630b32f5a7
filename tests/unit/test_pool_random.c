/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: pool protocol util */
/* Thousands of random orders of everything that can happen to a pool, and what
 * must be true after each.  POOL_SEED=n runs one of them, POOL_RUNS=n so many;
 * POOL_TRACE shows the steps. */
#include "tests/unit/pool_model.h"

#define STEPS		200	/* of a run */

/* -------------------------------------------------------------------- steps */

static struct fake *
any_fake(void)
{
	/* Mostly one of the latest, as the older ones are dead. */
	unsigned back = any(nfakes < 6 ? nfakes : 6);

	return &fakes[nfakes - 1 - back];
}

static void
send_something(void)
{
	struct request *r = &m.requests[m.nrequests];
	char body[400];
	struct msg_send p = {
		.user = name_of(any(USERS)), .to = "p", .kind = "chat",
		.body = body
	};
	double timeout = any(4) == 0 ? 1e-9 : 0;
	int ok;

	if (m.nrequests == REQUESTS)
		return;
	snprintf(body, sizeof(body), "r%u %0*d", m.nrequests,
	    (int)(1 + any(300)), 0);
	if (any(6) == 0)
		ok = pool_request_any(m.pool, METHOD_send, &p, timeout,
		    on_reply, r);
	else
		ok = pool_request(m.pool, p.user, METHOD_send, &p, timeout,
		    on_reply, r);
	must(r->answers == 0);
	r->sent = ok == 0;
	m.nrequests += r->sent;
}

static void
owner_step(void)
{
	unsigned what = any(16), which = any(USERS);

	trace("owner", what);
	switch (what) {
	case 0: case 1: case 2: case 3:
		assign_somehow(which);
		break;
	case 4: case 5:
		release(which);
		break;
	case 6:
		if (any(2) == 0 && pool_restart(m.pool, 1 + any(5)) < 0)
			trace("no such backend", 0);
		break;
	case 7:
		if (any(8) == 0)
			pool_restart_all(m.pool);
		break;
	case 8:
		m.config.users_max = 1 + any(4);
		m.config.backends_max = any(5);
		m.config.backends_min = any(3);
		m.config.spare = any(2);
		pool_configure(m.pool, &m.config);
		break;
	case 9:
		pool_hold(m.pool, any(3) == 0);
		break;
	case 10:
		pool_answer(m.pool, m.ask_backend, m.ask_id, METHOD_ask, NULL);
		break;
	case 11:
		fake_no_start = any(3) == 0;
		break;
	default:
		send_something();
	}
}

/* Anything, as it is or too late, whole or cut. */
static void
child_step(void)
{
	struct fake *f;
	unsigned what = any(60);

	if (nfakes == 0)
		return;
	f = any_fake();
	trace("child", what);
	if (f->dead) {
		fake_reap(m.pool, f, what < 30 ? 0 : SIGSEGV);
	} else if (what < 30) {
		fake_read(f, what < 27 ? 65536 : 1 + any(100));
		while (f->nopen > 0 && any(5) > 0)
			fake_answer(f, any(f->nopen), any(20) > 0);
		fake_write(f, 65536);
	} else if (what < 36) {
		fake_read(f, 65536);
	} else if (what < 46) {
		fake_say(f, what == 45);
		fake_write(f, what < 42 ? 65536 : 1 + any(20));
	} else if (what < 50) {
		fake_write(f, 65536);
	} else if (what == 50) {
		f->garbage = true;
		buf_adds(&f->say, "garbage");
		fake_write(f, 65536);
	} else if (what == 51) {
		fake_close(any(2) == 0 ? &f->out : &f->in);
	} else if (what == 52) {
		fake_die(f);
		if (any(2) == 0)		/* SIGCHLD comes first */
			fake_reap(m.pool, f, SIGKILL);
	} else if (f->err >= 0 &&
	    write(f->err, "half a line\n", what - 50) < 0) {
		trace("its log is full", 0);
	}
}

static void
fire(ev_timer *timer)
{
	if (!ev_is_active(timer))
		return;
	if (timer->repeat == 0)
		ev_timer_stop(m.loop, timer);
	ev_invoke(m.loop, timer, EV_TIMER);
}

/* One of the backends, or NULL. */
static struct backend *
any_backend(void)
{
	struct backend *b;
	unsigned n = any(6);

	TAILQ_FOREACH(b, &m.pool->backends, link) {
		if (n-- == 0)
			break;
	}
	return b;
}

static void
let_time_pass(double seconds)
{
	struct backend *b;
	struct pool_user *user;

	TAILQ_FOREACH(b, &m.pool->backends, link) {
		b->born -= seconds;
		b->ready_at -= b->ready_at > 0 ? seconds : 0;
		b->drain_at -= b->drain_at > 0 ? seconds : 0;
		b->empty_since -= seconds;
		TAILQ_FOREACH(user, &b->users, link)
			user->asked -= user->asked > 0 ? seconds : 0;
	}
	pool_touch(m.pool);
}

static void
clock_step(void)
{
	static const double times[] = { 1, 3, 11, 31, 400 };
	struct backend *b = any_backend();
	unsigned what = any(12);

	if (m.frozen)
		return;
	trace("clock", what);
	if (what < 7) {
		if (b != NULL && (b->state > BACKEND_STARTING || any(4) == 0))
			fire(&b->timer);
	} else if (what == 7) {
		for (unsigned i = any(13); i > 0 && b != NULL &&
		    backend_serves(b); i--)
			fire(&b->timer);	/* it is silent */
	} else if (what == 8) {
		fire(&m.pool->retry);
	} else if (what == 9) {
		fire(&m.pool->expiry);
	} else {
		let_time_pass(times[any(LENGTH(times))]);
	}
}

static void
freeze(void)
{
	trace("freeze", m.frozen);
	if (m.frozen)
		return;
	pool_freeze(m.pool, m.frozen = true);
	m.written = all_written();
}

static void
hand_over(void)
{
	struct packer p = { 0 };
	struct unpacker *u;
	char *why = NULL;

	trace("handover", m.frozen);
	freeze();
	pack_map(&p, NULL);
	pool_handover(m.pool, &p);
	pack_end(&p);
	if (any(4) > 0) {
		pool_abandon(m.pool);
		if (nfakes > 0 && any(2) == 0)
			fake_die(any_fake());
		u = unpack_open(buf_data(&p.out), buf_len(&p.out));
		must(u != NULL);
		m.pool = pool_adopt(m.loop, &m.config, &events, &m,
		    unpack_root(u), &why);
		must(m.pool != NULL);
		unpack_close(u);
	} else {
		pool_freeze(m.pool, false);
	}
	m.frozen = false;
	pack_free(&p);
}

static void
one_step(void)
{
	unsigned what = any(100);

	if (m.frozen && what < 25)
		pool_freeze(m.pool, m.frozen = false);
	else if (m.frozen && what < 40)
		hand_over();
	else if (what < 40)
		child_step();
	else if (what < 75)
		owner_step();
	else if (what < 93)
		clock_step();
	else if (what < 97)
		hand_over();
	else
		freeze();
}

static void
turn(void)
{
	ev_run(m.loop, EVRUN_NOWAIT);
	later_run();
	if (m.pool != NULL)
		check();
}

/* ---------------------------------------------------------------- one run */

static void
begin(unsigned seed)
{
	struct ev_loop *loop = ev_default_loop(0);

	memset(&m, 0, sizeof(m));
	m.loop = loop;
	m.seed = m.state = seed;
	m.moves = any(4) > 0;
	events = (struct pool_events){
		.assigned = on_assigned, .lost = on_lost,
		.message = on_message, .move = m.moves ? on_move : NULL,
		.pack_request = pack_request, .unpack_request = unpack_request,
	};
	m.config = (struct pool_config){
		.instance = "x", .command = "fake", .users_max = 1 + any(4),
		.backends_max = any(5), .backends_min = any(3),
		.spare = any(2), .start_timeout = 1000, .ping_interval = 1000,
		.stop_timeout = 1000, .retire_after = 300,
		.request_timeout = 1000, .queue_max = 3000,
		.memory_limit_mb = any(5), .max_age = any(2) * 1000,
	};
	fake_has_read = has_read;
	m.pool = pool_create(loop, &m.config, &events, &m);
}

/* All die, in the end; everybody has an answer. */
static void
end(void)
{
	struct backend *b;

	if (m.frozen)
		pool_freeze(m.pool, m.frozen = false);
	if (any(2) == 0) {
		m.stopping = true;
		pool_stop(m.pool, on_stopped, NULL);
		turn();
		for (unsigned i = 0; i < nfakes; i++) {
			if (!fakes[i].dead)
				fake_die(&fakes[i]);
			if (any(2) == 0)
				turn();		/* end of file first */
			fake_reap(m.pool, &fakes[i], 0);
		}
		turn();
		TAILQ_FOREACH(b, &m.pool->backends, link)
			must(fake_of(b->pid) == NULL);
		must(m.stopped);
	}
	pool_destroy(m.pool);
	m.pool = NULL;
	turn();
	for (unsigned i = 0; i < m.nrequests; i++)
		must(m.requests[i].answers == 1);
	fake_forget_all();
}

static void
run(unsigned seed)
{
	begin(seed);
	for (m.step = 0; m.step < STEPS; m.step++) {
		one_step();
		if (any(3) > 0)
			turn();
	}
	end();
}

static unsigned
count_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
any_order(void **state)
{
	const char *seed = getenv("POOL_SEED"), *runs = getenv("POOL_RUNS");
	unsigned n = runs != NULL ? (unsigned)strtoul(runs, NULL, 10) : 3000;
	unsigned before;

	(void)state;
	if (seed != NULL) {
		run((unsigned)strtoul(seed, NULL, 10));
		return;
	}
	run(1);			/* what is opened once is open now */
	before = count_descriptors();
	for (unsigned i = 1; i <= n; i++)
		run(i);
	assert_int_equal(count_descriptors(), before);
}

/* Nobody is blamed for what he has not done. */
static void
take_line(enum log_level level, const char *line)
{
	const char *pid = strstr(line, "(pid ");

	(void)level;
	if (strstr(line, ": broke the protocol") != NULL && pid != NULL)
		must(fake_of((pid_t)atoi(pid + 5))->garbage);
	if (getenv("POOL_TRACE") != NULL)
		fprintf(stderr, "\t%s\n", line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order),
	};

	log_capture(take_line);
	log_set_level(LOG_DEBUG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
