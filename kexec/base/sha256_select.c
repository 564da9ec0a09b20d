/* SPDX-License-Identifier: GPL-2.0-only */
/* Which SHA-256 the machine that runs this program is best at. */
#include "sha256.h"

#if defined(__x86_64__)

#include <cpuid.h>

static void find(int *sha_ni, int *bmi2)
{
	unsigned int eax, ebx = 0, ecx = 0, edx;
	unsigned int ecx1 = 0;

	/* SDM volume 2, CPUID: leaf 1 ECX 9 SSSE3 and 19 SSE4.1; leaf 7 EBX 3 BMI1, 8 BMI2, 29 SHA. */
	if (!__get_cpuid(1, &eax, &ebx, &ecx1, &edx) || !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
		ebx = 0;
	*sha_ni = (ebx & 1u << 29) && (ecx1 & 1u << 9) && (ecx1 & 1u << 19);
	*bmi2 = (ebx & 1u << 3) && (ebx & 1u << 8);
}

static unsigned int particular(struct sha256_choice *choices)
{
	unsigned int count = 0;
	int sha_ni, bmi2;

	find(&sha_ni, &bmi2);
	if (sha_ni)
		choices[count++] = (struct sha256_choice){ "SHA-NI", sha256_blocks_sha_ni };
	if (bmi2)
		choices[count++] = (struct sha256_choice){ "BMI2", sha256_blocks_bmi2 };
	return count;
}

#elif defined(__s390x__)

static unsigned int particular(struct sha256_choice *choices)
{
	if (!sha256_cpacf_present())
		return 0;
	choices[0] = (struct sha256_choice){ "CPACF", sha256_blocks_cpacf };
	return 1;
}

#elif defined(__powerpc64__)

#include <sys/auxv.h>

/* Linux, arch/powerpc/include/uapi/asm/cputable.h: Altivec; vector instructions for cryptography of ISA 2.07. */
#define PPC_HWCAP_ALTIVEC 0x10000000ul
#define PPC_HWCAP2_VEC_CRYPTO 0x02000000ul

static unsigned int particular(struct sha256_choice *choices)
{
	if (!(getauxval(AT_HWCAP) & PPC_HWCAP_ALTIVEC) || !(getauxval(AT_HWCAP2) & PPC_HWCAP2_VEC_CRYPTO))
		return 0;
	choices[0] = (struct sha256_choice){ "vshasigma", sha256_blocks_vshasigma };
	return 1;
}

#else

static unsigned int particular(struct sha256_choice *choices)
{
	(void)choices;
	return 0;
}

#endif

struct sha256_choice sha256_choice(unsigned int index)
{
	struct sha256_choice choices[4] = { { 0 } };
	unsigned int count = particular(choices);

	choices[count] = (struct sha256_choice){ "portable", sha256_blocks_portable };
	return index <= count ? choices[index] : (struct sha256_choice){ 0 };
}

sha256_blocks_fn *sha256_best(void)
{
	for (unsigned int i = 0;; i++) {
		sha256_blocks_fn *blocks = sha256_choice(i).blocks;

		if (blocks == sha256_blocks_portable || sha256_known_answer(blocks))
			return blocks;
	}
}
