/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealing secrets and keeping the key: what does a thief of the database
 * get?  Nothing without the key file, which is made once and never changed
 * here. */
#include "manager/store/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/xalloc.h"

#define MARK		"$sp2$1$"
#define NONCE_SIZE	crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE	crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KEY_SIZE	crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define VARIANT		sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define KEY_TEXT	sodium_base64_ENCODED_LEN(KEY_SIZE, VARIANT)

struct seal {
	unsigned char key[KEY_SIZE];
};

/* Returns -1 with errno set; ENOENT: there is none. */
static int
read_key(struct seal *s, const char *path, char **why)
{
	char text[KEY_TEXT + 1];
	const char *end;
	struct stat st;
	size_t size;
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0) {
		*why = xasprintf("key file %s cannot be read: %s", path,
		    strerror(errno));
		return -1;
	}
	n = fstat(fd, &st) < 0 ? -1 : read(fd, text, sizeof(text));
	close(fd);
	errno = 0;
	if (n >= 0 && (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)) {
		*why = xasprintf("key file %s may be read by others; make it a "
		    "file of mode 0600", path);
		n = -1;
	} else if (n < 0 || sodium_base642bin(s->key, KEY_SIZE, text, (size_t)n,
	    "\r\n", &size, &end, VARIANT) != 0 || size != KEY_SIZE ||
	    end != text + n) {
		*why = xasprintf("key file %s is damaged; put back the one "
		    "that was made for this database", path);
		n = -1;
	}
	sodium_memzero(text, sizeof(text));
	return n < 0 ? -1 : 0;
}

static int
write_all(int fd, const char *text, size_t len)
{
	return write(fd, text, len) == (ssize_t)len && fsync(fd) == 0 ? 0 : -1;
}

/* By a second name and link(2), so that there never is half a key, and a key
 * that is there is never replaced. */
static int
make_key(const char *path, char **why)
{
	unsigned char key[KEY_SIZE];
	char text[KEY_TEXT], *draft = xasprintf("%s.%ld", path, (long)getpid());
	int fd, status = -1, saved;

	randombytes_buf(key, sizeof(key));
	sodium_bin2base64(text, sizeof(text), key, sizeof(key), VARIANT);
	text[KEY_TEXT - 1] = '\n';	/* in place of the NUL */
	unlink(draft);
	fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		status = write_all(fd, text, sizeof(text));
		if (status == 0 && link(draft, path) < 0 && errno != EEXIST)
			status = -1;
		saved = errno;
		close(fd);
		unlink(draft);
		errno = saved;
	}
	if (status < 0)
		*why = xasprintf("key file %s cannot be made: %s", path,
		    strerror(errno));
	sodium_memzero(key, sizeof(key));
	sodium_memzero(text, sizeof(text));
	free(draft);
	return status;
}

struct seal *
seal_open(const char *path, bool make, char **why)
{
	struct seal *s;

	if (sodium_init() < 0) {
		*why = xstrdup("libsodium does not start");
		return NULL;
	}
	if (make && access(path, F_OK) < 0 && errno == ENOENT &&
	    make_key(path, why) < 0)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	sodium_mlock(s, sizeof(*s));	/* as far as the limits allow */
	if (read_key(s, path, why) < 0) {
		seal_close(s);
		return NULL;
	}
	return s;
}

void
seal_close(struct seal *s)
{
	if (s == NULL)
		return;
	sodium_munlock(s, sizeof(*s));	/* clears it, too */
	free(s);
}

bool
seal_is_sealed(const char *stored)
{
	return strncmp(stored, MARK, strlen(MARK)) == 0;
}

void *
seal_box(const struct seal *s, struct arena *a, const char *about,
    const void *data, size_t len, size_t *size)
{
	unsigned char *box;

	*size = NONCE_SIZE + len + TAG_SIZE;
	box = arena_alloc(a, *size);
	randombytes_buf(box, NONCE_SIZE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(box + NONCE_SIZE, NULL,
	    data, len, (const unsigned char *)about, strlen(about), NULL, box,
	    s->key);
	return box;
}

void *
seal_unbox(const struct seal *s, const char *about, void *box, size_t size,
    size_t *len)
{
	unsigned char *nonce = box, *data = nonce + NONCE_SIZE;

	if (size < NONCE_SIZE + TAG_SIZE ||
	    crypto_aead_xchacha20poly1305_ietf_decrypt(data, NULL, NULL, data,
	    size - NONCE_SIZE, (const unsigned char *)about, strlen(about),
	    nonce, s->key) != 0)
		return NULL;
	*len = size - NONCE_SIZE - TAG_SIZE;
	return data;
}

const char *
seal_wrap(const struct seal *s, struct arena *a, const char *about,
    const char *plain)
{
	size_t size, text;
	const void *box;
	char *out;

	if (*plain == '\0')
		return "";
	box = seal_box(s, a, about, plain, strlen(plain), &size);
	text = sodium_base64_ENCODED_LEN(size, VARIANT);
	out = arena_alloc(a, strlen(MARK) + text);
	memcpy(out, MARK, strlen(MARK));
	sodium_bin2base64(out + strlen(MARK), text, box, size, VARIANT);
	return out;
}

const char *
seal_unwrap(const struct seal *s, struct arena *a, const char *about,
    const char *stored)
{
	const char *text = stored + strlen(MARK);
	size_t size, len;
	unsigned char *box;
	char *out;

	if (!seal_is_sealed(stored))
		return stored;
	box = arena_alloc(a, strlen(text) + 1);
	if (sodium_base642bin(box, strlen(text), text, strlen(text), NULL,
	    &size, NULL, VARIANT) != 0)
		return NULL;
	out = seal_unbox(s, about, box, size, &len);
	if (out != NULL)
		out[len] = '\0';	/* where the tag was */
	return out;
}

const char *
seal_unmask(struct arena *a, const char *encryption_key, const char *stored)
{
	size_t n = strlen(stored), size, keylen = strlen(encryption_key);
	unsigned char *out = arena_zalloc(a, n + 1);

	if (keylen == 0)
		return stored;
	if (sodium_base642bin(out, n, stored, n, NULL, &size, NULL,
	    sodium_base64_VARIANT_ORIGINAL) != 0)
		return NULL;
	/* It added the key's bytes, over and over, to the password's. */
	for (size_t i = 0; i < size; i++)
		out[i] = (unsigned char)(out[i] -
		    (unsigned char)encryption_key[i % keylen]);
	out[size] = '\0';
	return (const char *)out;
}
