"""Grants to statements: the place where AWS's operators are chosen."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.condition import TooManyStatements
from iamdsl.access.model import Access, Grant, Origin
from iamdsl.compiler.operators import Inexpressible, blocks
from iamdsl.diagnostics import Report
from iamdsl.policy.model import Block, Document, Statement
from iamdsl.record import record


@record
class Lowered:
    """A document and, for each of its statements, the sentences behind it."""

    document: Document
    origins: tuple[tuple[Origin, ...], ...]


def lower(access: Access, report: Report) -> Lowered:
    """The document of `access`; conditions that AWS cannot express are findings."""
    found: list[tuple[Statement, tuple[Origin, ...]]] = []
    for grant in access.grants:
        for block in _blocks(grant, report):
            found.append((_statement(grant, block), grant.origins))
    kind = "trust" if access.kind == "trust" else "managed"
    return Lowered(Document(kind, tuple(one for one, _ in found)), tuple(origins for _, origins in found))


def _blocks(grant: Grant, report: Report) -> list[Block]:
    span = grant.origins[0].span
    try:
        return [_frozen(block) for block in blocks(grant.condition)]
    except Inexpressible as fault:
        help = "say it with other tests, or in several sentences"
        report.add(rules.INEXPRESSIBLE, span, help=help, why=str(fault))
    except TooManyStatements:
        help = "split the sentence, or state the condition with fewer alternatives"
        report.add(rules.TOO_MANY_STATEMENTS, span, help=help, limit=64)
    return []


def _frozen(block: dict[str, dict[str, str | list[str]]]) -> Block:
    return tuple(
        (
            operator,
            tuple((key, (values,) if isinstance(values, str) else tuple(values)) for key, values in keys.items()),
        )
        for operator, keys in block.items()
    )


def _statement(grant: Grant, block: Block) -> Statement:
    actions, resources = tuple(sorted(grant.actions)), tuple(sorted(grant.resources)) or None
    principals = grant.principals or None
    return Statement(
        effect="Allow" if grant.allows else "Deny",
        action=None if grant.except_actions else actions,
        not_action=actions if grant.except_actions else None,
        resource=None if grant.except_resources else resources,
        not_resource=resources if grant.except_resources else None,
        principal=None if grant.except_principals else principals,
        not_principal=principals if grant.except_principals else None,
        condition=block,
    )
