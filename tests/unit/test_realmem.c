/* SPDX-License-Identifier: GPL-2.0-only */
/* The real-memory copy into a made memory file, judged by --verify and by comparing every byte. */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cksm.h"
#include "exec.h"
#include "kdump/verify.h"
#include "made_plan.h"
#include "meminfo.h"

#define OS_INFO UINT64_C(0x21000)

struct memory_file {
	char path[512];
	int fd;
};

static void put(struct memory_file *f, uint64_t address, const void *bytes, size_t size)
{
	assert_int_equal(pwrite(f->fd, bytes, size, (off_t)address), size);
}

static void put64(struct memory_file *f, uint64_t address, uint64_t value)
{
	struct be64 wire = be64_make(value);

	put(f, address, &wire, sizeof(wire));
}

static void put_os_info(struct memory_file *f, struct range crash, uint16_t major)
{
	struct s390_os_info info = {
		.magic = be64_make(S390_OS_INFO_MAGIC),
		.major = be16_make(major),
		.crashkernel_address = be64_make(crash.start),
		.crashkernel_size = be64_make(range_size(crash)),
	};

	info.checksum = be32_make(cksm((const uint8_t *)&info + S390_OS_INFO_CHECKSUM_FROM,
				       sizeof(info) - S390_OS_INFO_CHECKSUM_FROM, 0));
	put(f, OS_INFO, &info, sizeof(info));
}

/* The memory of a running machine with something in it everywhere it matters. */
static void memory_begin(struct memory_file *f, struct scene *m)
{
	uint8_t *noise = arena_alloc(&m->arena, MIB);

	snprintf(f->path, sizeof(f->path), "%s/realmem-XXXXXX", check_env("FIXTURES"));
	f->fd = mkstemp(f->path);
	assert_true(f->fd >= 0);
	assert_int_equal(ftruncate(f->fd, (off_t)MADE_RAM), 0);
	made_fill(noise, MIB, 21);
	memset(noise + S390_LOWCORE_VMCOREINFO, 0, 8);
	put(f, 0, noise, MIB);
	put(f, MADE_CRASH.start - 0x1000, noise, 0x1000);
	put(f, MADE_CRASH.end, noise, 0x1000);
	put64(f, S390_LOWCORE_OS_INFO, OS_INFO);
	put_os_info(f, MADE_CRASH, 1);
}

static void memory_end(struct memory_file *f)
{
	close(f->fd);
	unlink(f->path);
}

static uint8_t *snapshot(struct scene *m, const struct memory_file *f)
{
	uint8_t *bytes = arena_alloc(&m->arena, MADE_RAM);

	assert_int_equal(pread(f->fd, bytes, MADE_RAM, 0), MADE_RAM);
	return bytes;
}

static enum verify_result verify(struct scene *m, const struct memory_file *f, char **text)
{
	enum verify_result result;
	size_t size;
	FILE *out = open_memstream(text, &size);

	check_ok(verify_memory_file(f->path, ARCH_S390X, NULL, out, &result, &m->err), &m->err);
	fclose(out);
	return result;
}

static void check_verdict(struct scene *m, const struct memory_file *f, enum verify_result expected)
{
	char *text;
	enum verify_result result = verify(m, f, &text);

	if (result != expected)
		fail_msg("result %d, expected %d:\n%s", (int)result, (int)expected, text);
	free(text);
}

/* Exactly the plan and nothing else: segments with their zero tails, the rest as before. */
static void check_content(struct scene *m, const struct memory_file *f, const uint8_t *before)
{
	uint8_t *wanted = arena_alloc(&m->arena, MADE_RAM);
	uint8_t *now = snapshot(m, f);

	memcpy(wanted, before, MADE_RAM);
	for (size_t i = 0; i < m->plan.segment_count; i++) {
		const struct segment *s = &m->plan.segments[i];

		memset(wanted + s->range.start, 0, range_size(s->range));
		memcpy(wanted + s->range.start, s->data.data, s->data.size);
	}
	if (memcmp(now, wanted, MADE_RAM) != 0) {
		for (uint64_t at = 0; at < MADE_RAM; at++)
			if (now[at] != wanted[at])
				fail_msg("0x%" PRIx64 ": 0x%02x found, 0x%02x expected", at, now[at], wanted[at]);
	}
}

