"""What outputs are made from, as a rule of make: for make itself, ninja (`deps = gcc`), CMake and Bazel."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# GNU make manual, "Rule syntax" and "Using variables": a line with one of these is no rule, or runs a command
_UNSPEAKABLE = re.compile(r"[=;\r\n]")


class UnspeakableName(Exception):
    """A file name that no rule can hold."""


def rule(outputs: Iterable[str], sources: Iterable[str]) -> str:
    """A rule by which each of `outputs` depends on each of `sources`, the first output first, as ninja wants it.

    An empty rule for each source follows: one that is deleted, and no longer imported, then stops nobody. Raises
    UnspeakableName.
    """
    made = " \\\n  ".join(_escaped(one).replace("%", "\\%") for one in outputs)
    read = [_escaped(one) for one in sources]
    return f"{made}: \\\n  " + " \\\n  ".join(read) + "\n" + "".join(f"\n{one}:\n" for one in read)


def _escaped(name: str) -> str:
    """A name as make reads it: GNU make manual, "Rule syntax"; backslashes count only before what they escape."""
    if _UNSPEAKABLE.search(name):
        raise UnspeakableName(name)
    return re.sub(r"(\\*)([ \t#:])", r"\1\1\\\2", name).replace("$", "$$")
