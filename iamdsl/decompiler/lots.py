"""Grants sorted into lots: each of one effect, one condition and one set of principals."""

from __future__ import annotations

from iamdsl.access.condition import TooManyStatements, cubes
from iamdsl.access.merge import merge
from iamdsl.access.minimize import minimize
from iamdsl.access.model import TRUE, Condition, Grant
from iamdsl.access.reach import Reach
from iamdsl.compiler.lower import price
from iamdsl.policy.model import Block, Document
from iamdsl.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamdsl.access.reach import Formats

NONE = ""  # where the document names no resource


class Lot:
    """What is allowed or denied under one condition. `cells`: resource → action in lower case → as it is spelled.

    With `except_actions` or `except_resources` there is one set of actions for all resources: all but these, on all but
    these. `block`: the `Condition` element that `condition` is the meaning of, where there is one; `written`: the `Condition` of a statement to be said as it is.
    """

    def __init__(self, grant: Grant, written: Block | None = None) -> None:
        self.written = written
        self.block: Block | None = None
        self.allows = grant.allows
        self.condition: Condition = grant.condition
        self.principals = grant.principals
        self.except_principals = grant.except_principals
        self.except_actions = grant.except_actions
        self.except_resources = grant.except_resources
        self.cells: dict[str, dict[str, str]] = {}

    def add(self, grant: Grant, reach: Reach) -> None:
        excepted = self.except_actions or self.except_resources
        for resource in grant.resources or (NONE,):
            cell = self.cells.setdefault(resource, {})
            for action in grant.actions:
                if excepted or not resource or reach.possible(action, resource):
                    cell.setdefault(action.lower(), action)

    @property
    def order(self) -> tuple[object, ...]:
        return (sorted(self.cells), not self.allows, _shown(self.condition), self.principals, self.except_principals)


def as_written(document: Document, grants: tuple[Grant, ...]) -> list[Lot]:
    """Each statement as it is, but for those with an empty list, which say nothing; `grants` are what they mean."""
    found = []
    for statement, grant in zip(document.statements, grants):
        if () in (statement.action, statement.resource, statement.principal):
            continue
        lot = Lot(replace(grant, principals=tuple(sorted(set(grant.principals)))), statement.condition)
        cell = {one.lower(): one for one in grant.actions}
        lot.cells = {resource: cell for resource in grant.resources or (NONE,)}
        found.append(lot)
    return sorted(found, key=lambda lot: lot.order)


def lots(grants: tuple[Grant, ...], to_principals: bool, formats: Formats) -> list[Lot]:
    """The lots of `grants`, made small, in an order that depends on what they say alone."""
    grants = tuple([grant for grant in grants if _may_hold(grant.condition)])
    with_resources = [grant for grant in grants if grant.resources]
    small = minimize(tuple(with_resources), formats, price).grants if with_resources else ()
    small += tuple([grant for grant in grants if not grant.resources])
    return _sorted(merge(small) if to_principals else small, Reach(formats))


def _shown(condition: Condition) -> str:
    """The same text for conditions that are equal at their simplest."""
    try:
        return repr(cubes(condition))
    except (TooManyStatements, ValueError):
        return repr(condition)


def _may_hold(condition: Condition) -> bool:
    try:
        return condition == TRUE or bool(cubes(condition))
    except (TooManyStatements, ValueError):
        return True


def _sorted(grants: Iterable[Grant], reach: Reach) -> list[Lot]:
    found: dict[object, Lot] = {}
    for number, grant in enumerate(grants):
        who = (grant.principals, grant.except_principals)
        alone = number if grant.except_actions or grant.except_resources else None
        name = (grant.allows, grant.condition, who, bool(grant.resources), alone)
        found.setdefault(name, Lot(grant)).add(grant, reach)
    for lot in found.values():
        lot.cells = {resource: cell for resource, cell in lot.cells.items() if cell}
    return sorted([lot for lot in found.values() if lot.cells], key=lambda lot: lot.order)
