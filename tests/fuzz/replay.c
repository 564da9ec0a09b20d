/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a fuzz function over the files and folders (not their subfolders) that are named. Each input lies in
 * memory of its own size, for sanitizers. Says how many it ran, for none at all would prove nothing.
 */
#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

static unsigned long ran;

static bool run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;

	if (!f || fstat(fileno(f), &st) != 0) {
		perror(path);
		return false;
	}

	size_t size = (size_t)st.st_size;
	uint8_t *bytes = malloc(size ? size : 1);

	if (!bytes || fread(bytes, 1, size, f) != size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return false;
	}
	fclose(f);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	ran++;
	return true;
}

static bool run_folder(const char *path)
{
	DIR *folder = opendir(path);

	if (!folder)
		return run_file(path);

	bool ok = true;

	for (struct dirent *entry; ok && (entry = readdir(folder));) {
		char file[4096];

		if (entry->d_name[0] == '.')
			continue;
		ok = (size_t)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) < sizeof(file) &&
		     run_file(file);
	}
	closedir(folder);
	return ok;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!run_folder(argv[i]))
			return 1;
	printf("%lu inputs\n", ran);
	return ran ? 0 : 1;
}
