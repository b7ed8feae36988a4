#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the command-line cases of one text file against the built programs.

usage: run_cases.py CASES.txt BIN_FOLDER [NAME_PART]

A case is a paragraph of `key: value` lines; a line that starts with two blanks continues the value.
  name:    what is tested, once in the file
  needs:   root (the case skips without it)
  run:     a bash script, run with `set -eu` in an empty folder; lib.sh beside the cases is loaded
  expect:  text that the output (standard output and error together) must hold, in this order
  expect~: the same, as a regular expression for one line
  refuse:  text that must not be in the output
  status:  exit status of the script, 0 unless given
With GTEST_OUTPUT=xml:FOLDER/ it also writes FOLDER/<folder>_<file>.xml, so that cases are counted as others are.
Exits 0 when all passed or skipped, 1 on a failure, 2 on a file that does not follow the format.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

KEYS = ("name", "needs", "run", "expect", "expect~", "refuse", "status")
TIMEOUT_SECONDS = 30


def die(message):
    print(f"run_cases.py: {message}", file=sys.stderr)
    sys.exit(2)


def parse(path):
    """The cases of a file, each a list of (key, value) in the order written."""
    cases = []
    new_paragraph = True
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            new_paragraph = True
            continue
        if new_paragraph:
            cases.append([])
            new_paragraph = False
        if line.startswith("  ") and cases[-1]:
            key, value = cases[-1][-1]
            cases[-1][-1] = (key, value + "\n" + line[2:])
            continue
        key, separator, value = line.partition(":")
        if not separator or key not in KEYS:
            die(f"{path.name}:{number}: not a key of a case: {key}")
        cases[-1].append((key, value.strip()))
    names = [values(case, "name")[0] for case in cases if values(case, "name")]
    if len(names) != len(cases) or len(set(names)) != len(names):
        die(f"{path.name}: a case without a name, or a name twice")
    return cases


def values(case, key):
    return [value for found, value in case if found == key]


def explain(case, output, status):
    """Why this result does not pass, or nothing."""
    wanted = int((values(case, "status") or ["0"])[0])
    if status != wanted:
        return f"status {status}, expected {wanted}"
    position = 0
    for key, value in case:
        if key == "expect":
            found = output.find(value, position)
            if found < 0:
                return f"output lacks (from here on): {value}"
            position = found + len(value)
        elif key == "expect~":
            match = re.compile(value, re.MULTILINE).search(output, position)
            if not match:
                return f"no line matches (from here on): {value}"
            position = match.end()
        elif key == "refuse" and value in output:
            return f"output holds: {value}"
    return None


def environment(work, bin_folder, cases):
    return {
        "PATH": f"{bin_folder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": work,
        "TMPDIR": work,
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "SCOPETRACE_ROOT": f"{work}/root",
        "CASES": str(cases),
        "SOURCE": str(cases.parent.parent),
    }


def end_group(process):
    """Ends whatever the case left running."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(case, bin_folder, cases):
    """Output and status of one case; status -1 when it did not end in time."""
    work = tempfile.mkdtemp(prefix="scopetrace-cli.")
    os.chmod(work, 0o755)  # cases drop to other users
    script = f'set -eu; source "$CASES/lib.sh"\n{chr(10).join(values(case, "run"))}\n'
    process = subprocess.Popen(
        ["/bin/bash", "-c", script], cwd=work, env=environment(work, bin_folder, cases), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        errors="backslashreplace", start_new_session=True)
    try:
        output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        return output, process.returncode
    except subprocess.TimeoutExpired:
        end_group(process)
        return process.communicate()[0], -1
    finally:
        end_group(process)
        shutil.rmtree(work, ignore_errors=True)


def write_report(suite, results):
    folder = os.environ.get("GTEST_OUTPUT", "").removeprefix("xml:")
    if not folder:
        return
    root = ElementTree.Element("testsuites")
    for name, outcome, detail in results:
        node = ElementTree.SubElement(root, "testcase", name=name, classname=suite, status="run")
        if outcome != "ok":
            ElementTree.SubElement(node, "failure" if outcome == "FAIL" else "skipped", message=detail)
    ElementTree.ElementTree(root).write(os.path.join(folder, suite + ".xml"))


def main():
    if len(sys.argv) not in (3, 4):
        die("usage: run_cases.py CASES.txt BIN_FOLDER [NAME_PART]")
    path = pathlib.Path(sys.argv[1]).resolve()
    bin_folder = str(pathlib.Path(sys.argv[2]).resolve())
    results = []
    for case in parse(path):
        name = values(case, "name")[0]
        if len(sys.argv) == 4 and sys.argv[3] not in name:
            continue
        if "root" in values(case, "needs") and os.geteuid() != 0:
            results.append((name, "skip", "needs root"))
            print(f"skip  {name}: needs root")
            continue
        start = time.monotonic()
        output, status = run(case, bin_folder, path.parent)
        problem = explain(case, output, status)
        results.append((name, "FAIL" if problem else "ok", problem or ""))
        print(f"{results[-1][1]:5} {name} ({time.monotonic() - start:.2f} s)")
        if problem:
            print(f"  {problem}\n--- output\n{output}---")
    write_report(f"{path.parent.name}_{path.stem}", results)
    sys.exit(1 if any(outcome == "FAIL" for _, outcome, _ in results) or not results else 0)


main()
