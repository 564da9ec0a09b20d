#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# embed.sh "ARCH..." DIR: C source with DIR/ARCH.bin for each architecture, size 0 where that file is not there.
set -e
echo '/* SPDX-License-Identifier: GPL-2.0-only */'
echo '/* Made by purgatory/embed.sh. */'
echo '#include "purgatory_blobs.h"'
for arch in $1; do
	echo
	if [ -e "$2/$arch.bin" ]; then
		echo "static const uint8_t bytes_${arch}[] = {"
		od -An -v -tx1 "$2/$arch.bin" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
		echo '};'
		echo
		echo "struct blob purgatory_blob_$arch(void)"
		echo '{'
		printf '\treturn (struct blob){ bytes_%s, sizeof(bytes_%s) };\n' "$arch" "$arch"
		echo '}'
	else
		echo "struct blob purgatory_blob_$arch(void)"
		echo '{'
		printf '\treturn (struct blob){ 0 };\n'
		echo '}'
	fi
done
