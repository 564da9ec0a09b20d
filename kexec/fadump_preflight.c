/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sizes and limits: Linux arch/powerpc/kernel/fadump.c, include/asm/fadump-internal.h, platforms/pseries/rtas-fadump.h
 * and platforms/powernv/opal-fadump.h (7.2).
 */
#include "kexec/fadump_preflight.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "kexec/base/cmdline.h"
#include "range.h"

#define MIB (UINT64_C(1) << 20)
#define MINIMUM_PSERIES (320 * MIB)
#define MINIMUM_OPAL (768 * MIB)

/* The most of RAM that crashkernel= gets. Without a size, 5 percent in steps of 256 MiB. */
#define RAM_PART 4
#define DEFAULT_PART 20
#define DEFAULT_STEP (256 * MIB)

/* COMMAND_LINE_SIZE is 2048: the running line, a blank, the text and a NUL; the kernel counts a line end, too. */
#define MOST_CHARACTERS 2046

static void find_out(struct fadump_preflight *result, struct arena *arena, enum fadump_grade grade, const char *text)
{
	struct fadump_finding *finding = arena_alloc(arena, sizeof(*finding));
	struct fadump_finding **last = &result->findings;

	*finding = (struct fadump_finding){ .grade = grade, .text = text };
	while (*last)
		last = &(*last)->next;
	*last = finding;
}

static uint64_t minimum_of(const struct fadump *fadump, const struct machine *machine)
{
	return fadump->opal || (!fadump->pseries && machine->power.opal) ? MINIMUM_OPAL : MINIMUM_PSERIES;
}

/* As the kernel's memparse(): a number with one of K M G T P E, or none. *end is behind it. False where it is none. */
static bool read_size(const char *text, const char **end, uint64_t *size)
{
	static const char units[] = "kmgtpe";
	char *rest;

	errno = 0;

	unsigned long long number = strtoull(text, &rest, 0);

	if (text[0] < '0' || text[0] > '9' || errno)
		return false;

	const char *unit = *rest ? strchr(units, *rest | 0x20) : NULL;
	unsigned int shift = unit && *unit ? 10 * (unsigned int)(unit - units + 1) : 0;

	*end = shift ? rest + 1 : rest;
	if (shift && number >> (64 - shift))
		return false;
	*size = (uint64_t)number << shift;
	return true;
}

/* The text behind "key=" of the last such word whose value has no comma and letter behind (",high", ",cma"). */
static const char *last_value(struct arena *arena, const char *line, const char *key)
{
	const char *found = NULL;
	struct cmdline_word word;

	while (cmdline_next(&line, &word)) {
		const char *equals = memchr(word.text, '=', word.length);

		if (!cmdline_word_is(word, key) || !equals)
			continue;

		const char *value = arena_strndup(arena, equals + 1, (size_t)(word.text + word.length - equals - 1));
		const char *comma = strrchr(value, ',');

		if (!comma || (comma[1] >= '0' && comma[1] <= '9'))
			found = value;
	}
	return found;
}

/* crashkernel=SIZE[@OFFSET] or FROM-[TO]:SIZE,...[@OFFSET], for this much RAM. False where it says no size. */
static bool asked_size(const char *value, uint64_t ram, uint64_t *size)
{
	const char *at = value;
	uint64_t from, to;

	while (read_size(at, &at, &from)) {
		if (*at != '-') {
			*size = from;
			return from > 0;
		}
		to = UINT64_MAX;
		at++;
		if (*at != ':' && !read_size(at, &at, &to))
			return false;
		if (*at != ':' || !read_size(at + 1, &at, size))
			return false;
		if (from <= ram && ram < to)
			return *size > 0;
		if (*at != ',')
			return false;
		at++;
	}
	return false;
}

/* Of the kernel's debugfs: the end of the highest of the regions that are saved, as all but boot memory stays. */
static uint64_t region_top(const char *region)
{
	uint64_t top = 0;

	for (const char *line = region; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "DUMP:", 5) != 0)
			continue;

		const char *end = line + strcspn(line, "\n");
		const char *source = strstr(line, "Src:"), *size = strstr(line, "Size:");

		if (!source || !size || source > end || size > end)
			continue;

		uint64_t start = strtoull(source + 4, NULL, 16), bytes = strtoull(size + 5, NULL, 16);

		if (bytes <= UINT64_MAX - start && start + bytes > top)
			top = start + bytes;
	}
	return top;
}

