/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links: gateway xmpp protocol util */
/* Contacts: how they get onto the user's roster and off it again, and whether
 * other programs come to the same hash of what they can do. */
#include "tests/unit/gateway_kit.h"

#include <openssl/evp.h>

#include "manager/gateway/caps.h"
#include "manager/gateway/contact.h"
#include "manager/gateway/ns.h"

static void
contact(const char *name, const char *nickname)
{
	union params p = { .contact = {
		.user = ANA, .contact = name, .name = nickname,
		.blocked = TRI_ABSENT,
	} };

	tell(METHOD_contact, &p);
}

static void
shows(const char *name, const char *show)
{
	union params p = { .contact_presence = {
		.user = ANA, .contact = name, .show = show,
	} };

	tell(METHOD_contact_presence, &p);
}

static void
flush(void)
{
	assert_true(ana()->roster_due > 0);
	roster_flush(ana());
}

/* The last request of ours is answered by its receiver. */
static void
answers(const char *from, const char *type, const char *inside)
{
	come("<iq type='%s' from='%s' id='%s-%lu'>%s</iq>", type, from,
	    kit.gw->iq_token, kit.gw->iq_serial, inside);
}

#define DISCO "<query xmlns='" NS_DISCO_INFO "'>"

static void
offered_by_request(void **state)
{
	(void)state;
	log_in();
	contact("Bob", "Bob B.");
	expect_nothing();
	flush();
	expect("<iq type='get'", "to='" PC "'", NS_DISCO_INFO);
	answers(PC, "result", DISCO "<feature var='x'/></query>");
	expect("type='subscribe'", "from='bob@" GW "'", "to='" ANA "'",
	    "Bob B.</nick>");
	/* Asked once, whatever comes, and whatever its name becomes. */
	contact("Bob", "Robert");
	flush();
	expect_nothing();
	/* Not visible before the user says yes. */
	shows("Bob", "online");
	expect_nothing();
	come("<presence type='subscribed' to='bob@" GW "'/>");
	expect("<presence from='bob@" GW "/bot'", "<c ", "sha-1");
	shows("Bob", "away");
	expect("<show>away</show>");
	shows("Bob", "away");
	expect_nothing();
	shows("Bob", "offline");
	expect("type='unavailable'");
}

static void
declined(void **state)
{
	(void)state;
	log_in();
	contact("bob", NULL);
	flush();
	answers(PC, "error", "");
	expect("<iq");
	expect("type='subscribe'");
	come("<presence type='unsubscribed' to='bob@" GW "'/>");
	expect_did("store contact bob none; store contact bob ask; "
	    "store contact bob none ignored");
	contact("bob", "Bob");
	flush();
	expect_nothing();
}

static void
offered_by_exchange(void **state)
{
	(void)state;
	log_in();
	contact("bob", "Bob");
	contact("cy", NULL);
	flush();
	answers(PC, "result", DISCO "<feature var='" NS_ROSTERX
	    "'/></query>");
	expect("<iq");
	expect("<message", "to='" PC "'", NS_ROSTERX, "jid='bob@" GW "'",
	    "jid='cy@" GW "'", "name='Bob'");
	expect_nothing();
}

static void
grant(void)
{
	come("<message from='example.org'><privilege xmlns='" NS_PRIVILEGE2
	    "'><perm access='roster' type='both'/></privilege></message>");
}

static void
written(void **state)
{
	(void)state;
	grant();
	log_in();
	contact("bob", "Bob");
	flush();
	expect("<iq type='set'", "to='" ANA "'", NS_ROSTER,
	    "jid='bob@" GW "'", "subscription='both'", "name='Bob'");
	answers(ANA, "result", "");
	assert_int_equal(contact_find(ana(), "bob")->subscription, SUB_BOTH);
	expect_nothing();
}

/* ejabberd grants what it then refuses. */
static void
write_refused(void **state)
{
	(void)state;
	grant();
	log_in();
	contact("bob", "Bob");
	flush();
	expect("<iq type='set'");
	answers(ANA, "error", "");
	flush();
	expect("<iq type='get'", NS_DISCO_INFO);
	answers(PC, "result", DISCO "</query>");
	expect("type='subscribe'", "from='bob@" GW "'");
}

