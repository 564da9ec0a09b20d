/* SPDX-License-Identifier: GPL-2.0-only */
#include "purgatory/arch/s390/refuse.h"

#include "bytes.h"
#include "purgatory/arch/s390/machine.h"
#include "purgatory/arch/s390/sclp.h"
#include "purgatory/mem.h"
#include "purgatory/refusal.h"

#define ROLE_MOST 0x3f

/* Diagnose 308 subcode 3: clear, and load from the device (or by the parameters) of the last load. */
#define DIAGNOSE_308_LOAD_CLEAR 3

static uint8_t kept_lowcore[S390_LOWCORE_ASSIGNED];

static struct s390_psw wait_psw(uint64_t code)
{
	return (struct s390_psw){ S390_PSW_64BIT | S390_PSW_WAIT, code };
}

void s390_take_lowcore(void)
{
	struct s390_psw *program_new = s390_at(S390_LOWCORE_PROGRAM_NEW_PSW);
	uint64_t cr0 = s390_read_cr0();

	/* What lies there belongs to the kernel of before: a program check would go astray in its memory. */
	memcpy(kept_lowcore, s390_at(0), sizeof(kept_lowcore));
	s390_write_cr0(cr0 & ~S390_CR0_LOW_ADDRESS_PROTECTION);
	*program_new = wait_psw(PURGATORY_S390_WAIT_PROGRAM_CHECK);
	s390_write_cr0(cr0);
}

void s390_give_lowcore_back(void)
{
	uint64_t cr0 = s390_read_cr0();

	s390_write_cr0(cr0 & ~S390_CR0_LOW_ADDRESS_PROTECTION);
	memcpy(s390_at(0), kept_lowcore, sizeof(kept_lowcore));
	s390_write_cr0(cr0);
}

static void say(const struct purgatory_verdict *verdict)
{
	struct line line = { .length = 0 };

	refusal_add_reason(&line, verdict);
	sclp_print_line(line.text, line.length);
}

static uint64_t wait_code(const struct purgatory_verdict *verdict)
{
	switch (verdict->result) {
	case PURGATORY_RESULT_REGION_DAMAGED:
		return PURGATORY_S390_WAIT_REGION + (verdict->role < ROLE_MOST ? verdict->role : ROLE_MOST);
	case PURGATORY_RESULT_TABLE_DAMAGED:
		return PURGATORY_S390_WAIT_TABLE;
	default:
		return PURGATORY_S390_WAIT_MALFORMED;
	}
}

/* Returns where the machine refuses, by condition code or by a specification exception. */
static void load_machine_anew(void)
{
	struct s390_psw *program_new = s390_at(S390_LOWCORE_PROGRAM_NEW_PSW);
	register uint64_t parameters __asm__("0") = 0;
	register uint64_t subcode __asm__("2") = DIAGNOSE_308_LOAD_CLEAR;
	register uint64_t response __asm__("1") = 0;
	uint64_t address;

	program_new->mask = S390_PSW_64BIT;
	__asm__ volatile("larl %[address],0f\n"
			 "stg %[address],8(%[program_new])\n"
			 "diag %[parameters],%[subcode],0x308\n"
			 "0:\n"
			 : [address] "=&d"(address), [parameters] "+d"(parameters), "+d"(response)
			 : [subcode] "d"(subcode), [program_new] "a"(program_new)
			 : "cc", "memory");
}

void s390_refuse(const struct purgatory_params *params, struct purgatory_verdict verdict)
{
	uint64_t code = wait_code(&verdict);
	uint64_t cr0 = s390_read_cr0();

	s390_write_cr0(cr0 & ~S390_CR0_LOW_ADDRESS_PROTECTION);
	say(&verdict);
	if (raw32_get(params->on_corruption, ORDER_BIG) == PURGATORY_ON_CORRUPTION_REBOOT) {
		load_machine_anew();
		code = PURGATORY_S390_WAIT_NO_REBOOT;
	}
	s390_give_lowcore_back();
	s390_write_cr0(cr0);
	s390_load_psw(wait_psw(code));
}
