#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints what the shapes of a profile look for, for a general search tool: one pattern a line.

usage: shape_patterns.py literals|regexes PROFILE.json
The grammar of shapes is in userspace/redact/rules/shape.h.
"""
import json
import re
import sys

SETS = {
    "alnum": "A-Za-z0-9", "upper-alnum": "A-Z0-9", "lower-alnum": "a-z0-9", "letter": "A-Za-z",
    "digit": "0-9", "hex": "0-9A-Fa-f", "base32": "A-Z2-7", "base64": "A-Za-z0-9+/",
    "base64url": "A-Za-z0-9_\\-", "bech32": "02-9AC-HJ-NP-Zac-hj-np-z", "printable": " -~",
}
# A set, or a character, with its count; or one literal character.
PART = re.compile(r"\[([^]]*)\]\{(\d+(?:,\d*)?)\}|(\\?.)\{(\d+(?:,\d*)?)\}|(\\?.)")


def set_of(text):
    """The inside of a regular expression's brackets: a named set, and what is added to it."""
    for name in sorted(SETS, key=len, reverse=True):
        if text == name or (text.startswith(name) and not text[len(name)].isalnum()):
            return SETS[name] + re.sub(r"([\\\]^-])", r"\\\1", text[len(name):])
    return text


def parts_of(shape):
    """The shape as pairs of a regular expression and, for a literal character, that character."""
    for inside, count, repeated, repeated_count, literal in PART.findall(shape):
        if inside:
            yield f"[{set_of(inside)}]{{{count}}}", None
        elif repeated:
            yield f"{re.escape(repeated[-1])}{{{repeated_count}}}", None
        else:
            yield re.escape(literal[-1]), literal[-1]


def literal_of(shape):
    """The longest run of literal characters."""
    text = "".join(character or "\0" for _, character in parts_of(shape))
    return max(text.split("\0"), key=len)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("literals", "regexes"):
        sys.exit(__doc__)
    with open(sys.argv[2], encoding="utf-8") as file:
        shapes = [rule["shape"] for rule in json.load(file)["shapes"]]
    for shape in shapes:
        is_literal = sys.argv[1] == "literals"
        print(literal_of(shape) if is_literal else "".join(regex for regex, _ in parts_of(shape)))


main()
