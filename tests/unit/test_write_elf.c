/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF cores of made dumps, read back twice: byte by byte here, by what the System V ABI says, and by the reader of
 * dumps.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "elf_wire.h"
#include "kdump/write/unflatten.h"
#include "kdump/write/write.h"
#include "made_dump.h"
#include "made_file.h"

#define PAGE_SIZE UINT64_C(4096)
#define DIRECT UINT64_C(0xff11000000000000)
#define TEXT UINT64_C(0xffffffff81000000)

/* Page numbers; the second begins and the third ends inside a block, the fourth is its own. */
static const struct range memory[] = { { 1, 160 }, { 256, 3000 }, { 32760, 33000 }, { 70000, 70003 } };
#define MEMORY (sizeof(memory) / sizeof(memory[0]))

/* The kernel's text lies in the second; one byte of its last page is another's. */
static const struct range text = { 512 * PAGE_SIZE, 600 * PAGE_SIZE + 1 };

struct scene {
	struct arena arena;
	struct made made;
	const char *folder, *path;
};

/* By byte order. */
static const uint8_t notes[2][25] = {
	"\5\0\0\0\4\0\0\0\1\0\0\0CORE\0\0\0\0four",
	"\0\0\0\5\0\0\0\4\0\0\0\1CORE\0\0\0\0four",
};
#define NOTE_SIZE (sizeof(notes[0]) - 1)

static void open_made(struct scene *scene, uint64_t page_size, const struct range *pages, size_t count)
{
	arena_init(&scene->arena);
	scene->folder = made_folder(&scene->arena, "write-elf");
	scene->path = arena_printf(&scene->arena, "%s/vmcore", scene->folder);
	made_open(&scene->made, &scene->arena, page_size, pages, count);
	scene->made.dump.notes = (struct blob){ notes[0], NOTE_SIZE };
	signal(SIGXFSZ, SIG_IGN);
}

static void open_scene(struct scene *scene, enum order order, bool is64)
{
	struct dump_mapping *maps;
	struct dump *dump;

	open_made(scene, PAGE_SIZE, memory, MEMORY);
	dump = &scene->made.dump;
	dump->order = order;
	dump->notes.data = notes[order == ORDER_BIG];
	dump->is64 = is64;
	dump->elf_machine = is64 ? EM_X86_64 : EM_386;
	maps = arena_array(&scene->arena, MEMORY + 1, sizeof(*maps));
	maps[0] = (struct dump_mapping){ TEXT, text.start, text.end - text.start };
	/* Not in the order of memory; the last has none. */
	for (size_t i = 0; i < MEMORY - 1; i++) {
		const struct range *range = &memory[MEMORY - 2 - i];

		maps[i + 1] = (struct dump_mapping){ DIRECT + range->start * PAGE_SIZE, range->start * PAGE_SIZE,
						     range_size(*range) * PAGE_SIZE };
	}
	dump->mappings = maps;
	dump->mapping_count = MEMORY;
}

static void close_scene(struct scene *scene)
{
	unlink(scene->path);
	unlink(arena_printf(&scene->arena, "%s.incomplete", scene->path));
	unlink(arena_printf(&scene->arena, "%s.flat", scene->path));
	assert_int_equal(rmdir(scene->folder), 0);
	arena_release(&scene->arena);
}

static struct write_request request_of(const struct scene *scene, unsigned int level)
{
	return (struct write_request){
		.dump = &scene->made.dump,
		.pages = &scene->made.map,
		.level = level,
		.format = WRITE_ELF,
		.packing = WRITE_PLAIN,
		.threads = 2,
		.checkpoint = 1 << 20,
		.end_pfn = UINT64_MAX,
	};
}