TEST(a_copy_is_the_plan_and_verifies)
{
	struct scene m;
	struct memory_file f;
	uint8_t junk[0x2000];
	struct stat st;

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_CRASH);
	made_plan_initrd(&m, 1000001, 3);
	made_plan_seal(&m);
	memory_begin(&f, &m);

	/* What lay there before must not show through, zero tails least of all. */
	made_fill(junk, sizeof(junk), 5);

	const struct segment *initrd = plan_segment(&m.plan, SEGMENT_INITRD);

	put(&f, initrd->range.end - 0x1000, junk, sizeof(junk));

	uint8_t *before = snapshot(&m, &f);

	check_verdict(&m, &f, VERIFY_NOTHING);
	check_ok(exec_realmem(&m.plan, f.path, &m.err), &m.err);
	check_content(&m, &f, before);
	check_verdict(&m, &f, VERIFY_INTACT);

	/* 64 MiB with little in it: holes stay where nothing was written. */
	assert_int_equal(fstat(f.fd, &st), 0);
	assert_true(st.st_blocks * 512 < (blkcnt_t)(8 * MIB));
	memory_end(&f);
	made_plan_end(&m);
}

TEST(zero_tails_stay_holes)
{
	struct scene m;
	struct memory_file f;
	struct stat st;

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_CRASH);
	made_plan_seal(&m);
	made_plan_segment(&m, SEGMENT_KERNEL)->range.end = MADE_CRASH.start + 12 * MIB;
	memory_begin(&f, &m);
	check_ok(exec_realmem(&m.plan, f.path, &m.err), &m.err);
	assert_int_equal(fstat(f.fd, &st), 0);
	assert_true(st.st_blocks * 512 < (blkcnt_t)(4 * MIB));
	memory_end(&f);
	made_plan_end(&m);
}

TEST(a_second_copy_replaces_the_first)
{
	struct scene first, second;
	struct memory_file f;

	BEGIN_TEST();
	made_plan_begin(&first, TARGET_CRASH);
	made_plan_initrd(&first, 300000, 3);
	made_plan_seal(&first);
	memory_begin(&f, &first);
	check_ok(exec_realmem(&first.plan, f.path, &first.err), &first.err);

	made_plan_begin(&second, TARGET_CRASH);
	made_plan_initrd(&second, 200, 4);
	made_plan_seal(&second);

	uint8_t *before = snapshot(&second, &f);

	check_ok(exec_realmem(&second.plan, f.path, &second.err), &second.err);
	check_content(&second, &f, before);
	check_verdict(&second, &f, VERIFY_INTACT);
	made_plan_end(&second);
	memory_end(&f);
	made_plan_end(&first);
}

/* Without meminfo an old one must not speak for the new load. */
TEST(a_copy_without_meminfo_ends_an_old_one)
{
	struct scene m, bare;
	struct memory_file f;
	uint8_t page[4096], zeros[4096] = { 0 };
	char *text;

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_CRASH);
	made_plan_initrd(&m, 300, 3);
	made_plan_seal(&m);
	memory_begin(&f, &m);
	check_ok(exec_realmem(&m.plan, f.path, &m.err), &m.err);

	made_plan_begin(&bare, TARGET_CRASH);
	bare.request.meminfo = false;
	made_plan_seal(&bare);
	assert_null(plan_segment(&bare.plan, SEGMENT_MEMINFO));
	check_ok(exec_realmem(&bare.plan, f.path, &bare.err), &bare.err);
	assert_int_equal(pread(f.fd, page, sizeof(page), (off_t)(MADE_CRASH.start + MEMINFO_S390_OFFSET)), sizeof(page));
	assert_memory_equal(page, zeros, sizeof(page));
	assert_int_equal(verify(&bare, &f, &text), VERIFY_INTACT);
	assert_non_null(strstr(text, "note loaded without meminfo"));
	free(text);
	made_plan_end(&bare);
	memory_end(&f);
	made_plan_end(&m);
}

