"""Anybody's document as the smallest found that is provably the same."""

from __future__ import annotations

from json import dumps, loads

from iamdsl.access.cells import actions_given
from iamdsl.access.condition import TooManyStatements
from iamdsl.access.glob import variables
from iamdsl.access.model import FALSE, TRUE, Access, Condition, Grant, Owner
from iamdsl.access.optimum import Price
from iamdsl.access.reach import contained
from iamdsl.access.smallest import smallest
from iamdsl.catalog import Catalog
from iamdsl.compiler.arns import formats_of
from iamdsl.compiler.lift import lift
from iamdsl.compiler.lower import made, price, priced, stated
from iamdsl.compiler.operators import Inexpressible
from iamdsl.compiler.shorten import Gap, shorten
from iamdsl.compiler.verify import EQUAL, Verifier
from iamdsl.compiler.wildcards import written_out
from iamdsl.policy import codec
from iamdsl.policy.model import Block, Document, Statement
from iamdsl.policy.validate import counted, size
from iamdsl.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from iamdsl.access.reach import Formats

_EVERY = ("*",)  # what a grant is on that names no resource


@record
class Condensed:
    """`value`, the JSON of `document`, of `after` characters, where what was given took `before`, both in AWS's count.

    `proof` is the verdict on it beside what was given: `equal`, or `unknown: why`, and then it is what was given. `closed`: it
    is equal as long as AWS adds no actions. `gap`: by how much it could be shorter.
    """

    value: Any
    document: Document
    before: int
    after: int
    proof: str
    closed: bool
    gap: Gap


def condense(text: str, kind: str, mode: str, catalog: Catalog, unit: str = "nonspace") -> Condensed:
    """The document of `kind` that `text` holds, or a smaller one that means the same.

    Raises codec.Malformed if it holds none, and Mismatch, a bug, where what was made of it is not the same.
    """
    given = codec.read(text, kind)
    raw = loads(text)
    formats = formats_of(catalog)
    tidy = _tidy(given)
    small = smaller(tidy, mode, catalog, formats)
    if size(tidy, unit) < size(small.document, unit):
        small = Smaller(tidy, False, Gap())  # grants whose resources differ in their variables were cut in two
    value = _dumped(small.document, raw)
    before, after = counted(raw, unit), counted(value, unit)
    proof = proved(given, small, catalog, formats)
    if proof != EQUAL:
        return Condensed(raw, given, before, before, proof, False, Gap())
    return Condensed(value, small.document, before, after, proof, small.closed, small.gap)


