#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the results of one ctest run by test case, not by executable.

usage: count_results.py CTEST_JUNIT.xml REPORT_FOLDER

REPORT_FOLDER holds <test>.xml for each test that writes its own report (GoogleTest's XML, which the
runner of the command-line cases writes too). A test without one counts as a single case; one that
failed although its report shows no failure (it crashed) counts one failure more.
Prints each skip with its reason once, then `N passed, N failed, N skipped`. Exits 1 on a failure.
"""
import collections
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def count_report(path):
    """Passed, failed and skipped cases of one report, and the reasons for the skips."""
    passed = failed = 0
    reasons = []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        skip = case.find("skipped")
        if case.find("failure") is not None:
            failed += 1
        elif skip is not None:
            reasons.append((skip.get("message") or "").strip().splitlines()[-1:] or ["no reason given"])
        elif case.get("status") != "notrun":  # DISABLED_ cases do not exist for the reader
            passed += 1
    return passed, failed, [reason[0] for reason in reasons]


def count_test(test, folder):
    """The same for one ctest test, from its own report where it has one."""
    status = test.get("status")
    report = folder / (test.get("name") + ".xml")
    if report.exists():
        passed, failed, reasons = count_report(report)
        if status == "fail" and failed == 0:
            failed = 1
        return passed, failed, reasons
    if status == "run":
        return 1, 0, []
    if status in ("notrun", "disabled"):
        skip = test.find("skipped")
        why = skip.get("message") if skip is not None else ""
        if why and "SKIP_" in why:
            return 0, 0, [f"{test.get('name')} says that this host cannot run it"]
        return 0, 1, []  # not built, or its fixture failed
    return 0, 1, []


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: count_results.py CTEST_JUNIT.xml REPORT_FOLDER")
    totals = [0, 0]
    skips = collections.Counter()
    for test in ElementTree.parse(sys.argv[1]).getroot().iter("testcase"):
        passed, failed, reasons = count_test(test, pathlib.Path(sys.argv[2]))
        totals[0] += passed
        totals[1] += failed
        skips.update(reasons)
    for reason, count in skips.most_common():
        print(f"skipped {count}: {reason}")
    print(f"{totals[0]} passed, {totals[1]} failed, {sum(skips.values())} skipped")
    sys.exit(1 if totals[1] or not totals[0] else 0)


main()
