/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spy [--let-through] [--record FILE] [--dump DIRECTORY] PROGRAM [ARGUMENT]...
 *
 * Runs a program and writes down each kexec_load, kexec_file_load and reboot system call that it or a child
 * of it makes, as it is at entry:
 *
 *	kexec_load entry 0x10000 segments 2 flags 0x160000
 *	segment mem 0x10000 memsz 0x2de000 bufsz 0x2dd800 sha256 DIGEST-OF-BUFSZ-BYTES
 *	kexec_file_load flags 0x4 cmdline-size 8 cmdline "a=1 b=2"
 *	kernel size 3076096 sha256 DIGEST                 or: kernel none
 *	initrd none
 *	reboot magic 0xfee1dead 0x28121969 command 0x45584543
 *
 * and then what came of it: "result 0", "result -22" (-errno), or "ended" where the call was not made. With
 * --dump the bytes are in DIRECTORY/DIGEST.
 *
 * It fails closed: the program is killed in place of the call. --let-through lets loads go on, and is refused
 * but in a test guest or below a seccomp filter (tests/cli/nokexec.c). A call to reboot is never made.
 *
 * The exit code is the program's, 128 and the signal's number if one ended it, 125 if this program failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sha256.h"

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__s390x__)
#define THIS_ARCH AUDIT_ARCH_S390X
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define THIS_ARCH AUDIT_ARCH_PPC64LE
#else
#error "the system calls of this architecture are not known here"
#endif

#define SPY_FAILED 125

/* The bit of x32 calls, which mean the same as others under other numbers. */
#define X32_BIT UINT64_C(0x40000000)

/* More than any kernel takes; a number from a program that may be wrong. */
#define MOST_SEGMENTS 1024
#define MOST_CMDLINE 65536
#define MOST_TASKS 16

#define OPTIONS (PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | \
		 PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

/* struct kexec_segment of 64-bit kernels. */
struct segment {
	uint64_t buf, bufsz, mem, memsz;
};

struct task {
	pid_t pid; /* 0: free */
	bool in_call; /* of the three */
};

struct spy {
	pid_t child;
	bool let_through;
	const char *dump; /* NULL: none */
	FILE *record;
	struct task tasks[MOST_TASKS];
};

/* The traced ones end with this process (PTRACE_O_EXITKILL), so a failure lets no call through. */
static _Noreturn void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("spy: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(SPY_FAILED);
}

static bool file_has(const char *path, const char *text)
{
	char content[8192];
	FILE *file = fopen(path, "r");

	if (!file)
		return false;

	size_t size = fread(content, 1, sizeof(content) - 1, file);

	fclose(file);
	content[size] = 0;
	return strstr(content, text) != NULL;
}

/* Test guests boot from an initramfs, by this option (tests/vm/vm.sh); no installed system does. */
static bool may_let_through(void)
{
	return file_has("/proc/self/status", "\nSeccomp:\t2\n") || file_has("/proc/cmdline", "rdinit=/init");
}

/* The bytes of one segment or file: hashed, and dumped as they come. */
struct sink {
	struct sha256 sha;
	FILE *file;
	char *path;
};

static void sink_start(struct sink *sink, const struct spy *spy)
{
	*sink = (struct sink){ .file = NULL };
	sha256_start(&sink->sha, sha256_blocks_portable);
	if (!spy->dump)
		return;
	if (asprintf(&sink->path, "%s/part", spy->dump) < 0)
		fail("no memory");
	sink->file = fopen(sink->path, "w");
	if (!sink->file)
		fail("creating %s: %s", sink->path, strerror(errno));
}

static void sink_add(struct sink *sink, const void *data, size_t size)
{
	sha256_add(&sink->sha, data, size);
	if (sink->file && fwrite(data, 1, size, sink->file) != size)
		fail("writing %s: %s", sink->path, strerror(errno));
}

/* Bytes seen before are kept once: the name is their digest. */
static void sink_finish(struct sink *sink, const struct spy *spy)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	char hex[2 * SHA256_DIGEST_SIZE + 1], *name;

	sha256_finish(&sink->sha, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	fprintf(spy->record, " sha256 %s\n", hex);
	if (!sink->file)
		return;
	if (fclose(sink->file) != 0)
		fail("writing %s: %s", sink->path, strerror(errno));
	if (asprintf(&name, "%s/%s", spy->dump, hex) < 0)
		fail("no memory");
	if (rename(sink->path, name) != 0)
		fail("renaming %s to %s: %s", sink->path, name, strerror(errno));
	free(name);
	free(sink->path);
}

static int open_of(pid_t pid, const char *what)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);

	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("opening %s: %s", path, strerror(errno));
	return fd;
}

