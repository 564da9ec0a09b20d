/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of the two system calls can do what is asked for, and which goes first. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "kexec/options.h"

/* How much an option asks for a plan of ours, that is for kexec_load(2). */
enum demand {
	DEMAND_NONE,
	DEMAND_PREFERS, /* what is loaded works without it, or, of a type, was found to be of it */
	DEMAND_WANTS,	/* kexec-tools silently does without it on kexec_file_load(2) */
	DEMAND_NEEDS,	/* without it something else would be loaded than was asked for */
};

static enum demand demand_of(const struct options *o, enum option_id id)
{
	switch (id) {
	case OPTION_ELF_HEADERS:
		return o->elf_headers == ELF_HEADERS_ALWAYS ? DEMAND_NEEDS : DEMAND_NONE;
	case OPTION_ON_CORRUPTION:
		return o->on_corruption == CORRUPTION_REBOOT ? DEMAND_NEEDS : DEMAND_NONE;
	case OPTION_REALMEM:
	case OPTION_LOAD_PRESERVE_CONTEXT:
	case OPTION_REUSEINITRD:
	case OPTION_MODULE:
	case OPTION_DTB:
	case OPTION_REAL_MODE:
	case OPTION_ENTRY_32BIT:
		return DEMAND_NEEDS;
	case OPTION_ENTRY:
		return DEMAND_WANTS;
	case OPTION_MEM_MIN:
		return o->mem_min ? DEMAND_WANTS : DEMAND_NONE;
	case OPTION_MEM_MAX:
		return o->mem_max != UINT64_MAX ? DEMAND_WANTS : DEMAND_NONE;
	case OPTION_TYPE:
	case OPTION_RESET_VGA:
	case OPTION_CONSOLE_VGA:
	case OPTION_CONSOLE_SERIAL:
	case OPTION_SERIAL:
	case OPTION_SERIAL_BAUD:
	case OPTION_ELF32_CORE_HEADERS:
	case OPTION_PASS_MEMMAP_CMDLINE:
	case OPTION_NOEFI:
	case OPTION_REUSE_VIDEO_TYPE:
		return DEMAND_PREFERS;
	default:
		return DEMAND_NONE;
	}
}

static const char *spelling(struct options *o, enum option_id id)
{
	if (id == OPTION_ELF_HEADERS)
		return "--elf-headers=always";
	if (id == OPTION_ON_CORRUPTION)
		return "--on-corruption=reboot";
	return options_spelling(o, o->seen[id]);
}

/* The first option of the highest demand. */
static enum demand strongest(struct options *o, enum arch_id arch, const char **name)
{
	enum demand found = DEMAND_NONE;

	for (unsigned int id = 0; id < OPTION_COUNT; id++) {
		if (!options_given(o, id, arch) || demand_of(o, id) <= found)
			continue;
		found = demand_of(o, id);
		*name = spelling(o, id);
	}
	return found;
}

void options_warn_of_file(struct options *o, enum arch_id arch, const char *why)
{
	for (unsigned int id = 0; id < OPTION_COUNT; id++) {
		if (options_given(o, id, arch) && demand_of(o, id) != DEMAND_NONE)
			options_warn(o, "%s is ignored: with kexec_file_load(2) the kernel decides (%s)",
				     spelling(o, id), why);
	}
	if (o->no_checks)
		options_warn(o, "--no-checks is ignored: with kexec_file_load(2) the kernel always checks (%s)", why);
}

static bool only_file(struct options *o, enum arch_id arch, const char *why, struct options_ways *ways,
		      struct err *err)
{
	const char *name = NULL;

	if (strongest(o, arch, &name) == DEMAND_NEEDS)
		return err_set(err, o->syscall == SYSCALL_FILE ? ERR_USAGE : ERR_UNSUPPORTED,
			       "%s needs kexec_load(2), and only kexec_file_load(2) can be used: %s", name, why);
	options_warn_of_file(o, arch, why);
	*ways = (struct options_ways){ .first = WAY_FILE, .why = why };
	return true;
}

bool options_choose_ways(struct options *o, const struct arch *arch, enum arch_id id, struct options_ways *ways,
			 struct err *err)
{
	if (o->syscall == SYSCALL_FILE)
		return only_file(o, id, "-s was given", ways, err);
	if (!arch && (o->syscall == SYSCALL_LOAD || o->dry_run))
		return err_set(err, ERR_UNSUPPORTED,
			       "this version of kexec has no loader for %s, so there is no plan and no kexec_load(2); "
			       "where the kernel can do it, -s loads by kexec_file_load(2)",
			       machine_arch_name(id));
	if (!arch)
		return only_file(o, id, "this version has no loader for the architecture", ways, err);

	const char *name = NULL;
	enum demand demand = strongest(o, id, &name);
	bool plan_first = o->target == TARGET_CRASH && arch->prefers_kexec_load_for_crash;

