#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Talks to a running virtual machine; used by tests/vm/vm.sh.

vmctl.py qmp SOCKET COMMAND [JSON]        one QMP command; prints what it returns as JSON, or text as it is
vmctl.py guest SOCKET SECONDS SCRIPT      runs SCRIPT in the guest's shell; prints its output, ends with its exit code
vmctl.py post SOCKET SECONDS SCRIPT       the same for a script that ends the guest: no answer is awaited
vmctl.py wait LOG OFFSET SECONDS PID REGEX
                                          waits until a line of LOG after byte OFFSET matches; prints the line's end
                                          offset and the line. Ends early when process PID has ended.
vmctl.py state SOCKET SECONDS STATE       waits for a run state (query-status)

Exit codes of its own, chosen to be unlike those of what runs in the guest: 124 time-out, 125 anything else.
"""
import base64
import json
import os
import re
import socket
import sys
import time

TIMEOUT, TROUBLE = 124, 125


def fail(code, text):
    print(f"vmctl: {text}", file=sys.stderr)
    sys.exit(code)


def connect(path, seconds):
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(seconds)
    try:
        link.connect(path)
    except OSError as error:
        fail(TROUBLE, f"connecting to {path}: {error}; has QEMU ended?")
    return link


class Qmp:
    def __init__(self, path, seconds=60.0):
        self.file = connect(path, seconds).makefile("rw", encoding="utf-8")
        self.read()
        self.command("qmp_capabilities")

    def read(self):
        line = self.file.readline()
        if not line:
            fail(TROUBLE, "QEMU closed its monitor")
        return json.loads(line)

    def command(self, name, arguments=None):
        request = {"execute": name}
        if arguments:
            request["arguments"] = arguments
        self.file.write(json.dumps(request) + "\n")
        self.file.flush()
        while True:
            answer = self.read()
            if "error" in answer:
                fail(TROUBLE, f"QMP {name}: {answer['error'].get('desc', answer['error'])}")
            if "return" in answer:
                return answer["return"]


def qmp(path, name, arguments="{}"):
    result = Qmp(path).command(name, json.loads(arguments))
    if isinstance(result, str):
        print(result.replace("\r\n", "\n"), end="")
    elif result:
        print(json.dumps(result))


def state(path, seconds, wanted):
    link, limit = Qmp(path), time.monotonic() + float(seconds)
    while True:
        now = link.command("query-status")["status"]
        if now == wanted:
            return
        if time.monotonic() > limit:
            fail(TIMEOUT, f"the machine is {now}, not {wanted}, after {seconds} s")
        time.sleep(0.1)


def guest(path, seconds, script, answered=True):
    """One line each way: base64 of the script; then "status length" and the output.

    QEMU holds our line back until the guest has the port open. A call that gave up leaves its answer for the next
    connection; the token tells them apart.
    """
    token = f"{os.getpid()}-{time.monotonic_ns()}"
    limit = time.monotonic() + float(seconds)
    link = connect(path, float(seconds))
    link.sendall(f"{token} {base64.b64encode(script.encode()).decode()}\n".encode())
    if not answered:
        # Closing at once could drop the line before the guest has read it.
        time.sleep(1)
        return 0
    data = b""
    header = None
    while True:
        if header is None:
            match = re.search(rb"%s (\d+) (\d+)\n" % token.encode(), data)
            if match:
                header = int(match[1]), int(match[2])
                data = data[match.end():]
        if header is not None and len(data) >= header[1]:
            break
        link.settimeout(max(0.1, limit - time.monotonic()))
        try:
            more = link.recv(65536)
        except TimeoutError:
            fail(TIMEOUT, f"no answer from the guest's shell within {seconds} s to: {script}")
        if not more:
            fail(TROUBLE, f"QEMU closed the guest's port before an answer to: {script}")
        data += more
    sys.stdout.buffer.write(data[:header[1]])
    sys.stdout.flush()
    return header[0]


def alive(pid):
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return True


def wait(log, offset, seconds, pid, regex):
    pattern, position = re.compile(regex.encode()), int(offset)
    limit = time.monotonic() + float(seconds)
    while True:
        running = alive(pid)
        with open(log, "rb") as file:
            file.seek(position)
            data = file.read()
        start = 0
        while True:
            end = data.find(b"\n", start)
            if end < 0:
                break
            line = data[start:end].rstrip(b"\r")
            if pattern.search(line):
                print(position + end + 1, line.decode("utf-8", "replace"))
                return
            start = end + 1
        position += start
        if not running:
            fail(TROUBLE, f"QEMU ended before a line matched {regex!r}")
        if time.monotonic() > limit:
            fail(TIMEOUT, f"no line matched {regex!r} within {seconds} s")
        time.sleep(0.1)


def main():
    if len(sys.argv) < 3:
        fail(TROUBLE, __doc__)
    command, *rest = sys.argv[1:]
    if command == "qmp":
        qmp(*rest)
    elif command == "guest":
        sys.exit(guest(*rest))
    elif command == "post":
        guest(*rest, answered=False)
    elif command == "wait":
        wait(*rest)
    elif command == "state":
        state(*rest)
    else:
        fail(TROUBLE, f"unknown command {command}")


main()
