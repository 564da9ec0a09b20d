/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/fuzz.h"

#include "kdump/os_info_read.h"
#include "s390.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct os_info info = { 0 };
	struct os_info_fault fault = { 0, 0 };
	enum os_info_result result = os_info_read(&info, (struct blob){ data, size }, &fault);

	fuzz_demand(os_info_result_name(result)[0]);
	fuzz_demand((result == OS_INFO_SHORT) == (size < S390_OS_INFO_SIZE));
	if (result == OS_INFO_OK)
		fuzz_demand(info.major == S390_OS_INFO_MAJOR);
	else
		fuzz_demand(fault.found != fault.expected);
	return 0;
}
