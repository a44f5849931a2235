"""Every check, and the documents that it is for. The order is that of reading; findings are sorted by place.

Checks that few documents need are imported when one does: a compile runs them over all that it writes.
"""

from __future__ import annotations

from iamdsl.validation import exposure
from iamdsl.validation.context import KINDS, Context
from iamdsl.validation.reading import Policy, Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    OfDocument = Callable[[Context], None]
    OfStatement = Callable[[Statement, Context], None]

ALL = frozenset(KINDS)
IDENTITY = frozenset(["identity"])
WITH_RESOURCES = ALL - {"trust"}


def checks(policy: Policy, kind: str) -> tuple[list[OfDocument], list[OfStatement]]:
    """What is to be asked of a document of this kind: as a whole, and of each of its statements."""
    more: list[OfStatement] = []
    if any("Condition" in one.elements for one in policy.statements):
        more += _of_conditions()
    if any("Principal" in one.elements or "NotPrincipal" in one.elements for one in policy.statements):
        more += _of_principals()
    if kind == "rcp":
        more += _of_guardrails()
    of_document, of_statement = _of_all()
    return [one for kinds, one in of_document if kind in kinds], [
        *[one for kinds, one in of_statement if kind in kinds],
        *more,
    ]


def _of_all() -> tuple[list[tuple[frozenset[str], OfDocument]], list[tuple[frozenset[str], OfStatement]]]:
    from iamdsl.validation import actions, arns, breadth, fit, passing  # local: see above
    from iamdsl.validation import redundancy, size, structure, variables

    of_document: list[tuple[frozenset[str], OfDocument]] = [
        (ALL, structure.document),
        (ALL, structure.sids),
        (IDENTITY, structure.attached),
        (ALL, size.size),
        (ALL, size.characters),
        (ALL, size.parts),
        (ALL, redundancy.statements),
        (ALL, exposure.public),
        (IDENTITY, breadth.admin),
        (IDENTITY, exposure.credentials),
        (IDENTITY, exposure.data),
        (IDENTITY, exposure.sharing),
    ]
    of_statement: list[tuple[frozenset[str], OfStatement]] = [
        (ALL, structure.elements),
        (ALL, structure.types),
        (ALL, actions.names),
        (ALL, actions.of_kind),
        (ALL, actions.drifting),
        (ALL, variables.variables),
        (WITH_RESOURCES, arns.resources),
        (WITH_RESOURCES, arns.of_type),
        (WITH_RESOURCES, fit.fit),
        (IDENTITY, passing.roles),
        (IDENTITY, breadth.negations),
        (ALL, redundancy.actions),
        (WITH_RESOURCES, redundancy.resources),
    ]
    return of_document, of_statement


def review(policy: Policy, kind: str, suggestions: bool) -> tuple[list[OfDocument], list[OfStatement]]:
    """What is to be asked of a document that a compile makes: what it does not know already, or the program says."""
    of_document: list[OfDocument] = []
    of_statement: list[OfStatement] = []
    if kind == "identity":
        of_document = [exposure.credentials, exposure.sharing]
    if any(one.tests for one in policy.statements):
        from iamdsl.validation import keys, trust, unsafe  # local: few documents need them

        of_statement += [keys.values, trust.variables]
        of_statement += [unsafe.chosen, unsafe.pairs, unsafe.attributes, unsafe.prefixes, unsafe.mfa]
    if kind in ("trust", "resource"):
        from iamdsl.validation import services, trust  # local: as above

        of_statement += [services.absent_keys, trust.calls]
    if suggestions:
        from iamdsl.validation import actions, conditions  # local: as above

        of_document += [exposure.data] if kind == "identity" else []
        of_statement += [actions.drifting, conditions.equivalents]
    return of_document, of_statement


def _of_conditions() -> list[OfStatement]:
    from iamdsl.validation import addresses, conditions, keys, services, trust, unsafe  # local: see above

    return [
        conditions.operators,
        conditions.repeated_keys,
        conditions.values,
        conditions.types,
        conditions.equivalents,
        addresses.ranges,
        keys.exist,
        keys.many_valued,
        keys.values,
        keys.services,
        keys.carried,
        keys.setters,
        services.irrelevant,
        trust.subjects,
        trust.variables,
        unsafe.chosen,
        unsafe.pairs,
        unsafe.attributes,
        unsafe.prefixes,
        unsafe.mfa,
        unsafe.expired,
        unsafe.contradictory,
        unsafe.some_services,
    ]


def _of_principals() -> list[OfStatement]:
    from iamdsl.validation import principals, services, trust  # local: see above

    return [
        principals.form,
        principals.negated,
        services.source,
        services.absent_keys,
        trust.everyone,
        trust.calls,
        trust.oidc,
        trust.outside,
        trust.services,
        trust.sessions,
    ]


def _of_guardrails() -> list[OfStatement]:
    from iamdsl.validation import guardrails  # local: see above

    return [guardrails.shape, guardrails.guards]
