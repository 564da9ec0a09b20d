/* SPDX-License-Identifier: GPL-2.0-only */
#include "plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arch.h"

static const struct {
	enum segment_role role;
	const char *name;
} roles[] = {
	{ SEGMENT_KERNEL, "kernel" },	      { SEGMENT_INITRD, "initrd" },   { SEGMENT_PURGATORY, "purgatory" },
	{ SEGMENT_ELFCOREHDR, "elfcorehdr" }, { SEGMENT_MEMINFO, "meminfo" }, { SEGMENT_PARMAREA, "parmarea" },
	{ SEGMENT_BOOT_PARAMS, "boot-params" }, { SEGMENT_BACKUP, "backup" }, { SEGMENT_MODULE, "module" },
	{ SEGMENT_MULTIBOOT_INFO, "multiboot-info" }, { SEGMENT_PRESERVED, "preserved" },
	{ SEGMENT_DEVICE_TREE, "device-tree" },
};

const char *segment_role_name(enum segment_role role)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (roles[i].role == role)
			return roles[i].name;
	return "unknown";
}

/* --mem-max names the last usable byte. */
static struct range window_of(const struct request *request)
{
	return range_from_inclusive(request->mem_min, request->mem_max);
}

static bool usable_for_crash(struct plan *plan, const struct machine *machine, struct ranges *usable,
			     struct err *err)
{
	if (machine->crash.count == 0)
		return err_set(err, ERR_BAD_MACHINE,
			       "Memory for crashkernel is not reserved: no \"Crash kernel\" range in the memory map of "
			       "%s. Boot the running kernel with crashkernel=SIZE on its command line",
			       machine->origin);

	/* The kernel loads into the highest one; lower ones are for DMA of the capture kernel. */
	plan->crash = range_shrink(machine->crash.v[machine->crash.count - 1], plan->page_size);
	ranges_append(usable, plan->crash);
	return true;
}

static void usable_for_normal(struct plan *plan, const struct machine *machine, struct ranges *usable)
{
	struct ranges outside;

	ranges_subtract(&outside, &plan->arena, &machine->ram, &machine->crash);
	for (size_t i = 0; i < outside.count; i++)
		ranges_append(usable, range_shrink(outside.v[i], plan->page_size));
}

static void warn_of_problems(struct plan *plan, const struct machine *machine)
{
	if (machine->firmware_problem)
		plan_warn(plan, "what the machine tells of its firmware is not used where it makes no sense: %s",
			  machine->firmware_problem);
	if (machine->kernel_map_problem && plan->target == TARGET_CRASH)
		plan_warn(plan,
			  "the core header has no virtual addresses, and tools that read the dump must find them in another "
			  "way, for what the machine tells of its kernel's place makes no sense and is not used: %s",
			  machine->kernel_map_problem);
}

bool plan_init(struct plan *plan, const struct request *request, const struct machine *machine,
	       const struct arch *arch, struct err *err)
{
	*plan = (struct plan){
		.arch = arch,
		.target = request->target,
		.page_size = machine->page_size ? machine->page_size : arch->page_size,
		.cmdline = request->cmdline,
		.time = request->time,
		.skip_checks = request->skip_checks,
		.on_corruption = request->on_corruption,
		.core32 = request->core_class == CORE_32 || (request->core_class == CORE_AUTO && !arch->is64),
	};
	arena_init(&plan->arena);

	if (!is_power_of_two(plan->page_size))
		return err_set(err, ERR_BAD_MACHINE, "%s: page size %" PRIu64 " is not a power of two",
			       machine->origin, plan->page_size);

	if (request->target == TARGET_CRASH && request->elf_headers == ELF_HEADERS_NEVER &&
	    !arch->capture_makes_elf_headers)
		return err_set(err, ERR_USAGE,
			       "--elf-headers=never cannot be used on %s: its capture kernel knows the crashed kernel's memory "
			       "only from the ELF core header that is loaded with it. Leave the option out",
			       machine_arch_name(arch->id));

	struct ranges usable, window;

	ranges_init(&usable, &plan->arena);
	ranges_init(&window, &plan->arena);
	ranges_append(&window, window_of(request));
	if (request->target == TARGET_CRASH) {
		if (!usable_for_crash(plan, machine, &usable, err))
			return false;
	} else {
		usable_for_normal(plan, machine, &usable);
	}
	ranges_intersect(&plan->usable, &plan->arena, &usable, &window);
	if (plan->usable.count == 0)
		return err_set(err, ERR_NO_ROOM,
			       "no usable memory: %" PRIu64 " bytes in %s, none of them between --mem-min 0x%" PRIx64
			       " and --mem-max 0x%" PRIx64,
			       ranges_total(&usable),
			       request->target == TARGET_CRASH ? "the crash reservation" : "RAM", request->mem_min,
			       request->mem_max);
	warn_of_problems(plan, machine);
	return true;
}

void plan_release(struct plan *plan)
{
	arena_release(&plan->arena);
}

