/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files are mapped, not read. If another process shortens a file while it is mapped, the kernel ends the
 * process that touches the missing pages with SIGBUS: the size is looked at again after all of this room's
 * own reading, and what happens later cannot be seen from here.
 */
#include "image.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "kexec/base/file.h"
#include "kexec/image/identify.h"

static void start(struct image *image, const char *path)
{
	*image = (struct image){ .fd = -1 };
	arena_init(&image->arena);
	image->path = arena_strdup(&image->arena, path);
}

/* Called with the result of the whole: nothing of a failed image remains. */
static bool finish(struct image *image, bool ok, struct err *err)
{
	if (ok)
		return true;
	err_prefix(err, "%s", image->path);
	image_release(image);
	return false;
}

static bool same_size(const struct image *image, struct err *err)
{
	struct stat st;

	if (fstat(image->fd, &st) != 0 || !S_ISREG(st.st_mode) || (uintmax_t)st.st_size == image->file.size)
		return true;
	return err_set(err, ERR_BAD_IMAGE,
		       "changed its size from %zu to %jd bytes while it was read: wait until it is written, "
		       "and try again",
		       image->file.size, (intmax_t)st.st_size);
}

bool image_open(struct image *image, const char *path, struct err *err)
{
	start(image, path);
	if (!file_map(&image->arena, path, &image->fd, &image->file, err)) {
		image_release(image);
		return false;
	}
	return finish(image, image_identify(image, IMAGE_UNPACK_LIMIT, err) && same_size(image, err), err);
}

bool image_from_blob(struct image *image, const char *path, struct blob file, struct err *err)
{
	start(image, path);
	image->file = file;
	return finish(image, image_identify(image, IMAGE_UNPACK_LIMIT, err), err);
}

void image_release(struct image *image)
{
	arena_release(&image->arena);
	*image = (struct image){ .fd = -1 };
}
