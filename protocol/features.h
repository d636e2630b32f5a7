/* SPDX-License-Identifier: GPL-2.0-or-later */
/* features.h - what a network can do, as its backend says in the answer to
 * initialize.  XMPP clients are told exactly this and no more.  What each one
 * means is written in spectrum2-backend(7). */
#ifndef PROTOCOL_FEATURES_H
#define PROTOCOL_FEATURES_H

#define FEATURE_ROOMS		"rooms"
#define FEATURE_ROOM_LIST	"room_list"
#define FEATURE_ROOM_PREFIXES	"room_prefixes="
#define FEATURE_NETWORKS	"networks"
#define FEATURE_IDENTITY	"identity="
#define FEATURE_RECEIPTS	"receipts"
#define FEATURE_MARKERS		"markers"
#define FEATURE_CHAT_STATES	"chat_states"
#define FEATURE_CORRECTION	"correction"
#define FEATURE_REACTIONS	"reactions"
#define FEATURE_REPLIES		"replies"
#define FEATURE_RETRACTION	"retraction"
#define FEATURE_ATTACHMENTS	"attachments"
#define FEATURE_ATTENTION	"attention"
#define FEATURE_XHTML		"xhtml"
#define FEATURE_HISTORY		"history"
#define FEATURE_CARBONS		"carbons"
#define FEATURE_CONTACTS	"contacts"
#define FEATURE_GROUPS		"groups"
#define FEATURE_CONTACT_COMMANDS "contact_commands"
#define FEATURE_BLOCKING	"blocking"
#define FEATURE_INVISIBLE	"invisible"
#define FEATURE_VCARD		"vcard"
#define FEATURE_VCARD_SET	"vcard_set"
#define FEATURE_AVATARS		"avatars"
#define FEATURE_SEARCH		"search"
#define FEATURE_WATCH		"watch"
#define FEATURE_QUERY		"query"
#define FEATURE_RAW		"raw"
#define FEATURE_CONSOLE		"console"
#define FEATURE_REPEATS		"repeats"
#define FEATURE_NO_PASSWORD	"no_password"
#define FEATURE_NO_REGISTRATION	"no_registration"
#define FEATURE_NO_JID_ESCAPING	"no_jid_escaping"

#endif
