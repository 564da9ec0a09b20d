/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Integers as bytes: the only place in the tree that knows about byte order.
 *
 * A wire layout is a struct of these types. Every type has alignment 1, so sizeof and offsetof of such a struct are
 * the layout itself, and a plain integer cannot be assigned to one by mistake: that does not compile.
 *
 *   be16 be32 be64, le16 le32 le64   the order is fixed by the format
 *   raw16 raw32 raw64                the order is a fact of the file or machine at hand; every access names it
 *
 * Self-contained and freestanding: the purgatories use it too.
 */
#ifndef BYTES_H
#define BYTES_H

#include <stdbool.h>
#include <stdint.h>

enum order {
	ORDER_LITTLE,
	ORDER_BIG,
};

struct be16 { uint8_t b[2]; };
struct be32 { uint8_t b[4]; };
struct be64 { uint8_t b[8]; };
struct le16 { uint8_t b[2]; };
struct le32 { uint8_t b[4]; };
struct le64 { uint8_t b[8]; };
struct raw16 { uint8_t b[2]; };
struct raw32 { uint8_t b[4]; };
struct raw64 { uint8_t b[8]; };

/* Spelled as single shifts, not loops: GCC and clang turn each into one load (and a swap where needed). */

static inline uint16_t be16_get(struct be16 v)
{
	return (uint16_t)(v.b[0] << 8 | v.b[1]);
}

static inline uint32_t be32_get(struct be32 v)
{
	return (uint32_t)v.b[0] << 24 | (uint32_t)v.b[1] << 16 | (uint32_t)v.b[2] << 8 | (uint32_t)v.b[3];
}

static inline uint64_t be64_get(struct be64 v)
{
	return (uint64_t)v.b[0] << 56 | (uint64_t)v.b[1] << 48 | (uint64_t)v.b[2] << 40 | (uint64_t)v.b[3] << 32 |
	       (uint64_t)v.b[4] << 24 | (uint64_t)v.b[5] << 16 | (uint64_t)v.b[6] << 8 | (uint64_t)v.b[7];
}

static inline uint16_t le16_get(struct le16 v)
{
	return (uint16_t)(v.b[1] << 8 | v.b[0]);
}

static inline uint32_t le32_get(struct le32 v)
{
	return (uint32_t)v.b[3] << 24 | (uint32_t)v.b[2] << 16 | (uint32_t)v.b[1] << 8 | (uint32_t)v.b[0];
}

static inline uint64_t le64_get(struct le64 v)
{
	return (uint64_t)v.b[7] << 56 | (uint64_t)v.b[6] << 48 | (uint64_t)v.b[5] << 40 | (uint64_t)v.b[4] << 32 |
	       (uint64_t)v.b[3] << 24 | (uint64_t)v.b[2] << 16 | (uint64_t)v.b[1] << 8 | (uint64_t)v.b[0];
}

static inline struct be16 be16_make(uint16_t v)
{
	return (struct be16){ { (uint8_t)(v >> 8), (uint8_t)v } };
}

static inline struct be32 be32_make(uint32_t v)
{
	return (struct be32){ { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v } };
}

static inline struct be64 be64_make(uint64_t v)
{
	return (struct be64){ { (uint8_t)(v >> 56), (uint8_t)(v >> 48), (uint8_t)(v >> 40), (uint8_t)(v >> 32),
				(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v } };
}

static inline struct le16 le16_make(uint16_t v)
{
	return (struct le16){ { (uint8_t)v, (uint8_t)(v >> 8) } };
}

static inline struct le32 le32_make(uint32_t v)
{
	return (struct le32){ { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) } };
}

static inline struct le64 le64_make(uint64_t v)
{
	return (struct le64){ { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24),
				(uint8_t)(v >> 32), (uint8_t)(v >> 40), (uint8_t)(v >> 48), (uint8_t)(v >> 56) } };
}

static inline uint16_t raw16_get(struct raw16 v, enum order order)
{
	return order == ORDER_BIG ? be16_get((struct be16){ { v.b[0], v.b[1] } })
				  : le16_get((struct le16){ { v.b[0], v.b[1] } });
}

static inline uint32_t raw32_get(struct raw32 v, enum order order)
{
	return order == ORDER_BIG ? be32_get((struct be32){ { v.b[0], v.b[1], v.b[2], v.b[3] } })
				  : le32_get((struct le32){ { v.b[0], v.b[1], v.b[2], v.b[3] } });
}

static inline uint64_t raw64_get(struct raw64 v, enum order order)
{
	uint64_t first = raw32_get((struct raw32){ { v.b[0], v.b[1], v.b[2], v.b[3] } }, order);
	uint64_t second = raw32_get((struct raw32){ { v.b[4], v.b[5], v.b[6], v.b[7] } }, order);

	return order == ORDER_BIG ? first << 32 | second : second << 32 | first;
}

static inline struct raw16 raw16_make(uint16_t v, enum order order)
{
	uint8_t high = (uint8_t)(v >> 8), low = (uint8_t)v;

	return order == ORDER_BIG ? (struct raw16){ { high, low } } : (struct raw16){ { low, high } };
}

static inline struct raw32 raw32_make(uint32_t v, enum order order)
{
	struct be32 be = be32_make(v);
	struct le32 le = le32_make(v);

	return order == ORDER_BIG ? (struct raw32){ { be.b[0], be.b[1], be.b[2], be.b[3] } }
				  : (struct raw32){ { le.b[0], le.b[1], le.b[2], le.b[3] } };
}

static inline struct raw64 raw64_make(uint64_t v, enum order order)
{
	struct be64 be = be64_make(v);
	struct le64 le = le64_make(v);

	return order == ORDER_BIG
		? (struct raw64){ { be.b[0], be.b[1], be.b[2], be.b[3], be.b[4], be.b[5], be.b[6], be.b[7] } }
		: (struct raw64){ { le.b[0], le.b[1], le.b[2], le.b[3], le.b[4], le.b[5], le.b[6], le.b[7] } };
}

#endif