/* {u32 section, u64 bytes}, big endian: what firmware wants for CPU state and hash table. */
static uint64_t sections_total(struct blob sizes)
{
	struct entry {
		struct be32 section;
		struct be64 bytes;
	};
	uint64_t total = 0;

	for (uint64_t at = 0; blob_has(sizes, at, sizeof(struct entry)); at += sizeof(struct entry)) {
		const struct entry *entry = blob_at(sizes, at, sizeof(*entry));

		total += be64_get(entry->bytes);
	}
	return total;
}

/*
 * The reserve holds the firmware's sections (whole pages), a copy of boot memory, and less than 1 MiB of headers; boot
 * memory itself is whole MiB wherever its size was given so.
 */
static uint64_t reserved_copy(const struct fadump *fadump, const struct machine *machine)
{
	uint64_t page = machine->page_size ? machine->page_size : 65536;
	uint64_t sections = align_up(sections_total(fadump->section_sizes), page);

	return fadump->mem_reserved > sections ? align_down(fadump->mem_reserved - sections, MIB) : 0;
}

static void find_boot_memory(struct fadump_preflight *result, const struct fadump *fadump,
			     const struct machine *machine)
{
	result->boot_memory = fadump->region ? region_top(fadump->region) : 0;
	result->boot_memory_source = "debugfs";
	/* While a dump waits, mem_reserved is all that was kept of the crashed kernel's memory. */
	if (!result->boot_memory && fadump->has_mem_reserved && fadump_state(fadump) != FADUMP_PENDING) {
		result->boot_memory = reserved_copy(fadump, machine);
		result->boot_memory_source = "mem_reserved";
	}
}

static void check_sizes(struct fadump_preflight *result, struct arena *arena, const struct fadump *fadump,
			const struct machine *machine)
{
	uint64_t minimum = minimum_of(fadump, machine), ram = ranges_total(&machine->ram), asked;
	const char *value = last_value(arena, machine->cmdline, "crashkernel");

	find_boot_memory(result, fadump, machine);
	if (result->boot_memory && result->boot_memory < minimum)
		find_out(result, arena, FADUMP_WARNING,
			 arena_printf(arena,
				      "boot memory is %" PRIu64 " MiB, and the capture kernel needs at least %" PRIu64
				      " MiB on this platform: raise crashkernel=",
				      result->boot_memory / MIB, minimum / MIB));
	if (value && ram && asked_size(value, ram, &asked) && asked > ram / RAM_PART)
		find_out(result, arena, FADUMP_WARNING,
			 arena_printf(arena,
				      "crashkernel=%s asks for %" PRIu64 " MiB, and firmware-assisted dump gets at most a "
				      "quarter of the %" PRIu64 " MiB of RAM",
				      value, asked / MIB, ram / MIB));
	if (!fadump->has_hotplug_ready || !fadump->hotplug_ready)
		find_out(result, arena, FADUMP_NOTE,
			 "not ready for hotplug: after CPUs or memory were added or removed, register again");
}

static bool rtas_is_inside(const struct fadump_preflight *result, const struct fadump *fadump)
{
	return fadump->rtas_start <= result->boot_memory &&
	       fadump->rtas_size <= result->boot_memory - fadump->rtas_start;
}

/*
 * Linux frees, with a dump, the page of its crash info header (the reserve's size is no multiple of a page), the memory
 * for bootargs_append, and whatever of RTAS lies above boot memory.
 */
