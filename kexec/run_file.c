/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kexec_file_load(2) is given. The kernel reads the descriptors itself, and judges signatures, extended
 * attributes and measurements by them: so it gets the very files wherever it can read them, and files in
 * memory, sealed, only for kernels that are packed or inside of something, for several initrds in one, and for what
 * comes through a pipe.
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

static bool memfd_fill(struct run_file *file, const char *name, struct blob bytes, int *fd, struct err *err)
{
	return memfd_open(file, name, fd, err) && memfd_write(*fd, bytes, name, err) && memfd_seal(*fd, name, err);
}

/* The kernel reads nothing else: kernel_read_file() of Linux. */
static bool is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static const char *unwrapped_from(struct run_file *file, const struct image *image)
{
	const char *packed = image->codec == CODEC_NONE ? "" : codec_name(image->codec);

	switch (image->wrap) {
	case WRAP_UKI:
		return arena_printf(&file->arena, "a unified kernel image%s%s", *packed ? ", " : "", packed);
	case WRAP_ZIMAGE:
		return arena_printf(&file->arena, "a zImage%s%s", *packed ? ", " : "", packed);
	case WRAP_ZBOOT:
		return arena_printf(&file->arena, "EFI zboot%s%s", *packed ? ", " : "", packed);
	case WRAP_NONE:
		break;
	}
	return *packed ? packed : NULL;
}

/* A kernel that was recognised: itself where it is the whole file, else what is inside. */
static bool open_known(struct run_file *file, const struct image *image, struct err *err)
{
	file->unwrapped = unwrapped_from(file, image);
	if (file->unwrapped || !is_regular(image->fd))
		return memfd_fill(file, "kernel", image->data, &file->plan.kernel_fd, err);
	file->plan.kernel_fd = fcntl(image->fd, F_DUPFD_CLOEXEC, 0);
	if (file->plan.kernel_fd < 0)
		return err_system(err, errno, "cannot keep %s open", image->path);
	keep_open(file, file->plan.kernel_fd);
	return true;
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
		return is_regular(file->plan.kernel_fd) ||
		       memfd_fill(file, "kernel", bytes, &file->plan.kernel_fd, err);
	file->unwrapped = unpacker->name;
	if (!inflate_run(unpacker, bytes, IMAGE_UNPACK_LIMIT, &file->arena, &data, err))
		return err_prefix(err, "%s", path);
	return memfd_fill(file, "kernel", data, &file->plan.kernel_fd, err);
}

static bool carries_initrd(const struct image *image)
{
	return image->uki.ucode.size || image->uki.initrd.size;
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* One file is given as it is; what the kernel cannot read from one file, all together in one of memory. */
static bool open_initrds(const struct options *o, struct run_file *file, struct image *image, uint64_t pad,
			 struct err *err)
{
	const char *lines = "";
	struct blob ignored;

	file->plan.initrd_fd = -1;
	if (image->uki.ucode.size)
		lines = arena_printf(&file->arena, "initrd .ucode of %s\n", o->kernel);
	if (image->uki.initrd.size)
		lines = arena_printf(&file->arena, "%sinitrd .initrd of %s\n", lines, o->kernel);
	for (size_t i = 0; i < o->initrd_count; i++)
		lines = arena_printf(&file->arena, "%sinitrd %s\n", lines, o->initrds[i]);
	file->initrds = lines;

	if (o->initrd_count == 0 && !carries_initrd(image))
		return true;
	if (o->initrd_count == 1 && !carries_initrd(image) && is_file(o->initrds[0]))
		return file_map(&file->arena, o->initrds[0], &file->plan.initrd_fd, &ignored, err);
	if (image->initrd.size == 0 &&
	    !image_add_initrds(image, (const char *const *)o->initrds, o->initrd_count, pad, err))
		return false;
	return memfd_fill(file, "initrd", image->initrd, &file->plan.initrd_fd, err);
}

/* What the kernels of these architectures expect to be given for no command line, where others expect
 * nothing. */
static bool wants_empty_line(enum arch_id arch)
{
	return arch == ARCH_X86_64 || arch == ARCH_I386 || arch == ARCH_PPC64 || arch == ARCH_PPC64LE;
}

bool run_file_open(const struct run *run, const struct machine *machine, const struct request *request,
		   struct image *image, struct run_file *file, struct err *err)
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

	bool ok = image->format != IMAGE_UNKNOWN ? open_known(file, image, err) : open_unknown(file, o->kernel, err);

	if (ok && open_initrds(o, file, image, machine->page_size, err))
		return true;
	run_file_close(file);
	return false;
}

void run_file_write_text(const struct run *run, const struct run_file *file)
{
	printf("file-plan 1\ntarget %s\nkernel %s %s\n%scmdline %s\nflags 0x%llx\n",
	       file->plan.target == TARGET_CRASH ? "crash" : "normal", file->unwrapped ? "unpacked" : "as-is",
	       run->options->kernel, file->initrds, file->plan.cmdline ? file->plan.cmdline : "",
	       (unsigned long long)file->plan.flags);
}

void run_file_close(struct run_file *file)
{
	arena_release(&file->arena);
}
