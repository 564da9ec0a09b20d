/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Damaged machine texts: each reads as a machine that survives being written and read again, or gives an
 * error that names the place (machine_try checks that). Never anything else.
 */
#include "machine_support.h"

static bool survive(const char *text, size_t size)
{
	struct machine machine;
	struct err err;

	if (!machine_try(&machine, text, size, &err))
		return false;
	machine_check_round_trip(&machine);
	machine_release(&machine);
	return true;
}

struct loaded {
	struct arena arena;
	const char *text;
	size_t size;
};

static void load(struct loaded *loaded, const char *name)
{
	arena_init(&loaded->arena);

	struct blob blob = machine_fixture(&loaded->arena, name, "txt");

	loaded->text = (const char *)blob.data;
	loaded->size = blob.size;
}

static void truncate_every(const char *name, size_t step)
{
	struct loaded loaded;

	load(&loaded, name);

	/* The last line is "end": all of it but its line end is needed. */
	for (size_t size = 0; size < loaded.size - 1; size += step) {
		if (survive(loaded.text, size))
			fail_msg("%s cut to %zu bytes is accepted", name, size);
	}
	assert_true(survive(loaded.text, loaded.size - 1));
	assert_true(survive(loaded.text, loaded.size));
	arena_release(&loaded.arena);
}

TEST(every_truncation)
{
	BEGIN_TEST();
	truncate_every("s390x-qemu", 1);
	truncate_every("s390x-small", 1);
	truncate_every("s390x-no-crash", 1);
	truncate_every("s390x-lpar", 29);
	truncate_every("x86_64-small", 3);
	truncate_every("x86_64-laptop", 11);
	truncate_every("x86_64-qemu-uefi", 13);
}

/* Calls change for each line, with what stands before it, the line with its end, and what follows. */
static size_t each_line(const char *name, bool (*change)(const char *before, const char *line,
							 const char *after, const char *end))
{
	struct loaded loaded;
	size_t accepted = 0;

	load(&loaded, name);

	const char *end = loaded.text + loaded.size;
	const char *keyword = "";
	size_t repeated = 0;

	for (const char *line = loaded.text; line < end;) {
		const char *after = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
		size_t length = strcspn(line, " \n");

		/* Of a long row of lines of one kind, one in ten. */
		repeated = strncmp(line, keyword, length) == 0 ? repeated + 1 : 0;
		keyword = line;
		if (repeated < 10 || repeated % 10 == 0)
			accepted += change(loaded.text, line, after, end);
		line = after;
	}
	arena_release(&loaded.arena);
	return accepted;
}

/* Reads up to four pieces one behind the other. */
static bool survive_joined(const struct blob *pieces, size_t count)
{
	size_t size = 0, used = 0;

	for (size_t i = 0; i < count; i++)
		size += pieces[i].size;

	char *text = malloc(size + 1);

	assert_non_null(text);
	for (size_t i = 0; i < count; i++) {
		memcpy(text + used, pieces[i].data, pieces[i].size);
		used += pieces[i].size;
	}

	bool ok = survive(text, size);

	free(text);
	return ok;
}

static struct blob piece(const char *from, const char *to)
{
	return (struct blob){ (const uint8_t *)from, (size_t)(to - from) };
}

static bool is_line(const char *line, const char *keyword)
{
	size_t length = strlen(keyword);

	return strncmp(line, keyword, length) == 0 && (line[length] == ' ' || line[length] == '\n');
}

static bool removed(const char *text, const char *line, const char *after, const char *end)
{
	bool ok = survive_joined((struct blob[]){ piece(text, line), piece(after, end) }, 2);

	if (is_line(line, "machine") || is_line(line, "arch") || is_line(line, "page-size") ||
	    is_line(line, "end") || is_line(line, "efi"))
		assert_false(ok);
	if (is_line(line, "cpu") || is_line(line, "offline") || is_line(line, "release") ||
	    is_line(line, "firmware") || is_line(line, "boot-params") || is_line(line, "efi-range") ||
	    is_line(line, "efi-tables") || is_line(line, "direct-map") || *line == '#')
		assert_true(ok);
	return ok;
}

static bool doubled(const char *text, const char *line, const char *after, const char *end)
{
	bool ok = survive_joined((struct blob[]){ piece(text, after), piece(line, end) }, 2);

	/* The same memory said twice is the same memory, and of a device tree's names the first counts; else only once. */
	assert_int_equal(ok, is_line(line, "resource") || is_line(line, "offline") ||
				     is_line(line, "firmware") || is_line(line, "efi-range") || *line == '#' ||
				     (strncmp(line, "dt-", 3) == 0 && strncmp(line, "dt-node 0 ", 10) != 0));
	return ok;
}

