"""A file cut into its sentences, so that an edit costs what the sentences around it cost.

A piece is one top-level sentence with the comments above it, in whole lines. It is parsed as a source of its own: its
spans count from its own start, under a path that no other text ever had, so that whatever is made of it (trees, grants,
findings) stays right while the text above grows and shrinks.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import accumulate, count

from iamdsl import rules
from iamdsl.diagnostics import Diagnostic, Edit, Label, Report
from iamdsl.pause import pause
from iamdsl.record import replace
from iamdsl.source import Source, Span
from iamdsl.syntax import ast, lex
from iamdsl.syntax.parse import parse_sentence

_numbers = count()


class Piece:
    """One sentence. `line` is None for what is behind the last one, comments and empty lines.

    `seen` is how many characters, from its start, decided where it ends; `findings` are those of its text alone. `base`
    is where it starts in the file at present.
    """

    __slots__ = ("source", "tokens", "line", "findings", "seen", "base", "kept")

    def __init__(self, source: Source, base: int, seen: int) -> None:
        self.source = source
        self.base = base
        self.seen = seen
        self.tokens: list[lex.Token] = []
        self.line: ast.Line | None = None
        self.findings: tuple[Diagnostic, ...] = ()
        self.kept: dict[str, object] = {}  # what is worked out of its text alone, by what it is

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def text(self) -> str:
        return self.source.text

    @property
    def declares(self) -> bool:
        """Whether other sentences may hang on it: what it stands for, or what it sets."""
        return self.line is not None and not isinstance(self.line.sentence, (ast.Grant, ast.BadSentence))

    @property
    def end(self) -> int:
        return self.base + len(self.source.text)


def home_of(path: str) -> str:
    """The path of the file that a piece is in, by the piece's; of a file its own."""
    return path.partition("\n")[0]


class File:
    """The text of a file at one moment, and its pieces, which cover it without gaps."""

    def __init__(self, path: str, text: str, before: File | None = None) -> None:
        self.path = path
        self.text = text
        start, made, end = _cut(path, text, before)
        old = before.pieces if before else ()
        self.pieces: tuple[Piece, ...] = (*old[:start], *made, *old[end:])
        shift, bases = len(text) - len(before.text) if before else 0, before.bases if before else []
        first = bases[start] if start < len(bases) else len(before.text) if before else 0
        fresh = list(accumulate([len(piece.source.text) for piece in made], initial=first))[:-1]
        self.bases: list[int] = bases[:start] + fresh + [one + shift for one in bases[end:]]
        for piece, base in zip(self.pieces, self.bases):
            piece.base = base
        self.by_path: dict[str, Piece] = before.by_path.copy() if before else {}
        self.sources: dict[str, Source] = before.sources.copy() if before else {}
        for piece in old[start:end]:
            del self.by_path[piece.path], self.sources[piece.path]
        for piece in made:
            self.by_path[piece.path], self.sources[piece.path] = piece, piece.source
        self.program = ast.Program(path, tuple([piece.line for piece in self.pieces if piece.line is not None]))

    def piece(self, offset: int) -> Piece:
        """The piece that holds `offset`; at a border, the one that begins there."""
        return self.pieces[max(bisect_right(self.bases, offset) - 1, 0)]

    def at(self, offset: int) -> Piece:
        """The piece of what is written at `offset`: at the end of the text, the last sentence if its line goes on there."""
        piece = self.piece(offset)
        if offset == piece.base and offset and self.text[offset - 1] != "\n":
            return self.piece(offset - 1)
        return piece

    def between(self, start: int, end: int) -> tuple[Piece, ...]:
        """The pieces that touch a range."""
        first = max(bisect_right(self.bases, start) - 1, 0)
        return self.pieces[first : max(bisect_right(self.bases, end), first + 1)]


def _cut(path: str, text: str, before: File | None) -> tuple[int, list[Piece], int]:
    """The pieces of `text`: those that the file had before up to a number, new ones, and those from a number on. They are taken
    over where nothing that they hang on is new."""
    old, bases, was = (before.pieces, before.bases, before.text) if before else ((), [], "")
    same = _same_start(was, text) if before else 0
    tail = _same_end(was, text, same) if before else 0
    kept = 0
    while kept < len(old) and bases[kept] + old[kept].seen <= same:
        kept += 1
    start = bases[kept] if kept < len(old) else len(was)
    shift = len(text) - len(was)
    first = bisect_left(bases, len(was) - tail)  # of those behind the edit

    def joined(at: int) -> int | None:
        """The number of the piece before that begins at `at`, behind the edit."""
        number = bisect_left(bases, at - shift, first)
        return number if number < len(bases) and bases[number] + shift == at else None

    more = 2  # pieces behind the edit that are read anew
    while True:
        limit = bases[first + more] + shift if len(bases) > first + more else len(text)
        made, join = _read(path, text, start, limit, joined)
        if join is not None:
            return kept, _kept(made, old[kept:join]), join
        if limit == len(text):
            return kept, _kept(made, old[kept:]), len(old)
        more *= 8


