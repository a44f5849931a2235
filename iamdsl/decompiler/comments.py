"""What a document says to people: its Sids, and statements that say nothing, as comments."""

from __future__ import annotations

from iamdsl.decompiler.document import Sentences
from iamdsl.decompiler.lots import NONE
from iamdsl.decompiler.model import Input
from iamdsl.policy import codec
from iamdsl.policy.model import Document, Statement
from iamdsl.record import replace
from iamdsl.syntax import ast


def commented(given: Input, sentences: list[Sentences]) -> tuple[ast.Line, ...]:
    """The lines of `sentences`, each with the Sids of the statements that it is the first to say something of. Statements
    that other ones say already, or that no request matches, stand whole above the first."""
    lines = [(one, told, line) for one in sentences for told, line in one.pairs]
    before: list[list[str]] = [[] for _ in lines]
    for statement in given.document.statements:
        at = next((at for at, (one, told, _) in enumerate(lines) if _says(one, told, statement)), None)
        if at is None:
            before[0].append(f"# said already, or of no request: {_compact(statement)}")
        elif statement.sid:
            before[at].append(f"# {_clean(statement.sid)}")
    return tuple([replace(line, before=tuple(said)) for said, (_, _, line) in zip(before, lines)])


def _says(one: Sentences, told: frozenset[tuple[str, str]], statement: Statement) -> bool:
    """Whether a sentence says something of `statement`."""
    lot = one.lot
    if lot.allows != (statement.effect == "Allow") or lot.except_actions != (statement.action is None):
        return False
    actions = [one.lower() for one in (statement.not_action if statement.action is None else statement.action) or ()]
    resources = statement.not_resource if statement.resource is None else statement.resource
    if lot.except_resources != (statement.not_resource is not None):
        return False
    named = {
        *(resources or (NONE,)),
        *[one.replace("${", "${$}{") for one in resources or ()],
    }  # the older version's text
    return any([(action, resource) in told for action in actions for resource in named])


def _compact(statement: Statement) -> str:
    text = codec.compact(Document("", (statement,)))
    return _clean(text[text.index("[") + 1 : text.rindex("]")])


def _clean(text: str) -> str:
    """The text on one line."""
    return "".join([one if one.isprintable() else " " for one in text])
