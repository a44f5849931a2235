"""Lists of actions with wildcards: the same actions of today's catalog in fewer characters.

`stable`: along AWS's naming only, each for several actions of one access level, and only where what AWS calls so is of that
level nearly always, so that an action of another level hardly ever falls in. `short`: whatever is shortest.
"""

from __future__ import annotations

from functools import lru_cache

from iamdsl.access.abbreviate import QUOTES, Abbreviation, abbreviate, along
from iamdsl.access.model import Grant
from iamdsl.access.smallest import smallest
from iamdsl.catalog import Catalog
from iamdsl.compiler.arns import formats_of
from iamdsl.compiler.wildcards import is_wildcard
from iamdsl.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from iamdsl.access.minimize import Minimal, Priced

    Done = dict[tuple[str, ...], int]  # a list of actions of one service → by how much it might be shorter

MODES = ("exact", "stable", "short")
ONLY_ENDS = ("scp", "rcp")  # Organizations user guide, "SCP syntax": a wildcard stands only at the end of an action
PLAIN_ACTIONS = ("trust", "resource")  # their services take few wildcards or none
KEEPING = 0.98  # of all actions that begin with a verb, those that must be of one level for a wildcard behind it
_KINDS = {"List": "Read"}  # both read


@record
class Gap:
    """How many characters fewer there could be, at most: by another choice of `statements` over the same actions, resources and
    conditions, and by other lists of `actions` in these. None where nobody knows, or nothing was chosen."""

    statements: int | None = None
    actions: int | None = None


@record
class Shortened:
    """`grants` with wildcards, which may be `closed`: the same only as long as AWS adds no actions. `gap`: by how
    much they could be shorter."""

    grants: tuple[Grant, ...]
    closed: bool
    gap: Gap


def shorten(small: Minimal, price: Priced, kind: str, mode: str, catalog: Catalog) -> Shortened:
    """The grants of `small`, of a document of `kind`, with wildcards as `mode` has them; `price` as for `minimize`."""
    closed, actions = False, None
    done: Done = {}
    while mode != "exact" and kind not in PLAIN_ACTIONS:
        grants, changed, actions = _shortened(small.grants, kind, mode, catalog, done)
        if not changed:
            break
        # what wildcards were brought in may hold other actions too, and be the same in several statements
        small, closed = smallest(grants, formats_of(catalog), price), True
    return Shortened(small.grants, closed, Gap(small.gap, actions))


def _shortened(
    grants: tuple[Grant, ...], kind: str, mode: str, catalog: Catalog, done: Done
) -> tuple[tuple[Grant, ...], bool, int]:
    """`grants` with wildcards, whether there are any, and by how much the lists could be shorter."""
    found: list[Grant] = []
    changed, gap = False, 0
    for grant in grants:
        if mode == "stable" and grant.except_actions or any([origin.exact for origin in grant.origins]):
            found.append(grant)
            continue
        actions, more = _actions(grant.actions, kind in ONLY_ENDS, mode, catalog, done)
        found.append(replace(grant, actions=actions))
        changed = changed or set(actions) != set(grant.actions)
        gap += more
    return tuple(found), changed, gap


def _actions(
    actions: tuple[str, ...], only_starts: bool, mode: str, catalog: Catalog, done: Done
) -> tuple[tuple[str, ...], int]:
    """`actions` in fewer characters, and how many fewer there might be; `done`: lists that are as short as they get."""
    services: dict[str, list[str]] = {}
    for action in actions:
        services.setdefault(action.partition(":")[0].lower(), []).append(action)
    texts: list[str] = []
    gap = 0
    for service, listed in services.items():
        if catalog.service(service) is None or len(listed) == 1 and not is_wildcard(listed[0]) and mode == "stable":
            texts += listed
            continue
        listed = sorted(set(listed))
        if (known := done.get(tuple(listed))) is not None:
            texts += listed
            gap += known
            continue
        shorter, kept = (_stable if mode == "stable" else _short)(service, tuple(listed), only_starts, catalog)
        if shorter is None:
            texts += listed
            continue
        cost = _cost([one for one in listed if one not in kept])
        if shorter.cost < cost:
            listed = sorted([*shorter.texts, *kept])
        texts += listed
        more = done[tuple(listed)] = max(min(shorter.cost, cost) - shorter.bound, 0)
        gap += more
    return tuple(sorted(texts)), gap


def _cost(texts: Iterable[str]) -> int:
    return sum([len(text) + QUOTES for text in texts])


def _short(
    service: str, listed: tuple[str, ...], only_starts: bool, catalog: Catalog
) -> tuple[Abbreviation | None, list[str]]:
    """The shortest list, and what of `listed` stays beside it: names, and wildcards for such, that the catalog lacks."""
    names: dict[str, None] = {}
    written: dict[str, list[str]] = {}
    kept: list[str] = []
    for action in listed:
        known = _known(action, catalog)
        names.update(dict.fromkeys(known))
        if not known:
            kept.append(action)
        elif is_wildcard(action):
            written[action.partition(":")[2]] = known
    if not names:
        return None, kept
    found = catalog.service(service)
    assert found is not None, "the caller has seen it"
    every = [one.name for one in found.actions.values()]
    return abbreviate(service, names, every, written, only_starts), kept


def _known(action: str, catalog: Catalog) -> list[str]:
    """The names of the actions of the catalog that `action` is or stands for."""
    if is_wildcard(action):
        return [one.name for one in catalog.matching(action)]
    found = catalog.action(action)
    return [found.name] if found else []


def _stable(
    service: str, listed: tuple[str, ...], only_starts: bool, catalog: Catalog
) -> tuple[Abbreviation | None, list[str]]:
    """A list along AWS's naming, and what of `listed` stays beside it: the wildcards of the author, who wants new actions,
    and names that the catalog lacks."""
    known = [None if is_wildcard(action) else catalog.action(action) for action in listed]
    kept = [action for action, one in zip(listed, known) if one is None]
    names = [one.name for one in known if one is not None]
    found = catalog.service(service)
    assert found is not None, "the caller has seen it"
    if len(names) < 2:
        return None, kept
    levels = {one.name: one.level for one in found.actions.values()}
    return along(service, names, levels, _naming(catalog)), kept


@lru_cache(maxsize=4)
def _naming(catalog: Catalog) -> Callable[[str, str], bool]:
    """Whether an action that begins with a verb is of a level, as a rule."""
    from iamdsl.access.abbreviate import words  # local: for `stable` alone

    counts: dict[str, dict[str, int]] = {}
    for name, level in catalog.names_matching("*"):
        first = words(name.partition(":")[2])[:1]
        if first:
            of = counts.setdefault(first[0], {})
            of[_KINDS.get(level, level)] = of.get(_KINDS.get(level, level), 0) + 1

    def holds(verb: str, level: str) -> bool:
        of = counts.get(verb, {})
        return of.get(_KINDS.get(level, level), 0) >= KEEPING * sum(of.values()) > 0

    return holds
