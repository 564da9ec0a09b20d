/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/exec/refused.h"

#include <errno.h>
#include <string.h>

static bool is_denial(int errnum)
{
	return errnum == EPERM || errnum == EACCES || errnum == EKEYREJECTED || errnum == ENOKEY ||
	       errnum == EKEYEXPIRED || errnum == EKEYREVOKED || errnum == EBADMSG || errnum == ENOPKG ||
	       errnum == ELIBBAD || errnum == ENODATA;
}

bool refused_set(struct err *err, int errnum, const char *call, const struct refusal *known, size_t count)
{
	const char *meaning = NULL;

	for (size_t i = 0; i < count && !meaning; i++) {
		if (known[i].errnum == errnum)
			meaning = known[i].meaning;
	}
	err_set(err, is_denial(errnum) ? ERR_DENIED : ERR_SYSTEM, "%s failed: %s%s%s%s", call,
		strerror(errnum), meaning ? " (" : "", meaning ? meaning : "", meaning ? ")" : "");
	err->errnum = errnum;
	return false;
}
