# SPDX-License-Identifier: GPL-2.0-only
"""Seeds for tests/fuzz/fuzz_conf.c: configurations, good and bent, into FIXTURES/corpus/conf."""
import os
import random
import sys

from corpus import bent

VALUES = {
    "Load": {
        "Kernel": ("auto", "/boot/vmlinuz-6.1.0", "vmlinuz", ""),
        "Initrd": ("auto", "normal", "none", "/srv/rd", "rd"),
        "CommandLine": ("root=/dev/sda1 ro", 'a="b c" -- single', '"', ""),
        "CommandLineAppend": ("console=ttyS0 \\\n# c\n\tearlycon", "nr_cpus=1", "a\\\\", "x \\ \\\n", "-- x", ""),
        "CommandLineRemove": ("quiet splash", "'a' \"b\"", "a=b", "''", ""),
        "Syscall": ("auto", "kexec_load", "kexec_file_load", "load"),
        "KexecArguments": ("-d --mem-max=1G", "'--module=/a b' \"--type=\\\"\"", "-e", "--exec", "\\", ""),
    },
    "Save": {
        "Target": ("/var/crash", "nfs://[fe80::1%eth0]:2049/x", "ssh://me@host:22/x//", "raw:/dev/sdb", "/../"),
        "MountOptions": ("noatime,soft", "a b"),
        "Network": ("ip=dhcp", 'ip="'),
        "SshKey": ("/root/key", "key"),
        "SshKnownHosts": ("/root/hosts", "~"),
        "Level": ("31", "1, 31", "32", ",".join("1" * 33)),
        "Compress": ("zstd:-7", "zlib:9", "none", "zstd:99", "lzo"),
        "Format": ("kdump", "elf", "raw"),
        "Threads": ("0", "1024", "1025"),
        "Keep": ("5", "-1"),
        "MaxSize": ("10G", "16777215T", "16777216T", "18446744073709551616"),
        "Dmesg": ("yes", "OFF", "2"),
        "Timeout": ("90", "1h 30min", "18446744073709551615h"),
        "OnSuccess": ("poweroff", "continue", "off"),
        "OnFailure": ("shell", "halt", ""),
    },
}


def made(rng, good):
    """Some of the keys in any order; good: the first value of each only."""
    text = ["\ufeff"] if rng.randrange(8) == 0 else []
    for _ in range(rng.randrange(1, 5)):
        section = rng.choice(list(VALUES))
        text.append("[%s]\n" % (section if good or rng.randrange(6) else rng.choice(("load", "X-a", "Save", "", "["))))
        for _ in range(rng.randrange(8)):
            key = rng.choice(list(VALUES[section]))
            values = VALUES[section][key]
            value = values[0] if good else rng.choice(values)
            if not good and rng.randrange(6) == 0:
                key = rng.choice((key[:-1], key + "s", key.lower(), "X-" + key, "# " + key, "Key"))
            text.append("%s%s%s\n" % (key, rng.choice(("=", " = ")), value))
    return "".join(text).encode()


def main():
    rng = random.Random(31)
    seeds = [b"", b"\n", b"[Load]", b"\\", b"[Save]\nKeep=1\0\n", b"[Load]\nKernel=/" + b"a" * 17000]
    seeds += [made(rng, i % 3 == 0) for i in range(150)]
    seeds += [bent(seed, rng, rng.randrange(1, 5)) for seed in seeds if seed for _ in range(2)]
    folder = os.path.join(sys.argv[1], "corpus", "conf")
    os.makedirs(folder, exist_ok=True)
    for i, data in enumerate(seeds):
        with open(os.path.join(folder, "%04d" % i), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