static struct write_result write_elf(struct scene *scene, const char *path, unsigned int level, bool flattened,
				     uint64_t max_size)
{
	struct sink_request open = { .path = path, .flattened = flattened, .max_size = max_size };
	struct write_request request = request_of(scene, level);
	struct write_result result;
	struct sink *sink;
	struct err err;

	check_ok(sink_open(&sink, &scene->arena, &open, &err), &err);
	check_ok(write_dump(&result, &scene->arena, &request, sink, &err), &err);
	check_ok(sink_close(sink, result.outcome == WRITE_COMPLETE, &err), &err);
	return result;
}

/* What a file says of itself, whatever its class. */
struct core {
	struct blob bytes;
	enum order order;
	bool is64;
	uint32_t flags;
	uint64_t count;
};

struct segment {
	uint32_t type;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

static struct core read_core(struct scene *scene, const char *path)
{
	struct core core;
	struct err err;

	check_ok(file_map(&scene->arena, path, NULL, &core.bytes, &err), &err);

	const struct elf64_header *wide = blob_at(core.bytes, 0, sizeof(*wide));
	const struct elf32_header *thin = blob_at(core.bytes, 0, sizeof(*thin));

	assert_non_null(wide);
	assert_memory_equal(wide->ident.magic, ELFMAG, SELFMAG);
	core.is64 = wide->ident.class == ELFCLASS64;
	core.order = wide->ident.data == ELFDATA2MSB ? ORDER_BIG : ORDER_LITTLE;
	assert_int_equal(raw16_get(wide->type, core.order), ET_CORE);
	assert_int_equal(raw16_get(wide->machine, core.order), scene->made.dump.elf_machine);
	core.flags = raw32_get(core.is64 ? wide->flags : thin->flags, core.order);
	core.count = raw16_get(core.is64 ? wide->phnum : thin->phnum, core.order);
	assert_int_equal(raw16_get(core.is64 ? wide->phentsize : thin->phentsize, core.order), core.is64 ? 56 : 32);
	if (core.count == PN_XNUM) {
		uint64_t at = core.is64 ? raw64_get(wide->shoff, core.order) : raw32_get(thin->shoff, core.order);
		const struct elf64_section *section = blob_at(core.bytes, at, core.is64 ? 64 : 40);
		const struct elf32_section *thin_section = (const void *)section;

		assert_non_null(section);
		assert_int_equal(raw16_get(core.is64 ? wide->shnum : thin->shnum, core.order), 1);
		core.count = raw32_get(core.is64 ? section->info : thin_section->info, core.order);
		assert_true(core.count >= PN_XNUM);
	}
	return core;
}

static struct segment read_segment(const struct core *core, uint64_t index)
{
	enum order order = core->order;

	if (core->is64) {
		const struct elf64_program *p = blob_at(core->bytes, 64 + index * 56, 56);

		assert_non_null(p);
		return (struct segment){ raw32_get(p->type, order),   raw64_get(p->offset, order), raw64_get(p->vaddr, order),
					 raw64_get(p->paddr, order),  raw64_get(p->filesz, order), raw64_get(p->memsz, order),
					 raw64_get(p->align, order) };
	}

	const struct elf32_program *p = blob_at(core->bytes, 52 + index * 32, 32);