/* What comes too soon after another look waits, and is not forgotten. */
static void
looked_at_again(void **state)
{
	(void)state;
	grant();
	can("contacts");
	log_in();
	roster_read(ana());
	expect("<iq type='get'", "to='" ANA "'", NS_ROSTER);
	roster_read(ana());
	expect_nothing();
	assert_true(ana()->roster_look > ev_now(kit.loop));
	ana()->roster_read -= 60;
	roster_read(ana());
	expect("<iq type='get'", "to='" ANA "'", NS_ROSTER);
	assert_true(ana()->roster_look == 0);
}

/* The roster as it was before we wrote is not what the user wants. */
static void
written_meanwhile(void **state)
{
	unsigned long asked;

	(void)state;
	grant();
	can("contacts");
	log_in();
	contact("bob", "Bob");
	flush();
	answers(ANA, "result", "");
	contact("bob", "Robert");
	ana()->roster_read = 0;
	/* Told before the look, written behind it. */
	contact_find(ana(), "bob")->changed -= 0.2;
	roster_read(ana());
	asked = kit.gw->iq_serial;
	flush();
	forget();
	did();
	come("<iq type='result' from='" ANA "' id='%s-%lu'><query xmlns='"
	    NS_ROSTER "'><item jid='bob@" GW "' subscription='both' name='Bob'/>"
	    "</query></iq>", kit.gw->iq_token, asked);
	expect_did("");
	assert_string_equal(contact_find(ana(), "bob")->nickname, "Robert");
}

/* The user removes somebody whom we are writing: our words may come last. */
static void
removed_meanwhile(void **state)
{
	(void)state;
	grant();
	log_in();
	for (int remembered = 0; remembered <= 1; remembered++) {
		kit.config.remove_contacts = !remembered;
		contact("bob", "Bob");
		flush();
		expect("<iq type='set'", "subscription='both'");
		come("<presence type='unsubscribe' to='bob@" GW "'/>");
		expect("type='unsubscribed'");
		expect("type='unsubscribe'");
		answers(ANA, "result", "");
		expect("<iq type='set'", "to='" ANA "'", "jid='bob@" GW "'",
		    "subscription='remove'");
		expect_nothing();
	}
	assert_int_equal(contact_find(ana(), "bob")->subscription, SUB_NONE);
}

static void
link_is_down(void **state)
{
	(void)state;
	grant();
	log_in();
	contact("bob", "Bob");
	kit.up = false;
	flush();
	expect_nothing();
	assert_true(ana()->roster_due > ev_now(kit.loop) + 2);
	kit.up = true;
	flush();
	expect("<iq type='set'");
}

static void
added_by_user(void **state)
{
	(void)state;
	log_in();
	come("<presence type='subscribe' to='bob@" GW "'/>");
	expect_nothing();
	expect_did("contact_add bob");
	answer("contact_add bob", NULL, NULL);
	expect("type='subscribed'", "from='bob@" GW "'");
	expect("type='subscribe'", "from='bob@" GW "'");
	come("<presence type='subscribe' to='cy@" GW "'/>");
	answer("contact_add cy", ERR_NOT_FOUND, NULL);
	expect("type='unsubscribed'", "because");
	assert_null(contact_find(ana(), "cy"));
	/* And the answer when everybody has gone. */
	come("<presence type='subscribe' to='di@" GW "'/>");
	session_disconnected(ana(), "auth", "out", false);
	later_run();
	assert_null(ana());
	forget();
	answer("contact_add di", NULL, NULL);
	expect("type='unsubscribed'", "from='di@" GW "'");
}

static void
requests(void **state)
{
	union params p = { .contact_request = {
		.user = ANA, .contact = "eve", .text = "It's me",
	} };

	(void)state;
	log_in();
	tell(METHOD_contact_request, &p);
	expect("type='subscribe'", "from='eve@" GW "'", "It&apos;s me");
	did();
	session_lost(ana(), "it died");
	come("<presence type='subscribed' to='eve@" GW "'/>");
	expect("type='error'", "<recipient-unavailable ");
	session_assigned(ana(), 1);
	session_connected(ana());
	did();
	come("<presence type='subscribed' to='eve@" GW "'/>");
	expect_did("contact_allow eve; store contact eve both");
}

