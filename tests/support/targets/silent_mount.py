#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Mounts a file system that never answers (FUSE), then becomes another program.

usage: silent_mount.py MODE FOLDER PROGRAM [ARGUMENT…]
MODE unread: nobody reads what the kernel asks. A process that waits for it can be killed.
MODE unanswered: it is read and never answered, as by sshfs without its network: not even SIGKILL ends a wait.
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
HEADER = struct.Struct("<IIQ")  # of a question: length, opcode, id
INIT_ANSWER = struct.Struct("<IiQ IIII HH II 32x")  # fuse_out_header, fuse_init_out

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
    _, _, question = HEADER.unpack_from(os.read(device, BUFFER_BYTES))
    os.write(device, INIT_ANSWER.pack(INIT_ANSWER.size, 0, question, 7, 31, 0, 0, 0, 0, 4096, 1))


def hold(device, program):
    """Keeps the mount as long as the program lives."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != program:
        os._exit(0)
    for standard in range(3):
        os.close(standard)
    while True:
        if device is None:
            signal.pause()
        else:
            os.read(device, BUFFER_BYTES)


def main():
    mode, folder, *program = sys.argv[1:]
    device = mount(folder)
    if mode == "unanswered":
        greet(device)
    this = os.getpid()
    if os.fork() == 0:
        hold(device if mode == "unanswered" else None, this)
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