/* False where the program passed an address that it cannot read itself. */
static bool read_memory(int memory, uint64_t from, void *to, size_t size)
{
	uint8_t *out = to;

	while (size) {
		ssize_t got = pread(memory, out, size, (off_t)from);

		if (got <= 0)
			return false;
		out += got;
		from += (uint64_t)got;
		size -= (size_t)got;
	}
	return true;
}

static void record_bytes(const struct spy *spy, int memory, uint64_t from, uint64_t size)
{
	static uint8_t buffer[65536];
	struct sink sink;

	sink_start(&sink, spy);
	while (size) {
		size_t part = size < sizeof(buffer) ? (size_t)size : sizeof(buffer);

		if (!read_memory(memory, from, buffer, part))
			fail("a segment's buffer at 0x%" PRIx64 " cannot be read", from);
		sink_add(&sink, buffer, part);
		from += part;
		size -= part;
	}
	sink_finish(&sink, spy);
}

static void record_load(const struct spy *spy, int memory, const uint64_t args[6])
{
	fprintf(spy->record, "kexec_load entry 0x%" PRIx64 " segments %" PRIu64 " flags 0x%" PRIx64 "\n",
		args[0], args[1], args[3]);
	if (args[1] > MOST_SEGMENTS)
		fail("kexec_load with %" PRIu64 " segments", args[1]);
	for (uint64_t i = 0; i < args[1]; i++) {
		struct segment s;

		if (!read_memory(memory, args[2] + i * sizeof(s), &s, sizeof(s)))
			fail("the segments at 0x%" PRIx64 " cannot be read", args[2]);
		fprintf(spy->record, "segment mem 0x%" PRIx64 " memsz 0x%" PRIx64 " bufsz 0x%" PRIx64, s.mem,
			s.memsz, s.bufsz);
		record_bytes(spy, memory, s.buf, s.bufsz);
	}
}

static void record_file(const struct spy *spy, pid_t pid, const char *what, int number)
{
	static uint8_t buffer[65536];
	char name[32];
	struct stat status;
	struct sink sink;
	off_t at = 0;
	ssize_t got;

	if (number < 0) {
		fprintf(spy->record, "%s none\n", what);
		return;
	}
	snprintf(name, sizeof(name), "fd/%d", number);

	int fd = open_of(pid, name);

	if (fstat(fd, &status) != 0)
		fail("looking at the %s: %s", what, strerror(errno));
	fprintf(spy->record, "%s size %jd", what, (intmax_t)status.st_size);
	sink_start(&sink, spy);
	while ((got = pread(fd, buffer, sizeof(buffer), at)) > 0) {
		sink_add(&sink, buffer, (size_t)got);
		at += got;
	}
	if (got < 0)
		fail("reading the %s: %s", what, strerror(errno));
	sink_finish(&sink, spy);
	close(fd);
}

static void record_file_load(const struct spy *spy, pid_t pid, int memory, const uint64_t args[6])
{
	static char cmdline[MOST_CMDLINE];

	fprintf(spy->record, "kexec_file_load flags 0x%" PRIx64 " cmdline-size %" PRIu64 " cmdline \"",
		args[4], args[2]);
	if (args[2] > sizeof(cmdline))
		fail("kexec_file_load with a command line of %" PRIu64 " bytes", args[2]);
	if (!read_memory(memory, args[3], cmdline, (size_t)args[2]))
		fail("the command line at 0x%" PRIx64 " cannot be read", args[3]);

	/* The NUL at its end is in the size alone. */
	for (uint64_t i = 0; i < args[2] && (cmdline[i] || i + 1 < args[2]); i++) {
		char c = cmdline[i];

		if (c < ' ' || c == '"' || c == '\\' || c == 127)
			fprintf(spy->record, "\\x%02x", (unsigned int)(unsigned char)c);
		else
			fputc(c, spy->record);
	}
	fputs("\"\n", spy->record);
	record_file(spy, pid, "kernel", (int)args[0]);
	record_file(spy, pid, "initrd", (int)args[1]);
}

/* Whether it is one of the three, and then written down. */
static bool record_call(const struct spy *spy, pid_t pid, const struct __ptrace_syscall_info *info)
{
	uint64_t nr = info->entry.nr;

	if (nr != SYS_kexec_load && nr != SYS_kexec_file_load && nr != SYS_reboot)
		return false;

	const uint64_t *args = (const uint64_t *)info->entry.args;
	int memory = open_of(pid, "mem");

	if (nr == SYS_kexec_load)
		record_load(spy, memory, args);
	else if (nr == SYS_kexec_file_load)
		record_file_load(spy, pid, memory, args);
	else
		fprintf(spy->record, "reboot magic 0x%" PRIx64 " 0x%" PRIx64 " command 0x%" PRIx64 "\n",
			args[0] & UINT32_MAX, args[1] & UINT32_MAX, args[2] & UINT32_MAX);
	close(memory);
	if (fflush(spy->record) != 0)
		fail("writing the record: %s", strerror(errno));
	return true;
}