static void
stands(const char *name, const char *subscription)
{
	union params p = { .contact = {
		.user = ANA, .contact = name, .subscription = subscription,
		.blocked = TRI_ABSENT,
	} };

	tell(METHOD_contact, &p);
}

/* Where one may see the other and not be seen, each half is a matter of its
 * own: nobody is asked for what was not asked for. */
static void
one_half(void **state)
{
	(void)state;
	log_in();
	come("<presence type='subscribe' to='bob@" GW "'/>");
	stands("bob", "ask");
	answer("contact_add bob", NULL, NULL);
	expect_nothing();
	stands("bob", "to");
	expect("type='subscribed'", "from='bob@" GW "'");
	shows("bob", "online");
	expect("<presence", "from='bob@" GW "/");
	if (ana()->roster_due > 0)
		roster_flush(ana());
	expect_nothing();
	assert_int_equal(contact_find(ana(), "bob")->subscription, SUB_FROM);
	stands("cy", "none");
	roster_flush(ana());
	expect_nothing();
}

/* The user hides: the item stays, or it was for that half only and is gone. */
static void
hidden(void **state)
{
	(void)state;
	grant();
	log_in();
	stands("bob", "both");
	forget();
	come("<presence type='unsubscribed' to='bob@" GW "'/>");
	expect("<iq type='get'", NS_ROSTER);
	did();
	answers(ANA, "result", "<query xmlns='" NS_ROSTER "'><item jid='bob@"
	    GW "' subscription='to'/></query>");
	expect_did("contact_deny bob");
	stands("bob", "from");
	kit.config.remove_contacts = true;
	forget();
	come("<presence type='unsubscribed' to='bob@" GW "'/>");
	expect("<iq type='get'", NS_ROSTER);
	did();
	answers(ANA, "result", "<query xmlns='" NS_ROSTER "'/>");
	expect_did("contact_remove bob; remove contact bob");
}

static void
removed(void **state)
{
	(void)state;
	log_in();
	contact("bob", NULL);
	contact_find(ana(), "bob")->subscription = SUB_BOTH;
	forget();
	come("<presence type='unsubscribe' to='bob@" GW "'/>");
	expect("type='unsubscribed'");
	expect("type='unsubscribe'");
	expect_did("store contact bob none ignored");
	kit.config.remove_contacts = true;
	come("<presence type='unsubscribe' to='bob@" GW "'/>");
	expect_did("contact_remove bob; remove contact bob");
}

static void
one_too_many(void **state)
{
	char name[32];

	(void)state;
	log_in();
	for (int i = 0; i < CONTACTS_MAX; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		assert_non_null(contact_add(ana(), name));
	}
	contact("bob", NULL);
	come("<presence type='subscribe' to='bob@" GW "'/>");
	expect("<not-acceptable ");
	assert_int_equal(map_count(&ana()->contacts), CONTACTS_MAX);
}

/* -------------------------------------------------------------- server mode */

static void
server_roster(void **state)
{
	(void)state;
	kit.link.server = true;
	log_in();
	come("<iq type='set' id='1'><query xmlns='" NS_ROSTER "'><item jid="
	    "'Bob@" GW "' name='B'><group>Friends</group></item></query>"
	    "</iq>");
	expect_did("contact_add bob");
	/* While it is being added it is asked for. */
	come("<iq type='get' id='2'><query xmlns='" NS_ROSTER "'/></iq>");
	expect("id='2'", "jid='bob@" GW "'", "subscription='none'",
	    "ask='subscribe'");
	answer("contact_add bob", NULL, NULL);
	/* RFC 6121 2.1.6: from the account, or from nobody. */
	expect("<iq type='set' from='" ANA "' to='" PC "'", NS_ROSTER,
	    "<group>Friends</group>");
	expect("type='result'", "id='1'");
	expect_did("store contact bob none; store contact bob both");
	come("<iq type='get' id='2'><query xmlns='" NS_ROSTER "'/></iq>");
	expect("id='2'", "jid='bob@" GW "'", "subscription='both'");
	come("<iq type='set' id='3'><query xmlns='" NS_ROSTER "'><item jid="
	    "'bob@elsewhere.example'/></query></iq>");
	expect("<not-allowed ");
	forget();
	come("<iq type='set' id='4'><query xmlns='" NS_ROSTER "'><item jid="
	    "'bob@" GW "' subscription='remove'/></query></iq>");
	expect_did("contact_remove bob");
	answer("contact_remove bob", NULL, NULL);
	expect("subscription='remove'");
	expect("type='result'", "id='4'");
	expect_did("remove contact bob");
	/* Nothing that the network does not hear of. */
	session_lost(ana(), "it died");
	come("<iq type='set' id='5'><query xmlns='" NS_ROSTER "'><item jid="
	    "'bob@" GW "'/></query></iq>");
	expect("id='5'", "<recipient-unavailable ");
}

