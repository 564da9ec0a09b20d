# SPDX-License-Identifier: GPL-2.0-only
"""How this kexec differs from kexec-tools 2.0.29 on ppc64le, and why; for compare_loads.py.

Each: names of argument lists; (aspect, what the reference has, what ours has)...; the reason. Names and values are
shell patterns. Everything here must occur, or it is to be taken out.
"""
DIFFERENCES = [
]
