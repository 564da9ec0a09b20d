/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checksum of s390's os_info and of meminfo: the 32-bit ones' complement sum of big-endian words, not
 * complemented, as the CKSM instruction computes it (Principles of Operation, SA22-7832). A tail of 1 to 3 bytes
 * counts as padded with zeros on the right. Zeros do not change it.
 */
#ifndef CKSM_H
#define CKSM_H

#include <stddef.h>
#include <stdint.h>

/* Continues from `seed` (0 to begin): parts may be summed one by one if each but the last is a multiple of 4 long. */
uint32_t cksm(const void *data, size_t size, uint32_t seed);

#endif
