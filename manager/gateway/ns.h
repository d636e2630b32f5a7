/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ns.h - namespaces, each with the document that defines it. */
#ifndef MANAGER_GATEWAY_NS_H
#define MANAGER_GATEWAY_NS_H

#define NS_ATTENTION	"urn:xmpp:attention:0"			/* XEP-0224 */
#define NS_AVATAR_DATA	"urn:xmpp:avatar:data"			/* XEP-0084 */
#define NS_AVATAR_META	"urn:xmpp:avatar:metadata"		/* XEP-0084 */
#define NS_BLOCKING	"urn:xmpp:blocking"			/* XEP-0191 */
#define NS_CAPS		"http://jabber.org/protocol/caps"	/* XEP-0115 */
#define NS_CAPS2	"urn:xmpp:caps"				/* XEP-0390 */
#define NS_CARBONS	"urn:xmpp:carbons:2"			/* XEP-0280 */
#define NS_CHATSTATES	"http://jabber.org/protocol/chatstates"	/* XEP-0085 */
#define NS_COMMANDS	"http://jabber.org/protocol/commands"	/* XEP-0050 */
#define NS_CONFERENCE	"jabber:x:conference"			/* XEP-0249 */
#define NS_CORRECT	"urn:xmpp:message-correct:0"		/* XEP-0308 */
#define NS_DATA		"jabber:x:data"				/* XEP-0004 */
#define NS_DELAY	"urn:xmpp:delay"			/* XEP-0203 */
#define NS_DISCO_INFO	"http://jabber.org/protocol/disco#info"	/* XEP-0030 */
#define NS_DISCO_ITEMS	"http://jabber.org/protocol/disco#items" /* XEP-0030 */
#define NS_EME		"urn:xmpp:eme:0"			/* XEP-0380 */
#define NS_FALLBACK	"urn:xmpp:fallback:0"			/* XEP-0428 */
#define NS_FORWARD	"urn:xmpp:forward:0"			/* XEP-0297 */
#define NS_GATEWAY	"jabber:iq:gateway"			/* XEP-0100 */
#define NS_HINTS	"urn:xmpp:hints"			/* XEP-0334 */
#define NS_IDLE		"urn:xmpp:idle:1"			/* XEP-0319 */
#define NS_JINGLE	"urn:xmpp:jingle:1"			/* XEP-0166 */
#define NS_LAST		"jabber:iq:last"			/* XEP-0012 */
#define NS_MAM		"urn:xmpp:mam:2"			/* XEP-0313 */
#define NS_MAM_EXTENDED	"urn:xmpp:mam:2#extended"		/* XEP-0313 */
#define NS_MARKERS	"urn:xmpp:chat-markers:0"		/* XEP-0333 */
#define NS_MODERATE	"urn:xmpp:message-moderate:1"		/* XEP-0425 */
#define NS_MUC		"http://jabber.org/protocol/muc"	/* XEP-0045 */
#define NS_MUC_ADMIN	"http://jabber.org/protocol/muc#admin"	/* XEP-0045 */
#define NS_MUC_OWNER	"http://jabber.org/protocol/muc#owner"	/* XEP-0045 */
#define NS_MUC_USER	"http://jabber.org/protocol/muc#user"	/* XEP-0045 */
#define NS_HATS		"urn:xmpp:hats:0"			/* XEP-0317 */
#define NS_NICK		"http://jabber.org/protocol/nick"	/* XEP-0172 */
#define NS_OCCUPANT_ID	"urn:xmpp:occupant-id:0"		/* XEP-0421 */
#define NS_OOB		"jabber:x:oob"				/* XEP-0066 */
#define NS_PING		"urn:xmpp:ping"				/* XEP-0199 */
#define NS_PRIVATE	"jabber:iq:private"			/* XEP-0049 */
#define NS_PRIVILEGE1	"urn:xmpp:privilege:1"			/* XEP-0356 0.3 */
#define NS_PRIVILEGE2	"urn:xmpp:privilege:2"			/* XEP-0356 */
#define NS_PUBSUB	"http://jabber.org/protocol/pubsub"	/* XEP-0060 */
#define NS_PUBSUB_EVENT	"http://jabber.org/protocol/pubsub#event" /* XEP-0060 */
/* XEP-0060 */
#define NS_PUBSUB_OWNER	"http://jabber.org/protocol/pubsub#owner"
#define NS_REACTIONS	"urn:xmpp:reactions:0"			/* XEP-0444 */
#define NS_RECEIPTS	"urn:xmpp:receipts"			/* XEP-0184 */
#define NS_REGISTER	"jabber:iq:register"			/* XEP-0077 */
#define NS_REPLY	"urn:xmpp:reply:0"			/* XEP-0461 */
#define NS_RETRACT	"urn:xmpp:message-retract:1"		/* XEP-0424 */
#define NS_ROSTER	"jabber:iq:roster"			/* RFC 6121 */
#define NS_ROSTERX	"http://jabber.org/protocol/rosterx"	/* XEP-0144 */
#define NS_RSM		"http://jabber.org/protocol/rsm"	/* XEP-0059 */
#define NS_SEARCH	"jabber:iq:search"			/* XEP-0055 */
/* XEP-0410 */
#define NS_SELF_PING	"http://jabber.org/protocol/muc#self-ping-optimization"
#define NS_SID		"urn:xmpp:sid:0"			/* XEP-0359 */
#define NS_STANZAS	"urn:ietf:params:xml:ns:xmpp-stanzas"	/* RFC 6120 */
#define NS_TIME		"urn:xmpp:time"				/* XEP-0202 */
#define NS_VCARD	"vcard-temp"				/* XEP-0054 */
#define NS_VCARD4	"urn:ietf:params:xml:ns:vcard-4.0"	/* XEP-0292 */
#define NS_VCARD4_NODE	"urn:xmpp:vcard4"			/* XEP-0292 */
#define NS_VCARD_UPDATE	"vcard-temp:x:update"			/* XEP-0153 */
#define NS_VERSION	"jabber:iq:version"			/* XEP-0092 */
#define NS_XHTML	"http://www.w3.org/1999/xhtml"		/* XEP-0071 */
#define NS_XHTML_IM	"http://jabber.org/protocol/xhtml-im"	/* XEP-0071 */

#endif
