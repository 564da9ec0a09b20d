/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PURGATORY_S390_SWAP_H
#define PURGATORY_S390_SWAP_H

#include <stdint.h>

#include "purgatory_abi.h"

/*
 * From the start of the crash reservation: purgatory and meminfo lie below, the capture kernel from here on.
 */
#define S390_SWAP_FROM UINT64_C(0x10000)

/*
 * Brings the capture kernel to absolute 0 and the memory that is there into the crash reservation:
 *
 *   what was loaded at or above crash_start + 0x10000	exchanged with its place at address - crash_start
 *   the rest of [0x10000, size of the reservation)	copied up, once: nothing in the reservation there is needed
 *
 * Regions ascend, are disjoint and lie in the reservation, which begins at or above its own size. `zero` is
 * where absolute 0 is.
 */
void s390_swap(uintptr_t zero, const struct purgatory_params *params, const struct purgatory_region *regions);

/* And [0, 0x2000), the lowcore with the save area, to the start of the reservation. */
void s390_save_lowcore(uintptr_t zero, const struct purgatory_params *params);

#endif
