"""What AWS can ask: which pairs of action and resource pattern are possible, and which are granted by given patterns.

A request names an action and either an ARN in one of the formats of the action's resource types, or `*`. Every answer
holds whether a `*` of a resource pattern crosses colons or stops at them (see `glob.segmented`).
"""

from __future__ import annotations

from functools import lru_cache

from iamdsl.access.alphabet import SEGMENT
from iamdsl.access.glob import (
    HEADS,
    anchored,
    covered,
    intersects_outside,
    is_short,
    is_wild,
    matches,
    overlap,
    segmented,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Formats = Callable[[str], tuple[str, ...] | None]

NO_RESOURCE = "${*}"  # the text `*`, as a pattern: what a request names that is of no resource


def contained(resource: str, wides: Iterable[str]) -> bool:
    """Whether all that `resource` matches is in the union of `wides`. False also when that could not be decided."""
    wides = tuple(wides)
    if resource in wides or "*" in wides:
        return True
    return covered(resource, wides) and covered(segmented(resource), tuple([segmented(wide) for wide in wides]))


def disjoint(one: str, other: str) -> bool:
    """Whether no request names a resource that matches both."""
    if overlap(one, other):
        return False
    return not (is_short(one) or is_short(other)) or not overlap(segmented(one), segmented(other))


class Reach:
    """What is asked of each action, from `formats`: the ARN formats of all the types it takes, None when unknown."""

    def __init__(self, formats: Formats) -> None:
        self._formats = formats
        self._asked: dict[str, tuple[str, ...] | None] = {}
        self._verdicts: dict[str, dict[str, bool] | None] = {}  # by action; one dictionary for all that are asked alike
        self._alike: dict[tuple[str, ...], dict[str, bool]] = {}

    def asked(self, action: str) -> tuple[str, ...] | None:
        """The patterns, one of which every resource in a request for `action` matches; None when nothing is known."""
        if action not in self._asked:
            formats = None if is_wild(action) else self._formats(action)
            patterns = tuple([anchored(format) for format in sorted(set(formats or ()))])
            asked = self._asked[action] = (*patterns, NO_RESOURCE) if patterns else None
            self._verdicts[action] = self._alike.setdefault(asked, {}) if asked else None
        return self._asked[action]

    def possible(self, action: str, resource: str) -> bool:
        """Whether a request for `action` may name something that `resource` matches."""
        asked = self.asked(action)
        verdicts = self._verdicts[action]
        if asked is None or verdicts is None:
            return True
        found = verdicts.get(resource)
        if found is None:
            parts = resource.split(":", HEADS)
            exact = len(parts) > HEADS and not is_wild("".join(parts[:HEADS]))
            found = verdicts[resource] = any(_meet(resource, parts if exact else [], format) for format in asked)
        return found

    def granted(self, action: str, resource: str, wides: Iterable[str]) -> bool:
        """Whether all that a request for `action` may name and `resource` matches is in the union of `wides`."""
        wides = tuple(wides)
        if not self.possible(action, resource):
            return True
        asked = self.asked(action)
        if not wides or asked is None or contained(resource, wides):
            return bool(wides) and contained(resource, wides)
        readings = ((resource, wides), (segmented(resource), tuple([segmented(wide) for wide in wides])))
        for narrow, union in readings:  # no list: each question may be dear, and one answer is mostly enough
            for format in asked:
                if intersects_outside(narrow, format, union):
                    return False
        return True


def _meet(resource: str, parts: list[str], format: str) -> bool:
    """Whether an ARN of the anchored `format` may match `resource`; `parts` are its segments, if they are plain text."""
    if format == NO_RESOURCE and resource[:1] not in ("*", "?", "$"):
        return False
    kinds = _segments(format)
    if not parts or len(kinds) <= HEADS:
        return not disjoint(resource, format)
    for part, kind in zip(parts[:HEADS], kinds):
        if kind != part and kind != SEGMENT and not matches(kind, part):
            return False
    return overlap(kinds[HEADS], parts[HEADS])


@lru_cache(maxsize=1 << 10)
def _segments(format: str) -> list[str]:
    return format.split(":", HEADS)