static void append(struct plan *plan, const struct segment *segment)
{
	if (plan->segment_count == plan->segment_capacity) {
		size_t capacity = plan->segment_capacity ? plan->segment_capacity * 2 : 16;
		struct segment *grown = arena_array(&plan->arena, capacity, sizeof(*grown));

		if (plan->segment_count)
			memcpy(grown, plan->segments, plan->segment_count * sizeof(*grown));
		plan->segments = grown;
		plan->segment_capacity = capacity;
	}
	plan->segments[plan->segment_count++] = *segment;
}

static bool memory_size_of(const struct plan *plan, const struct placement *what, uint64_t *size, struct err *err)
{
	uint64_t wanted = what->memory_size ? what->memory_size : what->data.size;

	if (wanted == 0 || wanted < what->data.size)
		return err_set(err, ERR_INTERNAL,
			       "segment %s: %zu bytes of data in %" PRIu64 " bytes of memory is a mistake of the loader",
			       segment_role_name(what->role), what->data.size, wanted);
	*size = align_up(wanted, plan->page_size);
	if (*size == UINT64_MAX)
		return err_set(err, ERR_NO_ROOM, "segment %s: 0x%" PRIx64 " bytes are more than any memory",
			       segment_role_name(what->role), wanted);
	return true;
}

bool plan_put(struct plan *plan, const struct placement *what, uint64_t address, struct err *err)
{
	uint64_t size;

	if (!memory_size_of(plan, what, &size, err))
		return false;
	if (address % plan->page_size)
		return err_set(err, ERR_BAD_IMAGE,
			       "segment %s is to lie at 0x%" PRIx64 ", which is no multiple of the page size %" PRIu64,
			       segment_role_name(what->role), address, plan->page_size);
	if (address > UINT64_MAX - size)
		return err_set(err, ERR_BAD_IMAGE,
			       "segment %s of 0x%" PRIx64 " bytes at 0x%" PRIx64 " runs over the end of the address space",
			       segment_role_name(what->role), size, address);

	bool own = what->role == SEGMENT_PURGATORY;

	append(plan, &(struct segment){
			     .role = what->role,
			     .range = { address, address + size },
			     .data = what->data,
			     .hashed = !own && !what->unhashed && !plan->skip_checks,
			     .checksummed = !own && !what->unhashed && what->role != SEGMENT_MEMINFO,
			     .why = what->why ? what->why : "",
		     });
	return true;
}

static uint64_t largest(const struct ranges *set, struct range window)
{
	uint64_t size = 0;

	for (size_t i = 0; i < set->count; i++) {
		uint64_t here = range_size(range_intersect(set->v[i], window));

		if (here > size)
			size = here;
	}
	return size;
}

void plan_find_room(const struct plan *plan, struct arena *arena, struct ranges *room)
{
	struct ranges taken;

	ranges_init(&taken, arena);
	for (size_t i = 0; i < plan->segment_count; i++)
		ranges_append(&taken, plan->segments[i].range);
	ranges_normalize(&taken);
	ranges_subtract(room, arena, &plan->usable, &taken);
}

static const char *room_advice(const struct plan *plan)
{
	if (plan->target != TARGET_CRASH)
		return "";
	return plan->room_advice ? plan->room_advice
				 : "Reserve more memory with crashkernel= or use a smaller kernel and initrd";
}

bool plan_place(struct plan *plan, const struct placement *what, uint64_t *address, struct err *err)
{
	uint64_t size, align = what->align > plan->page_size ? what->align : plan->page_size;

	if (!memory_size_of(plan, what, &size, err))
		return false;

	struct arena scratch;
	struct ranges room;
	struct range window = what->window.end ? what->window : (struct range){ 0, UINT64_MAX };

	arena_init(&scratch);
	plan_find_room(plan, &scratch, &room);

	bool found = what->high ? ranges_find_high(&room, size, align, window, address)
				: ranges_find_low(&room, size, align, window, address);
	uint64_t free_at_most = found ? 0 : largest(&room, window);

	const char *advice = room_advice(plan);

	arena_release(&scratch);
	if (!found)
		return err_set(err, ERR_NO_ROOM,
			       "no room for segment %s: 0x%" PRIx64 " bytes aligned to 0x%" PRIx64
			       " wanted between 0x%" PRIx64 " and 0x%" PRIx64 ", the largest free range there has 0x%" PRIx64
			       " bytes%s%s",
			       segment_role_name(what->role), size, align, window.start, window.end,
			       free_at_most, *advice ? ". " : "", advice);
	return plan_put(plan, what, *address, err);
}

void plan_warn(struct plan *plan, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	struct plan_warning **last = &plan->warnings;

	while (*last)
		last = &(*last)->next;
	*last = arena_alloc(&plan->arena, sizeof(**last));
	(*last)->text = arena_strdup(&plan->arena, text);
}

const struct segment *plan_segment(const struct plan *plan, enum segment_role role)
{
	for (size_t i = 0; i < plan->segment_count; i++)
		if (plan->segments[i].role == role)
			return &plan->segments[i];
	return NULL;
}