def _kept(made: list[Piece], old: tuple[Piece, ...]) -> list[Piece]:
    """`made`, with those in place of which an equal one was there before: what was found out about it stays."""
    known: dict[str, list[Piece]] = {}
    for piece in reversed(old):
        known.setdefault(piece.text, []).append(piece)
    found: list[Piece] = []
    for piece in made:
        same = known.get(piece.text)
        before = same[-1] if same else None
        if same and before is not None and _said(before) == _said(piece):
            before.seen = piece.seen
            found.append(same.pop())
        else:
            found.append(piece)
    return found


def _said(piece: Piece) -> list[tuple[object, ...]]:
    return [
        (one.rule, one.message, one.help, [(label.span.start, label.span.end) for label in one.labels])
        for one in piece.findings
    ]


def _same_start(old: str, new: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _same_end(old: str, new: str, start: int) -> int:
    """How many characters both end with, leaving the `start` that they begin with."""
    low, high = 0, min(len(old), len(new)) - start
    while low < high:
        middle = (low + high + 1) // 2
        if old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _read(
    path: str, text: str, start: int, limit: int, joined: Callable[[int], int | None]
) -> tuple[list[Piece], int | None]:
    """The pieces of `text` from `start` up to where one begins that was there before, as `joined` tells by its place, and the
    number of that one; None where there is none up to `limit`."""
    origin = max(start - 1, 0)  # the line end before: an empty line is told by two
    window = Source(path, text[origin:limit])
    scanned = Report()
    tokens, _ = lex.scan(window, scanned)
    stray = [(one, one.labels[0].span.start) for one in scanned]
    found: list[Piece] = []
    at, begin = 0, start - origin
    while at < len(tokens):
        pause()
        name = f"{path}\n{next(_numbers)}"
        report = Report()
        sentence, after = lex.cut_sentence(Source(name, window.text), tokens, at, report)
        opened = any([one.rule is rules.UNCLOSED_BRACKET for one in report])  # which all of the text decided
        if limit < len(text) and (opened or after == len(tokens)):
            return found, None
        end = _line_end(window.text, sentence.tokens[-1].end)
        whole = opened or after == len(tokens)
        seen = len(text) + 1 - origin if whole else _line_end(window.text, tokens[after].end)
        piece = Piece(Source(name, window.text[begin:end]), origin + begin, seen - begin)
        own = [_moved(one, name, -begin) for one, place in stray if begin <= place < end]
        own += [_moved(one, name, -begin) for one in report]
        _parse(piece, sentence, begin, own)
        found.append(piece)
        at, begin = after, end
        if (join := joined(origin + begin)) is not None:
            return found, join
    if limit < len(text):
        return found, None
    if begin < len(window.text) or not found:
        name = f"{path}\n{next(_numbers)}"
        found.append(Piece(Source(name, window.text[begin:]), origin + begin, len(text) + 1 - origin - begin))
    return found, None


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return found + 1 if found >= 0 else len(text)


def _parse(piece: Piece, sentence: lex.Sentence, begin: int, findings: list[Diagnostic]) -> None:
    for token in dict.fromkeys(sentence.tokens):
        token.start -= begin
        token.end -= begin
    piece.tokens = sentence.tokens
    report = Report()
    report.sources[piece.path] = piece.source
    piece.line, _ = parse_sentence(piece.source, sentence, report)
    piece.findings = (*findings, *report)


def _moved(found: Diagnostic, path: str, by: int) -> Diagnostic:
    """`found` as a finding of the source at `path`, whose text starts elsewhere."""
    labels = [Label(Span(path, one.span.start + by, one.span.end + by), one.text) for one in found.labels]
    edits = [Edit((path, one.place[1] + by, one.place[2] + by), one.text) for one in found.fix]
    return replace(found, labels=tuple(labels), fix=tuple(edits))