	assert_non_null(p);
	return (struct segment){ raw32_get(p->type, order),  raw32_get(p->offset, order), raw32_get(p->vaddr, order),
				 raw32_get(p->paddr, order), raw32_get(p->filesz, order), raw32_get(p->memsz, order),
				 raw32_get(p->align, order) };
}

static bool in_memory(const struct made *made, uint64_t pfn)
{
	return made_state(&made->dump, pfn) != DUMP_PAGE_ABSENT;
}

static bool is_kept(const struct made *made, unsigned int level, uint64_t pfn)
{
	return in_memory(made, pfn) && page_level_keeps(level, made_class(made, pfn));
}

/* Where the made dump maps it; text is a second place. */
static uint64_t direct_of(const struct core *core, uint64_t physical)
{
	uint64_t vaddr = physical < memory[MEMORY - 1].start * PAGE_SIZE ? DIRECT + physical : 0;

	return core->is64 ? vaddr : (uint32_t)vaddr;
}

static bool is_text(const struct core *core, const struct segment *s)
{
	uint64_t vaddr = TEXT + s->paddr - text.start;

	return s->vaddr == (core->is64 ? vaddr : (uint32_t)vaddr) && s->paddr >= text.start && s->paddr < text.end;
}

struct seen {
	uint8_t *data, *tail, *alias; /* by page number: how often */
	uint64_t loads;
};

static void check_load(const struct made *made, const struct core *core, unsigned int level, const struct segment *s,
		       bool complete, struct seen *seen)
{
	uint64_t size = made->dump.page_size, first = s->paddr / size;
	uint8_t wanted[PAGE_SIZE];
	bool alias = made->dump.mapping_count && is_text(core, s);

	assert_int_equal(s->paddr % size, 0);
	assert_int_equal(s->filesz % size, 0);
	assert_int_equal(s->memsz % size, 0);
	assert_int_equal(s->align, 0);
	assert_true(s->filesz <= s->memsz && s->memsz > 0);
	if (made->dump.mapping_count && !alias)
		assert_int_equal(s->vaddr, direct_of(core, s->paddr));
	if (complete)
		assert_true(blob_has(core->bytes, s->offset, s->filesz));
	for (uint64_t i = 0; i < s->memsz / size; i++) {
		const uint8_t *found = blob_at(core->bytes, s->offset + i * size, size);

		assert_true(in_memory(made, first + i));
		if (i >= s->filesz / size) {
			assert_false(is_kept(made, level, first + i));
			seen->tail[first + i] += !alias;
			continue;
		}
		assert_true(is_kept(made, level, first + i));
		if (alias)
			seen->alias[first + i]++;
		else
			seen->data[first + i]++;
		if (!complete && (!found || made_class(made, first + i) != PAGE_KERNEL))
			continue;
		made_page(first + i, wanted, size);
		assert_memory_equal(found, wanted, size);
	}
	seen->loads++;
}

static struct seen check_core(struct scene *scene, const char *path, unsigned int level, uint32_t flags)
{
	const struct made *made = &scene->made;
	struct core core = read_core(scene, path);
	struct seen seen = { 0 };
	uint64_t end = made->map.end_pfn;