/* The failing call leaves every byte alone. */
static void check_refused(struct scene *m, const struct memory_file *f, enum err_code code, const char *words)
{
	struct stat st, after;

	assert_int_equal(fstat(f->fd, &st), 0);

	uint8_t *before = malloc((size_t)st.st_size), *now = malloc((size_t)st.st_size);

	assert_int_equal(pread(f->fd, before, (size_t)st.st_size, 0), st.st_size);
	check_fails(exec_realmem(&m->plan, f->path, &m->err), &m->err, code, words);
	if (!strstr(m->err.text, "nothing was written"))
		fail_msg("does not say that nothing was written: %s", m->err.text);
	assert_int_equal(fstat(f->fd, &after), 0);
	assert_int_equal(after.st_size, st.st_size);
	assert_int_equal(pread(f->fd, now, (size_t)st.st_size, 0), st.st_size);
	assert_memory_equal(now, before, (size_t)st.st_size);
	free(before);
	free(now);
}

TEST(broken_plans_write_nothing)
{
	BEGIN_TEST();
	for (unsigned int i = 0;; i++) {
		struct scene m;
		struct made_breach breach;
		struct memory_file f;

		made_plan_begin(&m, TARGET_CRASH);
		made_plan_seal(&m);
		memory_begin(&f, &m);

		bool more = made_plan_break(&m, i, &breach);

		if (more)
			check_refused(&m, &f, breach.code, breach.words);
		memory_end(&f);
		made_plan_end(&m);
		if (!more) {
			assert_true(i > 10);
			return;
		}
	}
}

TEST(normal_plans_write_nothing)
{
	struct scene m;
	struct memory_file f;

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_NORMAL);
	made_plan_seal(&m);
	memory_begin(&f, &m);
	check_refused(&m, &f, ERR_USAGE, "only a crash kernel can be copied into memory");
	memory_end(&f);
	made_plan_end(&m);
}

TEST(memory_of_another_machine_is_refused)
{
	struct scene m;
	struct memory_file f;
	uint8_t byte = 0xff;

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_CRASH);
	made_plan_seal(&m);
	memory_begin(&f, &m);

	put_os_info(&f, (struct range){ 16 * MIB, 32 * MIB }, 1);
	check_refused(&m, &f, ERR_BAD_MACHINE, "has 0x1000000 bytes at 0x1000000");
	put_os_info(&f, (struct range){ 32 * MIB, 40 * MIB }, 1);
	check_refused(&m, &f, ERR_BAD_MACHINE, "has 0x800000 bytes at 0x2000000");
	put_os_info(&f, (struct range){ 0, 0 }, 1);
	check_refused(&m, &f, ERR_BAD_MACHINE, "has 0x0 bytes at 0x0");
	put_os_info(&f, MADE_CRASH, 2);
	check_refused(&m, &f, ERR_UNSUPPORTED, "major version 2");
	put_os_info(&f, MADE_CRASH, 1);
	put(&f, OS_INFO + 4095, &byte, 1);
	check_refused(&m, &f, ERR_BAD_MACHINE, "no valid os_info at 0x21000");
	put_os_info(&f, MADE_CRASH, 1);
	put(&f, OS_INFO, &byte, 1);
	check_refused(&m, &f, ERR_BAD_MACHINE, "no valid os_info at 0x21000");

	static const uint64_t pointers[] = { 1, 0x21008, MADE_RAM, MADE_RAM - 0x800, UINT64_MAX,
					     UINT64_C(0x8000000000000000) };

	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		put64(&f, S390_LOWCORE_OS_INFO, pointers[i]);
		check_refused(&m, &f, ERR_BAD_MACHINE, "the os_info pointer at absolute 0xe18");
	}

	/* No pointer: no Linux there yet, and nothing to contradict. */
	put64(&f, S390_LOWCORE_OS_INFO, 0);
	check_ok(exec_realmem(&m.plan, f.path, &m.err), &m.err);

	assert_int_equal(ftruncate(f.fd, (off_t)MADE_CRASH.end - 1), 0);
	check_refused(&m, &f, ERR_BAD_MACHINE, "and the crash range of the plan ends at 0x3000000");
	assert_int_equal(ftruncate(f.fd, 0), 0);
	check_refused(&m, &f, ERR_BAD_MACHINE, "has 0x0 bytes");
	memory_end(&f);
	made_plan_end(&m);
}

