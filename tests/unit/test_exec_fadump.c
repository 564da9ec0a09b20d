/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control files of firmware-assisted dump below a made root. What a kernel answers to a write is put in place of
 * write(2): each test says what the files do.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"
#include "exec.h"
#include "kexec/base/file.h"

/* The next write of `text` to a file of this name fails so, `times` times; or is taken and does nothing. */
static struct {
	const char *name, *text;
	int errnum; /* 0: taken without effect */
	int times;
} refusal;

static char log_of_writes[4096];

static bool refuses(const char *path, const void *bytes, size_t size)
{
	return refusal.name && refusal.times > 0 && strstr(path, refusal.name) &&
	       size == strlen(refusal.text) + 1 && memcmp(bytes, refusal.text, size - 1) == 0;
}

/* In place of the C library's. */
ssize_t write(int fd, const void *bytes, size_t size)
{
	char link[64], path[PATH_MAX] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);

	ssize_t length = readlink(link, path, sizeof(path) - 1);

	if (length > 0 && strstr(path, "/fadump")) {
		const char *slash = strrchr(path, '/');
		size_t used = strlen(log_of_writes);
		int text = size < 64 ? (int)size - 1 : 64;

		assert_true(used + 200 < sizeof(log_of_writes));
		snprintf(log_of_writes + used, 200, "%.64s=%.*s;", slash ? slash + 1 : path, text, (const char *)bytes);
		if (refuses(path, bytes, size)) {
			refusal.times--;
			/* What is refused changes nothing; the file was emptied by O_TRUNC, which sysfs does not do. */
			const char *now = strstr(path, "registered") ? "0\n" : "old\n";

			syscall(SYS_write, fd, now, strlen(now));
			if (!refusal.errnum)
				return (ssize_t)size;
			errno = refusal.errnum;
			return -1;
		}
	}
	return (ssize_t)syscall(SYS_write, fd, bytes, size);
}

struct tree {
	char root[64];
	struct arena arena;
	struct fadump fadump;
};

