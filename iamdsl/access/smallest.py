"""Minimising a whole document: of grants on resources, of those that name none, and to several principals."""

from __future__ import annotations

from iamdsl.access.merge import merge
from iamdsl.access.minimize import minimize, ordered
from iamdsl.access.model import Grant
from iamdsl.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.access.reach import Formats

_EVERY = ("*",)  # what a grant that names no resource is minimised on: all that its document is on


def smallest(grants: tuple[Grant, ...], formats: Formats) -> tuple[Grant, ...]:
    """Grants of the same access in as few statements and characters as found, in canonical order; see `minimize`."""
    loose = tuple([replace(grant, resources=_EVERY) for grant in grants if not grant.resources])
    if not loose:
        return arranged(minimize(grants, formats))
    placed = minimize(tuple([grant for grant in grants if grant.resources]), formats)
    return arranged((*placed, *[replace(grant, resources=()) for grant in minimize(loose, formats)]))


def arranged(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """`grants` in canonical order, those that differ only in whom they are to made one."""
    return merge(grants) if any([grant.principals for grant in grants]) else ordered(list(grants))
