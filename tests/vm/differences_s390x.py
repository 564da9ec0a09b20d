# SPDX-License-Identifier: GPL-2.0-only
"""How this kexec differs from kexec-tools 2.0.25 on s390x, and why; for compare_loads.py.

Each: names of argument lists; (aspect, what the reference has, what ours has)...; the reason. Names and values are
shell patterns. Everything here must occur, or it is to be taken out.
"""
DIFFERENCES = [
    # What a load is made of.
    ("normal* auto-last-counts no-mode force*",
     [("entry", "0x10000", "purgatory")],
     "a normal kernel is verified before it starts, too, which takes a purgatory; then it starts at 0x10000"),
    ("default",
     [("calls", "kexec_load load normal 0", "kexec_file_load load normal 0")],
     "since 2.0.27 kexec-tools takes -a by default, where kexec_file_load(2) goes first"),
    ("crash-auto",
     [("calls", "kexec_file_load load crash 0", "kexec_load load crash 0")],
     "only kexec_load(2) can carry meminfo, so on s390x it goes first for crash kernels"),
    ("normal-append-reuse",
     [("command line", "* crashkernel=48M", "* crashkernel=48M x=1 y=2")],
     "the reference forgets the text that stands before --reuse-cmdline; here order has no meaning"),
    ("crash-reuse",
     [("command line", "* rdinit=/init ", "* rdinit=/init")],
     "blanks around a word that is left out go with it"),
    ("crash-reuse-append",
     [("command line", "* rdinit=/init  maxcpus=1", "* rdinit=/init maxcpus=1")],
     "blanks around a word that is left out go with it"),
    ("normal-two-initrds",
     [("initrd", "5000 bytes", "107400 bytes"), ("initrd size", "0x1388", "0x1a388"),
      ("memory", "* 0x800000-0x802000", "* 0x800000-0x81b000")],
     "the reference takes the last initrd, this one all of them, each beginning at a page"),

    # What is loaded here and not by the reference.
    ("normal-ramdisk option-of-others",
     [("exit code", "1", "0"), ("kexec_loaded", "0", "1"), ("calls", "", "kexec_load load normal 0")],
     "options of kexec-tools on other architectures are known, or ignored with a warning: scripts can pass the same "
     "ones everywhere"),
    ("normal-gzip",
     [("exit code", "139", "0"), ("kexec_loaded", "0", "1"), ("calls", "", "kexec_load load normal 0")],
     "packed kernels are unpacked; the reference takes the packed bytes for a kernel and ends by SIGSEGV"),

    # What the reference loads and this one does not.
    ("short-kernel other-file",
     [("exit code", "0", "255"), ("kexec_loaded", "1", "0"), ("calls", "kexec_load load normal 0", "")],
     "the reference takes any file for a kernel; one that cannot be started is refused here"),
    ("two-kernels",
     [("exit code", "0", "1"), ("kexec_loaded", "1", "0"), ("calls", "kexec_load load normal 0", "")],
     "the reference ignores a second file name; what was meant is not known, so it is an error here"),

    # Starting and unloading.
    ("exec-force",
     [("exit code", "255", "137"), ("calls", "", "reboot *")],
     "-e -f without a kernel is -e (137: spy ends the program at the call to reboot)"),
    ("unload-nothing unload unload-one",
     [("calls", "kexec_load unload normal 0", "kexec_file_load unload normal 0")],
     "both calls unload the same kernel, and that for files is allowed under lockdown, too"),
    ("unload-nothing-crash unload-crash unload-crash-other-way unload-one-crash",
     [("calls", "kexec_load unload crash 0", "kexec_file_load unload crash 0")],
     "both calls unload the same kernel, and that for files is allowed under lockdown, too"),
    ("unload-crash-other-way",
     [("exit code", "255", "0")],
     "order has no meaning: -u -p is -p -u. The reference unloads, too, but then demands a kernel to load"),

    # Exit codes, and calls that fail.
    ("missing-kernel-default missing-kernel-crash missing-initrd-crash crash-failed-again",
     [("exit code", "1", "255")],
     "since 2.0.27 kexec-tools takes -a by default, where a missing file gives 255; with -c it is 1 for both"),
    ("empty-kernel empty-initrd",
     [("exit code", "1", "255")],
     "a file that is damaged or of no known format is 255 here, an empty one included"),
    ("long-text-file",
     [("calls", "kexec_file_load load normal -22", "")],
     "the length is checked before the kernel is asked"),

    # Texts.
    ("option-unknown option-of-others option-without-value option-ambiguous* number-wrong entry-wrong normal-ramdisk "
     "no-kernel* no-mode-no-kernel exec-force unload-crash-other-way",
     [("stdout", "kexec-tools 2.0.25*Usage: *", "")],
     "an error is one message on standard error, without a page of usage on standard output"),
    ("version*",
     [("stdout", "kexec-tools 2.0.25*", "kexec-tools 2.0.32 compatible *")],
     "the version is another"),
    ("help*",
     [("stdout", "kexec-tools 2.0.25*Usage: *", "Usage: *")],
     "the help lists the options of this program"),
]
