/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for what the target needs: drivers of disks and of networks take their time after a boot. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kdump/kdump-service/save.h"

#define STEP_MS 200
#define PROBE_EVERY 5 /* steps */
#define SAY_AFTER_MS 3000
#define CONNECT_MS 5000

struct wait {
	int64_t begin, end;
	unsigned int step;
	bool said;
};

static struct wait wait_begin(const struct saving *saving)
{
	int64_t now = service_now_ms();
	/* A day is for ever here, and cannot overflow. */
	uint64_t seconds = saving->conf->save.timeout > 86400 ? 86400 : saving->conf->save.timeout;

	save_step(saving, (unsigned int)seconds, "waiting for the target");
	return (struct wait){ .begin = now, .end = now + (int64_t)seconds * 1000 };
}

/* False at the end of it. */
static bool wait_more(struct wait *wait, const struct saving *saving, const char *what)
{
	struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	int64_t now = service_now_ms();

	if (now >= wait->end)
		return false;
	if (!wait->said && now - wait->begin >= SAY_AFTER_MS) {
		service_say("waiting for %s, up to %llu s", what, (unsigned long long)saving->conf->save.timeout);
		wait->said = true;
	}
	nanosleep(&step, NULL);
	wait->step++;
	return true;
}

static bool is_block(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISBLK(st.st_mode);
}

static bool folder_is_empty(const char *path)
{
	DIR *folder = opendir(path);
	bool empty = true;

	for (struct dirent *entry; folder && empty && (entry = readdir(folder));)
		empty = entry->d_name[0] == '.';
	if (folder)
		closedir(folder);
	return empty;
}

/* Memory disks and the like have no dump of an earlier kernel's world. */
static bool is_disk(const char *name)
{
	static const char *const others[] = { "ram", "loop", "zram", "sr", "fd", "nbd" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strncmp(name, others[i], strlen(others[i])) == 0)
			return false;
	return true;
}

static bool has_uuid(const char *path, const char *uuid)
{
	uint8_t head[PLACE_PROBE_SIZE];
	struct place_content content;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t got = fd >= 0 ? pread(fd, head, sizeof(head), 0) : -1;

	if (fd >= 0)
		close(fd);
	place_probe(&content, (struct blob){ head, got > 0 ? (size_t)got : 0 });
	return content.uuid[0] && strcasecmp(content.uuid, uuid) == 0;
}

/* Without udev: every disk and partition that is not part of another device is looked at. */
static const char *probe_all(struct arena *arena, const char *uuid)
{
	DIR *folder = opendir("/sys/class/block");
	const char *found = NULL;

	for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
		/* Not in the arena: this may be done for a day, where memory is short. */
		char holders[sizeof(entry->d_name) + 32], path[sizeof(entry->d_name) + 8];

		if (entry->d_name[0] == '.' || !is_disk(entry->d_name))
			continue;
		snprintf(holders, sizeof(holders), "/sys/class/block/%s/holders", entry->d_name);
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		if (folder_is_empty(holders) && has_uuid(path, uuid))
			found = arena_strdup(arena, path);
	}
	if (folder)
		closedir(folder);
	return found;
}

static const char *find_device(struct saving *saving, bool probe)
{
	const struct place *place = &saving->place;
	const char *link;

	if (place->uuid) {
		link = arena_printf(saving->arena, "/dev/disk/by-uuid/%s", place->uuid);
		if (is_block(link))
			return link;
	}
	if (place->device && is_block(place->device))
		return place->device;
	return probe && place->uuid && !place->stacked ? probe_all(saving->arena, place->uuid) : NULL;
}

static const char *devices_there(struct arena *arena)
{
	DIR *folder = opendir("/sys/class/block");
	const char *names = "";

	for (struct dirent *entry; folder && strlen(names) < 300 && (entry = readdir(folder));)
		if (entry->d_name[0] != '.' && is_disk(entry->d_name))
			names = arena_printf(arena, "%s %s", names, entry->d_name);
	if (folder)
		closedir(folder);
	return *names ? names : " none";
}

