/* SPDX-License-Identifier: GPL-2.0-only */
/* /etc/kdump.conf and its drop-ins as files: which are read, in what order, and what cannot be read. */
#include "conf_fixture.h"
#include "machine_tree.h"

#include "kexec/base/file.h"

/* As doc/kdump.conf.5 has it. */
#define CONF_DROP_INS 1024

static void read_tree(struct parsed *p, const struct machine_tree *tree)
{
	arena_init(&p->arena);
	conf_read(&p->conf, &p->mistakes, &p->arena, tree->root, CONF_PATH, "x86_64");
}

TEST(files)
{
	struct machine_tree tree;
	struct parsed p;

	BEGIN_TEST();
	machine_tree_make(&tree);
	read_tree(&p, &tree);
	assert_false(p.conf.has_file);
	no_mistakes(&p);
	end(&p);

	machine_tree_write(&tree, "etc/kdump.conf", "[Save]\nKeep=1\nThreads=1\nLevel=1\n");
	read_tree(&p, &tree);
	assert_true(p.conf.has_file);
	assert_int_equal(p.conf.save.keep, 1);
	end(&p);

	/* By the bytes of their names, not by the order of the folder; hidden ones and others are not read. */
	machine_tree_write(&tree, "etc/kdump.conf.d/20.conf", "[Save]\nKeep=20\nThreads=20\n");
	machine_tree_write(&tree, "etc/kdump.conf.d/9.conf", "[Save]\nKeep=9\n");
	machine_tree_write(&tree, "etc/kdump.conf.d/10.conf", "[Save]\nKeep=10\nThreads=10\nLevel=10\n");
	machine_tree_write(&tree, "etc/kdump.conf.d/99.conf~", "nonsense\n");
	machine_tree_write(&tree, "etc/kdump.conf.d/.99.conf", "nonsense\n");
	machine_tree_write(&tree, "etc/kdump.conf.d/.conf", "nonsense\n");
	machine_tree_write(&tree, "etc/kdump.conf.d/README", "nonsense\n");
	read_tree(&p, &tree);
	no_mistakes(&p);
	assert_int_equal(p.conf.save.keep, 9);
	assert_int_equal(p.conf.save.threads, 20);
	assert_int_equal(p.conf.save.levels[0], 10);
	end(&p);

	/* Each mistake with its own file; a section does not reach into the next one. */
	machine_tree_write(&tree, "etc/kdump.conf.d/10.conf", "Keep=10\n");
	machine_tree_write(&tree, "etc/kdump.conf.d/20.conf", "[Save]\n\nKeep=x\n");
	read_tree(&p, &tree);
	assert_int_equal(p.mistakes.count, 2);
	assert_string_equal(p.mistakes.all[0].file, arena_printf(&p.arena, "%s/etc/kdump.conf.d/10.conf", tree.root));
	assert_int_equal(p.mistakes.all[0].line, 1);
	assert_string_equal(p.mistakes.all[1].file, arena_printf(&p.arena, "%s/etc/kdump.conf.d/20.conf", tree.root));
	assert_int_equal(p.mistakes.all[1].line, 3);
	end(&p);

	/* Drop-ins alone. */
	machine_tree_drop(&tree, "etc/kdump.conf");
	machine_tree_write(&tree, "etc/kdump.conf.d/10.conf", "");
	machine_tree_write(&tree, "etc/kdump.conf.d/20.conf", "");
	read_tree(&p, &tree);
	assert_true(p.conf.has_file);
	assert_int_equal(p.conf.save.keep, 9);
	end(&p);
	machine_tree_remove(&tree);
}

TEST(many_drop_ins)
{
	struct machine_tree tree;
	struct parsed p;
	char name[64];

	BEGIN_TEST();
	machine_tree_make(&tree);
	for (int i = 0; i < CONF_DROP_INS; i++) {
		snprintf(name, sizeof(name), "etc/kdump.conf.d/%04d.conf", i);
		machine_tree_write(&tree, name, i == CONF_DROP_INS - 1 ? "[Save]\nKeep=3\n" : "");
	}
	read_tree(&p, &tree);
	no_mistakes(&p);
	assert_int_equal(p.conf.save.keep, 3);
	machine_tree_write(&tree, "etc/kdump.conf.d/none.conf", "");
	end(&p);
	read_tree(&p, &tree);
	assert_int_equal(p.mistakes.count, 1);
	assert_string_equal(p.mistakes.all[0].file, arena_printf(&p.arena, "%s/etc/kdump.conf.d", tree.root));
	assert_non_null(strstr(p.mistakes.all[0].text, "more than the 1024 files"));
	end(&p);
	machine_tree_remove(&tree);
}

