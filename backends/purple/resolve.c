/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libpurple asks of DNS, and the answers in its form.  By itself it forks
 * a process for each name.
 *
 * c-ares can neither forget a question nor promise not to answer at once, so an
 * answer is kept until the end of the turn, and one that nobody waits for any
 * more is dropped when it comes. */
#include "backends/purple/resolve.h"

#include <glib.h>
#include <netinet/in.h>
#include <purple.h>
#include <string.h>

#include "backends/purple/dns.h"
#include "net/nameserver.h"
#include "util/later.h"

#define DEADLINE	15	/* seconds */
#define ADDRESSES_MAX	8
#define RECORDS_MAX	32
#define TEXT_MAX	4096	/* bytes of a TXT record */

struct lookup {
	void	*query;		/* libpurple's; NULL: it waits no more */
	char	*name;
	guint	 timer;		/* the deadline; 0: over */
	void	(*tell)(struct lookup *);
	union {
		PurpleDnsQueryResolvedCallback host;
		PurpleSrvTxtQueryResolvedCallback records;
	} resolved;
	union {
		PurpleDnsQueryFailedCallback host;
		PurpleSrvTxtQueryFailedCallback records;
	} failed;
	/* Up to the end of the turn; why counts when both are NULL. */
	GSList	*hosts;
	GList	*records;
	GDestroyNotify free_record;
	char	*why;
};

static GHashTable *waiting;	/* query -> its lookup */

/* -------------------------------------------------------------- their lives */

/* Nobody waits any more; frees nothing. */
static void
give_up(struct lookup *l)
{
	g_hash_table_remove(waiting, l->query);
	l->query = NULL;
	if (l->timer != 0)
		g_source_remove(l->timer);
	l->timer = 0;
}

static void
tell(struct lookup *l)
{
	l->tell(l);
	l->hosts = NULL;
	l->records = NULL;
}

static gboolean
on_deadline(gpointer data)
{
	struct lookup *l = data;

	l->timer = 0;
	g_free(l->why);
	l->why = g_strdup_printf("%s: looking that up took too long", l->name);
	tell(l);
	return G_SOURCE_REMOVE;
}

static struct lookup *
start(void *query, const char *name, void (*tell_it)(struct lookup *))
{
	struct lookup *l = g_new0(struct lookup, 1);

	l->query = query;
	l->name = g_strdup(name);
	l->tell = tell_it;
	l->timer = g_timeout_add_seconds(DEADLINE, on_deadline, l);
	g_hash_table_insert(waiting, query, l);
	return l;
}

/* The turn is over, and c-ares will not call any more. */
static void
finish(void *object)
{
	struct lookup *l = object;

	if (l->query != NULL)
		tell(l);
	for (GSList *at = l->hosts; at != NULL; at = at->next->next)
		g_free(at->next->data);
	g_slist_free(l->hosts);
	g_list_free_full(l->records, l->free_record);
	g_free(l->why);
	g_free(l->name);
	g_free(l);
}

static void
explain(struct lookup *l, int status)
{
	g_free(l->why);
	l->why = g_strdup_printf("%s: %s", l->name, nameservers_explain(
	    status == ARES_SUCCESS ? ARES_ENODATA : status));
}

/* -------------------------------------------------------------------- hosts */

static void
tell_host(struct lookup *l)
{
	PurpleDnsQueryData *query = l->query;

	give_up(l);
	if (l->hosts != NULL)
		l->resolved.host(query, l->hosts);
	else
		l->failed.host(query, l->why);
}

/* libpurple's list: a length, an address, a length, an address... */
static GSList *
list_addresses(const struct ares_addrinfo_node *node)
{
	GSList *list = NULL;

	for (int n = 0; node != NULL && n < ADDRESSES_MAX;
	    node = node->ai_next) {
		size_t len = (size_t)node->ai_addrlen;

		if (node->ai_family != AF_INET && node->ai_family != AF_INET6)
			continue;
		list = g_slist_append(list, GSIZE_TO_POINTER(len));
		list = g_slist_append(list, g_memdup2(node->ai_addr, len));
		n++;
	}
	return list;
}

static void
on_host(void *ctx, int status, int timeouts, struct ares_addrinfo *result)
{
	struct lookup *l = ctx;

	(void)timeouts;
	if (status == ARES_SUCCESS && result != NULL)
		l->hosts = list_addresses(result->nodes);
	if (result != NULL)
		ares_freeaddrinfo(result);
	explain(l, status);
	later(finish, l);
}

