/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/dump_pattern.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "elf_wire.h"
#include "kdump/dump/format.h"

/*
 * In place of the C library's: counts, and can refuse. /proc/vmcore gives nothing of a read with one bad page in it,
 * where common files give what is before it.
 */
static struct {
	unsigned int calls;
	struct range bad; /* bytes of any file */
} reads;

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
	struct iovec v = { buffer, size };

	reads.calls++;
	if (range_overlaps(reads.bad, (struct range){ (uint64_t)offset, (uint64_t)offset + size })) {
		errno = EFAULT;
		return -1;
	}
	return preadv(fd, &v, 1, offset);
}

/* The blocks of dump_elf-expect.txt, one by one. */
struct expected {
	char name[64];
	struct {
		char key[32], value[32];
	} facts[16];
	size_t fact_count;
	struct ranges memory;
	struct run {
		char state[16];
		uint64_t first, end;
	} *runs;
	size_t run_count;
	struct piece {
		uint64_t pfn, start, end;
	} *pieces; /* ascending */
	size_t piece_count;
};

static void *more(struct arena *arena, void *v, size_t count, size_t size)
{
	if (count & (count - 1))
		return v;

	void *larger = arena_array(arena, count ? 2 * count : 1, size);

	if (count)
		memcpy(larger, v, count * size);
	return larger;
}

static bool next_expected(FILE *f, struct arena *arena, struct expected *e)
{
	char line[256];

	*e = (struct expected){ .name = "" };
	ranges_init(&e->memory, arena);
	while (fgets(line, sizeof(line), f)) {
		uint64_t a, b, c;
		char word[32], value[32];

		if (strcmp(line, "end\n") == 0)
			return true;
		if (sscanf(line, "dump %63s", e->name) == 1)
			continue;
		if (sscanf(line, "memory %" SCNx64 " %" SCNx64, &a, &b) == 2) {
			ranges_append(&e->memory, (struct range){ a, b });
		} else if (sscanf(line, "state %15s %" SCNx64 " %" SCNx64, word, &a, &b) == 3) {
			e->runs = more(arena, e->runs, e->run_count, sizeof(*e->runs));
			e->runs[e->run_count] = (struct run){ .first = a, .end = b };
			memcpy(e->runs[e->run_count++].state, word, 16);
		} else if (sscanf(line, "bytes %" SCNx64 " %" SCNx64 " %" SCNx64, &a, &b, &c) == 3) {
			e->pieces = more(arena, e->pieces, e->piece_count, sizeof(*e->pieces));
			e->pieces[e->piece_count++] = (struct piece){ a, b, c };
		} else if (sscanf(line, "%31s %31s", word, value) == 2) {
			assert_true(e->fact_count < 16);
			memcpy(e->facts[e->fact_count].key, word, sizeof(word));
			memcpy(e->facts[e->fact_count++].value, value, sizeof(value));
		} else {
			fail_msg("dump_elf-expect.txt: %s", line);
		}
	}
	return false;
}

static const char *fact(const struct expected *e, const char *key)
{
	for (size_t i = 0; i < e->fact_count; i++)
		if (strcmp(e->facts[i].key, key) == 0)
			return e->facts[i].value;
	fail_msg("%s: nothing expected of %s", e->name, key);
	return "";
}

static uint64_t number(const struct expected *e, const char *key)
{
	return strtoull(fact(e, key), NULL, 0);
}

static const char *fixture(char *path, size_t size, const char *prefix, const char *name)
{
	snprintf(path, size, "%s/%s%s", check_env("FIXTURES"), prefix, name);
	return path;
}