/* The C++ program stored all as asked, and so does a gateway behind a server;
 * here nobody is asked. */
static void
asked_before(void **state)
{
	struct store_contact bob = { .name = "bob", .subscription = "ask" };
	struct store_user record = kit_record;
	union params up = { .connected = { .user = ANA } };

	(void)state;
	can("watch");
	kit.link.server = true;
	record.contacts = &bob;
	record.ncontacts = 1;
	appear();
	answer_load(&record, NULL);
	session_assigned(ana(), 1);
	answer("login ana1 secret", NULL, NULL);
	contact("bob", NULL);
	shows("bob", "away");
	tell(METHOD_connected, &up);
	forget();
	flush();
	expect("<iq type='set'", NS_ROSTER, "jid='bob@" GW "'");
	expect("<presence from='bob@" GW "/", "to='" ANA "'", "away");
	expect_did("store contact bob both; watch +bob");
}

/* Not wanted any more, and then wanted again, before there was an answer. */
static void
wanted_again(void **state)
{
	(void)state;
	kit.link.server = true;
	log_in();
	come("<presence type='subscribe' to='bob@" GW "'/>");
	stands("bob", "ask");
	answer("contact_add bob", NULL, NULL);
	come("<presence type='unsubscribe' to='bob@" GW "'/>");
	did();
	come("<presence type='subscribe' to='bob@" GW "'/>");
	answer("contact_add bob", NULL, NULL);
	forget();
	stands("bob", "both");
	expect("type='subscribed'", "from='bob@" GW "'");
	flush();
	expect("<iq type='set'", "jid='bob@" GW "'", "subscription='both'");
	come("<iq type='get' id='2'><query xmlns='" NS_ROSTER "'/></iq>");
	expect("id='2'", "jid='bob@" GW "'");
}

/* Whom the user does not want to see is not on the roster any more. */
static void
not_wanted(void **state)
{
	(void)state;
	kit.link.server = true;
	log_in();
	for (int remove = 0; remove < 2; remove++) {
		kit.config.remove_contacts = remove;
		contact(remove ? "cy" : "bob", NULL);
		flush();
		forget();
		come("<presence type='unsubscribe' to='%s@" GW "'/>",
		    remove ? "cy" : "bob");
		expect("type='unsubscribed'");
		expect("type='unsubscribe'");
		expect("<iq type='set'", "to='" PC "'", remove ? "jid='cy@" GW
		    "'" : "jid='bob@" GW "'", "subscription='remove'");
		come("<iq type='get' id='2'><query xmlns='" NS_ROSTER
		    "'/></iq>");
		expect("id='2'");
		expect_no("<item");
		expect_nothing();
	}
}

/* Whoever asked is seen when on the roster, and not before. */
static void
let_in(void **state)
{
	union params p = { .contact_request = {
		.user = ANA, .contact = "eve",
	} };

	(void)state;
	kit.link.server = true;
	log_in();
	tell(METHOD_contact_request, &p);
	expect("type='subscribe'", "from='eve@" GW "'");
	shows("eve", "online");
	expect_nothing();
	come("<presence type='subscribed' to='eve@" GW "'/>");
	expect("<iq type='set'", "jid='eve@" GW "'");
	expect("<presence from='eve@" GW "/");
	expect_nothing();
}

