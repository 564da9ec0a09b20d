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

/* Whether the interface was changed. */
static bool set_up(int fd, const char *name, bool up)
{
	struct ifreq request = { .ifr_flags = 0 };

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0 || !(request.ifr_flags & IFF_UP) == !up)
		return false;
	request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
	return ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

static size_t length_of(const struct if_nameindex *list)
{
	size_t length = 0;

	while (list && list[length].if_name)
		length++;
	return length;
}

void exec_interfaces_down(struct exec_interfaces *taken, struct arena *arena)
{
	int fd = any_socket();
	struct if_nameindex *list = fd < 0 ? NULL : if_nameindex();
	size_t length = length_of(list);

	*taken = (struct exec_interfaces){ .arena = arena, .names = arena_array(arena, length, sizeof(char *)) };

	/* Names with a colon are aliases, which go down with their interface. */
	for (size_t i = 0; i < length; i++) {
		const char *name = list[i].if_name;

		if (strcmp(name, "lo") != 0 && !strchr(name, ':') && set_up(fd, name, false))
			taken->names[taken->count++] = arena_strdup(arena, name);
	}
	if (list)
		if_freenameindex(list);
	if (fd >= 0)
		close(fd);
}

bool exec_interfaces_up(const struct exec_interfaces *taken)
{
	int fd = any_socket();
	bool all = true;

	/* In the order in which they were found: one that lies on another has the higher number. */
	for (size_t i = 0; i < taken->count; i++)
		all = fd >= 0 && set_up(fd, taken->names[i], true) && all;
	if (fd >= 0)
		close(fd);
	return all;
}