	assert_int_equal(core.order, made->dump.order);
	assert_int_equal(core.flags, flags);
	seen.data = arena_array(&scene->arena, end, 1);
	seen.tail = arena_array(&scene->arena, end, 1);
	seen.alias = arena_array(&scene->arena, end, 1);
	for (uint64_t i = 0; i < core.count; i++) {
		struct segment s = read_segment(&core, i);

		if (i == 0) {
			assert_int_equal(s.type, PT_NOTE);
			assert_int_equal(s.paddr, 0);
			assert_true(blob_matches(core.bytes, s.offset, made->dump.notes.data, made->dump.notes.size));
			continue;
		}
		assert_int_equal(s.type, PT_LOAD);
		check_load(made, &core, level, &s, flags == 0, &seen);
	}
	for (uint64_t pfn = 0; pfn < end; pfn++) {
		bool kept = is_kept(made, level, pfn);
		bool aliased = made->dump.mapping_count && pfn * PAGE_SIZE >= text.start &&
			       (pfn + 1) * PAGE_SIZE <= text.end;

		assert_int_equal(seen.data[pfn], kept);
		assert_int_equal(seen.tail[pfn], in_memory(made, pfn) && !kept);
		assert_int_equal(seen.alias[pfn], kept && aliased);
	}
	return seen;
}

/* The reader of dumps finds the same pages, and knows which were left out. */
static void check_reader(struct scene *scene, const char *path, unsigned int level)
{
	const struct made *made = &scene->made;
	struct dump dump;
	struct dump_reader *reader;
	struct err err;
	uint8_t wanted[PAGE_SIZE];

	check_ok(dump_open(&dump, &scene->arena, path, &err), &err);
	assert_null(dump.incomplete);
	assert_int_equal(dump.memory.count, made->dump.memory.count);
	assert_memory_equal(dump.memory.v, made->dump.memory.v, dump.memory.count * sizeof(*dump.memory.v));
	assert_int_equal(dump.notes.size, made->dump.notes.size);
	reader = dump_reader_new(&dump, &scene->arena, DUMP_WINDOW_STRAIGHT);
	for (uint64_t pfn = 0; pfn < made->map.end_pfn; pfn++) {
		const uint8_t *page;
		enum dump_page_state state = dump_reader_page(reader, pfn, &page, &err);

		if (!in_memory(made, pfn)) {
			assert_int_equal(state, DUMP_PAGE_ABSENT);
		} else if (!is_kept(made, level, pfn)) {
			assert_int_equal(state, DUMP_PAGE_EXCLUDED);
		} else {
			assert_int_equal(state, DUMP_PAGE_HERE);
			made_page(pfn, wanted, PAGE_SIZE);
			assert_memory_equal(page, wanted, PAGE_SIZE);
		}
	}
}

static const unsigned int levels[] = { 0, 1, 2, 8, 16, 27, 31 };

TEST(every_level_keeps_its_pages)
{
	BEGIN_TEST();
	for (unsigned int way = 0; way < 4; way++) {
		for (size_t i = way % check_stride(3); i < sizeof(levels) / sizeof(levels[0]); i += check_stride(3)) {
			struct scene scene;

			open_scene(&scene, way & 1 ? ORDER_BIG : ORDER_LITTLE, way & 2);

			struct write_result result = write_elf(&scene, scene.path, levels[i], false, 0);

			assert_int_equal(result.outcome, WRITE_COMPLETE);
			assert_true(read_core(&scene, scene.path).is64 == ((way & 2) != 0));
			check_core(&scene, scene.path, levels[i], 0);
			check_reader(&scene, scene.path, levels[i]);
			close_scene(&scene);
		}
	}
}

/* Zero pages are no data: the file has holes, where the file system has. */
TEST(zeros_are_holes)
{
	struct scene scene;
	struct stat st;
	uint64_t zeros = 0;

	BEGIN_TEST();
	open_scene(&scene, ORDER_LITTLE, true);
	for (uint64_t pfn = 0; pfn < scene.made.map.end_pfn; pfn++)
		zeros += in_memory(&scene.made, pfn) && made_is_zero(pfn);

	struct write_result result = write_elf(&scene, scene.path, 1, false, 0);

	assert_int_equal(result.zero_pages, zeros);
	assert_int_equal(stat(scene.path, &st), 0);
	assert_true((uint64_t)st.st_blocks * 512 < (uint64_t)st.st_size - zeros * PAGE_SIZE / 2);
	close_scene(&scene);
}

/* A last page of zeros is in the file as well. */
TEST(a_stream_is_the_same_file)
{
	struct scene scene;

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i += check_stride(3)) {
		struct unflatten_result flat;
		struct sink *sink;
		struct err err;

		open_scene(&scene, ORDER_BIG, true);

		const char *stream = arena_printf(&scene.arena, "%s.flat", scene.path);
		struct write_result result = write_elf(&scene, stream, levels[i], true, 0);
		struct sink_request open = { .path = scene.path };
		int fd = openat(AT_FDCWD, stream, O_RDONLY);

		assert_int_equal(result.outcome, WRITE_COMPLETE);
		check_ok(sink_open(&sink, &scene.arena, &open, &err), &err);
		check_ok(unflatten(&flat, &scene.arena, fd, stream, sink, &err), &err);
		assert_int_equal(flat.outcome, WRITE_COMPLETE);
		check_ok(sink_close(sink, true, &err), &err);
		close(fd);
		check_core(&scene, scene.path, levels[i], 0);

		struct core first = read_core(&scene, scene.path);

		unlink(scene.path);
		write_elf(&scene, scene.path, levels[i], false, 0);

		struct core second = read_core(&scene, scene.path);

		assert_int_equal(first.bytes.size, second.bytes.size);
		assert_memory_equal(first.bytes.data, second.bytes.data, first.bytes.size);
		close_scene(&scene);
	}
}