static void check_facts(const struct expected *e, const struct dump *dump)
{
	char release[128];

	assert_int_equal(dump->format, DUMP_ELF);
	assert_string_equal(dump_format_name(dump), "ELF core");
	assert_false(dump->flattened);
	assert_int_equal(dump->is64, number(e, "is64"));
	assert_int_equal(dump->elf_machine, number(e, "machine"));
	assert_string_equal(dump->order == ORDER_BIG ? "big" : "little", fact(e, "order"));
	assert_int_equal(dump->page_size, number(e, "page_size"));
	assert_int_equal(dump->page_size_known, number(e, "known"));
	assert_int_equal(dump->prstatus_count, number(e, "prstatus"));
	if (!dump->incomplete != !number(e, "incomplete"))
		fail_msg("%s: incomplete: %s", e->name, dump->incomplete ? dump->incomplete : "no");
	snprintf(release, sizeof(release), "OSRELEASE=fixture-%s\n", e->name);
	if (number(e, "vmcoreinfo")) {
		assert_true(blob_begins(dump->vmcoreinfo, release, strlen(release)));
		assert_true(dump->vmcoreinfo.data > dump->notes.data &&
			    dump->vmcoreinfo.data + dump->vmcoreinfo.size <= dump->notes.data + dump->notes.size);
	} else {
		assert_int_equal(dump->vmcoreinfo.size, 0);
	}
	assert_int_equal(dump->memory.count, e->memory.count);
	for (size_t i = 0; i < e->memory.count; i++) {
		assert_true(dump->memory.v[i].start == e->memory.v[i].start);
		assert_true(dump->memory.v[i].end == e->memory.v[i].end);
	}
}

static const struct run *run_of(const struct expected *e, uint64_t pfn)
{
	for (size_t i = 0; i < e->run_count; i++)
		if (pfn >= e->runs[i].first && pfn < e->runs[i].end)
			return &e->runs[i];
	return NULL;
}

static void check_content(const struct expected *e, uint64_t pfn, const uint8_t *page, uint64_t page_size)
{
	size_t i = 0;
	uint64_t done = 0;

	while (i < e->piece_count && e->pieces[i].pfn < pfn)
		i++;
	if (i == e->piece_count || e->pieces[i].pfn != pfn) {
		if (!pattern_holds(page, pfn * page_size, 0, page_size))
			fail_msg("%s: page 0x%" PRIx64 " has other bytes", e->name, pfn);
		return;
	}
	for (; i < e->piece_count && e->pieces[i].pfn == pfn; i++) {
		const struct piece *p = &e->pieces[i];

		if ((p->start > done && !pattern_is_zero(page, done, p->start)) ||
		    !pattern_holds(page, pfn * page_size, p->start, p->end))
			fail_msg("%s: page 0x%" PRIx64 " is wrong in 0x%" PRIx64 "-0x%" PRIx64, e->name, pfn, p->start, p->end);
		if (p->end > done)
			done = p->end;
	}
	assert_true(pattern_is_zero(page, done, page_size));
}

/* One page by a reader, against what is expected of it. */
static void check_page(const struct expected *e, const struct dump *dump, struct dump_reader *reader, uint64_t pfn)
{
	static struct err err;
	const struct run *run = run_of(e, pfn);
	const char *wanted = run ? run->state : "absent";
	const uint8_t *page = NULL;
	enum dump_page_state state = dump_reader_page(reader, pfn, &page, &err);

	if (strcmp(pattern_state(state), wanted) != 0 || strcmp(pattern_state(dump_page_state(dump, pfn)), wanted) != 0)
		fail_msg("%s: page 0x%" PRIx64 ": read %s, stated %s, expected %s", e->name, pfn, pattern_state(state),
			 pattern_state(dump_page_state(dump, pfn)), wanted);
	if (state == DUMP_PAGE_HERE)
		check_content(e, pfn, page, dump->page_size);
}

