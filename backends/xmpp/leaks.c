/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For sanitized builds: what LeakSanitizer need not tell, as it is not ours.  A
 * login that ends in the middle of SCRAM leaves some 60 bytes in libstrophe.
 *
 * A leak is matched by any library on its stack, and ours are called by
 * libstrophe.  So stacks end at whoever called malloc(). */
#if defined(__SANITIZE_ADDRESS__)

const char	*__asan_default_options(void);
const char	*__lsan_default_suppressions(void);

const char *
__asan_default_options(void)
{
	return "malloc_context_size=4";
}

const char *
__lsan_default_suppressions(void)
{
	return "leak:libstrophe.so\n";
}

#else
typedef int not_empty;		/* as C wants it */
#endif