/* One mistake, of the file as a whole; the value of Keep= is another file's. */
static void reads_the_rest(const struct machine_tree *tree, const char *file, const char *words, unsigned int keep)
{
	struct parsed p;

	read_tree(&p, tree);
	assert_int_equal(p.mistakes.count, 1);
	assert_string_equal(p.mistakes.all[0].file, arena_printf(&p.arena, "%s/%s", tree->root, file));
	assert_int_equal(p.mistakes.all[0].line, 0);
	if (!strstr(p.mistakes.all[0].text, words))
		fail_msg("%s does not say \"%s\"", p.mistakes.all[0].text, words);
	assert_int_equal(p.conf.save.keep, keep);
	end(&p);
}

TEST(unreadable_files)
{
	struct machine_tree tree;
	struct parsed p;
	char path[512];
	char *large;

	BEGIN_TEST();
	machine_tree_make(&tree);

	machine_tree_write(&tree, "etc/kdump.conf", "[Save]\nKeep=1\n");
	machine_tree_block(&tree, "etc/kdump.conf.d/10.conf");
	reads_the_rest(&tree, "etc/kdump.conf.d/10.conf", "nothing of it holds", 1);
	/* What comes behind it is read, too. */
	machine_tree_write(&tree, "etc/kdump.conf.d/20.conf", "[Save]\nKeep=20\n");
	reads_the_rest(&tree, "etc/kdump.conf.d/10.conf", "nothing of it holds", 20);
	machine_tree_drop(&tree, "etc/kdump.conf.d/20.conf");
	machine_tree_drop(&tree, "etc/kdump.conf.d/10.conf");

	/* One that leads nowhere is a mistake of somebody, and one to /dev/null is how a file is switched off. */
	machine_tree_path(&tree, "etc/kdump.conf.d/10.conf", path, sizeof(path));
	assert_int_equal(symlink("/nowhere/at/all", path), 0);
	reads_the_rest(&tree, "etc/kdump.conf.d/10.conf", "cannot be opened", 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	read_tree(&p, &tree);
	no_mistakes(&p);
	assert_int_equal(p.conf.save.keep, 1);
	end(&p);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	reads_the_rest(&tree, "etc/kdump.conf.d/10.conf", "no file", 1);
	assert_int_equal(unlink(path), 0);

	arena_init(&p.arena);
	large = repeated(&p.arena, "[Save]\nKeep=2\n", "#aaaaaaaaaaaaaaa\n", (1 << 20) - 14);
	machine_tree_write_bytes(&tree, "etc/kdump.conf", large, 1 << 20);
	end(&p);
	read_tree(&p, &tree);
	no_mistakes(&p);
	assert_int_equal(p.conf.save.keep, 2);
	end(&p);
	arena_init(&p.arena);
	large = repeated(&p.arena, "[Save]\nKeep=2\n", "#aaaaaaaaaaaaaaa\n", (1 << 20) - 13);
	machine_tree_write_bytes(&tree, "etc/kdump.conf", large, (1 << 20) + 1);
	end(&p);
	reads_the_rest(&tree, "etc/kdump.conf", "more than the 1048576 bytes", 0);
	machine_tree_write(&tree, "etc/kdump.conf.d/20.conf", "[Save]\nKeep=20\n");
	reads_the_rest(&tree, "etc/kdump.conf", "more than the 1048576 bytes", 20);
	machine_tree_remove(&tree);
}

/* What is installed says the defaults: as it is, and with each setting uncommented. */
TEST(installed_file)
{
	struct parsed p, usual;
	struct err err;
	char *text;
	size_t keys = 0;

	BEGIN_TEST();
	begin(&usual, "x86_64");
	begin(&p, "x86_64");
	check_ok(file_read_text(&p.arena, file_below(&p.arena, check_env("SRCDIR"), "kdump/kdump.conf"), 1 << 20,
				&text, &err),
		 &err);
	add(&p, text, strlen(text));
	no_mistakes(&p);
	assert_string_equal(conf_write(&p.arena, &p.conf), conf_write(&usual.arena, &usual.conf));
	for (char *line = text; *line; line += strcspn(line, "\n") + 1) {
		size_t key = 1 + strspn(line + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

		if (*line == '#' && line[key] == '=') {
			*line = ' ';
			keys++;
		}
	}
	add(&p, text, strlen(text));
	no_mistakes(&p);
	assert_string_equal(conf_write(&p.arena, &p.conf), conf_write(&usual.arena, &usual.conf));

	/* 23 keys, two of them on two lines. */
	assert_int_equal(keys, 25);
	end(&p);
	end(&usual);
}

CHECK_MAIN(cmocka_unit_test(files), cmocka_unit_test(many_drop_ins), cmocka_unit_test(unreadable_files),
	   cmocka_unit_test(installed_file))