/* Pages by a reader, as many as it gives at once. */
static uint64_t check_pages(const struct expected *e, const struct dump *dump, struct dump_reader *reader, uint64_t pfn)
{
	static struct err err;
	const uint8_t *pages = NULL;
	uint64_t wanted = 5, count = wanted;
	enum dump_page_state state = dump_reader_pages(reader, pfn, &count, &pages, &err);

	assert_true(count >= 1 && count <= wanted);
	assert_string_equal(pattern_state(state), pattern_state(dump_page_state(dump, pfn)));
	for (uint64_t i = 0; i < count && state == DUMP_PAGE_HERE; i++) {
		assert_int_equal(dump_page_state(dump, pfn + i), DUMP_PAGE_HERE);
		check_content(e, pfn + i, pages + i * dump->page_size, dump->page_size);
	}
	return count;
}

/* Gives the most pages that came at once. */
static uint64_t check_reader(const struct expected *e, const struct dump *dump, uint64_t window, bool down)
{
	uint64_t most = 0;
	struct arena arena;

	arena_init(&arena);

	struct dump_reader *reader = dump_reader_new(dump, &arena, window);

	for (size_t k = 0; k < e->run_count; k++) {
		const struct run *run = &e->runs[down ? e->run_count - 1 - k : k];
		uint64_t count = run->end - run->first;

		/* The pages before and behind it as well. */
		if (run->first)
			check_page(e, dump, reader, run->first - 1);
		for (uint64_t i = 0; i < count; i++)
			check_page(e, dump, reader, down ? run->end - 1 - i : run->first + i);
		check_page(e, dump, reader, run->end);
		for (uint64_t i = 0; i < count; i++) {
			uint64_t got = check_pages(e, dump, reader, down ? run->end - 1 - i : run->first + i);

			most = got > most ? got : most;
		}
	}
	arena_release(&arena);
	return most;
}

TEST(whole_fixtures)
{
	BEGIN_TEST();

	static struct err err;
	static const uint64_t windows[] = { DUMP_WINDOW_JUMPING, 8192, 12288, DUMP_WINDOW_STRAIGHT };
	char path[4096];
	FILE *f = fopen(fixture(path, sizeof(path), "", "dump_elf-expect.txt"), "r");
	size_t seen = 0;
	uint64_t most = 0;

	assert_non_null(f);
	for (;;) {
		struct arena arena;
		struct expected e;
		struct dump dump;

		arena_init(&arena);
		if (!next_expected(f, &arena, &e)) {
			arena_release(&arena);
			break;
		}
		check_ok(dump_open(&dump, &arena, fixture(path, sizeof(path), "dump_elf-", e.name), &err), &err);
		check_facts(&e, &dump);
		for (size_t i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
			uint64_t up = check_reader(&e, &dump, windows[i], false);
			uint64_t down = check_reader(&e, &dump, windows[i], true);

			most = up > most ? up : most;
			assert_true(down >= 1);
		}
		arena_release(&arena);
		seen++;
	}
	fclose(f);
	assert_true(seen >= 20);
	assert_int_equal(most, 5);
}

TEST(refused_fixtures)
{
	BEGIN_TEST();
	pattern_refused("dump_elf", 20);
}

TEST(mappings)
{
	BEGIN_TEST();

	static struct err err;
	struct arena arena;
	struct dump dump;
	char path[4096];

	arena_init(&arena);
	check_ok(dump_open(&dump, &arena, fixture(path, sizeof(path), "dump_elf-", "kcore"), &err), &err);
	/* Those without a physical address are not there, and all others in the order of the file. */
	assert_int_equal(dump.mapping_count, 3);
	assert_true(dump.mappings[0].vaddr == UINT64_C(0xffffffff81000000) && dump.mappings[0].physical == 0x102000 &&
		    dump.mappings[0].size == 0x1000);
	assert_true(dump.mappings[1].vaddr == UINT64_C(0xffff888000001000) && dump.mappings[1].physical == 0x1000);
	assert_true(dump.mappings[2].physical == 0x100000);
	arena_release(&arena);
}

