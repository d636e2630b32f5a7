/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libpurple's beginning and end: its log, and what it must not do here, such as
 * writing files. */
#include "backends/purple/core.h"

#include <purple.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

#include "backends/purple/keep.h"
#include "backends/purple/loop.h"
#include "backends/kit/kit.h"
#include "backends/purple/plugins.h"
#include "backends/purple/resolve.h"
#include "util/log.h"
#include "util/macros.h"
#include "util/xalloc.h"

void *
core_handle(void)
{
	static int handle;

	return &handle;
}

/* ---------------------------------------------------------------------- log */

/* What plug-ins print here may hold messages and passwords: for whoever asked
 * for it only. */
static void
debug_print(PurpleDebugLevel level, const char *category, const char *text)
{
	size_t n = text != NULL ? strcspn(text, "\n") : 0;

	(void)level;
	if (n > 0)
		log_debug("%s: %.*s", category ? category : "libpurple",
		    (int)MIN(n, 1000), text);
}

static gboolean
debug_enabled(PurpleDebugLevel level, const char *category)
{
	(void)category;
	(void)level;
	return log_enabled(LOG_DEBUG);
}

static PurpleDebugUiOps debug_ops = {
	.print = debug_print, .is_enabled = debug_enabled,
};

/* GLib's own: a plug-in that trips over itself on a bad peer is no reason to
 * stop. */
static void
glib_print(const gchar *domain, GLogLevelFlags level, const gchar *text,
    gpointer data)
{
	(void)data;
	log_line(level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL |
	    G_LOG_LEVEL_WARNING) ? LOG_INFO : LOG_DEBUG, "%s: %s",
	    domain ? domain : "glib", text);
}

/* -------------------------------------------------------------------- files */

static void
no_files(void)
{
}

/* With these, accounts.xml is neither read nor written. */
static PurpleAccountPrefsUiOps account_prefs_ops = {
	.load = no_files, .save = no_files, .schedule_save = no_files,
	.set_string = keep_string, .set_int = keep_int, .set_bool = keep_bool,
};

/* Records of conversations, and being away because nobody touches the keyboard
 * of a server. */
static void
set_preferences(void)
{
	purple_prefs_set_bool("/purple/logging/log_ims", FALSE);
	purple_prefs_set_bool("/purple/logging/log_chats", FALSE);
	purple_prefs_set_bool("/purple/logging/log_system", FALSE);
	purple_prefs_set_bool("/purple/away/away_when_idle", FALSE);
	purple_prefs_set_string("/purple/away/idle_reporting", "none");
	purple_prefs_set_string("/purple/away/auto_reply", "never");
	purple_prefs_set_bool("/purple/savedstatus/startup_current_status",
	    FALSE);
	purple_prefs_set_bool("/purple/conversations/im/send_typing", TRUE);
}

/* --------------------------------------------------------------------- life */

static PurpleCoreUiOps core_ops = { 0 };

/* It forgets to free an error when there is no D-Bus, which is not ours to be
 * told of. */
static gboolean
start_libpurple(void)
{
	gboolean up;

#if defined(__SANITIZE_ADDRESS__)
	__lsan_disable();
#endif
	up = purple_core_init(CORE_UI);
#if defined(__SANITIZE_ADDRESS__)
	__lsan_enable();
#endif
	return up;
}

int
core_start(const char *dir, char **why)
{
	g_log_set_default_handler(glib_print, NULL);
	purple_util_set_user_dir(dir);
	purple_debug_set_enabled(FALSE);
	purple_debug_set_ui_ops(&debug_ops);
	purple_core_set_ui_ops(&core_ops);
	loop_init();
	purple_account_prefs_set_ui_ops(&account_prefs_ops);
	if (plugins_prepare(kit_config("service", "protocol", ""),
	    kit_config("purple", "plugins", ""),
	    kit_config("purple", "plugins_dir", ""), why) < 0)
		return -1;
	if (!start_libpurple()) {
		*why = xstrdup("libpurple does not start");
		return -1;
	}
	if (plugins_load(why) < 0)
		return -1;
	resolve_init();
	/* prpl-simple names its dialogs by rand(), and a registrar refuses the
	 * names of another process.  Not earlier: there are plug-ins that seed
	 * it with the time when they are loaded. */
	srand((unsigned)time(NULL) ^ (unsigned)getpid());
	purple_set_blist(purple_blist_new());
	set_preferences();
	return 0;
}
