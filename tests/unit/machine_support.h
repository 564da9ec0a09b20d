/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of kexec/machine/ share. */
#ifndef MACHINE_SUPPORT_H
#define MACHINE_SUPPORT_H

#include "config.h"

#include <inttypes.h>

#include "check.h"
#include "kexec/base/file.h"
#include "machine.h"

/* The last two are large. */
static const char *const machine_fixtures[] = {
	"s390x-qemu",	 "s390x-captured", "s390x-lpar",	"s390x-no-crash",  "s390x-small",   "x86_64-small",
	"x86_64-laptop", "x86_64-qemu-bios", "x86_64-qemu-uefi", "x86_64-qemu-old",
#ifdef HAVE_LIBFDT
	"ppc64-pseries", "ppc64le-pseries", "ppc64-powernv", "ppc64le-powernv",
#endif
	"x86_64-server", "large",
};

#define MACHINE_FIXTURES (sizeof(machine_fixtures) / sizeof(machine_fixtures[0]))
#define MACHINE_SMALL_FIXTURES (MACHINE_FIXTURES - 2)

static inline struct blob machine_fixture(struct arena *arena, const char *name, const char *suffix)
{
	struct blob blob;
	struct err err;
	const char *path = arena_printf(arena, "%s/machines/%s.%s", check_env("FIXTURES"), name, suffix);

	check_ok(file_map(arena, path, NULL, &blob, &err), &err);
	return blob;
}

/* A copy of exactly that size on the heap, so that a sanitizer sees any access behind it. */
static inline struct blob machine_exact_copy(const void *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	if (size)
		memcpy(copy, data, size);
	return (struct blob){ copy, size };
}

/*
 * Reads text from such a copy, under the name "t". Where that fails, checks that the error says whose fault
 * it is and where.
 */
static inline bool machine_try(struct machine *machine, const void *text, size_t size, struct err *err)
{
	struct blob copy = machine_exact_copy(text, size);

	memset(err, 0, sizeof(*err));

	bool ok = machine_read_text(machine, "t", copy, err);

	free((void *)copy.data);
	if (!ok) {
		assert_int_equal(err->code, ERR_BAD_MACHINE);
		assert_true(strncmp(err->text, "t:", 2) == 0 || strncmp(err->text, "t is empty", 10) == 0);
		assert_null(machine->arena.blocks);
	}
	return ok;
}

static inline bool machine_same_ranges(const struct ranges *a, const struct ranges *b)
{
	return a->count == b->count && (a->count == 0 || memcmp(a->v, b->v, a->count * sizeof(*a->v)) == 0);
}

static inline bool machine_same_range(struct range a, struct range b)
{
	return a.start == b.start && a.end == b.end;
}

static inline bool machine_same_resources(const struct machine *a, const struct machine *b)
{
	if (a->resource_count != b->resource_count)
		return false;
	for (size_t i = 0; i < a->resource_count; i++) {
		const struct machine_resource *x = &a->resources[i], *y = &b->resources[i];

		if (!machine_same_range(x->range, y->range) || x->depth != y->depth ||
		    strcmp(x->name, y->name) != 0)
			return false;
	}
	return true;
}

static inline bool machine_same_efi(const struct machine_efi *a, const struct machine_efi *b)
{
	if (a->present != b->present || a->has_systab != b->has_systab || a->fw_vendor != b->fw_vendor ||
	    a->runtime != b->runtime || a->config_table != b->config_table || a->smbios != b->smbios ||
	    a->acpi20 != b->acpi20 || a->acpi != b->acpi || a->map_count != b->map_count)
		return false;
	for (size_t i = 0; i < a->map_count; i++) {
		const struct machine_efi_range *x = &a->map[i], *y = &b->map[i];

		if (x->type != y->type || x->physical != y->physical || x->mapped != y->mapped ||
		    x->pages != y->pages || x->attribute != y->attribute)
			return false;
	}
	return true;
}

static inline bool machine_same_framebuffer(const struct machine_framebuffer *a,
					    const struct machine_framebuffer *b)
{
	if (!a->present || !b->present)
		return a->present == b->present;
	return strcmp(a->id, b->id) == 0 && a->base == b->base && a->size == b->size && a->width == b->width &&
	       a->height == b->height && a->depth == b->depth && a->pitch == b->pitch &&
	       a->red_size == b->red_size && a->red_shift == b->red_shift && a->green_size == b->green_size &&
	       a->green_shift == b->green_shift && a->blue_size == b->blue_size &&
	       a->blue_shift == b->blue_shift && a->rest_size == b->rest_size && a->rest_shift == b->rest_shift;
}

