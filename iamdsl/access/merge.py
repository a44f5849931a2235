"""Grants that differ in no more than whom they are to, as one."""

from __future__ import annotations

from iamdsl.access.model import Grant
from iamdsl.record import replace


def merge(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """`grants` with one for all principals of equal actions, resources and condition, in canonical order."""
    found: dict[Grant, Grant] = {}
    for grant in grants:
        if grant.except_principals:
            key = replace(grant, origins=())
        else:
            key = replace(grant, origins=(), principals=())
        known = found.get(key)
        if known is None:
            found[key] = replace(grant, principals=tuple(sorted(set(grant.principals))))
            continue
        principals = tuple(sorted({*known.principals, *grant.principals}))
        origins = tuple(sorted({*known.origins, *grant.origins}, key=lambda one: one.order))
        found[key] = replace(known, principals=_without_covered(principals), origins=origins)
    return tuple(sorted(found.values(), key=lambda one: (not one.allows, one.actions, one.resources, _shown(one))))


def _without_covered(principals: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Anyone at all holds everybody."""
    return (("*", "*"),) if ("*", "*") in principals else principals


def _shown(grant: Grant) -> tuple[object, ...]:
    return grant.principals, repr(grant.condition)
