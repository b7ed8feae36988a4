#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/conformance.md from what the privileged tests said when they were run.

usage: conformance.py [--check] REPORT_FOLDER DOCUMENT
REPORT_FOLDER holds the GoogleTest reports of all privileged tests. Without --check DOCUMENT is written. With it,
DOCUMENT must state the tests that passed, or were skipped for what this host lacks, and no others; prints each
difference, and exits 1.
Exits 2 on a report folder without privileged tests.
"""
import pathlib
import platform
import re
import sys
import time
import xml.etree.ElementTree as ElementTree

HEAD = """# Conformance

Made by `scripts/conformance` from the results of `tests/privileged`, which trace real programs on a real kernel: each row is a
file of tests, each phrase behind it a test that passed. `scripts/test` fails when this page says anything else. What is not
seen stands in [coverage.md](coverage.md).

"""


def cases_of(folder, with_skipped):
    """File and name of every case that passed, or was skipped; of a parameterised one without its parameter."""
    for report in sorted(folder.glob("privileged_*.xml")):
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            is_skipped = case.find("skipped") is not None
            if case.get("status") == "run" and case.find("failure") is None and (with_skipped or not is_skipped):
                name = re.sub(r"/.*", "", case.get("name"))
                yield pathlib.Path(case.get("file")).name, name


def in_words(name):
    """NamesJava as `names java`; of TLS, HTTP2 and the like the capitals stay."""
    words = re.findall(r"[A-Z]+[0-9]*(?![a-z])|[A-Z][a-z0-9]*", name)
    return " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in words)


def subject_of(source):
    """The comment that opens a file, behind its licence."""
    lines = []
    for line in source.read_text().splitlines()[1:]:
        if not line.startswith("//"):
            break
        lines.append(line[2:].strip())
    return " ".join(lines)


def rows(folder, sources, with_skipped):
    cases = {}
    for file, name in cases_of(folder, with_skipped):
        cases.setdefault(file, []).append(name)
    for file in sorted(cases):
        names = "; ".join(in_words(name) for name in dict.fromkeys(cases[file]))
        yield f"| `{file}` | {subject_of(sources / file)} | {names} |"


def main():
    arguments = sys.argv[1:]
    is_check = arguments[:1] == ["--check"]
    if len(arguments) != 2 + is_check:
        sys.exit(__doc__)
    folder, document = map(pathlib.Path, arguments[is_check:])
    table = list(rows(folder, pathlib.Path(__file__).parents[1] / "privileged", is_check))
    if not table:
        print(f"{folder}: no results of privileged tests", file=sys.stderr)
        sys.exit(2)
    if is_check:
        stated = {line for line in document.read_text().splitlines() if line.startswith("| `")}
        differences = stated.symmetric_difference(table)
        for line in sorted(differences):
            print(f"{'stated' if line in stated else 'passed'} only: {line}")
        sys.exit(bool(differences))
    made = f"Last written {time.strftime('%Y-%m-%d', time.gmtime())}, kernel {platform.release().split('-')[0]}.\n\n"
    table = ["| file | subject | shown |", "| --- | --- | --- |"] + table
    document.write_text(HEAD + made + "\n".join(table) + "\n")


main()
