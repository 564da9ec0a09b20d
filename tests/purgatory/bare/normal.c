/* SPDX-License-Identifier: GPL-2.0-only */
/* The entry of kexec -e: a reset (diagnose 308 subcode 0) that begins with the short PSW at absolute 0. */
#include "bare.h"

static struct placed placed;

void test(void)
{
	struct psw *program_new = (struct psw *)at(0x1d0);

	place(&placed, 0);
#ifdef DAMAGE
	DAMAGE;
#endif
	check(placed.entry < UINT64_C(0x80000000));
	*program_new = (struct psw){ UINT64_C(0x0002000180000000), BARE_PROGRAM_CHECK };
	write64(0, UINT64_C(0x0008000080000000) | placed.entry);
	keep_low();
	for (unsigned int i = 0; i < 16; i++)
		call_purgatory_in[i] = UINT64_C(0xdeadbeef00000001) * (i + 3);
	__asm__ volatile("lghi %%r0,0\n"
			 "lghi %%r1,0\n"
			 "diag %%r0,%%r1,0x308\n"
			 :
			 :
			 : "0", "1", "memory");
	check(!"the machine was not reset");
}

void arrived(void)
{
	uint64_t code = (uint64_t)(next_kernel_end - next_kernel);

	/*
	 * 31-bit addresses, nothing enabled; and what is there after a reset and short PSW: all registers 0.
	 */
	check(read64(0xd80) == UINT64_C(0x0000000080000000));
	for (unsigned int i = 0; i < 16; i++)
		check(read64(0xd00 + 8 * i) == 0);
	check(get_prefix() == 0);

	/* The short PSW at 0 is now the next kernel's, the rest of memory is as it was loaded. */
	check(read64(0) == UINT64_C(0x0008000080010000));
	check(memcmp(at(8), at(KEPT + 8), 0xd00 - 8) == 0);
	check(memcmp(at(0xd88), at(KEPT + 0xd88), 0x2000 - 0xd88) == 0);
	check(filled(0x2000, (uint64_t)(uintptr_t)placed.purgatory - 0x2000, SEED_LOW));
	check(filled(0x10000 + code, 0x33000 - code, SEED_HIGH));
	check(filled(0x43000, 0x100123 - 0x43000, SEED_LOW));
	check(filled(0x100123, 0x2345f, SEED_HIGH));
	check(raw32_get(placed.params->result, ORDER_BIG) == PURGATORY_RESULT_INTACT);
}
