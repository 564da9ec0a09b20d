/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vector registers are used by one function and switched on for it alone: Linux leaves them on or off, and what is in
 * them belongs to nobody any more.
 */
#include "sha256.h"

#include "purgatory/arch/ppc64/machine.h"
#include "purgatory_abi.h"

/* Processor versions: they have vshasigma from POWER8 on, but for the other three here, which have higher numbers. */
#define PVR_POWER8E 0x4b
#define PVR_MICROWATT 0x63
#define PVR_CELL 0x70
#define PVR_PA6T 0x90

/* purgatory.lds */
extern struct purgatory_params purgatory_params;

static void blocks_vshasigma(uint32_t state[8], const uint8_t *blocks, size_t count)
{
	uint64_t msr = ppc64_read_msr();

	/* A compiler that may use vectors may keep an integer in a floating-point register, too. */
	ppc64_write_msr(msr | PPC64_MSR_VEC | PPC64_MSR_FP);
	sha256_blocks_vshasigma(state, blocks, count);
	ppc64_write_msr(msr);
}

/*
 * An instruction that is not there would end in a vector of a kernel that is gone. The loader's word is not proved yet
 * when this is asked, so the CPU's own has to agree.
 */
static bool has_vshasigma(void)
{
	uint64_t features = raw64_get(purgatory_params.handoff[PURGATORY_PPC64_CPU_FEATURES], ppc64_order());
	uint32_t version = ppc64_read_pvr() >> 16;

	return features & PURGATORY_PPC64_CPU_VSHASIGMA && version >= PVR_POWER8E && version != PVR_MICROWATT &&
	       version != PVR_CELL && version != PVR_PA6T;
}

sha256_blocks_fn *sha256_best(void)
{
	if (has_vshasigma() && sha256_known_answer(blocks_vshasigma))
		return blocks_vshasigma;
	return sha256_blocks_portable;
}
