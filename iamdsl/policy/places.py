"""Where the values of a JSON text stand: for messages about a text that has been parsed."""

from __future__ import annotations

import re

from iamdsl.record import record

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_DEEP = 32  # no part of a policy lies so deep


@record
class Place:
    """A value of a JSON text: its pointer (RFC 6901), and where it and its name (None in a list) start."""

    pointer: str
    key: int | None
    value: int


def pointer(path: tuple[str | int, ...]) -> str:
    """The JSON pointer of `path`, the names and indices down to a value."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def places(text: str) -> list[Place]:
    """The values of `text` in its order, duplicate names included, those in the depths left out. `text` is JSON."""
    import json  # local: names have escapes, and nothing else here needs it

    found: list[Place] = []
    path: list[str | int] = []
    objects: list[bool] = []
    key: int | None = None
    named = False
    for token in _TOKEN.finditer(text):
        mark, at = token[0], token.start()
        if mark == ":":
            named = True
        elif mark == ",":
            named = False
            if not objects[-1]:
                path[-1] = int(path[-1]) + 1
        elif mark in "]}":
            objects.pop()
            path.pop()
        elif objects and objects[-1] and not named:
            key, path[-1] = at, json.loads(mark, strict=False)
        else:
            if len(path) <= _DEEP:
                found.append(Place(pointer(tuple(path)), key if objects and objects[-1] else None, at))
            if mark in "[{":
                objects.append(mark == "{")
                path.append(0)
                named = False
    return found


def offset(text: str, pointer: str, of_key: bool = False) -> int:
    """Where the value at `pointer` (of the last of equal names), or its name, starts in `text`, which is JSON."""
    for place in reversed(places(text)):
        if place.pointer == pointer:
            return place.key if of_key and place.key is not None else place.value
    return 0


def depths(text: str, deep: int = _DEEP) -> int:
    """Where a bracket first opens inside `deep` others; `text` need not be JSON."""
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            if depth == deep:
                return token.start()
            depth += 1
        elif token[0] in "]}":
            depth -= 1
    return 0
