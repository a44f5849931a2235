"""The part of the tree below a sentence: words and conditions."""

from __future__ import annotations

from iamdsl.record import record
from iamdsl.source import Span


@record
class Word:
    """A bare word, or the inside of a quoted one with its escapes as written."""

    text: str
    quoted: bool
    span: Span


# ---- conditions


@record
class TagOf:
    """`principal tag team`: the value of a tag of the caller, the resource or the request, as key or as value."""

    thing: str
    name: Word
    span: Span


Operand = Word | TagOf


@record
class Clause:
    """A named condition or qualifier. `kind` is its leading words (`from ip`); `extra` what follows a second keyword."""

    kind: str
    values: tuple[Word, ...]
    span: Span
    extra: tuple[Word, ...] = ()


@record
class TagClause:
    """`tagged K = V, ...`, `tagging ...` or `as principal tagged ...`."""

    kind: str
    tags: tuple[tuple[Word, Operand], ...]
    span: Span


@record
class Compare:
    """`KEY RELATION VALUES`; relation is one of RELATIONS or an operator of AWS's, such as `StringLikeIfExists`."""

    quantifier: str
    key: Operand
    relation: str
    values: tuple[Operand, ...]
    ignoring_case: bool
    span: Span

    @property
    def is_operator(self) -> bool:
        """Whether the relation is an operator of AWS's and none of the language's own."""
        return self.relation not in RELATIONS


RELATIONS = ("=", "!=", "<", "<=", ">", ">=", "in", "not in", "like", "not like", "exists")


@record
class Not:
    item: Expression
    span: Span


@record
class And:
    items: tuple[Expression, ...]
    span: Span


@record
class Or:
    items: tuple[Expression, ...]
    span: Span


Expression = Clause | TagClause | Compare | Not | And | Or


@record
class If:
    """`if EXPRESSION`, or `unless EXPRESSION` when `negated`."""

    negated: bool
    expression: Expression
    span: Span