static void check_release(struct fadump_preflight *result, struct arena *arena, const struct fadump *fadump, bool force)
{
	bool rtas_lost = fadump->has_rtas && (!result->boot_memory || !rtas_is_inside(result, fadump));

	if (fadump_state(fadump) == FADUMP_PENDING) {
		find_out(result, arena, FADUMP_REFUSAL,
			 "a dump waits in /proc/vmcore: save it, then reboot through firmware. Nothing can be registered "
			 "before");
		return;
	}
	if (!fadump->has_release) {
		if (fadump->has_rtas && result->boot_memory && !rtas_is_inside(result, fadump))
			find_out(result, arena, FADUMP_NOTE,
				 arena_printf(arena,
					      "RTAS ends at 0x%" PRIx64 ", above the %" PRIu64
					      " MiB of boot memory: after a dump only a reboot is safe, for releasing the "
					      "memory would free RTAS",
					      fadump->rtas_start + fadump->rtas_size, result->boot_memory / MIB));
		return;
	}
	if (rtas_lost)
		find_out(result, arena, FADUMP_REFUSAL,
			 arena_printf(arena,
				      "this boot began with a dump whose memory was freed, and with it the firmware code that "
				      "registering calls: RTAS at 0x%" PRIx64 " to 0x%" PRIx64
				      " does not lie in boot memory. Reboot through firmware",
				      fadump->rtas_start, fadump->rtas_start + fadump->rtas_size));
	else if (!force)
		find_out(result, arena, FADUMP_REFUSAL,
			 "this boot began with a dump whose memory was freed, and with it the page of the dump's header: to "
			 "register again overwrites memory that is in use, and the next dump may be lost. Reboot through "
			 "firmware; --force-fadump registers nevertheless");
	else
		find_out(result, arena, FADUMP_WARNING,
			 "registering though memory of an earlier dump was freed (--force-fadump): memory that is in use may "
			 "be overwritten, and the next dump may be lost");
}

static bool stands_in(const char *line, struct cmdline_word word)
{
	struct cmdline_word other;

	while (cmdline_next(&line, &other))
		if (other.length == word.length && memcmp(other.text, word.text, word.length) == 0)
			return true;
	return false;
}