/* What is most worth comes first where not all can be had. */
TEST(a_cut_file_has_the_kernels_pages)
{
	struct scene scene;
	uint64_t whole;
	struct dump dump;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, ORDER_LITTLE, true);
	write_elf(&scene, scene.path, 0, false, 0);
	whole = read_core(&scene, scene.path).bytes.size;
	unlink(scene.path);

	/* Each class is about a sixth of it; headers for runs that end with each class take their room. */
	struct write_result result = write_elf(&scene, scene.path, 0, false, whole / 2);
	const char *incomplete = arena_printf(&scene.arena, "%s.incomplete", scene.path);

	assert_int_equal(result.outcome, WRITE_PARTIAL);
	assert_true(result.cut);
	assert_int_equal(result.stop.code, ERR_NO_ROOM);
	assert_int_equal(result.written[PAGE_KERNEL], scene.made.map.totals[PAGE_KERNEL]);
	assert_int_equal(result.written[PAGE_FREE], 0);
	assert_true(access(scene.path, F_OK) != 0);
	assert_true(read_core(&scene, incomplete).bytes.size <= whole / 2);
	check_core(&scene, incomplete, 0, 1);
	check_ok(dump_open(&dump, &scene.arena, incomplete, &err), &err);
	assert_non_null(dump.incomplete);
	close_scene(&scene);
}

TEST(pages_that_cannot_be_read_leave_the_mark)
{
	struct scene scene;

	BEGIN_TEST();
	open_scene(&scene, ORDER_LITTLE, true);
	scene.made.unreadable_every = 50;

	struct write_result result = write_elf(&scene, scene.path, 31, false, 0);
	struct core core = read_core(&scene, arena_printf(&scene.arena, "%s.incomplete", scene.path));

	assert_int_equal(result.outcome, WRITE_PARTIAL);
	assert_false(result.cut);
	assert_true(result.unreadable_pages > 0);
	assert_int_equal(core.flags, 1);
	close_scene(&scene);
}

/* As many runs as pages, more than e_phnum can say. */
TEST(many_segments_are_counted_in_a_section_header)
{
	enum { COUNT = 66000 };
	struct scene scene;
	struct range *pages = calloc(COUNT, sizeof(*pages));

	BEGIN_TEST();
	for (uint64_t i = 0; i < COUNT; i++)
		pages[i] = (struct range){ 2 * i + 1, 2 * i + 2 };
	for (unsigned int way = 0; way < 4; way++) {
		/* One below the number that stands for "elsewhere", that number, one more, and all. */
		size_t count = way < 3 ? PN_XNUM - 2 + way : COUNT;

		open_made(&scene, 512, pages, count);
		scene.made.dump.order = way & 1 ? ORDER_BIG : ORDER_LITTLE;
		scene.made.dump.is64 = way < 3;
		assert_int_equal(write_elf(&scene, scene.path, 0, false, 0).outcome, WRITE_COMPLETE);
		assert_int_equal(check_core(&scene, scene.path, 0, 0).loads, count);

		struct core core = read_core(&scene, scene.path);
		const struct elf64_header *header = (const void *)core.bytes.data;

		assert_int_equal(core.count, count + 1);
		if (way < 3)
			assert_true((raw16_get(header->phnum, core.order) == PN_XNUM) == (way > 0));
		close_scene(&scene);
	}
	free(pages);
}

