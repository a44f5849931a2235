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

from iamdsl.access.automaton import (
    ANY,
    FRESH,
    PLAIN,
    SEGMENT,
    Automaton,
    Undecided,
    automaton,
    is_variable,
    items,
    loose_items,
    loose_automaton,
    pieces,
    search,
)

__all__ = [
    "HEADS",
    "PLAIN",
    "SEGMENT",
    "anchored",
    "covered",
    "covers",
    "intersects_outside",
    "is_short",
    "is_wild",
    "matches",
    "meets",
    "overlap",
    "prefix",
    "segmented",
    "variables",
]

BUDGET = 20_000  # sets of states looked at in one search
ROUNDS = 200  # searches for one answer: each brings in one more glob of the union
HEADS = 5  # the colons of an ARN before the resource's own part

_SPECIAL = ("*", "?", PLAIN, SEGMENT, "${")
_special = re.compile("|".join(map(re.escape, _SPECIAL))).search


def is_wild(pattern: str) -> bool:
    """Whether `pattern` is more than the text it shows: a wildcard or a variable (or an escape) is in it."""
    return _special(pattern) is not None


def matches(pattern: str, text: str, ignoring_case: bool = False) -> bool:
    """Whether the concrete `text` matches. A variable matches nothing, as in AWS where it is undefined: fill it in first."""
    if ignoring_case:
        pattern, text = pattern.lower(), text.lower()
    if not is_wild(pattern):
        return pattern == text
    return pattern == "*" or automaton(pattern).accepts(text)


def covers(wide: str, narrow: str) -> bool:
    """Whether every string of `narrow` matches `wide`."""
    return wide == narrow or wide == "*" or _covered(narrow, (wide,))


def covered(narrow: str, wides: Iterable[str]) -> bool:
    """Whether every string of `narrow` matches one of `wides`. False also when that could not be decided."""
    wides = tuple(wides)
    return narrow in wides or "*" in wides or _covered(narrow, wides)


@lru_cache(maxsize=1 << 15)
def _covered(narrow: str, wides: tuple[str, ...]) -> bool:
    if not is_wild(narrow):
        return any([matches(wide, narrow) for wide in wides])
    start = prefix(narrow)
    close = [wide for wide in wides if is_wild(wide) and _near(start, prefix(wide)) or wide.startswith(start)]
    word = _instance(narrow)
    hits = [wide for wide in close if automaton(wide).accepts(word)]
    # What matches FRESH is a wildcard. If all of them are `*`, whatever `narrow` may be at these places matches too.
    if any([all([item == ANY or not _is_wildcard(item) for item in items(wide)]) for wide in hits]):
        return True
    return bool(hits) and _outside([automaton(narrow)], close, hits[:1]) is None


@lru_cache(maxsize=1 << 15)
def _instance(pattern: str) -> tuple[str, ...]:
    """One string that `pattern` matches: a letter that stands nowhere else for each wildcard."""
    return tuple([FRESH if _is_wildcard(item) else item for item in items(pattern)])


def _is_wildcard(item: str) -> bool:
    return len(item) > 1 and not is_variable(item)


