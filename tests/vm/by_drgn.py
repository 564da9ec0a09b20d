#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""by_drgn.py DUMP VMLINUX FUNCTION: drgn reads the log, the tasks, and a backtrace with FUNCTION in it."""
import sys

import drgn
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.printk import get_dmesg

program = drgn.Program()
program.set_core_dump(sys.argv[1])
program.load_debug_info([sys.argv[2]])
tasks = sum(1 for _ in for_each_task(program))
log = get_dmesg(program)
trace = str(program.crashed_thread().stack_trace())
print(f"by_drgn: {tasks} tasks, {len(log)} bytes of log, a backtrace of {len(trace.splitlines())} frames")
if tasks < 10 or b"Kernel panic" not in log or sys.argv[3] not in trace:
    sys.exit(f"by_drgn: that is not the machine that crashed:\n{trace}")