TEST(memory_above_4_gib_takes_64_bit_headers)
{
	static const struct range high[] = { { 1, 5 }, { 0xfffff, 0x100001 } };
	struct scene scene;

	BEGIN_TEST();
	open_made(&scene, PAGE_SIZE, high, 2);
	scene.made.dump.is64 = false;
	assert_int_equal(write_elf(&scene, scene.path, 0, false, 0).outcome, WRITE_COMPLETE);
	assert_true(read_core(&scene, scene.path).is64);
	check_core(&scene, scene.path, 0, 0);
	close_scene(&scene);
}

/* Files of early versions of the kdump-compressed format have the text beside the notes, or no notes. */
TEST(vmcoreinfo_becomes_a_note)
{
	static const char info[] = "OSRELEASE=6.1\nPAGESIZE=4096\n";

	BEGIN_TEST();
	for (unsigned int way = 0; way < 4; way++) {
		struct scene scene;
		struct dump dump;
		struct err err;

		open_scene(&scene, way & 1 ? ORDER_BIG : ORDER_LITTLE, true);
		scene.made.dump.vmcoreinfo = (struct blob){ (const uint8_t *)info, sizeof(info) - 1 };
		if (way & 2)
			scene.made.dump.notes = (struct blob){ NULL, 0 };
		assert_int_equal(write_elf(&scene, scene.path, 31, false, 0).outcome, WRITE_COMPLETE);
		check_ok(dump_open(&dump, &scene.arena, scene.path, &err), &err);
		assert_int_equal(dump.vmcoreinfo.size, sizeof(info) - 1);
		assert_memory_equal(dump.vmcoreinfo.data, info, sizeof(info) - 1);
		assert_true(dump.notes.size > dump.vmcoreinfo.size + (way & 2 ? 0 : NOTE_SIZE));
		close_scene(&scene);
	}
}

/* A dump of only these pages, as of a part. */
TEST(only_the_pages_asked_for_are_in_it)
{
	struct scene scene;
	struct sink *sink;
	struct write_result result;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, ORDER_LITTLE, true);

	struct sink_request open = { .path = scene.path };
	struct write_request request = request_of(&scene, 0);

	request.start_pfn = 300;
	request.end_pfn = 32770;
	check_ok(sink_open(&sink, &scene.arena, &open, &err), &err);
	check_ok(write_dump(&result, &scene.arena, &request, sink, &err), &err);
	check_ok(sink_close(sink, true, &err), &err);

	struct core core = read_core(&scene, scene.path);
	uint64_t pages = 0;
	uint8_t wanted[PAGE_SIZE];

	for (uint64_t i = 1; i < core.count; i++) {
		struct segment s = read_segment(&core, i);

		assert_true(s.paddr >= 300 * PAGE_SIZE && s.paddr + s.memsz <= 32770 * PAGE_SIZE);
		for (uint64_t k = 0; k < s.filesz / PAGE_SIZE; k++) {
			made_page(s.paddr / PAGE_SIZE + k, wanted, PAGE_SIZE);
			assert_true(blob_matches(core.bytes, s.offset + k * PAGE_SIZE, wanted, PAGE_SIZE));
		}
		if (!is_text(&core, &s))
			pages += s.filesz / PAGE_SIZE;
	}
	assert_int_equal(pages, 3000 - 300 + 32770 - 32760);
	close_scene(&scene);
}

CHECK_MAIN(cmocka_unit_test(every_level_keeps_its_pages),
	   cmocka_unit_test(zeros_are_holes),
	   cmocka_unit_test(a_stream_is_the_same_file),
	   cmocka_unit_test(a_cut_file_has_the_kernels_pages),
	   cmocka_unit_test(pages_that_cannot_be_read_leave_the_mark),
	   cmocka_unit_test(many_segments_are_counted_in_a_section_header),
	   cmocka_unit_test(memory_above_4_gib_takes_64_bit_headers),
	   cmocka_unit_test(vmcoreinfo_becomes_a_note),
	   cmocka_unit_test(only_the_pages_asked_for_are_in_it))
