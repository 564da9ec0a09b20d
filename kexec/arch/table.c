/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <string.h>

#include "arch.h"
#include "kexec/arch/ppc64/ppc64.h"
#include "kexec/arch/s390/s390_arch.h"
#include "kexec/arch/x86/x86.h"

const struct arch *const arch_table[] = {
	&s390x_arch,
	&x86_64_arch,
	&ppc64_arch,
	&ppc64le_arch,
	NULL,
};

const struct arch *arch_by_id(enum arch_id id)
{
	for (const struct arch *const *arch = arch_table; *arch; arch++)
		if ((*arch)->id == id)
			return *arch;
	return NULL;
}

/* Rows of one name, for one type in files of several formats, stand for one type. */
static bool is_first_of_name(const struct arch *arch, const struct loader *loader)
{
	for (const struct loader *l = arch->loaders; l != loader; l++)
		if (strcmp(l->type, loader->type) == 0)
			return false;
	return true;
}

static void list_types(const struct arch *arch, char *text, size_t size)
{
	size_t used = 0;

	text[0] = 0;
	for (const struct loader *l = arch->loaders; l->type; l++) {
		if (!is_first_of_name(arch, l))
			continue;

		int added = snprintf(text + used, size - used, "%s%s", used ? ", " : "", l->type);

		if (added < 0 || (size_t)added >= size - used)
			return;
		used += (size_t)added;
	}
}

static bool takes(const struct loader *loader, const struct image *image)
{
	return loader->format == image->format && (!loader->accepts || loader->accepts(image));
}

const struct loader *arch_find_loader(const struct arch *arch, const struct request *request, const struct image *image,
				      struct err *err)
{
	const char *name = machine_arch_name(arch->id);
	const struct loader *fitting = NULL, *named = NULL;
	bool known = false;
	char types[256];

	list_types(arch, types, sizeof(types));
	for (const struct loader *l = arch->loaders; l->type; l++) {
		bool wanted = request->type && strcmp(l->type, request->type) == 0;

		known = known || wanted;
		if (!takes(l, image))
			continue;
		if (!fitting)
			fitting = l;
		if (wanted && !named)
			named = l;
	}
	if (request->type && !known) {
		err_set(err, ERR_USAGE, "Unsupported kernel type %s: %s knows %s", request->type, name, types);
		return NULL;
	}
	if (request->type && !named) {
		err_set(err, ERR_BAD_IMAGE, "%s is not of type %s for %s: it is of type %s", image->path, request->type,
			name, fitting ? fitting->type : image_format_name(image->format));
		return NULL;
	}
	if (!fitting)
		err_set(err, ERR_BAD_IMAGE,
			"%s is a file of format %s, and no loader for %s takes it as it is (there are: %s)%s", image->path,
			image_format_name(image->format), name, types,
			image->format == IMAGE_ELF ? ". It was made for another machine or class" : "");
	return named ? named : fitting;
}
