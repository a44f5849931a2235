"""What a document says to people: its Sids, and statements that say nothing, as comments."""

from __future__ import annotations

from iamdsl.decompiler.document import Sentences
from iamdsl.decompiler.model import Input
from iamdsl.policy import codec
from iamdsl.policy.model import Document
from iamdsl.record import replace
from iamdsl.syntax import ast


def commented(given: Input, sentences: list[Sentences]) -> tuple[ast.Line, ...]:
    """The lines of `sentences`, with the Sids of the statements behind each, and what no sentence says."""
    statements = given.document.statements
    lines: list[ast.Line] = []
    shown: set[int] = set()
    for one in sentences:
        names = [statements[number].sid for number in sorted(one.lot.statements) if number not in shown]
        shown |= one.lot.statements
        said = [f"# {_clean(name)}" for name in names if name]
        lines += [replace(line, before=tuple(said) if at == 0 else ()) for at, line in enumerate(one.lines)]
    left = [statement for number, statement in enumerate(statements) if number not in shown]
    notes = tuple([f"# said already, or never: {_compact(one)}" for one in left])
    return (replace(lines[0], before=(*notes, *lines[0].before)), *lines[1:])


def _compact(statement: object) -> str:
    text = codec.compact(Document("", (statement,)))  # type: ignore[arg-type]
    return _clean(text[text.index("[") + 1 : text.rindex("]")])


def _clean(text: str) -> str:
    """The text on one line."""
    return "".join([one if one.isprintable() else " " for one in text])
