/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put before every source of a purgatory (-include). -fvisibility=hidden speaks of definitions only: a
 * declaration would still be reached through the global offset table, whose absolute addresses nobody
 * relocates.
 */
#pragma GCC visibility push(hidden)
