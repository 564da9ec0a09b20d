/* SPDX-License-Identifier: GPL-2.0-only */
#include "sha256.h"

sha256_blocks_fn *sha256_best(void)
{
	if (sha256_cpacf_present() && sha256_known_answer(sha256_blocks_cpacf))
		return sha256_blocks_cpacf;
	return sha256_blocks_portable;
}
