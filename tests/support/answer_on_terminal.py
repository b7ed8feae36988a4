#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command on a terminal of its own and types one answer when it is asked for something.

usage: answer_on_terminal.py PROMPT ANSWER COMMAND [ARGUMENT...]

Waits for PROMPT in what the terminal shows and types ANSWER and a line end; what was shown is printed at the end.
Exits with the status of the command, 1 when it ended without asking.
"""
import os
import pty
import sys


def main():
    prompt, answer, command = sys.argv[1].encode(), sys.argv[2].encode(), sys.argv[3:]
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    shown = b""
    has_asked = False
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the other end is closed: EIO
            break
        if not part:
            break
        shown += part
        if not has_asked and prompt in shown:
            has_asked = True
            os.write(terminal, answer + b"\n")
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.stdout.write(shown.decode(errors="replace"))
    return status if has_asked else 1


sys.exit(main())