def _tidy(given: Document) -> Document:
    """`given` without Sids, all in order and nothing twice."""

    def once(texts: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if texts is None else tuple(sorted(set(texts)))

    def tidied(one: Statement) -> Statement:
        return Statement(
            one.effect,
            once(one.action),
            once(one.not_action),
            once(one.resource),
            once(one.not_resource),
            one.principal and tuple(sorted(set(one.principal))),
            one.not_principal and tuple(sorted(set(one.not_principal))),
            _sorted(one.condition),
        )

    return replace(given, statements=tuple(sorted(set(map(tidied, given.statements)), key=repr)))


def _dumped(document: Document, raw: Any) -> Any:
    """`document` as JSON in the fewest characters: a single statement without a list, and booleans and numbers without quotes
    where `raw`, of which it was made, has them so."""
    value = codec.dump(document)
    bare: dict[tuple[str, str, str], Any] = {}
    listed = raw["Statement"] if isinstance(raw["Statement"], list) else [raw["Statement"]]
    for operator, key, given in [one for statement in listed for one in _compared(statement)]:
        for one in given if isinstance(given, list) else [given]:
            if not isinstance(one, str):
                bare[operator, key, dumps(one)] = one
    for statement in value["Statement"] if bare else ():
        for operator, key, given in _compared(statement):
            found = [bare.get((operator, key, one), one) for one in (given if isinstance(given, list) else [given])]
            statement["Condition"][operator][key] = found if isinstance(given, list) else found[0]
    if len(value["Statement"]) == 1:
        value["Statement"] = value["Statement"][0]
    return value


def _compared(statement: Any) -> list[tuple[str, str, Any]]:
    """Operator, key and values of each test of a statement's condition."""
    block = statement.get("Condition", {})
    return [(operator, key, block[operator][key]) for operator in block for key in block[operator]]


def proved(given: Document, small: Smaller, catalog: Catalog, formats: Formats) -> str:
    """The verdict on `small` beside `given`; if it is `closed`, on what the wildcards stand for. Raises Mismatch."""
    grants, document = lift(given), small.document
    if small.closed:
        grants, document = written_out(grants, document, catalog)
    meant = Access(Owner("policy", "given"), "identity", grants)
    return Verifier(formats).verify(meant, document, True, "the smaller document")


@record
class Smaller:
    """A document not yet proved; `closed` and `gap` as of `Condensed`."""

    document: Document
    closed: bool
    gap: Gap


def smaller(given: Document, mode: str, catalog: Catalog, formats: Formats) -> Smaller:
    """`given`, made small."""
    grants = lift(given)
    blocks = _blocks(given, grants)
    able = _without_denied([grant for grant in grants if grant.condition != FALSE])
    if not able:
        return Smaller(replace(given, statements=(replace(given.statements[0], sid=None),)), False, Gap())

    def costs(grant: Grant) -> Price:
        block = blocks.get(grant.condition)
        return price(grant) if block is None else priced(grant, (block,))

    closed = False
    while True:
        shorter = shorten(smallest(tuple(able), formats, costs), costs, given.kind, mode, catalog)
        closed = closed or shorter.closed
        left = _without_denied(list(shorter.grants))
        if tuple(left) == shorter.grants:
            break
        able = left  # with wildcards in common it shows what is denied wherever it is allowed
    try:
        statements = [one for grant in shorter.grants for one in _statements(grant, blocks)]
    except (Inexpressible, TooManyStatements):
        return Smaller(given, False, Gap())
    if given.version != "2012-10-17":
        statements = [_unescaped(one) for one in statements]
    return Smaller(replace(given, statements=tuple(statements)), closed, shorter.gap)


def _without_denied(grants: list[Grant]) -> list[Grant]:
    """`grants` without the actions that others deny wherever they are allowed."""
    denies = [one for one in grants if not one.allows and not one.except_resources]
    found: list[Grant] = []
    for grant in grants:
        if grant.allows and not grant.except_actions and not grant.except_resources and denies:
            holding = [(one, actions_given(one, grant.actions)) for one in denies if _holds(one, grant)]
            left = [action for action in grant.actions if not _denied(action, grant.resources, holding)]
            if not left:
                continue
            grant = replace(grant, actions=tuple(left))
        found.append(grant)
    return found


def _holds(deny: Grant, allow: Grant) -> bool:
    """Whether `deny` surely speaks to whom `allow` does, whenever it does."""
    if deny.principals or allow.principals:
        if deny.except_principals or allow.except_principals or not deny.principals:
            return False
        if ("*", "*") not in deny.principals and not set(allow.principals) <= set(deny.principals):
            return False
    if any([variables(text) for text in deny.resources]):
        return False
    return deny.condition in (TRUE, allow.condition)


def _denied(action: str, resources: tuple[str, ...], denies: list[tuple[Grant, set[str]]]) -> bool:
    """Whether `denies`, each with the actions that it is of, are together of `action` on all of `resources`."""
    wides = {text for one, actions in denies if action in actions for text in one.resources or _EVERY}
    return bool(wides) and all([contained(resource, sorted(wides)) for resource in resources or _EVERY])


def _blocks(given: Document, grants: tuple[Grant, ...]) -> dict[Condition, Block]:
    """The shortest way in which `given` says each condition."""
    found: dict[Condition, Block] = {}
    for grant, statement in zip(grants, given.statements):
        block = _sorted(statement.condition)
        known = found.get(grant.condition)
        if known is None or (len(repr(block)), block) < (len(repr(known)), known):
            found[grant.condition] = block
    return found


def _sorted(block: Block) -> Block:
    """`block` with operators, keys and values in order."""
    return tuple(
        sorted(
            [(name, tuple(sorted([(key, tuple(sorted(set(values)))) for key, values in keys]))) for name, keys in block]
        )
    )


def _statements(grant: Grant, blocks: dict[Condition, Block]) -> list[Statement]:
    """The statements of `grant`; its condition as it was given, if it was."""
    block = blocks.get(grant.condition)
    return [stated(grant, one) for one in ((block,) if block is not None else made(grant.condition))]


def _unescaped(statement: Statement) -> Statement:
    """`statement` for a version of the language that knows no variables; see `lift`."""

    def plain(texts: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return texts and tuple([text.replace("${$}{", "${") for text in texts])

    return replace(statement, resource=plain(statement.resource), not_resource=plain(statement.not_resource))
