/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads of Linux/x86 kernels against tests/mk/x86_load.py, which knows the boot protocol and not the loader. */
#include "check.h"

#include "image_fixture.h"
#include "kexec/base/file.h"
#include "made_x86.h"
#include "x86_scene.h"

#define FOLDER "x86_load"
#define CMDLINE "root=/dev/vda1 ro \"a b\" quiet"

static struct blob part(struct scene *s, const char *name, const char *suffix)
{
	return fixture(&s->arena, FOLDER, arena_printf(&s->arena, "%s.%s", name, suffix));
}

static void set_up(struct scene *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	check_ok(machine_read_text(&s->machine, name, part(s, name, "txt"), &s->err), &s->err);
	check_ok(image_from_blob(&s->image, "bzImage", part(s, name, "kernel"), &s->err), &s->err);
	s->request = (struct request){ .mem_max = UINT64_MAX, .cmdline = CMDLINE };
	s->arch = x86_64_arch;
	s->arch.purgatory = made_x86_purgatory;
}

static void give_initrd(struct scene *s, size_t size)
{
	uint8_t *bytes = arena_alloc(&s->arena, size);

	memset(bytes, 0x5a, size);
	s->image.initrd = (struct blob){ bytes, size };
}

static void ask(struct scene *s, const char *name, const char *word)
{
	struct request *r = &s->request;

	if (strncmp(word, "initrd=", 7) == 0) {
		size_t size = strtoul(word + 7, NULL, 10);

		if (size)
			give_initrd(s, size);
	} else if (strcmp(word, "seed") == 0) {
		r->has_seed = true;
		for (size_t i = 0; i < sizeof(r->seed); i++)
			r->seed[i] = (uint8_t)(100 + i);
	} else if (strcmp(word, "dtb") == 0) {
		s->image.dtb = part(s, name, "dtb");
	} else if (strcmp(word, "noefi") == 0) {
		r->no_efi = true;
	} else if (strcmp(word, "reuse-type") == 0) {
		r->reuse_video_type = true;
	} else if (strcmp(word, "entry32") == 0) {
		r->entry_32bit = true;
	} else if (strcmp(word, "real") == 0) {
		r->real_mode = true;
	} else if (strcmp(word, "reuse-initrd") == 0) {
		r->reuse_initrd = true;
	} else {
		fail_msg("%s: unknown word %s", name, word);
	}
}

static const char *made_text(struct scene *s, bool warnings)
{
	const char *text = "";

	for (size_t i = 0; i < s->plan.segment_count; i++) {
		const struct segment *g = &s->plan.segments[i];

		text = arena_printf(&s->arena, "%ssegment %s 0x%llx 0x%llx\n", text, segment_role_name(g->role),
				    (unsigned long long)g->range.start, (unsigned long long)g->range.end);
	}
	for (size_t i = 0; i < 5; i++)
		text = arena_printf(&s->arena, "%shandoff %zu 0x%llx\n", text, i,
				    (unsigned long long)s->plan.purgatory.handoff[i]);
	for (const struct plan_warning *w = s->plan.warnings; warnings && w; w = w->next)
		text = arena_printf(&s->arena, "%swarning %s\n", text, w->text);
	return text;
}

static void check_boot_params(struct scene *s, const char *name)
{
	const struct segment *boot = plan_segment(&s->plan, SEGMENT_BOOT_PARAMS);
	struct blob wanted = part(s, name, "boot");

	assert_non_null(boot);
	for (size_t i = 0; i < wanted.size && i < boot->data.size; i++)
		if (boot->data.data[i] != wanted.data[i])
			fail_msg("%s: byte 0x%zx of boot-params is 0x%02x, expected 0x%02x", name, i,
				 boot->data.data[i], wanted.data[i]);
	if (boot->data.size != wanted.size)
		fail_msg("%s: boot-params has %zu bytes, expected %zu", name, boot->data.size, wanted.size);
}

static void check_case(char *line)
{
	struct scene s;
	char *rest = NULL;
	const char *name = strtok_r(line, " ", &rest), *word;

	set_up(&s, name);
	while ((word = strtok_r(NULL, " ", &rest)))
		ask(&s, name, word);
	if (!load(&s))
		fail_msg("%s: %s", name, s.err.text);

	struct blob expect = part(&s, name, "expect");
	const char *wanted = arena_strndup(&s.arena, (const char *)expect.data, expect.size);
	const char *warning = strstr(wanted, "warning ");
	const char *made = made_text(&s, false);
	size_t length = warning ? (size_t)(warning - wanted) : strlen(wanted);

	if (strlen(made) != length || strncmp(made, wanted, length) != 0)
		fail_msg("%s: the plan is\n%sexpected\n%s", name, made, wanted);
	if (warning) {
		const char *words = arena_strndup(&s.arena, warning + 8, strcspn(warning + 8, "\n"));

		assert_non_null(s.plan.warnings);
		if (!strstr(s.plan.warnings->text, words))
			fail_msg("%s: \"%s\" does not say \"%s\"", name, s.plan.warnings->text, words);
	} else if (s.plan.warnings) {
		fail_msg("%s: warns: %s", name, s.plan.warnings->text);
	}
	check_boot_params(&s, name);
	assert_string_equal(s.plan.cmdline, CMDLINE);
	tear_down(&s);
}

TEST(loads_are_as_the_protocol_says)
{
	BEGIN_TEST();
	each_line(FOLDER, 20, check_case);
}

CHECK_MAIN(cmocka_unit_test(loads_are_as_the_protocol_says))
