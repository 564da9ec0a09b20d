#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes ./configure from configure.ac. Needs autoconf only: no automake, no auxiliary files.
set -e
cd "$(dirname "$0")"
autoconf -f
rm -rf autom4te.cache
