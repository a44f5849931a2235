"""Minimising a whole document: of grants on resources, of those that name none, and to several principals."""

from __future__ import annotations

from iamdsl.access.merge import merge
from iamdsl.access.minimize import Minimal, minimize, ordered
from iamdsl.access.model import Grant
from iamdsl.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.access.minimize import Priced
    from iamdsl.access.reach import Formats

_EVERY = ("*",)  # what a grant that names no resource is minimised on: all that its document is on


def smallest(grants: tuple[Grant, ...], formats: Formats, price: Priced) -> Minimal:
    """Grants of the same access in as few characters and statements as found, in canonical order; see `minimize`."""
    loose = tuple([replace(grant, resources=_EVERY) for grant in grants if not grant.resources])
    if not loose:
        return arranged(minimize(grants, formats, price))
    placed = minimize(tuple([grant for grant in grants if grant.resources]), formats, price)
    rest = minimize(loose, formats, price)
    gap = None if placed.gap is None or rest.gap is None else placed.gap + rest.gap
    return arranged(Minimal((*placed.grants, *[replace(grant, resources=()) for grant in rest.grants]), gap))


def arranged(small: Minimal) -> Minimal:
    """The grants of `small` in canonical order, those that differ only in whom they are to made one."""
    if not any([grant.principals for grant in small.grants]):
        return Minimal(ordered(list(small.grants)), small.gap)
    return merged(small)


def merged(small: Minimal) -> Minimal:
    """The grants of `small`, those that differ only in whom they are to made one. Whom a statement is to is part of its price:
    how near they are to the shortest is known only where all were to the same."""
    known = len({grant.principals for grant in small.grants}) == 1
    return Minimal(merge(small.grants), small.gap if known else None)
