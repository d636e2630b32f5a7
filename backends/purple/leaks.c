/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For sanitized builds: what LeakSanitizer need not tell, as it is not ours.
 *
 * A leak is matched by any library on its stack, and ours are called by
 * libpurple.  So stacks end at whoever called malloc(), or g_malloc(). */
#if defined(__SANITIZE_ADDRESS__)

const char	*__asan_default_options(void);
const char	*__lsan_default_suppressions(void);

const char *
__asan_default_options(void)
{
	/* Two of the six are the sanitizer's.  The fast way of walking a stack
	 * ends in the first library without frame pointers, GLib. */
	return "malloc_context_size=6:fast_unwind_on_malloc=0";
}

const char *
__lsan_default_suppressions(void)
{
	return
	    /* SASL mechanisms and caches of prpl-jabber. */
	    "leak:libjabber.so\n"
	    /* Dialogs of prpl-simple, the last messages of a connection, and
	     * what it answers to a challenge with. */
	    "leak:libsimple.so\n"
	    "leak:purple_cipher_http_digest_calculate_session_key\n"
	    /* purple-discord: each list of rooms, and the number of each. */
	    "leak:libdiscord.so\n"
	    /* A name of a file that prpl-jabber puts another in place of. */
	    "leak:purple_xfer_set_filename\n"
	    /* Texts that it puts together and forgets, further away than
	     * the end of the stack.  Of ours, only resolve.c has one. */
	    "leak:g_string_sized_new\n";
}

#else
typedef int not_empty;		/* as C wants it */
#endif