TEST(bytes)
{
	BEGIN_TEST();

	static struct err err;
	static uint8_t buffer[0x4000];
	struct arena arena;
	struct dump dump;
	char path[4096];

	arena_init(&arena);
	check_ok(dump_open(&dump, &arena, fixture(path, sizeof(path), "dump_elf-", "cut"), &err), &err);

	struct dump_reader *reader = dump_reader_new(&dump, &arena, DUMP_WINDOW_JUMPING);

	check_ok(dump_reader_bytes(reader, 0x1fff, buffer, 0x3002, &err), &err);
	for (uint64_t i = 0; i < 0x3002; i++)
		assert_int_equal(buffer[i], pattern_byte(0x1fff + i));
	check_ok(dump_reader_bytes(reader, 0, buffer, 0, &err), &err);
	check_fails(dump_reader_bytes(reader, 0xff8, buffer, 16, &err), &err, ERR_BAD_IMAGE, "no such memory");
	check_fails(dump_reader_bytes(reader, 0x103ff8, buffer, 16, &err), &err, ERR_BAD_IMAGE, "lost");
	check_fails(dump_reader_bytes(reader, UINT64_MAX - 3, buffer, 16, &err), &err, ERR_BAD_IMAGE, "address space");
	arena_release(&arena);

	arena_init(&arena);
	check_ok(dump_open(&dump, &arena, fixture(path, sizeof(path), "dump_elf-", "holes"), &err), &err);
	reader = dump_reader_new(&dump, &arena, DUMP_WINDOW_STRAIGHT);
	check_fails(dump_reader_bytes(reader, 0x12ff8, buffer, 16, &err), &err, ERR_BAD_IMAGE, "filter");
	arena_release(&arena);
}

/* Whatever its headers say: what a reader gives is what was said of the page, and is all there to read. */
static void read_anything(const struct dump *dump, struct arena *arena)
{
	static struct err err;
	struct dump_reader *reader = dump_reader_new(dump, arena, 16384);

	for (size_t i = 0; i < dump->memory.count && i < 16; i++) {
		struct range r = dump->memory.v[i];
		uint64_t pages[] = { r.start / dump->page_size, r.start / dump->page_size + 1, (r.end - 1) / dump->page_size,
				     r.end / dump->page_size };

		for (size_t k = 0; k < 4; k++) {
			const uint8_t *page;
			uint64_t count = 3;
			enum dump_page_state state = dump_reader_pages(reader, pages[k], &count, &page, &err);

			assert_int_equal(state, dump_page_state(dump, pages[k]));
			if (state == DUMP_PAGE_HERE) {
				unsigned int sum = 0;

				for (uint64_t b = 0; b < count * dump->page_size; b += 512)
					sum += page[b];
				assert_true(sum < UINT32_MAX);
			}
		}
	}
}

TEST(truncated_anywhere)
{
	BEGIN_TEST();

	static struct err err;
	static const char *const names[] = { "le64", "be32", "xnum32" };
	struct arena files;
	char path[4096];

	arena_init(&files);
	for (size_t n = 0; n < 3; n++) {
		struct blob whole = made_file_bytes(&files, fixture(path, sizeof(path), "dump_elf-", names[n]));
		char opened[64];
		int fd = made_file(whole.data, whole.size, opened, sizeof(opened));
		size_t length = whole.size;

		while (length > 0) {
			struct arena arena;
			struct dump dump;

			/* Each length of the headers and notes, and some of the rest. */
			length = length > 4096 ? length - (length > 8192 ? length / 7 : 777) : length - 1;
			assert_int_equal(ftruncate(fd, (off_t)length), 0);
			arena_init(&arena);
			if (dump_open(&dump, &arena, opened, &err)) {
				if (!dump.incomplete)
					fail_msg("%s: cut to %zu bytes, and complete", names[n], length);
				read_anything(&dump, &arena);
			} else {
				assert_true(err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED);
				assert_non_null(strstr(err.text, opened));
			}
			arena_release(&arena);
		}
		close(fd);
	}
	arena_release(&files);
}

