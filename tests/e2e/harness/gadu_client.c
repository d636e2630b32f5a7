/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gadu_client PORT NUMBER PASSWORD: somebody on a Gadu-Gadu server of this
 * machine, by libgadu.
 *
 * Takes lines from the descriptor that $WORDS names: "watch NUMBER", "say
 * NUMBER TEXT", "typing NUMBER LENGTH", "status STATUS TEXT", "search NUMBER".
 * Prints what happens: "connected", "refused", "message NUMBER TEXT", "status
 * NUMBER STATUS TEXT", "typing NUMBER LENGTH", "sent", "found COUNT". */
#include <arpa/inet.h>
#include <libgadu.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
text_of(const char *text)
{
	return text != NULL ? text : "";
}

static void
show(const struct gg_event *e)
{
	const struct gg_event_notify60 *n;

	switch (e->type) {
	case GG_EVENT_MSG:
		printf("message %u %s\n", e->event.msg.sender,
		    text_of((const char *)e->event.msg.message));
		break;
	case GG_EVENT_STATUS60:
		printf("status %u %d %s\n", e->event.status60.uin,
		    e->event.status60.status,
		    text_of(e->event.status60.descr));
		break;
	case GG_EVENT_NOTIFY60:
		for (n = e->event.notify60; n->uin != 0; n++)
			printf("status %u %d %s\n", n->uin, n->status,
			    text_of(n->descr));
		break;
	case GG_EVENT_TYPING_NOTIFICATION:
		printf("typing %u %d\n", e->event.typing_notification.uin,
		    e->event.typing_notification.length);
		break;
	case GG_EVENT_ACK110:
		printf("sent\n");
		break;
	case GG_EVENT_PUBDIR50_SEARCH_REPLY:
		printf("found %d\n", gg_pubdir50_count(e->event.pubdir50));
		break;
	case GG_EVENT_DISCONNECT:
		printf("disconnected\n");
		break;
	default:
		break;
	}
}

static void
obey(struct gg_session *session, char *line)
{
	char *verb = strtok(line, " \n");
	char *number = strtok(NULL, " \n");
	char *rest = strtok(NULL, "\n");
	uin_t uin = number != NULL ? (uin_t)strtoul(number, NULL, 10) : 0;
	gg_pubdir50_t search;

	if (verb == NULL || number == NULL)
		return;
	if (rest == NULL)
		rest = "";
	if (strcmp(verb, "watch") == 0)
		gg_add_notify(session, uin);
	else if (strcmp(verb, "say") == 0)
		gg_send_message(session, GG_CLASS_CHAT, uin,
		    (const unsigned char *)rest);
	else if (strcmp(verb, "typing") == 0)
		gg_typing_notification(session, uin, atoi(rest));
	else if (strcmp(verb, "status") == 0)
		gg_change_status_descr(session, atoi(number), rest);
	else if (strcmp(verb, "search") == 0) {
		search = gg_pubdir50_new(GG_PUBDIR50_SEARCH);
		gg_pubdir50_add(search, GG_PUBDIR50_UIN, number);
		gg_pubdir50(session, search);
		gg_pubdir50_free(search);
	}
}

static void
serve(struct gg_session *session, FILE *words)
{
	struct pollfd fds[2] = {
		{ .fd = session->fd, .events = POLLIN },
		{ .fd = fileno(words), .events = POLLIN },
	};
	struct gg_event *e;
	char line[4096];

	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents != 0) {
			e = gg_watch_fd(session);
			if (e == NULL)
				return;
			show(e);
			gg_event_free(e);
		}
		if (fds[1].revents != 0) {
			if (fgets(line, sizeof(line), words) == NULL)
				return;
			obey(session, line);
		}
	}
}

int
main(int argc, char **argv)
{
	struct gg_login_params how = {
		.struct_size = sizeof(how), .encoding = GG_ENCODING_UTF8,
		.server_addr = inet_addr("127.0.0.1"),
		.status = GG_STATUS_AVAIL, .compatibility = GG_COMPAT_1_12_0,
	};
	struct gg_session *session;
	FILE *words;

	if (argc != 4 || getenv("WORDS") == NULL)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	how.server_port = (uint16_t)atoi(argv[1]);
	how.uin = (uin_t)strtoul(argv[2], NULL, 10);
	how.password = argv[3];
	session = gg_login(&how);
	if (session == NULL) {
		printf("refused\n");
		return 1;
	}
	printf("connected\n");
	/* An empty list, so that the server goes on. */
	gg_notify(session, NULL, 0);
	words = fdopen(atoi(getenv("WORDS")), "r");
	setvbuf(words, NULL, _IONBF, 0);
	serve(session, words);
	gg_logoff(session);
	gg_free_session(session);
	return 0;
}
