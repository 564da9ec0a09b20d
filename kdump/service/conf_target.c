/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * [Save] Target=. Host and user become arguments of ssh(1) and mount(8): nothing that these could take for an option
 * gets through.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "kdump/service/conf_parts.h"

#define HOST_MOST 255

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

static bool is_name(const char *text, size_t length)
{
	return length > 0 && length <= HOST_MOST && *text != '-' && *text != '.' && strspn(text, letters) >= length;
}

static bool is_ipv6(const char *text)
{
	const char *zone = strchr(text, '%');
	size_t length = zone ? (size_t)(zone - text) : strlen(text);
	char address[INET6_ADDRSTRLEN];
	struct in6_addr parsed;

	if (length >= sizeof(address) || (zone && !is_name(zone + 1, strlen(zone + 1))))
		return false;
	memcpy(address, text, length);
	address[length] = 0;
	return inet_pton(AF_INET6, address, &parsed) == 1;
}

/* Down to no slash at the end, and to none twice; without ".." a path cannot leave what it seems to be below. */
static bool read_path(const char **path, struct arena *arena, const char *text, struct err *err)
{
	if (*text != '/')
		return err_set(err, ERR_USAGE, "expected an absolute path");
	if (strlen(text) >= PATH_MAX)
		return err_set(err, ERR_USAGE, "expected a path of at most %d bytes", PATH_MAX - 1);

	char *clean = arena_alloc(arena, strlen(text) + 2);
	size_t used = 0;

	while (*text) {
		text += strspn(text, "/");

		size_t length = strcspn(text, "/");

		if (length == 2 && memcmp(text, "..", 2) == 0)
			return err_set(err, ERR_USAGE, "expected a path without \"..\"");
		if (length == 0)
			break;
		if (length > 1 || *text != '.') {
			clean[used++] = '/';
			memcpy(clean + used, text, length);
			used += length;
		}
		text += length;
	}
	if (used == 0)
		clean[used++] = '/';
	clean[used] = 0;
	*path = clean;
	return true;
}

static bool read_port(uint16_t *port, const char *text, struct err *err)
{
	size_t length = strlen(text);
	unsigned long number = strtoul(text, NULL, 10);

	if (length == 0 || length > 5 || strspn(text, "0123456789") != length || number == 0 || number > UINT16_MAX)
		return err_set(err, ERR_USAGE, "expected a port from 1 to 65535 behind the host's colon");
	*port = (uint16_t)number;
	return true;
}

/* What stands between "//" and the path. */
static bool read_authority(struct conf_target *target, struct arena *arena, char *text, struct err *err)
{
	char *at = strrchr(text, '@'), *host = text, *port;

	if (at && target->kind != CONF_TARGET_SSH)
		return err_set(err, ERR_USAGE, "expected no user before the host: NFS has none");
	if (at) {
		*at = 0;
		host = at + 1;
		if (!is_name(text, strlen(text)))
			return err_set(err, ERR_USAGE,
				       "expected a user of letters, digits, \"_\", \"-\" and \".\" before the \"@\"");
		target->user = arena_strdup(arena, text);
	}
	if (*host == '[') {
		port = strchr(host, ']');
		if (!port)
			return err_set(err, ERR_USAGE, "expected \"]\" behind the IPv6 address");
		*port++ = 0;
		if (!is_ipv6(++host))
			return err_set(err, ERR_USAGE, "expected an IPv6 address in the brackets");
		if (*port && *port != ':')
			return err_set(err, ERR_USAGE,
				       "expected a colon and the port, or the path, behind the bracket");
	} else {
		port = host + strcspn(host, ":");
		if (!is_name(host, (size_t)(port - host)))
			return err_set(err, ERR_USAGE,
				       "expected a host name or an IP address behind \"//\" (IPv6 in brackets)");
	}
	if (*port) {
		if (!read_port(&target->port, port + 1, err))
			return false;
		*port = 0;
	}
	target->host = arena_strdup(arena, host);
	return true;
}

static bool read_remote(struct conf_target *target, struct arena *arena, const char *text, struct err *err)
{
	size_t length = strcspn(text, "/");

	if (!text[length])
		return err_set(err, ERR_USAGE, "expected a path behind the host");
	return read_authority(target, arena, arena_strndup(arena, text, length), err) &&
	       read_path(&target->path, arena, text + length, err);
}

bool conf_target_read(struct conf_target *target, struct arena *arena, const char *text, struct err *err)
{
	struct conf_target found = { .text = arena_strdup(arena, text) };

	if (!conf_is_text(text, strlen(text)))
		return err_set(err, ERR_USAGE, "expected a target without control characters, in UTF-8");
	if (*text == '/') {
		found.kind = CONF_TARGET_PATH;
		if (!read_path(&found.path, arena, text, err))
			return false;
	} else if (strncmp(text, "nfs://", 6) == 0) {
		found.kind = CONF_TARGET_NFS;
		if (!read_remote(&found, arena, text + 6, err))
			return false;
	} else if (strncmp(text, "ssh://", 6) == 0) {
		found.kind = CONF_TARGET_SSH;
		if (!read_remote(&found, arena, text + 6, err))
			return false;
	} else if (strncmp(text, "raw:", 4) == 0) {
		found.kind = CONF_TARGET_RAW;
		if (!read_path(&found.path, arena, text + 4, err))
			return false;
		if (strncmp(found.path, "/dev/", 5) != 0)
			return err_set(err, ERR_USAGE,
				       "expected a device below /dev behind \"raw:\", for all on it is lost");
	} else {
		return err_set(err, ERR_USAGE,
			       "expected /FOLDER, nfs://HOST/EXPORT, ssh://USER@HOST/FOLDER or raw:/dev/DEVICE");
	}
	*target = found;
	return true;
}
