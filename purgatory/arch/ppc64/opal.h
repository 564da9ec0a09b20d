/* SPDX-License-Identifier: GPL-2.0-only */
/* skiboot, include/opal-api.h and doc/opal-api: tokens, and the return codes that say "later". */
#ifndef PURGATORY_PPC64_OPAL_H
#define PURGATORY_PPC64_OPAL_H

enum {
	OPAL_CONSOLE_WRITE = 1,
	OPAL_CEC_REBOOT = 6,
	OPAL_POLL_EVENTS = 10,
	OPAL_CONSOLE_FLUSH = 117, /* skiboot before 5.2 does not have it */
};

enum {
	OPAL_SUCCESS = 0,
	OPAL_BUSY = -2,
	OPAL_PARTIAL = -3,
	OPAL_BUSY_EVENT = -12,
};

#endif