TEST(fields_at_extremes)
{
	BEGIN_TEST();

	static struct err err;
	static const char *const names[] = { "le64", "be32", "xnum32", "unaligned" };
	static const uint64_t values[] = { 0, 1, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
					   INT64_MAX, UINT64_C(1) << 63, UINT64_MAX - 4095, UINT64_MAX };
	struct arena files;
	char path[4096];
	size_t opened_count = 0;

	arena_init(&files);
	for (size_t n = 0; n < 4; n++) {
		struct blob whole = made_file_bytes(&files, fixture(path, sizeof(path), "dump_elf-", names[n]));
		char opened[64];
		int fd = made_file(whole.data, whole.size, opened, sizeof(opened));

		/* At each even offset a field of each width, through header, program headers and the first notes. */
		for (size_t at = 4; at < 0x180; at += 2) {
			for (size_t width = 2; width <= 8; width *= 2) {
				for (size_t v = 0; v < sizeof(values) / sizeof(*values); v++) {
					struct raw64 raw = raw64_make(values[v], ORDER_LITTLE);
					struct arena arena;
					struct dump dump;

					assert_int_equal(pwrite(fd, &raw, width, (off_t)at), width);
					arena_init(&arena);
					if (dump_open(&dump, &arena, opened, &err)) {
						opened_count++;
						read_anything(&dump, &arena);
					} else {
						assert_true(err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED);
					}
					arena_release(&arena);
					assert_int_equal(pwrite(fd, whole.data + at, 8, (off_t)at), 8);
				}
			}
		}
		close(fd);
	}
	arena_release(&files);
	assert_true(opened_count > 1000);
}

/* Sizes that the file has, being sparse, and that no dump has. */
TEST(notes_are_bounded)
{
	BEGIN_TEST();

	static struct err err;
	struct elf64_header h = { .ident = { .magic = { 0x7f, 'E', 'L', 'F' }, .class = ELFCLASS64, .data = ELFDATA2LSB } };
	struct elf64_program p[2];
	struct arena arena;
	struct dump dump;
	char path[64];

	memset(p, 0, sizeof(p));
	h.type = raw16_make(ET_CORE, ORDER_LITTLE);
	h.machine = raw16_make(EM_X86_64, ORDER_LITTLE);
	h.phoff = raw64_make(sizeof(h), ORDER_LITTLE);
	h.phentsize = raw16_make(sizeof(p[0]), ORDER_LITTLE);
	h.phnum = raw16_make(2, ORDER_LITTLE);
	p[0].type = raw32_make(PT_NOTE, ORDER_LITTLE);
	p[0].offset = raw64_make(4096, ORDER_LITTLE);
	p[0].filesz = raw64_make(UINT64_C(1) << 30, ORDER_LITTLE);
	p[1].type = raw32_make(PT_LOAD, ORDER_LITTLE);
	p[1].filesz = p[1].memsz = raw64_make(4096, ORDER_LITTLE);

	int fd = made_file(&h, sizeof(h), path, sizeof(path));

	assert_int_equal(pwrite(fd, p, sizeof(p), sizeof(h)), sizeof(p));
	assert_int_equal(ftruncate(fd, (off_t)1 << 31), 0);
	arena_init(&arena);
	check_fails(dump_open(&dump, &arena, path, &err), &err, ERR_BAD_IMAGE, "notes");
	arena_release(&arena);
	close(fd);
}

