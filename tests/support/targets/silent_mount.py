#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Mounts a file system that never answers, or no longer (FUSE), then becomes another program.

usage: silent_mount.py MODE FOLDER PROGRAM [ARGUMENT…]
MODE unread: nobody reads what the kernel asks. A process that waits for it can be killed.
MODE unanswered: it is read and never answered, as by sshfs without its network: not even SIGKILL ends a wait.
MODE FILE:MARK: holds a copy of FILE and answers until there is a file MARK; then as unanswered.
needs: a mount namespace of its own (unshare --mount). The mount goes dead with the program: each wait ends.
exits: 77 when this kernel has no FUSE
Source: fuse(4), include/uapi/linux/fuse.h.
"""
import ctypes
import os
import signal
import struct
import sys

PR_SET_PDEATHSIG = 1
BUFFER_BYTES = 1 << 20
HEADER = struct.Struct("<IIQQ 16x")  # of a question, fuse_in_header: length, opcode, id, node
INIT_ANSWER = struct.Struct("<IiQ IIII HH II 32x")  # fuse_out_header, fuse_init_out
LOOKUP, GETATTR, OPEN, READ = 1, 3, 14, 15
FORGETS = (2, 42)  # want no answer
ROOT, COPY = 1, 2  # nodes
ENOENT, ENOSYS = 2, 38
KEEP_CACHE = 2

libc = ctypes.CDLL(None, use_errno=True)


def mount(folder):
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        print("no FUSE: " + error.strerror, flush=True)
        sys.exit(77)
    options = "fd=%d,rootmode=40000,user_id=0,group_id=0" % device
    if libc.mount(b"silent", folder.encode(), b"fuse", 0, options.encode()) != 0:
        sys.exit("mount: " + os.strerror(ctypes.get_errno()))
    return device


def greet(device):
    """Answers the kernel's first question; it asks no other before."""
    _, _, question, _ = HEADER.unpack_from(os.read(device, BUFFER_BYTES))
    os.write(device, INIT_ANSWER.pack(INIT_ANSWER.size, 0, question, 7, 31, 0, 0, 0, 0, 4096, 1))


def attributes(node, size):
    """fuse_attr: a folder or a file of that size, of root."""
    mode = 0o40755 if node == ROOT else 0o100755
    return struct.pack("<6Q 10I", node, size, size // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def answer(question, name, content):
    """An error number and a body; nothing is to be remembered by the kernel but pages."""
    _, code, _, node = HEADER.unpack_from(question)
    rest = question[HEADER.size:]
    if code == LOOKUP and rest.rstrip(b"\0") == name:
        return 0, struct.pack("<4Q 2I", COPY, 0, 0, 0, 0, 0) + attributes(COPY, len(content))
    if code == LOOKUP:
        return ENOENT, b""
    if code == GETATTR:
        return 0, struct.pack("<Q 2I", 0, 0, 0) + attributes(node, len(content))
    if code == OPEN:
        return 0, struct.pack("<Q 2I", 0, KEEP_CACHE, 0)
    if code == READ:
        _, offset, size = struct.unpack_from("<QQI", rest)
        return 0, content[offset:offset + size]
    return ENOSYS, b""


def serve(device, file, mark):
    """Answers until there is a mark."""
    name = os.path.basename(file).encode()
    with open(file, "rb") as original:
        content = original.read()
    while True:
        question = os.read(device, BUFFER_BYTES)
        if os.path.exists(mark):
            return
        _, code, number, _ = HEADER.unpack_from(question)
        if code in FORGETS:
            continue
        error, body = answer(question, name, content)
        os.write(device, struct.pack("<IiQ", 16 + len(body), -error, number) + body)


def hold(device, program, mode):
    """Keeps the mount as long as the program lives."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != program:
        os._exit(0)
    for standard in range(3):
        os.close(standard)
    if ":" in mode:
        serve(device, *mode.split(":"))
    while True:
        if mode == "unread":
            signal.pause()
        else:
            os.read(device, BUFFER_BYTES)


def main():
    mode, folder, *program = sys.argv[1:]
    device = mount(folder)
    if mode != "unread":
        greet(device)
    this = os.getpid()
    if os.fork() == 0:
        hold(device, this, mode)
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
