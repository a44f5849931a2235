"""Which sentence, and which part of it, is at a place of a piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamdsl.editor.pieces import Piece
from iamdsl.source import Span
from iamdsl.syntax import ast


def sentence_at(piece: Piece, offset: int) -> ast.Line | None:
    """The innermost sentence that holds `offset`."""
    found = piece.line if piece.line is not None and _holds(piece.line.span, offset) else None
    while found is not None:
        inner = [one for one in getattr(found.sentence, "body", ()) if _holds(one.span, offset)]
        if not inner:
            return found
        found = inner[0]
    return None


def sentences(lines: tuple[ast.Line, ...]) -> Iterator[ast.Line]:
    """`lines`, and those inside their blocks."""
    for line in lines:
        yield line
        yield from sentences(getattr(line.sentence, "body", ()))


def chain(node: Any, offset: int) -> list[Span]:
    """The spans of the parts of a tree that hold `offset`, from the outermost in."""
    found: list[Span] = []
    span = getattr(node, "span", None)
    if isinstance(span, Span):
        if not _holds(span, offset):
            return []
        found.append(span)
    for name in getattr(node, "__match_args__", ()):
        value = getattr(node, name)
        for item in value if isinstance(value, tuple) else (value,):
            if hasattr(item, "__match_args__") and not isinstance(item, Span):
                inner = chain(item, offset)
                if inner:
                    return found + inner
            elif isinstance(item, tuple):
                for each in item:
                    inner = chain(each, offset) if hasattr(each, "__match_args__") else []
                    if inner:
                        return found + inner
    return found


def _holds(span: Span, offset: int) -> bool:
    return span.start <= offset <= span.end