static void put(struct tree *tree, const char *name, const char *text)
{
	int fd = open(file_below(&tree->arena, tree->root, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_true(syscall(SYS_write, fd, text, strlen(text)) == (long)strlen(text));
	close(fd);
}

static void has(struct tree *tree, const char *name, const char *text)
{
	struct err err;
	char *found;

	check_ok(file_read_text(&tree->arena, file_below(&tree->arena, tree->root, name), 4096, &found, &err), &err);
	assert_string_equal(found, text);
}

static void make(struct tree *tree)
{
	*tree = (struct tree){ .root = "/tmp/fadump-test-XXXXXX" };
	arena_init(&tree->arena);
	assert_non_null(mkdtemp(tree->root));
	assert_int_equal(mkdir(file_below(&tree->arena, tree->root, "sys"), 0700), 0);
	assert_int_equal(mkdir(file_below(&tree->arena, tree->root, "sys/kernel"), 0700), 0);
	assert_int_equal(mkdir(file_below(&tree->arena, tree->root, "sys/kernel/fadump"), 0700), 0);
	put(tree, "sys/kernel/fadump/registered", "0\n");
	put(tree, "sys/kernel/fadump/bootargs_append", "old\n");
	tree->fadump = (struct fadump){ .present = true, .enabled = true, .bootargs_append = "old" };
	refusal.name = NULL;
	log_of_writes[0] = 0;
}

static void drop(struct tree *tree)
{
	unlink(file_below(&tree->arena, tree->root, "sys/kernel/fadump/registered"));
	unlink(file_below(&tree->arena, tree->root, "sys/kernel/fadump/bootargs_append"));
	rmdir(file_below(&tree->arena, tree->root, "sys/kernel/fadump"));
	rmdir(file_below(&tree->arena, tree->root, "sys/kernel"));
	rmdir(file_below(&tree->arena, tree->root, "sys"));
	rmdir(tree->root);
	arena_release(&tree->arena);
}

TEST(registers_and_unregisters)
{
	BEGIN_TEST();
	struct tree tree;
	struct err err = { .code = ERR_NONE };

	make(&tree);
	check_ok(exec_fadump_register(&tree.fadump, tree.root, NULL, &err), &err);
	assert_string_equal(log_of_writes, "registered=1;");
	has(&tree, "sys/kernel/fadump/bootargs_append", "old\n");

	log_of_writes[0] = 0;
	check_ok(exec_fadump_register(&tree.fadump, tree.root, "nr_cpus=1", &err), &err);
	assert_string_equal(log_of_writes, "bootargs_append=nr_cpus=1;registered=1;");
	has(&tree, "sys/kernel/fadump/bootargs_append", "nr_cpus=1\n");

	/* What stands there already is not written; an empty text clears it. */
	log_of_writes[0] = 0;
	tree.fadump.bootargs_append = "nr_cpus=1";
	check_ok(exec_fadump_register(&tree.fadump, tree.root, "nr_cpus=1", &err), &err);
	assert_string_equal(log_of_writes, "registered=1;");
	check_ok(exec_fadump_register(&tree.fadump, tree.root, "", &err), &err);
	has(&tree, "sys/kernel/fadump/bootargs_append", "\n");

	log_of_writes[0] = 0;
	check_ok(exec_fadump_unregister(&tree.fadump, tree.root, &err), &err);
	assert_string_equal(log_of_writes, "registered=0;");
	has(&tree, "sys/kernel/fadump/registered", "0\n");
	drop(&tree);
}

TEST(what_cannot_be_is_not_begun)
{
	BEGIN_TEST();
	struct tree tree;
	struct err err = { .code = ERR_NONE };

	make(&tree);
	tree.fadump.enabled = false;
	check_fails(exec_fadump_register(&tree.fadump, tree.root, NULL, &err), &err, ERR_UNSUPPORTED, "does not use");
	tree.fadump.enabled = true;
	tree.fadump.has_release = true;
	check_fails(exec_fadump_register(&tree.fadump, tree.root, "x", &err), &err, ERR_UNSUPPORTED, "was released");
	tree.fadump.has_release = false;
	tree.fadump.bootargs_append = NULL;
	check_fails(exec_fadump_register(&tree.fadump, tree.root, "x", &err), &err, ERR_UNSUPPORTED, "no bootargs_append");
	tree.fadump.present = false;
	check_fails(exec_fadump_register(&tree.fadump, tree.root, NULL, &err), &err, ERR_UNSUPPORTED, "does not use");
	check_fails(exec_fadump_unregister(&tree.fadump, tree.root, &err), &err, ERR_UNSUPPORTED, "knows no");
	assert_string_equal(log_of_writes, "");
	drop(&tree);
}

TEST(each_answer_is_explained_and_nothing_is_left_half_done)
{
	BEGIN_TEST();
	static const struct {
		int errnum;
		enum err_code code;
		const char *words;
	} answers[] = {
		{ EPERM, ERR_DENIED, "turned off, or holds a dump" },
		{ EACCES, ERR_DENIED, "security policy" },
		{ ENODEV, ERR_SYSTEM, "reserved no memory" },
		{ ETIMEDOUT, ERR_SYSTEM, "busy for a minute" },
		{ EIO, ERR_SYSTEM, "hardware or an unknown error" },
		{ EINVAL, ERR_SYSTEM, "holes" },
		{ ENOMEM, ERR_SYSTEM, "registered failed" },
		{ 0, ERR_SYSTEM, "reads \"0\" after \"1\" was written and taken" },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct tree tree;
		struct err err = { .code = ERR_NONE };

		make(&tree);
		refusal.name = "registered";
		refusal.text = "1";
		refusal.errnum = answers[i].errnum;
		refusal.times = 9;
		check_fails(exec_fadump_register(&tree.fadump, tree.root, "new", &err), &err, answers[i].code,
			    answers[i].words);
		assert_non_null(strstr(err.text, "bootargs_append is what it was; firmware-assisted dump is not registered"));
		assert_int_equal(err.errnum, answers[i].errnum);
		assert_string_equal(log_of_writes, "bootargs_append=new;registered=1;bootargs_append=old;");
		has(&tree, "sys/kernel/fadump/bootargs_append", "old\n");
		drop(&tree);
	}
}

TEST(older_kernels_unregister_first)
{
	BEGIN_TEST();
	struct tree tree;
	struct err err = { .code = ERR_NONE };

	make(&tree);
	tree.fadump.registered = true;
	refusal.name = "registered";
	refusal.text = "1";
	refusal.times = 1;
	refusal.errnum = EEXIST;
	check_ok(exec_fadump_register(&tree.fadump, tree.root, NULL, &err), &err);
	assert_string_equal(log_of_writes, "registered=1;registered=0;registered=1;");
	has(&tree, "sys/kernel/fadump/registered", "1\n");

	log_of_writes[0] = 0;
	refusal.times = 1;
	refusal.errnum = EINVAL;
	check_ok(exec_fadump_register(&tree.fadump, tree.root, NULL, &err), &err);
	assert_string_equal(log_of_writes, "registered=1;registered=0;registered=1;");

	refusal.times = 2;
	refusal.errnum = EEXIST;
	check_fails(exec_fadump_register(&tree.fadump, tree.root, NULL, &err), &err, ERR_SYSTEM,
		    "there is a registration already); then: writing \"1\"");
	drop(&tree);
}

TEST(a_text_that_is_refused_changes_nothing)
{
	BEGIN_TEST();
	static const struct {
		int errnum;
		const char *words;
	} answers[] = {
		{ ENOSPC, "2048 bytes" },
		{ EINVAL, "2048 bytes" },
		{ EPERM, "holds a dump" },
		{ 0, "reads \"old\" after \"new\" was written" },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct tree tree;
		struct err err = { .code = ERR_NONE };

		make(&tree);
		put(&tree, "sys/kernel/fadump/registered", "1\n");
		refusal.name = "bootargs_append";
		refusal.text = "new";
		refusal.errnum = answers[i].errnum;
		refusal.times = 1;
		if (exec_fadump_register(&tree.fadump, tree.root, "new", &err) || !strstr(err.text, answers[i].words))
			fail_msg("%zu: %s", i, err.text);
		assert_null(strstr(log_of_writes, "registered="));
		assert_non_null(strstr(err.text, "firmware-assisted dump is still registered"));
		has(&tree, "sys/kernel/fadump/bootargs_append", "old\n");
		drop(&tree);
	}
}

TEST(unregistering_that_fails_says_so)
{
	BEGIN_TEST();
	struct tree tree;
	struct err err = { .code = ERR_NONE };

	make(&tree);
	refusal.name = "registered";
	refusal.text = "0";
	refusal.errnum = EPERM;
	refusal.times = 1;
	check_fails(exec_fadump_unregister(&tree.fadump, tree.root, &err), &err, ERR_DENIED,
		    "cannot unregister from firmware");
	unlink(file_below(&tree.arena, tree.root, "sys/kernel/fadump/registered"));
	check_fails(exec_fadump_unregister(&tree.fadump, tree.root, &err), &err, ERR_SYSTEM,
		    "sys/kernel/fadump/registered for writing failed: No such file");
	check_fails(exec_fadump_register(&tree.fadump, tree.root, NULL, &err), &err, ERR_SYSTEM, "cannot be read");
	drop(&tree);
}

CHECK_MAIN(cmocka_unit_test(registers_and_unregisters), cmocka_unit_test(what_cannot_be_is_not_begun),
	   cmocka_unit_test(each_answer_is_explained_and_nothing_is_left_half_done),
	   cmocka_unit_test(older_kernels_unregister_first), cmocka_unit_test(a_text_that_is_refused_changes_nothing),
	   cmocka_unit_test(unregistering_that_fails_says_so))