static bool moved_to_front(const char *text, const char *line, const char *after, const char *end)
{
	return survive_joined((struct blob[]){ piece(line, after), piece(text, line), piece(after, end) }, 3);
}

static bool joined_with_next(const char *text, const char *line, const char *after, const char *end)
{
	(void)line;
	return survive_joined((struct blob[]){ piece(text, after - 1), piece(after, end) }, 2);
}

static bool emptied(const char *text, const char *line, const char *after, const char *end)
{
	return survive_joined((struct blob[]){ piece(text, line), piece(after - 1, end) }, 2);
}

TEST(every_line_removed_doubled_moved)
{
	BEGIN_TEST();
	for (size_t i = 0; i < MACHINE_SMALL_FIXTURES; i++) {
		assert_true(each_line(machine_fixtures[i], removed) > 0);
		assert_true(each_line(machine_fixtures[i], doubled) > 0);
		assert_int_equal(each_line(machine_fixtures[i], moved_to_front), 1);
		each_line(machine_fixtures[i], joined_with_next);
		assert_true(each_line(machine_fixtures[i], emptied) > 0);
	}
}

/* Each line that firmware and running kernel give, at its shortest. */
static const char platform_text[] = "machine 1\narch x86_64\npage-size 4096\n"
				    "firmware 0x0 0x9f \"a\"\n"
				    "boot-params 0x1e8 1f\n"
				    "efi\n"
				    "efi-tables 0x1 0x2 0x3\n"
				    "efi-smbios 0x4\n"
				    "efi-acpi20 0x5\n"
				    "efi-acpi 0x6\n"
				    "efi-range 5 0x1 0x2 3 0x4\n"
				    "framebuffer \"E\" 0xc 7 1 2 3 4 1 2 3 4 5 6 7 8\n"
				    "direct-map 0xff\n"
				    "kernel-text 0x1 0x2 0x3\n"
				    "initrd 0x1 0x2\n"
				    "memory-encryption 0x8\n"
				    "xen-dom0\n"
				    "end\n";

#ifdef HAVE_LIBFDT
/* The same of a device tree, whose memory counts. */
static const char power_text[] = "machine 1\narch ppc64\npage-size 4096\n"
				 "dt-node 0 \"/\"\n"
				 "dt-property \"a\" \"b\"\n"
				 "dt-more 0001\n"
				 "dt-node 1 \"m\"\n"
				 "dt-property \"device_type\" \"memory\"\n"
				 "dt-property \"reg\" 00001000 00100000\n"
				 "dt-node 1 \"chosen\"\n"
				 "dump-pending\n"
				 "end\n";
#endif

static void change_every_byte(const char *original, size_t size)
{
	static const char values[] = "\n\r\t \"\\#-x09f\xff\x80\x7f\x01"; /* and its NUL */
	size_t accepted = 0;
	char *text = malloc(size);

	assert_non_null(text);
	memcpy(text, original, size);
	for (size_t i = 0; i < size; i++) {
		for (size_t k = 0; k < sizeof(values); k++) {
			text[i] = values[k];
			accepted += survive(text, size);
		}
		text[i] = original[i];
	}
	assert_true(accepted > size);
	free(text);
}

TEST(every_byte_changed)
{
	struct loaded loaded;

	BEGIN_TEST();
	load(&loaded, "s390x-small");
	change_every_byte(loaded.text, loaded.size);
	arena_release(&loaded.arena);
	change_every_byte(platform_text, sizeof(platform_text) - 1);
#ifdef HAVE_LIBFDT
	change_every_byte(power_text, sizeof(power_text) - 1);
#endif
}

static void remove_or_double_every_byte(const char *text, size_t size)
{
	const char *end = text + size;

	for (const char *p = text; p < end; p++) {
		survive_joined((struct blob[]){ piece(text, p), piece(p + 1, end) }, 2);
		survive_joined((struct blob[]){ piece(text, p + 1), piece(p, end) }, 2);
	}
}

TEST(every_byte_removed_or_doubled)
{
	struct loaded loaded;

	BEGIN_TEST();
	assert_true(survive(platform_text, sizeof(platform_text) - 1));
	load(&loaded, "s390x-small");
	remove_or_double_every_byte(loaded.text, loaded.size);
	arena_release(&loaded.arena);
	remove_or_double_every_byte(platform_text, sizeof(platform_text) - 1);
#ifdef HAVE_LIBFDT
	assert_true(survive(power_text, sizeof(power_text) - 1));
	remove_or_double_every_byte(power_text, sizeof(power_text) - 1);
#endif
}

CHECK_MAIN(cmocka_unit_test(every_truncation), cmocka_unit_test(every_line_removed_doubled_moved),
	   cmocka_unit_test(every_byte_changed), cmocka_unit_test(every_byte_removed_or_doubled))
