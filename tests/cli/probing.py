# SPDX-License-Identifier: GPL-2.0-only
"""How much of a file a command reads: probing.py FILE COMMAND...

Empties the page cache of FILE, runs the command, and prints its page faults and how many bytes of FILE are in the cache
afterwards; -1 where the file system keeps the file in memory anyway.
"""
import ctypes
import mmap
import os
import sys


def resident(fd, size):
    libc = ctypes.CDLL(None, use_errno=True)
    view = mmap.mmap(fd, size, prot=mmap.PROT_READ | mmap.PROT_WRITE, flags=mmap.MAP_PRIVATE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(view))
    pages = (size + mmap.PAGESIZE - 1) // mmap.PAGESIZE
    state = (ctypes.c_ubyte * pages)()
    if libc.mincore(ctypes.c_void_p(start), ctypes.c_size_t(size), state) != 0:
        raise OSError(ctypes.get_errno(), "mincore")
    return sum(byte & 1 for byte in state) * mmap.PAGESIZE


def main():
    path, command = sys.argv[1], sys.argv[2:]
    fd = os.open(path, os.O_RDONLY)
    size = os.fstat(fd).st_size
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    emptied = resident(fd, size) == 0
    output = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    _, status, usage = os.wait4(os.posix_spawn(command[0], command, os.environ, file_actions=output), 0)
    if status:
        sys.exit(f"{command}: wait status {status}")
    print(usage.ru_minflt + usage.ru_majflt, resident(fd, size) if emptied else -1)


main()