TEST(what_is_no_memory_file_is_refused)
{
	struct scene m;
	struct memory_file f;
	char path[600];

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_CRASH);
	made_plan_seal(&m);
	memory_begin(&f, &m);
	check_fails(exec_realmem(&m.plan, "/dev/null", &m.err), &m.err, ERR_UNSUPPORTED, "neither a file nor");
	check_fails(exec_realmem(&m.plan, check_env("FIXTURES"), &m.err), &m.err, ERR_SYSTEM, "for writing");
	snprintf(path, sizeof(path), "%s/no-such-file", check_env("FIXTURES"));
	check_fails(exec_realmem(&m.plan, path, &m.err), &m.err, ERR_SYSTEM, "no-such-file for writing");

	/* A copy under way holds a lock. */
	assert_int_equal(flock(f.fd, LOCK_EX), 0);
	check_refused(&m, &f, ERR_SYSTEM, "holds a lock on it");
	assert_int_equal(flock(f.fd, LOCK_UN), 0);
	check_ok(exec_realmem(&m.plan, f.path, &m.err), &m.err);
	memory_end(&f);
	made_plan_end(&m);
}

/* Writes that fail from some place on: whatever was there or is there now, it is not taken for valid. */
static void fail_at(struct scene *m, struct memory_file *f, uint64_t limit)
{
	struct rlimit old, low;
	uint8_t page[4096], zeros[4096] = { 0 };

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = old;
	low.rlim_cur = (rlim_t)limit;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);

	bool ok = exec_realmem(&m->plan, f->path, &m->err);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_false(ok);
	if (!strstr(m->err.text, "only partly written") || !strstr(m->err.text, "cannot write"))
		fail_msg("limit 0x%" PRIx64 ": %s", limit, m->err.text);
	assert_int_equal(pread(f->fd, page, sizeof(page), (off_t)(MADE_CRASH.start + MEMINFO_S390_OFFSET)), sizeof(page));
	assert_memory_equal(page, zeros, sizeof(page));

	char *text;

	if (verify(m, f, &text) == VERIFY_INTACT)
		fail_msg("limit 0x%" PRIx64 ": called intact:\n%s", limit, text);
	free(text);
}