static gboolean
resolve_host(PurpleDnsQueryData *query, PurpleDnsQueryResolvedCallback resolved,
    PurpleDnsQueryFailedCallback failed)
{
	const char *host = purple_dnsquery_get_host(query);
	struct lookup *l = start(query, host, tell_host);
	char port[8], *ascii = NULL;

	l->resolved.host = resolved;
	l->failed.host = failed;
	g_snprintf(port, sizeof(port), "%u",
	    (unsigned)purple_dnsquery_get_port(query));
	if (g_utf8_validate(host, -1, NULL))
		ascii = g_hostname_to_ascii(host);
	if (ascii != NULL)
		dns_host(ascii, port, on_host, l);
	else
		on_host(l, ARES_EBADNAME, 0, NULL);
	g_free(ascii);
	return TRUE;
}

static void
forget_host(PurpleDnsQueryData *query)
{
	struct lookup *l = g_hash_table_lookup(waiting, query);

	if (l != NULL)
		give_up(l);
}

static PurpleDnsQueryUiOps host_ops = {
	.resolve_host = resolve_host, .destroy = forget_host,
};

/* ------------------------------------------------------------------ records */

static void
tell_records(struct lookup *l)
{
	PurpleSrvTxtQueryData *query = l->query;

	give_up(l);
	if (l->records != NULL)
		l->resolved.records(query, l->records);
	else
		l->failed.records(query, l->why);
}

/* libpurple sorts them, by RFC 2782.  A single dot says that there is no such
 * service. */
static GList *
list_srv(const unsigned char *answer, int len)
{
	struct ares_srv_reply *first;
	GList *list = NULL;
	int n = 0;

	if (ares_parse_srv_reply(answer, len, &first) != ARES_SUCCESS)
		return NULL;
	for (struct ares_srv_reply *r = first; r != NULL && n < RECORDS_MAX;
	    r = r->next) {
		PurpleSrvResponse *s;

		if (*r->host == '\0' || strcmp(r->host, ".") == 0 ||
		    strlen(r->host) >= sizeof(s->hostname) || r->port == 0)
			continue;
		s = g_new0(PurpleSrvResponse, 1);
		g_strlcpy(s->hostname, r->host, sizeof(s->hostname));
		s->port = r->port;
		s->weight = r->weight;
		s->pref = r->priority;
		list = g_list_prepend(list, s);
		n++;
	}
	ares_free_data(first);
	return g_list_reverse(list);
}

/* The strings of one record are parts of one text. */
static GList *
list_txt(const unsigned char *answer, int len)
{
	struct ares_txt_ext *first, *r;
	GList *list = NULL;
	int n = 0;

	if (ares_parse_txt_reply_ext(answer, len, &first) != ARES_SUCCESS)
		return NULL;
	for (r = first; r != NULL && n < RECORDS_MAX; n++) {
		PurpleTxtResponse *t = g_new0(PurpleTxtResponse, 1);
		GString *text = g_string_new(NULL);

		do {
			g_string_append_len(text, (const char *)r->txt,
			    (gssize)MIN(r->length, TEXT_MAX - text->len));
			r = r->next;
		} while (r != NULL && !r->record_start);
		t->content = g_utf8_make_valid(text->str, (gssize)text->len);
		g_string_free(text, TRUE);
		list = g_list_prepend(list, t);
	}
	ares_free_data(first);
	return g_list_reverse(list);
}

static void
free_txt(gpointer record)
{
	purple_txt_response_destroy(record);
}

static void
on_srv(void *ctx, int status, int timeouts, unsigned char *answer, int len)
{
	struct lookup *l = ctx;

	(void)timeouts;
	if (status == ARES_SUCCESS)
		l->records = list_srv(answer, len);
	explain(l, status);
	later(finish, l);
}

static void
on_txt(void *ctx, int status, int timeouts, unsigned char *answer, int len)
{
	struct lookup *l = ctx;

	(void)timeouts;
	if (status == ARES_SUCCESS)
		l->records = list_txt(answer, len);
	explain(l, status);
	later(finish, l);
}

static gboolean
resolve_records(PurpleSrvTxtQueryData *query,
    PurpleSrvTxtQueryResolvedCallback resolved,
    PurpleSrvTxtQueryFailedCallback failed)
{
	const char *name = purple_srv_txt_query_get_query(query);
	int type = purple_srv_txt_query_get_type(query);
	struct lookup *l = start(query, name, tell_records);

	l->resolved.records = resolved;
	l->failed.records = failed;
	l->free_record = type == PurpleDnsTypeTxt ? free_txt : g_free;
	dns_record(name, type, type == PurpleDnsTypeTxt ? on_txt : on_srv, l);
	return TRUE;
}

static void
forget_records(PurpleSrvTxtQueryData *query)
{
	struct lookup *l = g_hash_table_lookup(waiting, query);

	if (l != NULL)
		give_up(l);
}

static PurpleSrvTxtQueryUiOps record_ops = {
	.resolve = resolve_records, .destroy = forget_records,
};

void
resolve_init(void)
{
	waiting = g_hash_table_new(NULL, NULL);
	purple_dnsquery_set_ui_ops(&host_ops);
	purple_srv_txt_query_set_ui_ops(&record_ops);
}
