"""Grants to statements: the place where AWS's operators are chosen."""

from __future__ import annotations

from functools import lru_cache

from iamdsl import rules
from iamdsl.access.condition import TooManyStatements
from iamdsl.access.model import TRUE, Access, Condition, Grant, Origin, Owner
from iamdsl.access.optimum import Price
from iamdsl.catalog import Catalog, ResourcePolicy
from iamdsl.compiler.operators import Inexpressible, blocks
from iamdsl.diagnostics import Label, Report
from iamdsl.policy.codec import compact
from iamdsl.policy.model import Block, Document, Statement
from iamdsl.policy.validate import size
from iamdsl.record import record, replace


@record
class Lowered:
    """A document and, for each of its statements, the sentences behind it."""

    document: Document
    origins: tuple[tuple[Origin, ...], ...]


KINDS = {"identity": "managed", "boundary": "managed"}  # what AWS's quotas call an access; others by its own name


def lower(access: Access, catalog: Catalog, report: Report) -> Lowered:
    """The document of `access`; conditions that AWS cannot express are findings."""
    owner = access.owner
    type = catalog.type(owner.type) if access.kind == "resource" else None
    policy = catalog.resource_policy(type) if type else None
    found: list[tuple[Statement, tuple[Origin, ...]]] = []
    for grant in access.grants:
        for block in _blocks(grant, report):
            statement = stated(grant, block)
            written = all([origin.exact for origin in grant.origins])
            for one in _taken(statement, policy, catalog) if policy and not written else (statement,):
                found.append((one, grant.origins))
    kind = kind_of(owner, access.kind, catalog)
    return Lowered(Document(kind, tuple(one for one, _ in found)), tuple(origins for _, origins in found))


def kind_of(owner: Owner, kind: str, catalog: Catalog) -> str:
    """What AWS takes the document as that belongs to `owner` and is of this kind of access."""
    type = catalog.type(owner.type) if kind == "resource" else None
    if type and catalog.resource_policy(type):
        return owner.type
    if owner.kind == "permission-set":
        return "permission-set"
    return f"inline-{owner.kind}" if owner.inline else KINDS.get(kind, kind)


def _taken(statement: Statement, policy: ResourcePolicy, catalog: Catalog) -> list[Statement]:
    """`statement` in the form that the resource's service takes."""
    if policy.resource != "arn":
        statement = replace(statement, resource=("*",) if policy.resource == "*" else None)
    most = catalog.quota(f"{policy.type} actions in a statement")
    single = "lists" in policy.rejects
    step = 1 if single else most.limit if most else len(statement.action or ()) or 1
    actions = statement.action or ()
    parts = [replace(statement, action=actions[at : at + step]) for at in range(0, len(actions), step)] or [statement]
    if not single:
        return parts
    return [replace(one, principal=(pair,)) for one in parts for pair in one.principal or ()]


def heaviest(lowered: Lowered, unit: str) -> tuple[Label, ...]:
    """The three sentences that take most of the document, largest first; several behind one statement share its size."""
    weights: dict[Origin, int] = {}
    for one, origins in zip(lowered.document.statements, lowered.origins):
        weight = size(replace(lowered.document, statements=(one,)), unit)
        for origin in origins:
            weights[origin] = weights.get(origin, 0) + weight // len(origins)
    found = sorted(weights, key=lambda origin: (-weights[origin], origin.path, origin.start))[:3]
    counted = "bytes" if unit == "bytes" else "characters"
    return tuple(Label(origin.span, f"about {weights[origin]} {counted}") for origin in found)


def _blocks(grant: Grant, report: Report) -> tuple[Block, ...]:
    if grant.written is not None:
        return (grant.written,)
    span = grant.origins[0].span
    try:
        return made(grant.condition)
    except Inexpressible as fault:
        help = "say it with other tests, or in several sentences"
        report.add(rules.INEXPRESSIBLE, span, help=help, why=str(fault))
    except TooManyStatements:
        help = "split the sentence, or state the condition with fewer alternatives"
        report.add(rules.TOO_MANY_STATEMENTS, span, help=help, limit=64)
    return ()


@lru_cache(maxsize=1 << 10)
def made(condition: Condition) -> tuple[Block, ...]:
    return tuple([_frozen(block) for block in blocks(condition)])


def _frozen(block: dict[str, dict[str, str | list[str]]]) -> Block:
    return tuple(
        (
            operator,
            tuple((key, (values,) if isinstance(values, str) else tuple(values)) for key, values in keys.items()),
        )
        for operator, keys in block.items()
    )


def price(grant: Grant) -> Price:
    """What is in the statements of `grant` beside its lists; see `access.minimize`."""
    try:
        return priced(grant, made(grant.condition))
    except (Inexpressible, TooManyStatements, ValueError):  # nothing that a document says so
        return Price(len(repr(grant.condition)))


def priced(grant: Grant, blocks: tuple[Block, ...]) -> Price:
    """What is in the statements of `grant` beside its lists, one for each of `blocks`, that its condition is said with."""
    excepting = grant.except_actions, grant.except_resources, grant.except_principals
    return _priced(grant.allows, grant.principals, excepting, blocks)


@lru_cache(maxsize=1 << 10)
def _priced(
    allows: bool, principals: tuple[tuple[str, str], ...], excepting: tuple[bool, bool, bool], blocks: tuple[Block, ...]
) -> Price:
    actions, resources, others = excepting
    bare = Grant(allows, ("",), ("",), TRUE, (), principals, actions, resources, others)
    listed = tuple([stated(bare, block) for block in blocks])
    characters = len(compact(Document("identity", listed))) - len(compact(Document("identity", ()))) + 1
    return Price(characters - 2 * len(listed) * len('""'), len(listed))


def stated(grant: Grant, block: Block) -> Statement:
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