static void at_call(const struct spy *spy, struct task *task)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, sizeof(info), &info) <= 0)
		fail("PTRACE_GET_SYSCALL_INFO: %s", strerror(errno));
	if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		if (task->in_call)
			fprintf(spy->record, "result %" PRId64 "\n", (int64_t)info.exit.rval);
		task->in_call = false;
		return;
	}
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		fail("a stop that is neither entry nor exit of a system call (%d)", info.op);

	bool foreign = info.arch != THIS_ARCH;

#ifdef __x86_64__
	foreign = foreign || (info.entry.nr & X32_BIT);
#endif
	/* Calls of another architecture have other numbers. */
	if (foreign)
		fail("a system call of another architecture (0x%x)", info.arch);
	task->in_call = record_call(spy, task->pid, &info);
	if (task->in_call && (!spy->let_through || info.entry.nr == SYS_reboot)) {
		fputs("ended\n", spy->record);
		fflush(spy->record);
		kill(spy->child, SIGKILL);
		kill(task->pid, SIGKILL);
	}
}

static struct task *task_of(struct spy *spy, pid_t pid)
{
	struct task *unused = NULL;

	for (size_t i = 0; i < MOST_TASKS; i++) {
		if (spy->tasks[i].pid == pid)
			return &spy->tasks[i];
		if (spy->tasks[i].pid == 0 && !unused)
			unused = &spy->tasks[i];
	}
	if (!unused)
		fail("the program has more than %d tasks", MOST_TASKS);
	*unused = (struct task){ .pid = pid };
	return unused;
}

/* A stop of a traced task: what to do about it, and the signal to go on with. */
static int at_stop(struct spy *spy, pid_t pid, int status)
{
	bool is_new = true;

	for (size_t i = 0; i < MOST_TASKS; i++)
		is_new = is_new && spy->tasks[i].pid != pid;

	struct task *task = task_of(spy, pid);
	int signal = WSTOPSIG(status);

	if (signal == (SIGTRAP | 0x80)) {
		at_call(spy, task);
		return 0;
	}
	if (status >> 16)
		return 0;
	return is_new && signal == SIGSTOP ? 0 : signal;
}

static int watch(struct spy *spy)
{
	int code = SPY_FAILED;

	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == ECHILD)
			return code;
		if (pid < 0)
			fail("waitpid: %s", strerror(errno));
		if (!WIFSTOPPED(status)) {
			task_of(spy, pid)->pid = 0;
			if (pid == spy->child)
				code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			continue;
		}

		int signal = at_stop(spy, pid, status);

		/* ESRCH: killed above, or by somebody else, since. */
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)signal) != 0 && errno != ESRCH)
			fail("PTRACE_SYSCALL: %s", strerror(errno));
	}
}

static void start(struct spy *spy, char **argv)
{
	int status;

	spy->child = fork();
	if (spy->child < 0)
		fail("fork: %s", strerror(errno));
	if (spy->child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(SPY_FAILED);
		raise(SIGSTOP);
		execv(argv[0], argv);
		fprintf(stderr, "spy: %s: %s\n", argv[0], strerror(errno));
		_exit(SPY_FAILED);
	}
	if (waitpid(spy->child, &status, 0) != spy->child || !WIFSTOPPED(status))
		fail("the program could not be traced");
	if (ptrace(PTRACE_SETOPTIONS, spy->child, NULL, (void *)(intptr_t)OPTIONS) != 0)
		fail("PTRACE_SETOPTIONS: %s", strerror(errno));
	task_of(spy, spy->child);
	if (ptrace(PTRACE_SYSCALL, spy->child, NULL, NULL) != 0)
		fail("PTRACE_SYSCALL: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	struct spy spy = { .record = NULL };
	const char *record = "/dev/stdout";
	int i = 1;

	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--let-through") == 0)
			spy.let_through = true;
		else if (strcmp(argv[i], "--record") == 0 && i + 1 < argc)
			record = argv[++i];
		else if (strcmp(argv[i], "--dump") == 0 && i + 1 < argc)
			spy.dump = argv[++i];
		else
			fail("unknown option %s", argv[i]);
	}
	if (i == argc)
		fail("usage: spy [--let-through] [--record FILE] [--dump DIRECTORY] PROGRAM [ARGUMENT]...");
	if (spy.let_through && !may_let_through())
		fail("--let-through is for test guests, or below a seccomp filter, and this is neither");
	spy.record = fopen(record, "we");
	if (!spy.record)
		fail("creating %s: %s", record, strerror(errno));
	start(&spy, argv + i);

	int code = watch(&spy);

	if (fclose(spy.record) != 0)
		fail("writing %s: %s", record, strerror(errno));
	return code;
}
