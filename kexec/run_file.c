/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kexec_file_load(2) is given. The kernel reads the descriptors itself, and judges signatures, extended
 * attributes and measurements by them: so it gets the very files wherever it can read them, and files in
 * memory, sealed, only for packed kernels and for several initrds in one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kexec/base/file.h"
#include "kexec/exec/kexec_flags.h"
#include "kexec/image/inflate.h"
#include "kexec/run.h"
#include "range.h"

static void close_deferred(void *data, size_t size)
{
	(void)size;
	close(*(int *)data);
}

static void keep_open(struct run_file *file, int fd)
{
	int *kept = arena_alloc(&file->arena, sizeof(*kept));

	*kept = fd;
	arena_defer(&file->arena, close_deferred, kept, sizeof(*kept));
}

static bool memfd_open(struct run_file *file, const char *name, int *fd, struct err *err)
{
	*fd = -1;
#ifdef MFD_NOEXEC_SEAL
	/* Where the sysctl vm.memfd_noexec is 2 no other kind is allowed; kernels before 6.3 do not know it.
	 */
	*fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
#endif
	if (*fd < 0)
		*fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return err_system(err, errno, "cannot create a file in memory for the %s", name);
	keep_open(file, *fd);
	return true;
}

static bool memfd_write(int fd, struct blob bytes, const char *name, struct err *err)
{
	while (bytes.size) {
		ssize_t done = write(fd, bytes.data, bytes.size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_system(
				err, errno,
				"cannot write the %s into a file in memory, where %zu bytes are left", name,
				bytes.size);
		bytes = blob_part(bytes, (uint64_t)done, bytes.size - (size_t)done);
	}
	return true;
}

/* Nobody changes it between the kernel's check of a signature and its use. */
static bool memfd_seal(int fd, const char *name, struct err *err)
{
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
		return true;
	return err_system(err, errno, "cannot seal the file in memory for the %s", name);
}

static bool give_unpacked(struct run_file *file, struct blob data, struct err *err)
{
	return memfd_open(file, "kernel", &file->plan.kernel_fd, err) &&
	       memfd_write(file->plan.kernel_fd, data, "kernel", err) &&
	       memfd_seal(file->plan.kernel_fd, "kernel", err);
}

/* For an architecture that has a loader here: the same look at the file as for kexec_load(2). */
static bool open_known(struct run_file *file, const char *path, struct err *err)
{
	struct image image;

	if (!image_open(&image, path, err))
		return false;

	bool ok = true;

	if (image.codec != CODEC_NONE) {
		file->codec = codec_name(image.codec);
		ok = give_unpacked(file, image.data, err);
	} else {
		file->plan.kernel_fd = fcntl(image.fd, F_DUPFD_CLOEXEC, 0);
		if (file->plan.kernel_fd < 0)
			ok = err_system(err, errno, "cannot keep %s open", path);
		else
			keep_open(file, file->plan.kernel_fd);
	}
	image_release(&image);
	return ok;
}

/* For the others: whatever it is, the kernel knows. Only packing with a magic is undone, for no kernel undoes
 * it. */
static bool open_unknown(struct run_file *file, const char *path, struct err *err)
{
	struct blob bytes, data;

	if (!file_map(&file->arena, path, &file->plan.kernel_fd, &bytes, err))
		return false;

	const struct unpacker *unpacker = inflate_find(bytes, true);

	if (!unpacker)
		return true;
	file->codec = unpacker->name;
	if (!inflate_run(unpacker, bytes, IMAGE_UNPACK_LIMIT, &file->arena, &data, err))
		return err_prefix(err, "%s", path);
	return give_unpacked(file, data, err);
}

static bool add_initrd(struct run_file *file, const char *path, uint64_t pad, bool last, uint64_t *size,
		       struct err *err)
{
	static const uint8_t zeros[4096];
	struct arena arena;
	struct blob bytes;

	arena_init(&arena);

	bool ok = file_map(&arena, path, NULL, &bytes, err) &&
		  memfd_write(file->plan.initrd_fd, bytes, "initrd", err);

	if (ok)
		*size += bytes.size;
	for (uint64_t left = ok && !last ? align_up(*size, pad) - *size : 0; ok && left > 0;) {
		struct blob fill = { zeros, left < sizeof(zeros) ? (size_t)left : sizeof(zeros) };

		ok = memfd_write(file->plan.initrd_fd, fill, "initrd", err);
		left -= fill.size;
		*size += fill.size;
	}
	arena_release(&arena);
	return ok;
}

static bool open_initrds(const struct options *o, struct run_file *file, uint64_t pad, struct err *err)
{
	struct blob ignored;
	uint64_t size = 0;

	file->plan.initrd_fd = -1;
	if (o->initrd_count == 0)
		return true;
	if (o->initrd_count == 1)
		return file_map(&file->arena, o->initrds[0], &file->plan.initrd_fd, &ignored, err);
	if (!memfd_open(file, "initrd", &file->plan.initrd_fd, err))
		return false;
	for (size_t i = 0; i < o->initrd_count; i++) {
		if (!add_initrd(file, o->initrds[i], pad, i + 1 == o->initrd_count, &size, err))
			return false;
	}
	return memfd_seal(file->plan.initrd_fd, "initrd", err);
}

/* What the kernels of these architectures expect to be given for no command line, where others expect
 * nothing. */
static bool wants_empty_line(enum arch_id arch)
{
	return arch == ARCH_X86_64 || arch == ARCH_I386 || arch == ARCH_PPC64 || arch == ARCH_PPC64LE;
}

bool run_file_open(const struct run *run, const struct machine *machine, const struct request *request,
		   struct run_file *file, struct err *err)
{
	const struct options *o = run->options;
	bool give_line = *request->cmdline || wants_empty_line(machine->arch);

	*file = (struct run_file){ .plan = {
					   .target = request->target,
					   .kernel_path = o->kernel,
					   .kernel_fd = -1,
					   .initrd_fd = -1,
					   .cmdline = give_line ? request->cmdline : NULL,
					   .flags = (o->no_cma ? FILE_LOAD_NO_CMA : 0) |
						    (o->force_dtb ? FILE_LOAD_FORCE_DTB : 0),
				   } };
	arena_init(&file->arena);

	bool ok = arch_by_id(machine->arch) ? open_known(file, o->kernel, err)
					    : open_unknown(file, o->kernel, err);

	if (ok && open_initrds(o, file, machine->page_size, err))
		return true;
	run_file_close(file);
	return false;
}

void run_file_write_text(const struct run *run, const struct run_file *file)
{
	const struct options *o = run->options;

	printf("file-plan 1\ntarget %s\nkernel %s %s\n",
	       file->plan.target == TARGET_CRASH ? "crash" : "normal", file->codec ? "unpacked" : "as-is",
	       o->kernel);
	for (size_t i = 0; i < o->initrd_count; i++)
		printf("initrd %s\n", o->initrds[i]);
	printf("cmdline %s\nflags 0x%llx\n", file->plan.cmdline ? file->plan.cmdline : "",
	       (unsigned long long)file->plan.flags);
}

void run_file_close(struct run_file *file)
{
	arena_release(&file->arena);
}