TEST(what_is_no_file)
{
	BEGIN_TEST();

	static struct err err;
	struct arena arena;
	struct dump dump;
	int pipes[2];
	char path[64];

	arena_init(&arena);
	check_fails(dump_open(&dump, &arena, check_env("FIXTURES"), &err), &err, ERR_BAD_IMAGE, "folder");
	check_fails(dump_open(&dump, &arena, "/nowhere/vmcore", &err), &err, ERR_SYSTEM, "/nowhere/vmcore");
	assert_int_equal(pipe(pipes), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pipes[0]);
	check_fails(dump_open(&dump, &arena, path, &err), &err, ERR_UNSUPPORTED, "pipe");
	close(pipes[0]);
	close(pipes[1]);

	/* A pipe that nobody writes to yet: it is not waited for. */
	const char *folder = made_folder(&arena, "dump"), *name = arena_printf(&arena, "%s/pipe", folder);

	assert_int_equal(mkfifo(name, 0600), 0);
	alarm(20);
	check_fails(dump_open(&dump, &arena, name, &err), &err, ERR_UNSUPPORTED, "pipe");
	alarm(0);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rmdir(folder), 0);
	arena_release(&arena);
}

#define IMAGE_PAGES 24u
#define IMAGE_SIZE (IMAGE_PAGES * 4096u)

/* A core of pages [1, IMAGE_PAGES) of a piece of memory that begins at `base` in its file. */
static void make_image(uint8_t *image, uint64_t base)
{
	struct elf64_header h = { .ident = { .magic = { 0x7f, 'E', 'L', 'F' }, .class = ELFCLASS64, .data = ELFDATA2LSB } };
	struct elf64_program p;

	memset(&p, 0, sizeof(p));
	h.type = raw16_make(ET_CORE, ORDER_LITTLE);
	h.machine = raw16_make(EM_X86_64, ORDER_LITTLE);
	h.phoff = raw64_make(base + sizeof(h), ORDER_LITTLE);
	h.phentsize = raw16_make(sizeof(p), ORDER_LITTLE);
	h.phnum = raw16_make(1, ORDER_LITTLE);
	p.type = raw32_make(PT_LOAD, ORDER_LITTLE);
	p.offset = raw64_make(base + 4096, ORDER_LITTLE);
	p.paddr = raw64_make(4096, ORDER_LITTLE);
	p.filesz = p.memsz = raw64_make(IMAGE_SIZE - 4096, ORDER_LITTLE);
	memcpy(image, &h, sizeof(h));
	memcpy(image + sizeof(h), &p, sizeof(p));
	for (uint64_t i = 4096; i < IMAGE_SIZE; i++)
		image[i] = pattern_byte(i);
}

