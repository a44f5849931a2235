"""Exact decisions on IAM's globs: `*` is any string, `?` any one character; nothing else is special but variables.

A policy variable (`${aws:username}`) stands for a string that is not known here: a pattern is contained in another only
if it is so whatever the string, and two overlap if they do for some string. `${*}`, `${?}` and `${$}` are characters.
Two wildcards of our own, `PLAIN` and `SEGMENT`, serve the ARN formats of resource types.

Containment in a union of globs is hard in theory (PSPACE): past a budget of steps the answer is the safe one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from iamdsl.access.alphabet import PLAIN, SEGMENT, Undecided, encode, plain, split, written
from iamdsl.access.words import Pattern, Union, pattern as made

__all__ = [
    "HEADS",
    "anchored",
    "covered",
    "covers",
    "intersects_outside",
    "is_short",
    "is_wild",
    "matches",
    "overlap",
    "prefix",
    "segmented",
    "variables",
]

BUDGET = 100_000  # steps of the search for one answer
HEADS = 5  # the colons of an ARN before the resource's own part

_SPECIAL = ("*", "?", PLAIN, SEGMENT, "${")
_special = re.compile("|".join(map(re.escape, _SPECIAL))).search


def is_wild(pattern: str) -> bool:
    """Whether `pattern` is more than the text it shows: a wildcard or a variable (or an escape) is in it."""
    return _special(pattern) is not None


@lru_cache(maxsize=1 << 14)
def _read(pattern: str) -> Pattern:
    """Raises Undecided when there are too many variables."""
    return made(encode(plain(pattern), True))


def matches(pattern: str, text: str, ignoring_case: bool = False) -> bool:
    """Whether the concrete `text` matches. A variable matches nothing, as in AWS where it is undefined: fill it in first."""
    if ignoring_case:
        pattern, text = pattern.lower(), text.lower()
    if not is_wild(pattern):
        return pattern == text
    try:
        return pattern == "*" or _read(pattern).matches(plain(text))
    except Undecided:  # too many variables: so it has one
        return False


def covers(wide: str, narrow: str) -> bool:
    """Whether every string of `narrow` matches `wide`."""
    return wide == narrow or wide == "*" or _covered(narrow, (wide,))


def covered(narrow: str, wides: Iterable[str]) -> bool:
    """Whether every string of `narrow` matches one of `wides`. False also when that could not be decided."""
    wides = tuple(wides)
    return narrow in wides or "*" in wides or _covered(narrow, wides)


@lru_cache(maxsize=1 << 15)
def _covered(narrow: str, wides: tuple[str, ...]) -> bool:
    try:
        one, found = _read(narrow), [_read(wide) for wide in wides]
    except Undecided:
        return False
    hits = [other for other in found if other.matches(one.instance)]
    if not hits or one.literal:
        return bool(hits)
    return any([other.covers(one) for other in hits]) or not _left((narrow,), wides)


def _left(patterns: tuple[str, ...], wides: tuple[str, ...]) -> bool:
    """Whether a word matches all of `patterns` and none of `wides`. True also when that could not be decided."""
    from iamdsl.access.machine import Budget  # local for start-up time: few questions need a search
    from iamdsl.access.seek import find

    try:
        union = Union(tuple([_read(wide) for wide in wides]))
        return find([Union((_read(one),)) for one in patterns], [union], Budget(BUDGET)) is not None
    except Undecided:
        return True


@lru_cache(maxsize=1 << 15)
def overlap(one: str, other: str) -> bool:
    """Whether some string matches both, variables standing for any string."""
    try:
        return _read(one).meets(_read(other))
    except Undecided:
        return True


@lru_cache(maxsize=1 << 15)
def intersects_outside(pattern: str, format: str, wides: tuple[str, ...]) -> bool:
    """Whether some string matches `pattern` and `format` and none of `wides`. True also when that could not be decided."""
    if not overlap(pattern, format):
        return False
    if covered(pattern, wides):
        return False
    if variables(pattern) or variables(format):
        return True  # `wides` would have to hold for every value of the variable: leave it
    return _left((pattern, format), wides)


def prefix(pattern: str) -> str:
    """The text before the first wildcard or variable (an escape counts as one)."""
    found = _special(pattern)
    return pattern[: found.start()] if found else pattern


@lru_cache(maxsize=1 << 15)
def variables(text: str) -> frozenset[str]:
    """The policy variables of `text`, as written: `${aws:username}`."""
    return written(text) if "${" in text else frozenset()


@lru_cache(maxsize=1 << 15)
def segmented(pattern: str) -> str:
    """The resource pattern read segment by segment: a `*` stops at a colon, and a short ARN goes on with `:*`.

    AWS documents that a `*` may cross colons at the end of a segment, and some have measured that it does not. What must
    hold either way is asked of the patterns as they are and of their segmented readings.
    """
    if pattern == "*":
        return pattern
    parts = _split(pattern)
    parts += ["*"] * (HEADS + 1 - len(parts))
    return ":".join([_stopping(part) for part in parts])


def is_short(pattern: str) -> bool:
    """Whether `pattern` has fewer segments than an ARN."""
    return len(_split(pattern)) <= HEADS


@lru_cache(maxsize=1 << 15)
def anchored(format: str) -> str:
    """The ARN format with a `*` among its first five segments read as what real ARNs have there: no colon."""
    parts = _split(format)
    return ":".join([_stopping(part) for part in parts[:HEADS]] + parts[HEADS:])


def _stopping(part: str) -> str:
    """`part` with SEGMENT for each `*` that is a wildcard."""
    return "".join([SEGMENT if piece == "*" else piece for piece in split(part)])


def _split(pattern: str) -> list[str]:
    """The parts of `pattern` between its colons; those in a variable do not count."""
    if "${" not in pattern:
        return pattern.split(":")
    parts = [""]
    for piece in split(pattern):
        if piece == ":":
            parts.append("")
        else:
            parts[-1] += piece
    return parts
