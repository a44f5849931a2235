"""Actions with wildcards: what they stand for in a catalog, and documents with them written out."""

from __future__ import annotations

from iamdsl.access.glob import matches
from iamdsl.access.model import Grant
from iamdsl.catalog import Catalog
from iamdsl.policy.model import Document, Statement
from iamdsl.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

EVERYTHING = ("*", "*:*")


def is_wildcard(action: str) -> bool:
    return "*" in action or "?" in action


def matched(pattern: str, catalog: Catalog) -> tuple[tuple[str, str], ...]:
    """Full name and access level of each action that `pattern` matches, A to Z by service."""
    service, colon, _ = pattern.partition(":")
    if colon and not is_wildcard(service):
        return tuple([(one.full, one.level) for one in catalog.matching(pattern)])
    return catalog.names_matching(pattern)


def wildcards(parts: Iterable[Statement | Grant]) -> frozenset[str]:
    """All actions with wildcards that statements or grants name."""
    return frozenset([text for one in parts for text in _actions(one) if is_wildcard(text)])


def written_out(grants: tuple[Grant, ...], document: Document, catalog: Catalog) -> tuple[tuple[Grant, ...], Document]:
    """`grants` and `document`, with the actions that they stand for in place of the wildcards, in services of which one has
    some that the other has not; in all services, where one of those is named by a wildcard itself. `*` stays.

    If the two are then equal for all actions, they were so for those of the catalog and those that either names. Wildcards
    that stand for none stay.
    """
    old, new = [wildcards(one) - set(EVERYTHING) for one in (grants, document.statements)]
    services = {_service(text) for text in old ^ new}
    several = any([is_wildcard(service) for service in services])
    wanted = {text for text in old | new if several or _service(text) in services}
    known: dict[str, list[str]] = {}

    every: list[Statement | Grant] = [*grants, *document.statements]
    literal = sorted({text for one in every for text in _actions(one) if not is_wildcard(text)})

    def names(actions: tuple[str, ...] | None) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for text in actions or ():
            if text in wanted and text not in known:
                known[text] = [name for name, _ in matched(text, catalog)]
                known[text] += [name for name in literal if catalog.action(name) is None and matches(text, name, True)]
            found.update(dict.fromkeys(known.get(text) or [text]))
        return tuple(found)

    def plain(one: Statement) -> Statement:
        if one.action is None:
            return replace(one, not_action=names(one.not_action))
        return replace(one, action=names(one.action))

    if not wanted:
        return grants, document
    spelled = tuple([replace(one, actions=names(one.actions)) for one in grants])
    return spelled, replace(document, statements=tuple(map(plain, document.statements)))


def _service(action: str) -> str:
    return action.partition(":")[0].lower()


def _actions(one: Statement | Grant) -> tuple[str, ...]:
    return one.actions if isinstance(one, Grant) else one.action or one.not_action or ()