/* Memory of this process as the file: what is not mapped is an I/O error, of a page and of no more. */
TEST(one_bad_page_is_one)
{
	BEGIN_TEST();

	static struct err err;
	static const unsigned int bad[] = { 5, 11, 12, 16 };
	static const uint64_t windows[] = { DUMP_WINDOW_JUMPING, 16384, DUMP_WINDOW_STRAIGHT };
	uint8_t *image = mmap(NULL, IMAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	uint64_t base = (uint64_t)(uintptr_t)image;
	struct dump_file file = { .fd = fd, .path = "/proc/self/mem", .mappable = true };
	uint8_t first = 0;

	assert_true(image != MAP_FAILED && fd >= 0);
	make_image(image, base);
	if (pread(fd, &first, 1, (off_t)base) != 1 || first != 0x7f) {
		puts("SKIP: /proc/self/mem does not show this program's memory (an emulator)");
		skip();
	}
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(munmap(image + bad[i] * 4096, 4096), 0);
	for (size_t w = 0; w < 3; w++) {
		struct arena arena;
		struct dump dump = { .path = file.path };

		arena_init(&arena);
		check_ok(dump_elf_open(&dump, &arena, &file, (struct blob){ image, 4096 }, &err), &err);

		struct dump_reader *reader = dump_reader_new(&dump, &arena, windows[w]);

		for (unsigned int round = 0; round < 4; round++) {
			for (unsigned int i = 1; i < IMAGE_PAGES; i++) {
				/* Upwards, downwards, and in steps. */
				unsigned int pfn = round == 1 ? IMAGE_PAGES - i : round == 2 ? 1 + i * 7 % (IMAGE_PAGES - 1) : i;
				bool is_bad = pfn == 5 || pfn == 11 || pfn == 12 || pfn == 16;
				const uint8_t *page = NULL;

				err.code = ERR_NONE;

				enum dump_page_state state = dump_reader_page(reader, pfn, &page, &err);

				assert_string_equal(pattern_state(state), is_bad ? "unreadable" : "here");
				if (is_bad) {
					assert_int_equal(err.code, ERR_SYSTEM);
					assert_int_equal(err.errnum, EIO);
					assert_non_null(strstr(err.text, "/proc/self/mem"));
				} else {
					assert_true(pattern_holds(page, (uint64_t)pfn * 4096, 0, 4096));
				}
			}
		}

		uint8_t buffer[32];

		check_fails(dump_reader_bytes(reader, 5 * 4096 - 8, buffer, 16, &err), &err, ERR_BAD_IMAGE, "0x4ff8");
		arena_release(&arena);
	}
	close(fd);
	munmap(image, IMAGE_SIZE);
}

/* Mapped windows as of procfs, here of a file that has them, as far as its size goes. */
TEST(mapped_windows)
{
	BEGIN_TEST();

	static struct err err;
	static uint8_t image[IMAGE_SIZE];
	static const uint64_t map_ends[] = { IMAGE_SIZE, 0, 9 * 4096, 1, INT64_MAX };

	make_image(image, 0);
	for (size_t m = 0; m < sizeof(map_ends) / sizeof(*map_ends); m++) {
		struct arena arena;
		struct dump dump = { .path = "image" };
		int fd = made_file(image, sizeof(image), NULL, 0);
		struct dump_file file = { .fd = fd, .path = "image", .mappable = true, .map_end = map_ends[m] };

		/* Beyond its end a mapping of a common file would end the test: there is a page more than in the core. */
		assert_int_equal(ftruncate(fd, 3 << 22), 0);
		arena_init(&arena);
		check_ok(dump_elf_open(&dump, &arena, &file, (struct blob){ image, 4096 }, &err), &err);

		struct dump_reader *reader = dump_reader_new(&dump, &arena, DUMP_WINDOW_STRAIGHT);
		bool all_mapped = map_ends[m] == 0 || map_ends[m] >= IMAGE_SIZE;

		reads.calls = 0;
		for (unsigned int round = 0; round < 3; round++)
			for (unsigned int pfn = 1; pfn < IMAGE_PAGES; pfn++) {
				const uint8_t *page = NULL;

				assert_int_equal(dump_reader_page(reader, pfn, &page, &err), DUMP_PAGE_HERE);
				assert_true(pattern_holds(page, (uint64_t)pfn * 4096, 0, 4096));
			}
		assert_int_equal(reads.calls == 0, all_mapped);
		arena_release(&arena);
		close(fd);
	}
}

/* A large read of which nothing comes for one bad page: the others are read one by one, and no large one is tried. */
TEST(a_read_that_gives_nothing)
{
	BEGIN_TEST();

	static struct err err;
	static uint8_t image[IMAGE_SIZE];
	struct arena arena;
	struct dump dump;
	char path[64];

	make_image(image, 0);

	int fd = made_file(image, sizeof(image), path, sizeof(path));

	arena_init(&arena);
	check_ok(dump_open(&dump, &arena, path, &err), &err);

	struct dump_reader *reader = dump_reader_new(&dump, &arena, DUMP_WINDOW_STRAIGHT);

	reads.calls = 0;
	reads.bad = (struct range){ 13 * 4096 + 100, 13 * 4096 + 101 };
	for (unsigned int pfn = 1; pfn < IMAGE_PAGES; pfn++) {
		const uint8_t *page;
		enum dump_page_state state = dump_reader_page(reader, pfn, &page, &err);

		assert_string_equal(pattern_state(state), pfn == 13 ? "unreadable" : "here");
		if (pfn == 13)
			assert_int_equal(err.errnum, EFAULT);
		else
			assert_true(pattern_holds(page, (uint64_t)pfn * 4096, 0, 4096));
	}
	reads.bad = (struct range){ 0, 0 };
	assert_true(reads.calls <= IMAGE_PAGES + 1);
	arena_release(&arena);
	close(fd);
}

/* A file that is cut below its reader: no signal, and the pages are lost. */
TEST(shrinks_below_the_reader)
{
	BEGIN_TEST();

	static struct err err;
	static uint8_t image[IMAGE_SIZE];
	struct arena arena;
	struct dump dump;
	char path[64];
	const uint8_t *page;

	make_image(image, 0);

	int fd = made_file(image, sizeof(image), path, sizeof(path));

	arena_init(&arena);
	check_ok(dump_open(&dump, &arena, path, &err), &err);

	struct dump_reader *reader = dump_reader_new(&dump, &arena, 16384);

	assert_int_equal(dump_reader_page(reader, 1, &page, &err), DUMP_PAGE_HERE);
	assert_int_equal(ftruncate(fd, 10 * 4096 + 100), 0);
	assert_int_equal(dump_reader_page(reader, 9, &page, &err), DUMP_PAGE_HERE);
	assert_true(pattern_holds(page, 9 * 4096, 0, 4096));
	assert_int_equal(dump_reader_page(reader, 10, &page, &err), DUMP_PAGE_LOST);
	assert_int_equal(dump_reader_page(reader, 20, &page, &err), DUMP_PAGE_LOST);
	arena_release(&arena);
	close(fd);
}

TEST(names_of_machines)
{
	BEGIN_TEST();

	enum order order = ORDER_LITTLE;
	bool is64 = false;

	assert_int_equal(dump_machine_of_uts("x86_64", &order, &is64), EM_X86_64);
	assert_true(is64 && order == ORDER_LITTLE);
	assert_int_equal(dump_machine_of_uts("s390x", &order, &is64), EM_S390);
	assert_true(is64 && order == ORDER_BIG);
	assert_int_equal(dump_machine_of_uts("ppc64le", &order, &is64), EM_PPC64);
	assert_true(is64 && order == ORDER_LITTLE);
	assert_int_equal(dump_machine_of_uts("ppc64", &order, &is64), EM_PPC64);
	assert_true(is64 && order == ORDER_BIG);
	assert_int_equal(dump_machine_of_uts("aarch64", &order, &is64), EM_AARCH64);
	assert_true(order == ORDER_LITTLE);
	assert_int_equal(dump_machine_of_uts("i686", &order, &is64), EM_386);
	assert_false(is64);
	assert_int_equal(dump_machine_of_uts("armv7l", &order, &is64), EM_ARM);
	assert_int_equal(dump_machine_of_uts("armv7b", &order, &is64), EM_ARM);
	assert_int_equal(order, ORDER_BIG);
	/* One name for both orders: it stays what it was. */
	assert_int_equal(dump_machine_of_uts("mips64", &order, &is64), EM_MIPS);
	assert_true(is64 && order == ORDER_BIG);
	assert_int_equal(dump_machine_of_uts("x86", &order, &is64), EM_NONE);
	assert_int_equal(dump_machine_of_uts("", &order, &is64), EM_NONE);
	assert_true(dump_usual_page_size(EM_PPC64) == 65536 && dump_usual_page_size(EM_S390) == 4096);
}

CHECK_MAIN(cmocka_unit_test(whole_fixtures), cmocka_unit_test(refused_fixtures), cmocka_unit_test(mappings),
	   cmocka_unit_test(bytes), cmocka_unit_test(truncated_anywhere), cmocka_unit_test(fields_at_extremes),
	   cmocka_unit_test(notes_are_bounded), cmocka_unit_test(what_is_no_file), cmocka_unit_test(one_bad_page_is_one),
	   cmocka_unit_test(mapped_windows), cmocka_unit_test(a_read_that_gives_nothing),
	   cmocka_unit_test(shrinks_below_the_reader), cmocka_unit_test(names_of_machines))
