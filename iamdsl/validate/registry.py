"""Every check, and the kinds of document that it is for. The order is that of reading; findings are sorted by place."""

from __future__ import annotations

from iamdsl.validate import (
    actions,
    addresses,
    arns,
    conditions,
    escalation,
    exposure,
    fit,
    guardrails,
    keys,
    passing,
    principals,
    redundancy,
    services,
    size,
    structure,
    trust,
    unsafe,
    variables,
)
from iamdsl.validate.context import KINDS, Context
from iamdsl.validate.reading import Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ALL = frozenset(KINDS)
IDENTITY = frozenset(["identity"])
WITH_RESOURCES = ALL - {"trust"}

# once for a document
OF_DOCUMENT: tuple[tuple[frozenset[str], Callable[[Context], None]], ...] = (
    (ALL, structure.document),
    (ALL, structure.sids),
    (ALL, size.size),
    (ALL, size.characters),
    (ALL, size.parts),
    (ALL, redundancy.statements),
    (ALL, exposure.public),
    (IDENTITY, escalation.admin),
    (IDENTITY, escalation.escalation),
    (IDENTITY, exposure.credentials),
    (IDENTITY, exposure.data),
    (IDENTITY, exposure.sharing),
)

# for each statement
OF_STATEMENT: tuple[tuple[frozenset[str], Callable[[Statement, Context], None]], ...] = (
    (ALL, structure.elements),
    (ALL, structure.types),
    (ALL, actions.names),
    (ALL, actions.of_kind),
    (ALL, actions.drifting),
    (ALL, variables.variables),
    (WITH_RESOURCES, arns.resources),
    (WITH_RESOURCES, arns.of_type),
    (WITH_RESOURCES, fit.fit),
    (ALL, conditions.operators),
    (ALL, conditions.repeated_keys),
    (ALL, conditions.values),
    (ALL, conditions.types),
    (ALL, conditions.equivalents),
    (ALL, addresses.ranges),
    (ALL, keys.exist),
    (ALL, keys.many_valued),
    (ALL, keys.values),
    (ALL, keys.carried),
    (ALL, keys.setters),
    (ALL, principals.form),
    (ALL, principals.service_values),
    (ALL, principals.negated),
    (ALL, trust.everyone),
    (ALL, trust.calls),
    (ALL, trust.oidc),
    (ALL, trust.subjects),
    (ALL, trust.variables),
    (ALL, trust.outside),
    (ALL, trust.services),
    (ALL, trust.sessions),
    (ALL, services.source),
    (ALL, services.absent_keys),
    (ALL, services.irrelevant),
    (ALL, unsafe.chosen),
    (ALL, unsafe.pairs),
    (ALL, unsafe.attributes),
    (ALL, unsafe.prefixes),
    (ALL, unsafe.mfa),
    (ALL, unsafe.expired),
    (ALL, unsafe.contradictory),
    (ALL, unsafe.some_services),
    (IDENTITY, passing.roles),
    (IDENTITY, escalation.negations),
    (frozenset(["rcp"]), guardrails.shape),
    (frozenset(["rcp"]), guardrails.guards),
    (ALL, redundancy.actions),
    (WITH_RESOURCES, redundancy.resources),
)