static inline bool machine_same_kernel_map(const struct machine_kernel_map *a, const struct machine_kernel_map *b)
{
	return a->has_direct == b->has_direct && a->direct == b->direct && a->has_text == b->has_text &&
	       machine_same_range(a->text, b->text) && a->text_physical == b->text_physical;
}

/* What firmware and running kernel said. */
static inline bool machine_same_platform(const struct machine *a, const struct machine *b)
{
	if (a->firmware_count != b->firmware_count || a->boot_params.size != b->boot_params.size ||
	    (a->boot_params.size && memcmp(a->boot_params.data, b->boot_params.data, a->boot_params.size) != 0))
		return false;
	for (size_t i = 0; i < a->firmware_count; i++) {
		if (!machine_same_range(a->firmware[i].range, b->firmware[i].range) ||
		    strcmp(a->firmware[i].type, b->firmware[i].type) != 0)
			return false;
	}
	return machine_same_efi(&a->efi, &b->efi) && machine_same_framebuffer(&a->framebuffer, &b->framebuffer) &&
	       machine_same_kernel_map(&a->kernel_map, &b->kernel_map) && a->has_initrd == b->has_initrd &&
	       machine_same_range(a->initrd, b->initrd) && a->memory_encryption == b->memory_encryption &&
	       a->is_xen_dom0 == b->is_xen_dom0 && a->dump_pending == b->dump_pending &&
	       a->power.present == b->power.present && a->devicetree.size == b->devicetree.size &&
	       (a->devicetree.size == 0 || memcmp(a->devicetree.data, b->devicetree.data, a->devicetree.size) == 0);
}

/* All but origin. */
static inline bool machine_same(const struct machine *a, const struct machine *b)
{
	if (a->arch != b->arch || a->page_size != b->page_size || strcmp(a->release, b->release) != 0 ||
	    strcmp(a->cmdline, b->cmdline) != 0 || !machine_same_resources(a, b) ||
	    !machine_same_platform(a, b) || !machine_same_ranges(&a->dumped, &b->dumped) ||
	    !machine_same_ranges(&a->ram, &b->ram) || !machine_same_ranges(&a->crash, &b->crash) ||
	    !machine_same_ranges(&a->offline, &b->offline) || a->cpu_count != b->cpu_count ||
	    a->has_vmcoreinfo != b->has_vmcoreinfo || a->has_elfcorehdr_size != b->has_elfcorehdr_size)
		return false;
	for (size_t i = 0; i < a->cpu_count; i++) {
		if (a->cpus[i].id != b->cpus[i].id || a->cpus[i].notes != b->cpus[i].notes ||
		    a->cpus[i].notes_size != b->cpus[i].notes_size)
			return false;
	}
	return (!a->has_vmcoreinfo || machine_same_range(a->vmcoreinfo, b->vmcoreinfo)) &&
	       (!a->has_elfcorehdr_size || a->elfcorehdr_size == b->elfcorehdr_size);
}

/* The machine as text; the caller frees it. */
static inline char *machine_text(const struct machine *machine, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);
	struct err err;

	assert_non_null(out);
	check_ok(machine_write_text(machine, out, &err), &err);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* Written and read again it is the same machine, and written once more the same text, but for comments on problems. */
static inline void machine_check_round_trip(const struct machine *machine)
{
	struct machine again, sound = *machine;
	struct err err;
	size_t size, size_again;
	char *text = machine_text(machine, &size);

	check_ok(machine_try(&again, text, size, &err), &err);
	assert_true(machine_same(machine, &again));
	assert_null(again.kernel_map_problem);
	assert_null(again.firmware_problem);
	if (machine->devicetree.size == 0)
		assert_null(again.devicetree_problem);
	else if (machine->devicetree_problem)
		assert_string_equal(again.devicetree_problem, machine->devicetree_problem);
	if (machine->kernel_map_problem || machine->firmware_problem || machine->devicetree_problem) {
		sound.kernel_map_problem = sound.firmware_problem = NULL;
		sound.devicetree_problem = again.devicetree_problem;
		free(text);
		text = machine_text(&sound, &size);
	}

	char *text_again = machine_text(&again, &size_again);

	assert_int_equal(size, size_again);
	assert_memory_equal(text, text_again, size);
	free(text_again);
	free(text);
	machine_release(&again);
}

#endif
