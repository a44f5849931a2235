"""What can be folded away, and what a selection grows to."""

from __future__ import annotations

from iamdsl.editor.pieces import File
from iamdsl.editor.program import Program
from iamdsl.editor.trees import chain
from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax import lex


@record
class Fold:
    """Lines from `start` to `end` (offsets in both) that fold to the first; `kind`: `comment`, `imports` or ""."""

    start: int
    end: int
    kind: str = ""


def folds(file: File) -> list[Fold]:
    """The blocks, brackets, sentences and comments of several lines."""
    found: list[Fold] = []
    for piece in file.pieces:
        opened: list[lex.Token] = []
        for token in piece.tokens:
            if token.kind != lex.MARK:
                continue
            if token.text in "{[(":
                opened.append(token)
            elif token.text in "}])" and opened:
                begun = opened.pop()
                if "\n" in piece.text[begun.start : token.start]:
                    found.append(Fold(piece.base + begun.start, piece.base + token.start))
        if piece.line is not None and not any(one.text == "{" for one in piece.tokens):
            span = piece.line.span
            if "\n" in piece.text[span.start : span.end].rstrip():
                found.append(Fold(piece.base + span.start, piece.base + span.end))
        found += _comments(piece.text, piece.base)
    return found


def _comments(text: str, base: int) -> list[Fold]:
    """Comments that go on over several lines."""
    found: list[Fold] = []
    start = end = -1
    at = 0
    for line in [*text.splitlines(True), ""]:
        if line.lstrip().startswith("#"):
            start = at if start < 0 else start
            end = at + len(line.rstrip("\r\n"))
        else:
            if start >= 0 and "\n" in text[start:end]:
                found.append(Fold(base + start, base + end, "comment"))
            start = -1
        at += len(line)
    return found


def selection(program: Program, path: str, offset: int) -> list[Span]:
    """What a selection at `offset` grows to, from the word out to the whole file."""
    file = program.file(path)
    if file is None:
        return []
    piece = file.at(offset)
    here = offset - piece.base
    spans = [Span(path, 0, len(file.text))]
    if piece.text:
        spans.append(Span(path, piece.base, piece.end))
    if piece.line is not None:
        spans += [Span(path, one.start + piece.base, one.end + piece.base) for one in chain(piece.line, here)]
    token = next((one for one in piece.tokens if one.start <= here <= one.end and one.kind != lex.NEWLINE), None)
    if token is not None:
        spans.append(Span(path, token.start + piece.base, token.end + piece.base))
    found: list[Span] = []
    for span in reversed(spans):
        if not found or (span != found[-1] and span.start <= found[-1].start and found[-1].end <= span.end):
            found.append(span)
    return found
