"""Search by words: names of actions, types and keys, and whatever else has a name and a line about it."""

from __future__ import annotations

import re

from iamdsl.catalog.names import singulars
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamdsl.catalog.load import Catalog

# `DBInstance` is db instance, `GetObjectV2` get object v2
_PART = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+")
_KINDS = ("verb", "type", "action", "key", "policy")


@record
class Entry:
    """Something to find. `kind` is one of verb, type, action, key and policy (a managed one of AWS's).

    `about` is a line on it: a verb's comment, an action's level, a type's noun, a key's type.
    """

    kind: str
    name: str
    about: str


def entries(catalog: Catalog) -> Iterator[Entry]:
    """All types, actions, keys and policies of the catalog, from its index files: no service is read."""
    nouns = {full: noun for noun, full in catalog.nouns().items()}
    for kind, name, about in catalog.index():
        yield Entry(kind, name, nouns.get(name, "") if kind == "type" else about)
    for name in catalog.managed_policies():
        yield Entry("policy", name, "")


def rank(query: str, found: Iterable[Entry], near: frozenset[str] = frozenset()) -> list[Entry]:
    """Those of `found` that have every word of `query`, best first.

    A word counts most where a name has it as a whole, less where it begins a part of the name, is in the line about it
    or stands anywhere. Names of few parts come first, then those of the services `near`, then by kind: verbs, types,
    actions, keys, policies.
    """
    words = tuple(dict.fromkeys(parts(query)))
    if not words:
        return []
    scored = []
    for entry in found:
        text = f"{entry.name} {entry.about}".lower()
        if all(word in text or any(one in text for one in singulars(word)) for word in words):
            far = entry.kind not in ("verb", "policy") and entry.name.partition(":")[0] not in near
            scored.append((-_score(words, entry), far, _KINDS.index(entry.kind), entry.name, entry))
    scored.sort(key=lambda one: one[:4])
    return [entry for *_order, entry in scored]


def parts(name: str) -> tuple[str, ...]:
    """The words in a name, lower case: `s3:GetObjectVersion` is s3 get object version."""
    found: list[str] = []
    for piece in re.split(r"[^A-Za-z0-9]+", name):
        if piece.islower() or piece.isdigit():
            found.append(piece)
        else:
            found += [part.lower() for part in _PART.findall(piece)]
    return tuple(part for part in found if part)


def _score(words: tuple[str, ...], entry: Entry) -> float:
    named, about = parts(entry.name), parts(entry.about)
    if entry.kind == "type":
        named, about = about or named, named  # its noun, where it has one, is its name
    total, hits = 0.0, 0
    for word in words:
        forms = (word, *singulars(word))
        if any(form in named for form in forms):
            total, hits = total + 4, hits + 1
        elif any(part.startswith(word) for part in named):
            total, hits = total + 3, hits + 1
        elif any(form in about for form in forms):
            total += 2
        else:
            total += 1
    return total / len(words) + hits / (len(named) + 1)
