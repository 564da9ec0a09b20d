#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# dracut waits for this: a dump that is there is saved before anything else.
[ ! -e /proc/vmcore ] || [ -e /run/kdump/begun ]
