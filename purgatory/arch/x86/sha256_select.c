/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SHA extensions need the registers that the kernel of before may want back after a jump back, and which
 * it has switched off. All is as before after each call; a call is as long as a segment.
 */
#include "sha256.h"

#include "purgatory/arch/x86/machine.h"

/* SDM volume 2, CPUID. */
#define LEAF_FEATURES 1
#define FEATURE_C_SSSE3 (1u << 9)
#define FEATURE_C_SSE41 (1u << 19)
#define FEATURE_D_FXSR (1u << 24)
#define LEAF_MORE_FEATURES 7
#define FEATURE_B_BMI1 (1u << 3)
#define FEATURE_B_BMI2 (1u << 8)
#define FEATURE_B_SHA (1u << 29)

struct xmm {
	uint8_t bytes[16][16];
};

struct features {
	bool sha_ni, bmi2;
};

struct question {
	sha256_blocks_fn *blocks;
	bool right;
};

static void save_xmm(struct xmm *xmm)
{
	__asm__ volatile(".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
			 "movups %%xmm\\i, \\i * 16(%0)\n"
			 ".endr"
			 :
			 : "r"(xmm)
			 : "memory");
}

static void restore_xmm(const struct xmm *xmm)
{
	__asm__ volatile(".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
			 "movups \\i * 16(%0), %%xmm\\i\n"
			 ".endr"
			 :
			 : "r"(xmm)
			 : "memory");
}

static void blocks_sha_ni(uint32_t state[8], const uint8_t *blocks, size_t count)
{
	uint64_t cr0 = x86_read_cr0(), cr4 = x86_read_cr4();
	struct xmm xmm;

	x86_write_cr0((cr0 & ~(X86_CR0_EM | X86_CR0_TS)) | X86_CR0_MP);
	x86_write_cr4(cr4 | X86_CR4_OSFXSR);
	save_xmm(&xmm);
	sha256_blocks_sha_ni(state, blocks, count);
	restore_xmm(&xmm);
	x86_write_cr4(cr4);
	x86_write_cr0(cr0);
}

static void find_features(void *argument)
{
	struct features *features = argument;
	uint32_t most = x86_read_cpuid(0).eax;

	if (most < LEAF_MORE_FEATURES)
		return;

	struct x86_cpuid first = x86_read_cpuid(LEAF_FEATURES), more = x86_read_cpuid(LEAF_MORE_FEATURES);

	features->sha_ni = (more.ebx & FEATURE_B_SHA) && (first.ecx & FEATURE_C_SSSE3) &&
			   (first.ecx & FEATURE_C_SSE41) && (first.edx & FEATURE_D_FXSR);
	features->bmi2 = (more.ebx & FEATURE_B_BMI1) && (more.ebx & FEATURE_B_BMI2);
}

static void ask(void *argument)
{
	struct question *question = argument;

	question->right = sha256_known_answer(question->blocks) != 0;
}

/* An exception may have left the control registers as blocks_sha_ni() sets them. */
static bool can_be_trusted(sha256_blocks_fn *blocks)
{
	uint64_t cr0 = x86_read_cr0(), cr4 = x86_read_cr4();
	struct question question = { blocks, false };
	bool survived = x86_guarded(ask, &question);

	if (!survived) {
		x86_write_cr4(cr4);
		x86_write_cr0(cr0);
	}
	return survived && question.right;
}

sha256_blocks_fn *sha256_best(void)
{
	struct features features = { false, false };

	x86_guarded(find_features, &features);
	if (features.sha_ni && can_be_trusted(blocks_sha_ni))
		return blocks_sha_ni;
	if (features.bmi2 && can_be_trusted(sha256_blocks_bmi2))
		return sha256_blocks_bmi2;
	return sha256_blocks_portable;
}