TEST(a_copy_that_fails_half_way_is_never_valid)
{
	struct scene first, second;
	struct memory_file f;

	BEGIN_TEST();
	signal(SIGXFSZ, SIG_IGN);
	made_plan_begin(&first, TARGET_CRASH);
	made_plan_initrd(&first, 300000, 3);
	made_plan_seal(&first);
	made_plan_begin(&second, TARGET_CRASH);
	made_plan_initrd(&second, 300001, 4);
	made_plan_seal(&second);
	memory_begin(&f, &first);

	for (size_t i = 0; i < second.plan.segment_count; i++) {
		const struct segment *s = &second.plan.segments[i];

		/* The page is made zero first, which the limit must allow. */
		if (s->range.start <= MADE_CRASH.start + MEMINFO_S390_OFFSET)
			continue;
		check_ok(exec_realmem(&first.plan, f.path, &first.err), &first.err);
		check_verdict(&first, &f, VERIFY_INTACT);
		fail_at(&second, &f, s->range.start);
		check_ok(exec_realmem(&first.plan, f.path, &first.err), &first.err);
		fail_at(&second, &f, s->range.start + s->data.size - 1);
	}

	/* The same onto memory without anything. */
	memory_end(&f);
	memory_begin(&f, &second);
	fail_at(&second, &f, plan_segment(&second.plan, SEGMENT_INITRD)->range.start + 1);

	/* And once more, undisturbed. */
	check_ok(exec_realmem(&second.plan, f.path, &second.err), &second.err);
	check_verdict(&second, &f, VERIFY_INTACT);
	memory_end(&f);
	made_plan_end(&second);
	made_plan_end(&first);
}

/* The process that copies is killed in the middle: nobody is left to make the page zero. */
static void kill_at(struct scene *m, struct memory_file *f, uint64_t limit)
{
	uint8_t page[4096], zeros[4096] = { 0 };
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct rlimit low, no_core = { 0 };

		signal(SIGXFSZ, SIG_DFL);
		setrlimit(RLIMIT_CORE, &no_core);
		getrlimit(RLIMIT_FSIZE, &low);
		low.rlim_cur = (rlim_t)limit;
		if (setrlimit(RLIMIT_FSIZE, &low) != 0)
			_exit(2);
		_exit(exec_realmem(&m->plan, f->path, &m->err) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGXFSZ)
		fail_msg("limit 0x%" PRIx64 ": not killed, status 0x%x", limit, (unsigned int)status);
	assert_int_equal(pread(f->fd, page, sizeof(page), (off_t)(MADE_CRASH.start + MEMINFO_S390_OFFSET)), sizeof(page));
	assert_memory_equal(page, zeros, sizeof(page));

	char *text;

	if (verify(m, f, &text) == VERIFY_INTACT)
		fail_msg("limit 0x%" PRIx64 ": called intact:\n%s", limit, text);
	free(text);
}

TEST(a_copy_that_is_killed_half_way_is_never_valid)
{
	struct scene first, second;
	struct memory_file f;

	BEGIN_TEST();
	made_plan_begin(&first, TARGET_CRASH);
	made_plan_initrd(&first, 300000, 3);
	made_plan_seal(&first);
	made_plan_begin(&second, TARGET_CRASH);
	made_plan_initrd(&second, 300001, 4);
	made_plan_seal(&second);
	memory_begin(&f, &first);
	for (size_t i = 0; i < second.plan.segment_count; i++) {
		const struct segment *s = &second.plan.segments[i];

		if (s->range.start <= MADE_CRASH.start + MEMINFO_S390_OFFSET)
			continue;
		check_ok(exec_realmem(&first.plan, f.path, &first.err), &first.err);
		kill_at(&second, &f, s->range.start);
	}
	check_ok(exec_realmem(&second.plan, f.path, &second.err), &second.err);
	check_verdict(&second, &f, VERIFY_INTACT);
	memory_end(&f);
	made_plan_end(&second);
	made_plan_end(&first);
}

CHECK_MAIN(cmocka_unit_test(a_copy_is_the_plan_and_verifies), cmocka_unit_test(zero_tails_stay_holes),
	   cmocka_unit_test(a_second_copy_replaces_the_first),
	   cmocka_unit_test(a_copy_without_meminfo_ends_an_old_one), cmocka_unit_test(broken_plans_write_nothing),
	   cmocka_unit_test(normal_plans_write_nothing), cmocka_unit_test(memory_of_another_machine_is_refused),
	   cmocka_unit_test(what_is_no_memory_file_is_refused),
	   cmocka_unit_test(a_copy_that_fails_half_way_is_never_valid),
	   cmocka_unit_test(a_copy_that_is_killed_half_way_is_never_valid))