def _near(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _outside(positives: list[Automaton], wides: list[str], first: list[str]) -> tuple[str, ...] | None:
    """A word of all `positives` that matches none of `wides`; `()` stands for "perhaps", None for "surely none".

    Few of `wides` matter: search against some (to begin with, `first`), and bring in one that matches what was found.
    """
    used = list(first)
    for _ in range(ROUNDS):
        try:
            word = search(positives, [automaton(wide) for wide in used], BUDGET)
        except Undecided:
            return ()
        if word is None:
            return None
        more = next((wide for wide in wides if automaton(wide).accepts(word)), None)
        if more is None:
            return word
        used.append(more)
    return ()


@lru_cache(maxsize=1 << 15)
def overlap(one: str, other: str) -> bool:
    """Whether some string matches both, variables standing for any string."""
    if not is_wild(one) and not is_wild(other):
        return one == other
    if not _near(prefix(one), prefix(other)) or not _near(_suffix(one)[::-1], _suffix(other)[::-1]):
        return False
    if one == "*" or other == "*":
        return True
    if not is_wild(one) or not is_wild(other):
        text, pattern = (other, one) if is_wild(one) else (one, other)
        return loose_automaton(pattern).accepts(text)
    if _only_stars(one) and _only_stars(other):
        return (
            True  # longer prefix, the middles of one and then of the other, longer suffix: a string that matches both
        )
    for pattern, by in ((one, other), (other, one)):
        if "${" not in pattern and loose_automaton(by).accepts(_instance(pattern)):
            return True
    return loose_automaton(one).meets(loose_items(other))


def meets(format: str, pattern: str) -> bool:
    """`overlap` of an ARN format and a pattern, fast where the format is of the usual kind.

    A pattern without variables matches its own text, a `*` in it read as a star: where the format accepts that, they
    overlap. Where neither has a `*` for the other, they do not.
    """
    shape = None if "${" in pattern else _shape(format)
    if shape is not None:
        if _fits(pattern, *shape):
            return True
        if not is_wild(pattern):
            return False
        if all([hole == PLAIN for hole, _ in shape[1]]):
            if pattern.count("/") > format.count("/") or pattern.count(":") > format.count(":"):
                return False
    return overlap(pattern, format)


@lru_cache(maxsize=1 << 10)
def _shape(format: str) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """The text before the first hole of `format`, and each hole (`*` or PLAIN) with the text behind it.

    None unless it can be told at a glance where a hole ends: each but the last is PLAIN with a `/` or `:` behind it.
    """
    if not {"?", SEGMENT}.isdisjoint(format) or "${" in format:
        return None
    start, *rest = re.split(f"([*{PLAIN}])", format)
    holes = tuple(zip(rest[::2], rest[1::2]))
    return (start, holes) if all([hole == PLAIN and text[:1] in ("/", ":") for hole, text in holes[:-1]]) else None


_stop = re.compile("[/:]").search


def _fits(text: str, start: str, holes: tuple[tuple[str, str], ...]) -> bool:
    """Whether the concrete `text` matches a format of that shape."""
    if not text.startswith(start):
        return False
    at = len(start)
    for _, behind in holes[:-1]:
        stop = _stop(text, at)
        if stop is None or stop.start() == at or not text.startswith(behind, stop.start()):
            return False
        at = stop.start() + len(behind)
    if not holes:
        return at == len(text)
    hole, behind = holes[-1]
    end = len(text) - len(behind)
    if end < at or not text.endswith(behind):
        return False
    return hole == "*" or (at < end and _stop(text, at, end) is None)


@lru_cache(maxsize=1 << 15)
def intersects_outside(pattern: str, format: str, wides: tuple[str, ...]) -> bool:
    """Whether some string matches `pattern` and `format` and none of `wides`. True also when that could not be decided."""
    if not overlap(pattern, format):
        return False
    if covered(pattern, wides):
        return False
    if variables(pattern) or variables(format):
        return True  # `wides` would have to hold for every value of the variable: leave it
    close = [wide for wide in wides if overlap(wide, pattern) and overlap(wide, format)]
    return not close or _outside([automaton(pattern), automaton(format)], close, []) is not None


def prefix(pattern: str) -> str:
    """The text before the first wildcard or variable (an escape counts as one)."""
    found = _special(pattern)
    return pattern[: found.start()] if found else pattern


@lru_cache(maxsize=1 << 15)
def _suffix(pattern: str) -> str:
    """The text after the last wildcard; "" where a variable makes that hard to tell."""
    if "${" in pattern:
        return ""
    return pattern[max([pattern.rfind(mark) for mark in _SPECIAL]) + 1 :]


def _only_stars(pattern: str) -> bool:
    """Whether every wildcard of `pattern` is a `*`."""
    return not any([mark in pattern for mark in _SPECIAL[1:]])


@lru_cache(maxsize=1 << 15)
def variables(text: str) -> frozenset[str]:
    """The policy variables of `text`, as written: `${aws:username}`."""
    if "${" not in text:
        return frozenset()
    return frozenset([item for item in items(text) if is_variable(item)])


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
    return "".join([SEGMENT if piece == "*" else piece for piece in pieces(part)])


def _split(pattern: str) -> list[str]:
    """The parts of `pattern` between its colons; those in a variable do not count."""
    parts = [""]
    for piece in pieces(pattern):
        if piece == ":":
            parts.append("")
        else:
            parts[-1] += piece
    return parts
