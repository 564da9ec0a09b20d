/* SPDX-License-Identifier: GPL-2.0-only */
#include "image.h"

#include <string.h>

#include "kexec/base/file.h"
#include "kexec/image/inflate.h"

/*
 * As in kexec-tools, what is packed with one of these is given to the kernel unpacked. The rest of a file that does not
 * unpack to its end, such as an initrd of several archives, is for the kernel to read: it stays as it is.
 */
static struct blob unpacked(struct arena *arena, struct blob file)
{
	const struct unpacker *unpacker = inflate_find(file, true);
	struct err ignored;
	struct blob data;

	if (!unpacker)
		unpacker = inflate_find(file, false);
	if (unpacker != &gzip_unpacker && unpacker != &zstd_unpacker && unpacker != &lzma_unpacker)
		return file;
	return inflate_run(unpacker, file, IMAGE_UNPACK_LIMIT, arena, &data, &ignored) ? data : file;
}

static struct image_module *one_more(struct image *image)
{
	struct image_module *all = arena_array(&image->arena, image->module_count + 1, sizeof(*all));

	if (image->module_count)
		memcpy(all, image->modules, image->module_count * sizeof(*all));
	image->modules = all;
	return &all[image->module_count++];
}

bool image_add_module(struct image *image, const char *text, struct err *err)
{
	const char *path = arena_strndup(&image->arena, text, strcspn(text, " \t"));
	struct blob file;

	if (!*path)
		return err_set(err, ERR_USAGE, "--module=\"%s\" names no file: \"FILE ARGUMENTS\" expected", text);
	if (!file_map(&image->arena, path, NULL, &file, err))
		return err_prefix(err, "module");
	if (file.size == 0)
		return err_set(err, ERR_BAD_IMAGE, "module %s: is empty", path);
	*one_more(image) = (struct image_module){
		.text = arena_strdup(&image->arena, text),
		.data = unpacked(&image->arena, file),
	};
	return true;
}
