/* SPDX-License-Identifier: GPL-2.0-only */
/* vmcore-save --status-fd while pages are told apart: a line now and then, which says how far that is. */
#include <fcntl.h>
#include <unistd.h>

#include "check.h"
#include "kdump/vmcore-save/subject.c"
#include "kdump/vmcore-save/tell.c"

uint64_t room_available(void)
{
	return 0;
}

unsigned int options_threads(const struct save_options *options)
{
	(void)options;
	return 1;
}

TEST(a_line_a_second)
{
	int ends[2];
	struct page_map pages = { .page_count = 1000 };
	char text[512] = "";

	BEGIN_TEST();
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);

	struct tell tell = { .program = "test", .common = stderr, .status_fd = ends[1] };
	struct scan_progress progress = { .tell = &tell, .pages = &pages, .told = clock_now() };

	/* Too early; then late enough; and right behind that one. */
	tell_scan(&progress, 7);
	assert_int_equal(read(ends[0], text, sizeof(text)), -1);
	progress.told -= 2 * EVENT_SECONDS;
	tell_scan(&progress, 8);
	tell_scan(&progress, 9);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "event=scan pages_done=8 pages_total=1000\n");
	close(ends[0]);
	close(ends[1]);
}

CHECK_MAIN(cmocka_unit_test(a_line_a_second))
