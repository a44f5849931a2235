"""What must hold of generated data before it may replace the old: used by the refresh and by the tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from iamdsl.catalog.model import KEY_TYPES, LEVELS
from iamdsl.catalog.service import whole

# A refresh that loses more than one action in a hundred is a broken source, not news.
KEPT = 0.99


def faults(files: Mapping[str, str], previous: str = "") -> list[str]:
    """What is wrong with the data `files` (path below the data folder -> text); empty if they may be written.

    `previous` is the text of the `actions.txt` that they replace.
    """
    found: list[str] = []
    services = files["services.txt"].split()
    actions = files["actions.txt"].splitlines()
    before = len(previous.splitlines())
    if len(actions) < KEPT * before:
        found.append(f"only {len(actions)} actions, there were {before}")
    if {f"services/{name}.json" for name in services} != {path for path in files if path.startswith("services/")}:
        found.append("services.txt and the files in services/ differ")
    known = {line.partition(" ")[0] for line in actions}
    listed, index = [], set()
    for service in services:
        data = json.loads(files[f"services/{service}.json"])
        listed += [f"{service}:{name} {entry[0]}" for name, entry in data["actions"].items()]
        index.update(index_lines(service, data))
        found += [f"{service}: {fault}" for fault in service_faults(data, known)]
    if listed != actions:
        found.append("actions.txt and the files in services/ differ")
    if sorted(index) != files["types_and_keys.txt"].splitlines():
        found.append("types_and_keys.txt and the files in services/ differ")
    for name in ("managed_policies.txt", "principals.json", "partitions.json", "version"):
        if not files.get(name, "").strip():
            found.append(f"{name} is missing or empty")
    return found


def index_lines(service: str, data: Any) -> list[str]:
    """The lines of `types_and_keys.txt` for one service's file: `type s3:bucket`, `key s3:prefix String`.

    Keys of `aws:` are left out: a table of their own has them.
    """
    keys = [f"key {name} {kind}" for name, kind in data["keys"].items() if not name.startswith("aws:")]
    return [f"type {service}:{name}" for name in data["types"]] + keys


def service_faults(data: Any, known: set[str]) -> Iterator[str]:
    """What is wrong with one service's file. `known`: the full names of all actions."""
    if not data["actions"]:
        yield "no actions"
    for name, kind in data["keys"].items():
        if kind.removeprefix("ArrayOf") not in KEY_TYPES:
            yield f"unknown type {kind!r} of key {name}"
    for names in data["lists"]:
        for name in names:
            if name not in data["keys"]:
                yield f"key {name} does not exist"
    used = {0}
    for name, (place, *arns) in data["types"].items():
        used.add(place)
        if not arns or not all(arn.startswith("arn:") and ", " not in arn for arn in arns):
            yield f"type {name} has no ARN format, or a wrong one: {arns}"
    for name, entry in data["actions"].items():
        level, place, pairs, depends = whole(entry)
        used.add(place)
        if level not in LEVELS:
            yield f"unknown level {level!r} of {name}"
        for pair in pairs:
            word, keys = (pair, 0) if isinstance(pair, str) else pair
            used.add(keys)
            if word.removesuffix("*") not in data["types"]:
                yield f"{name} takes {word}, which does not exist"
        for need in depends:
            if need not in known:
                yield f"{name} depends on {need}, which does not exist"
    if used != set(range(len(data["lists"]))):
        yield "a key list is missing or unused"
