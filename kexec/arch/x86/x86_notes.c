/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/arch/x86/x86_notes.h"

#include <string.h>

#include "bytes.h"
#include "config.h"
#include "range.h"

struct block {
	struct le32 signature, size;
	struct le16 checksum; /* of the whole block, as in IP headers */
	struct le16 count;
};

struct note {
	struct le32 name_size, text_size, type;
};

enum {
	NOTE_LOADER_NAME = 2,
	NOTE_LOADER_VERSION = 3,
	NOTE_CMDLINE = 4,
};

static uint64_t size_of(const char *text)
{
	return sizeof(struct note) + align_up(strlen(text) + 1, 4);
}

static uint8_t *put(uint8_t *at, uint32_t type, const char *text)
{
	const struct note note = { .text_size = le32_make((uint32_t)strlen(text) + 1), .type = le32_make(type) };

	memcpy(at, &note, sizeof(note));
	memcpy(at + sizeof(note), text, strlen(text));
	return at + size_of(text);
}

/* RFC 1071. size: even. */
static uint16_t checksum(const uint8_t *bytes, size_t size)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < size; i += 2)
		sum += (uint64_t)bytes[i] | (uint64_t)bytes[i + 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

struct blob x86_notes_make(struct arena *arena, const char *cmdline)
{
	static const char name[] = "kexec", version[] = PACKAGE_VERSION;
	size_t size = (size_t)(sizeof(struct block) + size_of(name) + size_of(version) + size_of(cmdline));
	uint8_t *bytes = arena_alloc(arena, size), *at = bytes + sizeof(struct block);
	struct block block = {
		.signature = le32_make(X86_NOTES_MAGIC),
		.size = le32_make((uint32_t)size),
		.count = le16_make(3),
	};

	at = put(at, NOTE_LOADER_NAME, name);
	at = put(at, NOTE_LOADER_VERSION, version);
	put(at, NOTE_CMDLINE, cmdline);
	memcpy(bytes, &block, sizeof(block));
	block.checksum = le16_make(checksum(bytes, size));
	memcpy(bytes, &block, sizeof(block));
	return (struct blob){ bytes, size };
}
