# SPDX-License-Identifier: GPL-2.0-only
"""How this kexec differs from kexec-tools 2.0.29 on ppc64le, and why; for compare_loads.py.

Each: names of argument lists; (aspect, what the reference has, what ours has)...; the reason. Names and values are
shell patterns. Everything here must occur, or it is to be taken out.
"""
DIFFERENCES = [
    # The device tree.
    ("normal* crash* force",
     [("/chosen/kaslr-seed", "", "random"), ("/chosen/rng-seed", "", "random")],
     "the next kernel's random numbers are seeded, as kexec_file_load(2) does it"),
    ("normal* crash* force",
     [("/chosen/linux,memory-limit", "<*>", "")],
     "the memory limit is what the running kernel found out from its own command line: the next kernel has another"),
    ("crash*",
     [("/chosen/linux,elfcorehdr", "", "<*>")],
     "as kexec_file_load(2) does it; the command line has it, too"),
    ("crash*",
     [("/memory@0/linux,usable-memory", "<0x00 0x2fff0000 0x00 0x10000 0x00 0x00 0x00 0x2c000000>",
       "<0x00 0x00 0x00 0x2c000000 0x00 0x2fff0000 0x00 0x10000>")],
     "the same ranges in the order of addresses"),
    ("crash*",
     [("reserves of this load", "backup device tree elfcorehdr*", "backup device tree elfcorehdr* meminfo")],
     "the capture kernel leaves meminfo alone"),

    ("crash*",
     [("reserves", "0x10000-0x20000000 0x2fff0000-0x2fff082c", "0x10000-0x20000000 0x2fff0000-0x30000000")],
     "the capture kernel may use whole pages of firmware, by linux,usable-memory, and the rest of the last one belongs to "
     "the crashed kernel"),

    # Purgatory.
    ("crash*",
     [("slave block", "another", "the kernel's")],
     "purgatory sets the word that makes the kernel run where it is in the kernel alone; in the copy that other CPUs wait in "
     "nothing reads it"),
    ("crash*",
     [("hashed", "all", "all -backup")],
     "nothing is loaded into the backup: purgatory writes it after it has verified the rest"),

    # The command line.
    ("normal* crash* force",
     [("blanks around the text", "[12]", "0")],
     "no blank is put before or behind the text"),
    ("normal-dtb normal-dtb-name",
     [("command line", "", "abc")],
     "with a device tree of the user's the reference drops the command line"),
    ("normal-reuse-append",
     [("command line", "* crashkernel=192M@512M  x=1 y=2", "* crashkernel=192M@512M x=1 y=2")],
     "blanks around a word that is left out go with it"),
    ("crash-reuse",
     [("command line", "* rdinit=/init  maxcpus=1 *", "* rdinit=/init maxcpus=1 *")],
     "blanks around a word that is left out go with it"),
    ("file-reuse",
     [("command line", "* crashkernel=192M@512M  z", "* crashkernel=192M@512M z"), ("file cmdline-size", "51", "50")],
     "blanks around a word that is left out go with it"),

    # What is loaded.
    ("crash-default",
     [("calls", "kexec_file_load load crash 0", "kexec_load load crash 0"), ("kernel", "215537 bytes", "150001 bytes"),
      ("command line", "abc", "abc elfcorehdr=ADDRESS"), ("*", "", "*"), ("file *", "*", "")],
     "only kexec_load(2) can carry meminfo, so on Power it goes first for crash kernels"),
    ("normal-two-initrds crash-two-initrds",
     [("initrd", "5000 bytes", "136072 bytes")],
     "the reference takes the last initrd, this one all of them, each beginning at a page"),
    ("normal-gzip",
     [("exit code", "255", "0"), ("kexec_loaded", "0", "1"), ("calls", "", "kexec_load load normal 0")],
     "packed kernels are unpacked"),
    ("auto-gzip file-gzip",
     [("exit code", "255", "0"), ("kexec_loaded", "0", "1"), ("calls", "", "kexec_file_load load normal 0")],
     "packed kernels are unpacked"),

    # What the reference loads and this one does not.
    ("normal-entry",
     [("exit code", "0", "1"), ("kexec_loaded", "1", "0"), ("calls", "kexec_load load normal 0", "")],
     "an entry where nothing is loaded is refused"),
    ("narrow",
     [("exit code", "0", "255"), ("kexec_loaded", "1", "0"), ("calls", "kexec_load load normal 0", "")],
     "a 32-bit program is no kernel for this machine; a 32-bit zImage is, for the kernel in it is taken"),
    ("two-kernels",
     [("exit code", "0", "1"), ("kexec_loaded", "1", "0"), ("calls", "kexec_load load normal 0", "")],
     "the reference ignores a second file name; what was meant is not known, so it is an error here"),

    # Exit codes.
    ("normal-mem-max-low",
     [("exit code", "255", "1")],
     "no room is 1, as kexec-tools has it on other architectures"),
    ("unload-crash-other-way",
     [("exit code", "255", "0")],
     "order has no meaning: -u -p is -p -u. The reference unloads, too, but then demands a kernel to load"),
    ("missing-kernel-default",
     [("exit code", "1", "255")],
     "a file that cannot be opened is 255 where kexec_file_load(2) may be used, as with -s"),
    ("empty-kernel empty-initrd",
     [("exit code", "1", "255")],
     "a file that is damaged or of no known format is 255 here, an empty one included"),
    ("long-text",
     [("exit code", "134", "255")],
     "the reference writes over the end of a buffer, and is ended by it"),

    # Texts.
    ("normal* crash* force missing-initrd missing-dtb wrong-dtb narrow empty-initrd two-kernels",
     [("stdout", "Warning: append= option is not passed. Using the first kernel root partition\\n", "")],
     "standard output is for what was asked for; --dt-no-old-root and the old root= are in the manual page"),
    ("option-unknown option-without-value option-ambiguous number-wrong no-kernel unload-crash-other-way",
     [("stdout", "kexec-tools 2.0.29*Usage: *", "")],
     "an error is one message on standard error, without a page of usage on standard output"),
    ("version",
     [("stdout", "kexec-tools 2.0.29*", "kexec-tools 2.0.32 compatible *")],
     "the version is another"),
    ("help",
     [("stdout", "kexec-tools 2.0.29*Usage: *", "Usage: *")],
     "the help lists the options of this program"),
]
