/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One proxy for all. */
#include "backends/purple/proxy.h"

#include <string.h>

#include "backends/kit/kit.h"
#include "util/xalloc.h"

static const struct {
	const char	*name;
	PurpleProxyType	 type;
	int		 port;		/* usual one; 0: there is none */
} types[] = {
	{ "http",	PURPLE_PROXY_HTTP,	0 },
	{ "socks4",	PURPLE_PROXY_SOCKS4,	1080 },
	{ "socks5",	PURPLE_PROXY_SOCKS5,	1080 },
	{ "tor",	PURPLE_PROXY_TOR,	9050 },
};

static struct {
	PurpleProxyType	 type;
	const char	*host, *user, *password;	/* of the configuration */
	int		 port;
} proxy = { .type = PURPLE_PROXY_NONE };

/* Two names of a key. */
static const char *
either(const char *key, const char *other)
{
	const char *value = kit_config("proxy", key, "");

	return *value != '\0' ? value : kit_config("proxy", other, "");
}

int
proxy_read(char **why)
{
	const char *type = kit_config("proxy", "type", "");
	size_t i = 0;

	proxy.type = PURPLE_PROXY_NONE;
	proxy.host = either("host", "server");
	if (*type == '\0' && *proxy.host == '\0')
		return 0;
	/* The C++ program made it this whatever was asked for. */
	if (*type == '\0')
		type = "socks5";
	while (i < LENGTH(types) && strcmp(types[i].name, type) != 0)
		i++;
	if (i == LENGTH(types)) {
		*why = xasprintf("[proxy] type = %s: want http, socks4, "
		    "socks5 or tor", type);
		return -1;
	}
	if (*proxy.host == '\0') {
		*why = xstrdup("[proxy] host is not set");
		return -1;
	}
	proxy.port = (int)kit_config_int("proxy", "port", 0);
	if (proxy.port == 0)
		proxy.port = types[i].port;
	if (proxy.port < 1 || proxy.port > 65535) {
		*why = xstrdup("[proxy] port is not set: want 1 to 65535");
		return -1;
	}
	proxy.type = types[i].type;
	proxy.user = either("username", "user");
	proxy.password = kit_config("proxy", "password", "");
	return 0;
}

void
proxy_apply(PurpleAccount *account)
{
	PurpleProxyInfo *info = purple_proxy_info_new();

	purple_proxy_info_set_type(info, proxy.type);
	if (proxy.type != PURPLE_PROXY_NONE) {
		purple_proxy_info_set_host(info, proxy.host);
		purple_proxy_info_set_port(info, proxy.port);
		if (*proxy.user != '\0')
			purple_proxy_info_set_username(info, proxy.user);
		if (*proxy.password != '\0')
			purple_proxy_info_set_password(info, proxy.password);
	}
	purple_account_set_proxy_info(account, info);	/* takes it */
}
