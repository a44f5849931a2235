"""What wildcards stood for when documents were written, and what AWS has changed since."""

from __future__ import annotations

from iamdsl.catalog import Catalog
from iamdsl.compiler.verbs import by_level
from iamdsl.compiler.wildcards import EVERYTHING, is_wildcard, matched, wildcards
from iamdsl.policy.model import Document
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Denied = tuple[
        str, str, str
    ]  # the place of a `cannot` that goes by access level, its verb, and the service or type


@record
class Drift:
    """`what` holds for `actions`, all of one access `level` ("" for those that are gone).

    `kind` is `wildcard`, where `text` is a pattern that now also matches the actions; `level`, where it is a verb and what it is
    denied on, at `place`, and AWS added the actions to those; `removed`, where AWS has the actions no more, which `text`, a
    pattern or the action itself, stood for.
    """

    kind: str
    text: str
    level: str
    actions: tuple[str, ...]
    place: str = ""


def lock(documents: Iterable[Document], denied: Iterable[Denied], catalog: Catalog) -> dict[str, Any]:
    """What a manifest records: actions by access level for each wildcard but `*`; those that sentences deny by level; and
    the actions of the catalog that documents name. Without what there is none of."""
    every = [one for document in documents for one in document.statements]
    found: dict[str, dict[str, list[str]]] = {}
    for text in sorted(wildcards(every) - set(EVERYTHING)):
        levels = found[text] = {}
        for name, level in matched(text, catalog):
            levels.setdefault(level, []).append(name)
    named = {text for one in every for text in one.action or one.not_action or () if not is_wildcard(text)}
    by_place = [
        {"sentence": place, "verb": verb, "on": on, "actions": [name for name, _ in _meant(verb, on, catalog)]}
        for place, verb, on in sorted(denied)
    ]
    known = sorted([name for name in named if catalog.action(name) is not None])
    parts = {"wildcards": found, "denied_by_level": by_place, "actions": known}
    return {name: part for name, part in parts.items() if part}


def _meant(verb: str, on: str, catalog: Catalog) -> list[tuple[str, str]]:
    """The actions, and their levels, that a verb means by access level on a service, or on a type (`s3:bucket`)."""
    type = catalog.type(on) if ":" in on else None
    actions = catalog.actions_on(type) if type else catalog.matching(f"{on}:*")
    return [(one.full, one.level) for one in by_level(verb, actions).actions]


def drift(locked: Any, catalog: Catalog) -> tuple[Drift, ...]:
    """What has changed since `locked` was recorded; what is denied less first.

    Raises TypeError, ValueError, KeyError and AttributeError where `locked` is not what `lock` makes.
    """
    found: list[Drift] = []
    for one in locked.get("denied_by_level", ()):
        text = f"{one['verb']} {one['on']}"
        new = [pair for pair in _meant(one["verb"], one["on"], catalog) if pair[0] not in one["actions"]]
        found += _by_level("level", text, new, str(one["sentence"]))
    gone: list[Drift] = []
    for text, levels in sorted(locked.get("wildcards", {}).items()):
        before = {name for names in levels.values() for name in names}
        now = matched(text, catalog)
        found += _by_level("wildcard", text, [pair for pair in now if pair[0] not in before])
        left = before - {name for name, _ in now}
        if left:
            gone.append(Drift("removed", text, "", tuple(sorted(left))))
    lost = [name for name in locked.get("actions", ()) if catalog.action(name) is None]
    return (*found, *gone, *[Drift("removed", name, "", (name,)) for name in lost])


def _by_level(kind: str, text: str, new: Iterable[tuple[str, str]], place: str = "") -> list[Drift]:
    levels: dict[str, list[str]] = {}
    for name, level in new:
        levels.setdefault(level, []).append(name)
    return [Drift(kind, text, level, tuple(sorted(levels[level])), place) for level in sorted(levels)]
