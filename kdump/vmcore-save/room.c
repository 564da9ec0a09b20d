/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kdump/vmcore-save/save.h"

uint64_t room_available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	uint64_t kib = 0;
	char line[256];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
			break;
	fclose(file);
	return kib << 10;
}

unsigned int room_cpus(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	/* More CPUs than a cpu_set_t has make it fail. */
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		count = CPU_COUNT(&set);
	return count < 1 ? 1 : (unsigned int)count;
}

void room_last_to_be_killed(const struct tell *tell)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "-1000\n", 6) != 6)
		tell_debug(tell, "oom_score_adj stays as it is: this takes privilege");
	if (fd >= 0)
		close(fd);
}