bool save_wait_device(struct saving *saving, const char **device, struct err *err)
{
	const char *what = saving->place.uuid ? saving->place.uuid : saving->place.device;
	const char *waited = arena_printf(saving->arena, "the device %s", what);
	struct wait wait = wait_begin(saving);

	do {
		*device = find_device(saving, wait.step % PROBE_EVERY == 0);
		if (*device)
			return true;
	} while (wait_more(&wait, saving, waited));
	return err_set(err, ERR_SYSTEM,
		       "the device of the target, %s%s, did not come within %llu s. Devices that are there:%s. If its driver is "
		       "not in the capture initrd, make that again (kdump-service build)",
		       saving->place.uuid ? "UUID " : "", what, (unsigned long long)saving->conf->save.timeout,
		       devices_there(saving->arena));
}

bool save_wait_name(struct saving *saving, const char *device, struct err *err)
{
	struct wait wait = wait_begin(saving);

	do {
		if (access(device, F_OK) == 0)
			return true;
	} while (wait_more(&wait, saving, device));
	return err_set(err, ERR_SYSTEM, "%s did not come within %llu s. Devices that are there:%s", device,
		       (unsigned long long)saving->conf->save.timeout, devices_there(saving->arena));
}

/* 0, or an errno. */
static int try_connect(const struct addrinfo *to)
{
	int fd = socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, to->ai_protocol);
	int result = 0;
	socklen_t size = sizeof(result);

	if (fd < 0)
		return errno;
	if (connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
		struct pollfd ready = { .fd = fd, .events = POLLOUT };

		result = errno;
		if (result == EINPROGRESS) {
			result = ETIMEDOUT;
			if (poll(&ready, 1, CONNECT_MS) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &size) != 0)
				result = errno;
		}
	}
	close(fd);
	return result;
}

static bool try_host(struct saving *saving, const char *port, const char **address, bool *ipv6, struct err *err)
{
	const char *host = saving->conf->save.target.host;
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	char text[NI_MAXHOST];
	int problem = getaddrinfo(host, port, &hints, &list);

	if (problem)
		return err_set(err, ERR_SYSTEM, "the name %s has no address: %s", host,
			       problem == EAI_SYSTEM ? strerror(errno) : gai_strerror(problem));
	problem = EADDRNOTAVAIL;
	for (const struct addrinfo *one = list; one && problem; one = one->ai_next) {
		problem = try_connect(one);
		if (problem ||
		    getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
			continue;
		*address = arena_strdup(saving->arena, text);
		*ipv6 = one->ai_family == AF_INET6;
	}
	freeaddrinfo(list);
	if (problem || !*address)
		return err_system(err, problem ? problem : EADDRNOTAVAIL, "%s does not answer on port %s", host, port);
	return true;
}

void save_start_network(const struct saving *saving)
{
	const char *const words[] = { "systemctl", "start", "network-online.target", NULL };
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1 };
	uint64_t seconds = saving->conf->save.timeout;
	struct err err;
	int status;

	if (saving->has_place || access("/run/systemd/system", F_OK) != 0)
		return;
	/* 0 would be any time. */
	run.seconds = seconds == 0 ? 1 : seconds < 86400 ? (unsigned int)seconds : 86400;
	save_step(saving, run.seconds, "starting the network");
	if (!service_run(&status, NULL, saving->arena, &run, &err))
		service_warning("%s", err.text);
}

bool save_wait_host(struct saving *saving, uint16_t port, const char **address, bool *ipv6, struct err *err)
{
	const char *number = arena_printf(saving->arena, "%u", port);
	struct wait wait;

	save_start_network(saving);
	wait = wait_begin(saving);
	*address = NULL;
	*ipv6 = false;
	do {
		if (try_host(saving, number, address, ipv6, err))
			return true;
	} while (wait_more(&wait, saving, saving->conf->save.target.host));
	return err_prefix(err, "waited %llu s for the network", (unsigned long long)saving->conf->save.timeout);
}
