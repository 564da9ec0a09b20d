#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each fuzz program over its corpus (made by tests/mk/corpus.py into FIXTURES/corpus/NAME).
set -u
bad=0
for source in "$SRCDIR"/tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	if ! ${CHECK_RUNNER:-} "$BUILDDIR/tests/fuzz/$name" "$FIXTURES/corpus/${name#fuzz_}"; then
		echo "$name failed on its corpus"
		bad=1
	fi
done
exit $bad
