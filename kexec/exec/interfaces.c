/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network interfaces down before the jump: a device that goes on receiving writes into memory that the new
 * kernel believes to be its own.
 */
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exec.h"

/* Any family serves for the ioctl; a kernel may lack each of them. */
static int any_socket(void)
{
	static const int families[] = { AF_NETLINK, AF_INET, AF_INET6 };
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < sizeof(families) / sizeof(families[0]); i++)
		fd = socket(families[i], SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd;
}

static void down(int fd, const char *name)
{
	struct ifreq request = { .ifr_flags = 0 };

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0 || !(request.ifr_flags & IFF_UP))
		return;
	request.ifr_flags &= (short)~IFF_UP;
	ioctl(fd, SIOCSIFFLAGS, &request);
}

void exec_interfaces_down(void)
{
	int fd = any_socket();
	struct if_nameindex *list = fd < 0 ? NULL : if_nameindex();

	/* Names with a colon are aliases, which go down with their interface. */
	for (const struct if_nameindex *i = list; i && i->if_name; i++) {
		if (strcmp(i->if_name, "lo") != 0 && !strchr(i->if_name, ':'))
			down(fd, i->if_name);
	}
	if (list)
		if_freenameindex(list);
	if (fd >= 0)
		close(fd);
}