	if (o->syscall == SYSCALL_LOAD)
		*ways = (struct options_ways){ .first = WAY_PLAN, .why = "-c was given" };
	else if (demand != DEMAND_NONE)
		*ways = (struct options_ways){
			.first = WAY_PLAN,
			.has_second = demand == DEMAND_PREFERS && !o->dry_run,
			.detour = !plan_first,
			.why = arena_printf(&o->arena, "kexec_file_load(2) cannot follow %s", name),
		};
	else if (o->dry_run)
		*ways = (struct options_ways){ .first = WAY_PLAN,
					       .why = "a dry run shows the plan for kexec_load(2)" };
	else if (plan_first)
		*ways = (struct options_ways){ .first = WAY_PLAN,
					       .has_second = true,
					       .why = "crash loads by kexec_load(2) carry meminfo" };
	else
		*ways = (struct options_ways){ .first = WAY_FILE,
					       .has_second = true,
					       .why = "the kernel's own loader goes first" };
	return true;
}

void options_fit_machine(struct options *o, const struct arch *arch, const struct machine *machine,
			 struct options_ways *ways)
{
	static const char stale[] = "this boot began with a firmware-assisted dump, which is gone, and the device tree still "
				    "has it: handed on by kexec_file_load(2), it makes the next kernel leave most of its memory "
				    "unused and show a dump that is none";

	if (!machine->power.dump_active)
		return;
	if (machine->dump_pending) {
		if (ways->first == WAY_FILE)
			options_warn(o, "a firmware-assisted dump waits to be saved (/proc/vmcore): the next kernel is told "
					"of it, and uses only the memory that it leaves. Save it first");
		return;
	}
	if (ways->first == WAY_PLAN) {
		ways->has_second = false;
		return;
	}
	if (o->syscall == SYSCALL_FILE || !arch) {
		options_warn(o, "%s. %s", stale,
			     arch ? "Without -s, kexec_load(2) is used, with a tree that lacks it" : "Reboot through firmware");
		return;
	}
	*ways = (struct options_ways){ .first = WAY_PLAN, .detour = true, .why = stale };
}

/*
 * Linux arch/x86/kernel/kexec-bzimage64.c, bzImage64_probe() and bzImage64_load() (6.12): the command line is counted
 * with its NUL, and room for elfcorehdr= is asked for on every load.
 */
#define X86_FILE_VERSION 0x020c
#define X86_FILE_XLOADFLAGS 3
#define X86_FILE_CMDLINE_TAKEN 31

/* Why no kernel of the architecture takes the image by kexec_file_load(2), or NULL where only the kernel knows. */
static const char *refused_format(enum arch_id arch, const struct image *image)
{
	const struct bzimage *b = &image->bzimage;

	if (arch != ARCH_X86_64)
		return NULL;
	switch (image->format) {
	case IMAGE_BZIMAGE:
		if (b->version >= X86_FILE_VERSION && (b->loadflags & 1) &&
		    (b->xloadflags & X86_FILE_XLOADFLAGS) == X86_FILE_XLOADFLAGS)
			return NULL;
		return "on x86 it takes only a bzImage with a 64-bit entry, and this one has none";
	case IMAGE_ELF:
		return "on x86 it takes only a bzImage, and this is an ELF file";
	case IMAGE_MULTIBOOT:
		return "on x86 it takes only a bzImage, and this is a multiboot kernel";
	default:
		return NULL;
	}
}

/* The most characters that it passes on, or UINT64_MAX where only the kernel knows. */
static uint64_t most_characters(enum arch_id arch, const struct image *image)
{
	if (arch == ARCH_X86_64 && image->format == IMAGE_BZIMAGE)
		return image->bzimage.cmdline_size > X86_FILE_CMDLINE_TAKEN
			       ? image->bzimage.cmdline_size - X86_FILE_CMDLINE_TAKEN
			       : 0;
	/* Linux arch/s390/kernel/machine_kexec_file.c: with its NUL it must be shorter than the room. */
	if (arch == ARCH_S390X && image->format == IMAGE_S390 && image->s390.max_command_line >= 2)
		return image->s390.max_command_line - 2;
	return UINT64_MAX;
}

bool options_fit_image(struct options *o, enum arch_id arch, const struct image *image, const char *cmdline,
		       struct options_ways *ways, struct err *err)
{
	const char *why = refused_format(arch, image);
	uint64_t most = most_characters(arch, image);

	if (!why && strlen(cmdline) > most)
		why = arena_printf(&o->arena,
				   "the command line has %zu characters, and it passes at most %" PRIu64
				   " on to this kernel",
				   strlen(cmdline), most);
	if (!why)
		return true;
	if (o->syscall == SYSCALL_FILE)
		return err_set(err, ERR_UNSUPPORTED, "%s cannot be loaded by kexec_file_load(2), and -s was given: %s",
			       image->path, why);
	if (ways->first == WAY_PLAN) {
		ways->has_second = false;
		return true;
	}
	*ways = (struct options_ways){
		.first = WAY_PLAN,
		.detour = true,
		.why = arena_printf(&o->arena, "kexec_file_load(2) cannot load %s: %s", image->path, why),
	};
	return true;
}

bool options_may_retry(const struct options_ways *ways, int errnum)
{
	if (!ways->has_second)
		return false;
	if (ways->first == WAY_PLAN)
		return errnum == EPERM || errnum == EACCES || errnum == ENOSYS;

	/* As kexec-tools. What else the kernel says of a file (signatures above all) is its last word. */
	return errnum == ENOSYS || errnum == EINVAL || errnum == ENOEXEC || errnum == ENOTSUP;
}