/* Firmware boots with the default entry's line, which is taken to be the running one: only what that lacks is added. */
static const char *additional(struct arena *arena, const char *text, const char *running)
{
	const char *result = "";
	struct cmdline_word word;

	while (cmdline_next(&text, &word))
		if (!stands_in(running, word))
			result = cmdline_join(arena, result, arena_strndup(arena, word.text, word.length));
	return result;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static void check_text(struct fadump_preflight *result, struct arena *arena, const struct fadump *fadump,
		       const struct machine *machine, const struct fadump_wish *wish)
{
	/* What a capture kernel must not be told, or is told by firmware. */
	static const char *const never[] = { "BOOT_IMAGE", "elfcorehdr", "crashkernel", "fadump", "fadump_reserve_mem",
					     NULL };
	static const char *const nothing[] = { NULL };

	if (wish->command_line)
		find_out(result, arena, FADUMP_WARNING,
			 "the text of --command-line is not used: firmware boots with the command line of the default boot "
			 "entry. --append adds to that");
	if (!wish->append)
		return;

	const char *allowed = cmdline_without(arena, wish->append, never);
	const char *text = additional(arena, allowed, machine->cmdline);
	size_t together = strlen(machine->cmdline) + strlen(text);

	if (has_control(wish->append)) {
		find_out(result, arena, FADUMP_REFUSAL,
			 "the text of --append has control characters (line ends?) in it: the kernel takes one line");
		return;
	}
	if (strlen(allowed) < strlen(cmdline_without(arena, wish->append, nothing)))
		find_out(result, arena, FADUMP_WARNING,
			 "of --append, BOOT_IMAGE=, elfcorehdr=, crashkernel= and fadump= are left out: the capture boot of "
			 "a firmware-assisted dump has them from elsewhere");
	if (!fadump->bootargs_append) {
		if (*text)
			find_out(result, arena, FADUMP_WARNING,
				 arena_printf(arena,
					      "\"%s\" is not passed to the capture boot: the running kernel has no "
					      "bootargs_append (that takes Linux 6.10, and the radix MMU or an RMA of more "
					      "than 768 MiB)",
					      text));
		return;
	}
	if (fadump->has_release) {
		if (*text)
			find_out(result, arena, FADUMP_WARNING,
				 arena_printf(arena,
					      "\"%s\" is not passed to the capture boot: the memory for it was freed with "
					      "a dump",
					      text));
		return;
	}
	if (*text && together > MOST_CHARACTERS) {
		find_out(result, arena, FADUMP_REFUSAL,
			 arena_printf(arena,
				      "the command line of the capture boot would have %zu characters: %zu of the running "
				      "kernel and %zu of --append, and at most %d are taken together",
				      together, strlen(machine->cmdline), strlen(text), MOST_CHARACTERS));
		return;
	}
	result->bootargs = text;
}

static void check_entry(struct fadump_preflight *result, struct arena *arena, const struct machine *machine,
			const struct fadump_wish *wish)
{
	if (wish->kernel)
		find_out(result, arena, FADUMP_WARNING,
			 arena_printf(arena,
				      "firmware-assisted dump is in use: after a crash firmware boots the default boot entry, "
				      "not %s, which is not looked at, nor is any initrd",
				      wish->kernel));
	if (!wish->entry_release || !*machine->release)
		find_out(result, arena, FADUMP_NOTE,
			 "which kernel the default boot entry starts could not be seen: it should be the running one");
	else if (strcmp(wish->entry_release, machine->release) != 0)
		find_out(result, arena, FADUMP_WARNING,
			 arena_printf(arena,
				      "by %s the default boot entry starts %s, and %s is running: a capture kernel refuses the "
				      "dump of one that was built for another number of CPUs",
				      wish->entry_source, wish->entry_release, machine->release));
	else
		find_out(result, arena, FADUMP_NOTE,
			 arena_printf(arena, "by %s the default boot entry starts %s, which is running", wish->entry_source,
				      wish->entry_release));
}

void fadump_preflight(struct fadump_preflight *result, struct arena *arena, const struct fadump *fadump,
		      const struct machine *machine, const struct fadump_wish *wish)
{
	*result = (struct fadump_preflight){ .bootargs = NULL };
	check_sizes(result, arena, fadump, machine);
	check_release(result, arena, fadump, wish->force);
	check_entry(result, arena, machine, wish);
	check_text(result, arena, fadump, machine, wish);
}

/* The boot memory that the kernel came to by its command line, and what of. */
static uint64_t predicted(struct arena *arena, const struct machine *machine, uint64_t minimum, const char **of)
{
	uint64_t ram = ranges_total(&machine->ram), asked;
	const char *value = last_value(arena, machine->cmdline, "crashkernel");
	const char *old = last_value(arena, machine->cmdline, "fadump_reserve_mem");

	if (value && asked_size(value, ram, &asked)) {
		bool capped = asked > ram / RAM_PART;

		*of = arena_printf(arena, "crashkernel=%s%s", value,
				   capped ? arena_printf(arena, ", of which a quarter of the %" PRIu64 " MiB of RAM is the most,",
							 ram / MIB)
					  : "");
		return capped ? ram / RAM_PART : asked;
	}
	if (old && read_size(old, &old, &asked)) {
		*of = "fadump_reserve_mem=";
		return asked;
	}

	uint64_t part = align_down(ram / DEFAULT_PART, DEFAULT_STEP);

	*of = "the default of 5 percent of RAM";
	return part > minimum ? part : minimum;
}

const char *fadump_preflight_why_off(struct arena *arena, const struct fadump *fadump, const struct machine *machine)
{
	const char *wanted = last_value(arena, machine->cmdline, "fadump");

	if (fadump->enabled || !wanted || (strcmp(wanted, "on") != 0 && strcmp(wanted, "nocma") != 0))
		return NULL;
	if (!fadump->present && !fadump->pseries && !fadump->opal)
		return arena_printf(arena, "fadump=%s is on the command line, and this machine's firmware has no such dump",
				    wanted);
	if (!fadump->present)
		return arena_printf(arena,
				    "fadump=%s is on the command line, firmware could do it, and the running kernel was built "
				    "without CONFIG_FA_DUMP",
				    wanted);

	uint64_t minimum = minimum_of(fadump, machine);
	const char *of;
	uint64_t memory = predicted(arena, machine, minimum, &of);
	const char *instead = fadump->has_crash_size && fadump->crash_size
				      ? arena_printf(arena, "; it reserved %" PRIu64 " MiB for kdump instead",
						     fadump->crash_size / MIB)
				      : "";

	if (memory >= minimum)
		return arena_printf(arena,
				    "fadump=%s is on the command line, and the kernel turned it off%s: see dmesg for fadump: "
				    "(holes in memory, or no room for the reserve?)",
				    wanted, instead);
	return arena_printf(arena,
			    "fadump=%s is on the command line, and the kernel turned it off%s: %s gives %" PRIu64
			    " MiB of boot memory, and this platform needs %" PRIu64 " MiB. %s",
			    wanted, instead, of, memory / MIB, minimum / MIB,
			    ranges_total(&machine->ram) / RAM_PART < minimum
				    ? "So little RAM gets that only without crashkernel="
				    : arena_printf(arena, "Boot with crashkernel=%" PRIu64 "M or more", minimum / MIB));
}
