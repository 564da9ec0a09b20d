/* SPDX-License-Identifier: GPL-2.0-only */
/* Takes the interfaces of its network namespace down and up again, and tells which. For interfaces.sh. */
#include <stdio.h>

#include "exec.h"

int main(void)
{
	struct exec_interfaces taken;
	struct arena arena;

	arena_init(&arena);
	exec_interfaces_down(&taken, &arena);
	for (size_t i = 0; i < taken.count; i++)
		printf("down %s\n", taken.names[i]);
	fflush(stdout);
	/* The script looks at them meanwhile, and answers. */
	if (getchar() == EOF)
		return 2;
	printf("up %d\n", exec_interfaces_up(&taken));
	arena_release(&arena);
	return 0;
}