/* --------------------------------------------------------------------- caps */

static const char *
attr_after(const char *from, const char *what, char *out, size_t size)
{
	const char *at = strstr(from, what), *end;

	if (at == NULL)
		return NULL;
	at += strlen(what);
	end = strchr(at, '\'');
	assert_true(end != NULL && (size_t)(end - at) < size);
	memcpy(out, at, (size_t)(end - at));
	out[end - at] = '\0';
	return end;
}

static int
by_octets(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* XEP-0115 5.1 from what disco#info says, by nothing of ours. */
static void
hash_of_answer(const char *answer, char *out)
{
	char category[64], type[64], value[256], *vars[64];
	unsigned char hash[EVP_MAX_MD_SIZE];
	struct buf s = { 0 };
	const char *at = answer;
	size_t n = 0, first;
	unsigned len;

	while ((at = attr_after(at, "<identity category='", category,
	    sizeof(category))) != NULL) {
		at = attr_after(at, " type='", type, sizeof(type));
		at = attr_after(at, " name='", value, sizeof(value));
		vars[n++] = xasprintf("%s/%s//%s", category, type, value);
	}
	assert_true(n > 0);
	qsort(vars, first = n, sizeof(*vars), by_octets);
	while ((answer = attr_after(answer, "<feature var='", value,
	    sizeof(value))) != NULL)
		vars[n++] = xstrdup(value);
	assert_true(n > first + 5);
	qsort(vars + first, n - first, sizeof(*vars), by_octets);
	for (size_t i = 0; i < n; i++) {
		buf_addf(&s, "%s<", vars[i]);
		free(vars[i]);
	}
	EVP_Digest(buf_data(&s), buf_len(&s), hash, &len, EVP_sha1(), NULL);
	EVP_EncodeBlock((unsigned char *)out, hash, (int)len);
	buf_free(&s);
}

static void
same_hash(const char *whose, const char *said)
{
	char ver[64], hash[64];

	snprintf(ver, sizeof(ver), "%s", said);
	come("<iq type='get' id='1' to='%s'><query xmlns='" NS_DISCO_INFO
	    "' node='" CAPS_NODE "#%s'/></iq>", whose, ver);
	expect("type='result'", "node='" CAPS_NODE "#", ver);
	hash_of_answer(kit.sent[kit.seen - 1], hash);
	assert_string_equal(hash, ver);
}

static void
caps(void **state)
{
	static const char *const more[] = {
		"chat_states", "markers", "receipts", "replies", "xhtml",
		"attention", "correction", "reactions", "retraction",
		"rooms", "search", "blocking",
	};

	(void)state;
	for (size_t i = 0; i <= LENGTH(more); i++) {
		gateway_reconfigured(kit.gw);
		same_hash("bob@" GW "/bot", caps_of_contacts(kit.gw));
		same_hash(GW, caps_of_gateway(kit.gw));
		if (i < LENGTH(more))
			can(more[i]);
	}
	kit.link.server = true;
	gateway_reconfigured(kit.gw);
	same_hash(GW, caps_of_gateway(kit.gw));
	log_in();
	come("<presence from='" PHONE "'/>");
	kit.seen = kit.nsent - 1;
	expect("from='" GW "'", "to='" PHONE "'", "<c ", "sha-1",
	    caps_of_gateway(kit.gw));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		gateway_test(offered_by_request),
		gateway_test(declined),
		gateway_test(offered_by_exchange),
		gateway_test(written),
		gateway_test(write_refused),
		gateway_test(looked_at_again),
		gateway_test(written_meanwhile),
		gateway_test(removed_meanwhile),
		gateway_test(link_is_down),
		gateway_test(added_by_user),
		gateway_test(requests),
		gateway_test(one_half),
		gateway_test(hidden),
		gateway_test(removed),
		gateway_test(one_too_many),
		gateway_test(server_roster),
		gateway_test(asked_before),
		gateway_test(wanted_again),
		gateway_test(not_wanted),
		gateway_test(let_in),
		gateway_test(caps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
