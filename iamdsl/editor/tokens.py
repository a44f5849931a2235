"""What each word of a file is, for colours: by what the compiler takes it for, not by how it looks."""

from __future__ import annotations

from iamdsl.compiler.bindings import PRINCIPAL_KINDS
from iamdsl.editor.mentions import Mention, mentions
from iamdsl.editor.pieces import Piece
from iamdsl.editor.program import Program
from iamdsl.syntax import lex
from iamdsl.syntax.parse import automaton

TYPES = (
    "keyword",
    "variable",
    "function",
    "method",
    "type",
    "property",
    "parameter",
    "namespace",
    "string",
    "number",
    "operator",
    "class",
)
MODIFIERS = ("declaration", "defaultLibrary", "readonly")
_KINDS = {
    "subject": "class",
    **{kind: "class" for kind in PRINCIPAL_KINDS},
    "resource": "variable",
    "noun": "type",
    "verb": "function",
    "action": "method",
    "key": "property",
    "param": "parameter",
    "policy": "function",
    "aws policy": "function",
    "boundary": "function",
    "account": "namespace",
    "organization": "namespace",
    "ou": "namespace",
    "service": "namespace",
}

Token = tuple[int, int, int, int]  # start and end in the file, number of the type, modifiers as bits


def tokens(program: Program, path: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens of a file, or of the sentences in a range of it, in order and apart from each other."""
    file = program.file(path)
    if file is None:
        return []
    found: list[Token] = []
    for piece in file.between(start, len(file.text) if end is None else end):
        kept = piece.kept.get("tokens")
        names = mentions(piece, program.library)
        if not isinstance(kept, tuple) or kept[0] is not names:
            kept = piece.kept["tokens"] = (names, _of(piece, names))
        found += [(piece.base + a, piece.base + b, kind, bits) for a, b, kind, bits in kept[1]]
    return found


def _of(piece: Piece, names: tuple[Mention, ...]) -> list[Token]:
    """The tokens of a piece, by its own offsets; a name in braces cuts the word around it."""
    spans: list[Token] = []
    for one in names:
        kind = _KINDS.get(one.kind, "string" if one.quoted else "")
        if kind:
            spans.append((one.span.start, one.span.end, TYPES.index(kind), int(one.declares)))
    named = {start for start, *_ in spans}
    keywords = automaton().keywords
    words = {part for text in keywords for part in text.split(" ") if text[0].isalpha()}
    inside = [(a, b) for a, b, _, _ in spans]
    for token in piece.tokens:
        if token.kind == lex.NEWLINE or token.start in named or any(a <= token.start < b for a, b in inside):
            continue
        if token.kind == lex.STRING:
            spans.append((token.start, token.end, TYPES.index("string"), 0))
        elif token.kind == lex.MARK and token.text in ("=", "!=", "<", "<=", ">", ">="):
            spans.append((token.start, token.end, TYPES.index("operator"), 0))
        elif token.kind == lex.WORD and token.text in words:
            spans.append((token.start, token.end, TYPES.index("keyword"), 0))
        elif token.kind == lex.WORD:
            kind = "number" if token.text[0].isdigit() else "string"
            spans.append((token.start, token.end, TYPES.index(kind), 0))
    return _apart(sorted(spans, key=lambda one: (one[0], -one[1])), piece.text)


def _apart(spans: list[Token], text: str) -> list[Token]:
    """`spans` cut where they hold others or go over a line's end."""
    found: list[Token] = []
    for n, (start, end, kind, bits) in enumerate(spans):
        at = start
        for inner in spans[n + 1 :]:
            if inner[0] >= end:
                break
            if inner[0] > at:
                found.append((at, inner[0], kind, bits))
            at = max(at, inner[1])
        if at < end:
            found.append((at, end, kind, bits))
    lines: list[Token] = []
    for start, end, kind, bits in sorted(set(found)):
        for part in _lines(text, start, end):
            if not lines or part[0] >= lines[-1][1]:
                lines.append((*part, kind, bits))
    return lines


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A range, line by line."""
    found = []
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        if text[start:stop].strip():
            found.append((start, stop))
        start = stop + 1
    return found
