/* SPDX-License-Identifier: GPL-2.0-only */
/* Targets on other machines: whether they answer. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "kdump/kdump-service/save.h"
#include "kdump/kdump-service/test.h"

#define NFS_PORT 2049
#define SSH_PORT 22
#define CONNECT_MS 10000

/* 0, or why not. */
static int wait_connected(int fd)
{
	struct pollfd on = { .fd = fd, .events = POLLOUT };
	int error = 0, ready;
	socklen_t size = sizeof(error);

	do {
		ready = poll(&on, 1, CONNECT_MS);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return errno;
	if (!ready)
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

static int try_connect(const char *address, uint16_t port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	const struct be16 wire = be16_make(port);
	bool is_six = inet_pton(AF_INET6, address, &six.sin6_addr) == 1;
	const struct sockaddr *to = is_six ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
	int fd, result;

	if (!is_six && inet_pton(AF_INET, address, &four.sin_addr) != 1)
		return EADDRNOTAVAIL;
	memcpy(&six.sin6_port, &wire, sizeof(wire));
	memcpy(&four.sin_port, &wire, sizeof(wire));
	fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	if (connect(fd, to, is_six ? sizeof(six) : sizeof(four)) == 0)
		result = 0;
	else
		result = errno == EINPROGRESS ? wait_connected(fd) : errno;
	close(fd);
	return result;
}

/* Addresses, one a line. getent(1) asks what this machine is configured to ask, and can be ended where that hangs. */
static bool find_addresses(struct test *test, const char *host, const char **addresses)
{
	const char *arguments[] = { "getent", "ahosts", "--", host, NULL };
	const char *errors;

	if (test_run(test, arguments, addresses, &errors) && **addresses)
		return true;
	test_fail(test, "target: the name %s has no address here (getent ahosts)", host);
	return false;
}

static bool test_reach(struct test *test, const char *host, uint16_t port)
{
	struct arena *arena = test->status.service->arena;
	const char *addresses, *last = "";
	int error = EHOSTUNREACH;

	if (!find_addresses(test, host, &addresses))
		return false;
	while (*addresses) {
		size_t length = strcspn(addresses, " \t\n");
		const char *address = arena_strndup(arena, addresses, length);

		/* Each is there for every type of socket. */
		if (strcmp(address, last) != 0)
			error = try_connect(address, port);
		last = address;
		if (!error) {
			test_ok(test, "target: %s (%s) answers on port %u", host, address, port);
			return true;
		}
		addresses += strcspn(addresses, "\n");
		addresses += *addresses == '\n';
	}
	test_fail(test, "target: %s (%s) does not answer on port %u: %s", host, last, port, strerror(error));
	return false;
}

void test_nfs(struct test *test)
{
	const struct conf_target *target = &test->status.service->conf.save.target;

	if (!test_has_program(test, "mount.nfs"))
		test_warn(test,
			  "target: mount.nfs is in none of the usual folders (package nfs-common or nfs-utils)");
	if (!test_is_here(test)) {
		test_skip(test, "target: with --root %s is not asked", target->host);
		return;
	}
	if (test_reach(test, target->host, target->port ? target->port : NFS_PORT))
		test_skip(test, "target: whether %s may be mounted and written to: nothing is mounted here",
			  target->path);
}

static void test_key(struct test *test, const char *what, const char *path, bool is_secret)
{
	const char *file = test_below(test, path);
	struct stat st;

	if (!path[0])
		return;
	if (stat(file, &st) != 0)
		test_fail(test, "target: %s %s: %s", what, path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || !st.st_size)
		test_fail(test, "target: %s %s is no file with something in it", what, path);
	else if (access(file, R_OK) != 0)
		test_fail(test, "target: %s %s cannot be read: %s", what, path, strerror(errno));
	else if (is_secret && (st.st_mode & 077))
		test_fail(test,
			  "target: %s %s may be read by others (mode %04o), and ssh refuses such a key: chmod 600",
			  what, path, (unsigned int)st.st_mode & 07777);
	else
		test_ok(test, "target: %s %s", what, path);
}

static void test_login(struct test *test)
{
	const struct conf *conf = &test->status.service->conf;
	const struct conf_target *target = &conf->save.target;
	struct arena *arena = test->status.service->arena;
	const char *const *words = save_ssh_command(arena, conf, "true");
	const char *output, *errors;

	if (test_run(test, words, &output, &errors))
		test_ok(test, "target: %s lets %s in", target->host, target->user ? target->user : "root");
	else
		test_fail(test, "target: %s does not let %s in: %s", target->host,
			  target->user ? target->user : "root", errors);
}

void test_ssh(struct test *test)
{
	const struct conf *conf = &test->status.service->conf;
	const struct conf_target *target = &conf->save.target;

	test_key(test, "SshKey=", conf->save.ssh_key, true);
	test_key(test, "SshKnownHosts=", conf->save.ssh_known_hosts, false);
	if (!test_is_here(test)) {
		test_skip(test, "target: with --root %s is not asked", target->host);
		return;
	}
	if (test_reach(test, target->host, target->port ? target->port : SSH_PORT))
		test_login(test);
}
