/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nokexec ERRNO PROGRAM [ARGUMENT]...
 *
 * Runs a program that can neither load nor start a kernel, nor take network interfaces down as kexec -e does before it
 * starts one: a seccomp filter makes kexec_load, kexec_file_load and reboot fail with ERRNO (a number), and the ioctl
 * SIOCSIFFLAGS with EPERM, whatever the privileges. Filters stay in force across exec and
 * cannot be taken off. Exit code 77, and nothing is run, where the filter cannot be installed.
 *
 * ERRNO may be L:F: one for kexec_load and reboot, one for kexec_file_load. 0 pretends success. What a program does after
 * a successful load may be to shut the system down, which no filter keeps: so 0 is taken only with -l or -p among the
 * arguments and no -e or -f, and reboot then fails with EPERM.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__s390x__)
#define THIS_ARCH AUDIT_ARCH_S390X
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define THIS_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__powerpc64__)
#define THIS_ARCH AUDIT_ARCH_PPC64
#elif defined(__riscv) && __riscv_xlen == 64
#define THIS_ARCH AUDIT_ARCH_RISCV64
#endif

#define FIELD(name) offsetof(struct seccomp_data, name)
#define LOAD(name) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(name))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))

/* Where the low 32 bits of a system call's argument lie, which is a 64-bit number of this machine. */
static const uint64_t one = 1;
#define LOW_HALF (*(const uint8_t *)&one ? 0 : 4)

/* If the accumulator is `value`, return; else go on behind both. */
#define RETURN_IF(value, result) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), RETURN(result)

static int skip(const char *why)
{
	printf("SKIP: %s\n", why);
	return 77;
}

#ifdef THIS_ARCH
static unsigned int reboot_errno(unsigned int load_errno)
{
	return load_errno ? load_errno : EPERM;
}

static int install(unsigned int load_errno, unsigned int file_errno)
{
	unsigned int load = SECCOMP_RET_ERRNO | (load_errno & SECCOMP_RET_DATA);
	unsigned int file = SECCOMP_RET_ERRNO | (file_errno & SECCOMP_RET_DATA);
	struct sock_filter filter[] = {
		LOAD(arch),
		/* Calls of another architecture have other numbers: a program that makes one is ended. */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
#ifdef __x86_64__
		/* x32 calls carry this bit and mean the same. */
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~0x40000000U),
		RETURN_IF(528, load), /* kexec_load of x32 */
#endif
		RETURN_IF(SYS_kexec_load, load),
#ifdef SYS_kexec_file_load
		RETURN_IF(SYS_kexec_file_load, file),
#endif
		RETURN_IF(SYS_reboot, SECCOMP_RET_ERRNO | (reboot_errno(load_errno) & SECCOMP_RET_DATA)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(args[1]) + LOW_HALF),
		RETURN_IF(SIOCSIFFLAGS, SECCOMP_RET_ERRNO | EPERM),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static int is_answer(long result, unsigned int wanted)
{
	return wanted ? result == -1 && errno == (int)wanted : result == 0;
}

/* Believes only what it sees: the calls must answer as ordered. The arguments are harmless even if they were
 * let through. */
static int works(unsigned int load_errno, unsigned int file_errno)
{
	errno = 0;
	if (!is_answer(syscall(SYS_kexec_load, 0UL, 0UL, NULL, ~0UL), load_errno))
		return 0;
#ifdef SYS_kexec_file_load
	errno = 0;
	if (!is_answer(syscall(SYS_kexec_file_load, -1, -1, 0UL, NULL, ~0UL), file_errno))
		return 0;
#endif
	/* lo is up or not there; either way the answer must come from the filter. */
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	errno = 0;
	if (ioctl(-1, SIOCSIFFLAGS, &request) == 0 || errno != EPERM)
		return 0;
	errno = 0;
	return syscall(SYS_reboot, 0, 0, 0, NULL) != 0 && errno == (int)reboot_errno(load_errno);
}

static int loads_only(char *const arguments[])
{
	int loads = 0;

	for (int i = 0; arguments[i]; i++) {
		if (strcmp(arguments[i], "-e") == 0 || strcmp(arguments[i], "-f") == 0)
			return 0;
		loads |= strcmp(arguments[i], "-l") == 0 || strcmp(arguments[i], "-p") == 0;
	}
	return loads;
}
#endif

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: nokexec ERRNO PROGRAM [ARGUMENT]...\n");
		return 1;
	}
#ifndef THIS_ARCH
	return skip("nokexec does not know the system calls of this architecture");
#else
	char *end;
	unsigned int load_errno = (unsigned int)strtoul(argv[1], &end, 10);
	unsigned int file_errno = *end == ':' ? (unsigned int)strtoul(end + 1, &end, 10) : load_errno;

	if (*end || end == argv[1] || ((!load_errno || !file_errno) && !loads_only(argv + 2))) {
		fprintf(stderr, "nokexec: %s is no errno\n", argv[1]);
		return 1;
	}
	if (install(load_errno, file_errno) != 0)
		return skip(
			"no seccomp filter can be installed here, so no test may come near the system calls");
	if (!works(load_errno, file_errno))
		return skip("the seccomp filter does not hold here");
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
#endif
}
