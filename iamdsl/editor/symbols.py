"""The outline of a file, and names to be found in the whole workspace."""

from __future__ import annotations

from collections.abc import Iterable

from iamdsl.editor.pieces import File
from iamdsl.editor.program import Program
from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax import ast

LONGEST = 80  # characters of a sentence in the outline


@record
class Entry:
    """One thing of the outline: `kind` is what a mention has, `grant`, `assertion`, `loop`, `setting` or `document`."""

    name: str
    detail: str
    kind: str
    span: Span
    name_span: Span
    inner: tuple[Entry, ...] = ()


def outline(program: Program, path: str) -> list[Entry]:
    """What the file at `path` declares and says, in its order."""
    file = program.file(path)
    return _entries(file, program) if file else []


def _entries(file: File, program: Program) -> list[Entry]:
    return [entry for piece in file.pieces if piece.line is not None for entry in _of(piece.line, piece.text, program)]


def find(programs: Iterable[Program], query: str, limit: int = 200) -> list[Entry]:
    """What any of `programs` declares under a name with the letters of `query` in it, in order."""
    found: dict[Span, Entry] = {}
    for program in programs:
        for file in program.files.values():
            for entry in _entries(file, program):
                if entry.kind not in ("grant", "setting") and _like(query.lower(), entry.name.lower()):
                    found.setdefault(entry.name_span, entry)
    names = sorted(found.values(), key=lambda one: (query.lower() not in one.name.lower(), one.name))
    return names[:limit]


def _like(query: str, name: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in query)


def _of(line: ast.Line, text: str, program: Program) -> list[Entry]:
    """The entries of one sentence: one for each name that it declares."""
    node = line.sentence
    whole = program.place(node.span)

    def entry(word: ast.Word, detail: str, kind: str, inner: tuple[Entry, ...] = ()) -> Entry:
        return Entry(word.text, detail, kind, whole, program.place(word.span), inner)

    if isinstance(node, ast.Account):
        return [entry(node.name, node.value.text, "account")]
    if isinstance(node, ast.Setting):
        kind = {"param": "param", "organization": "organization", "ou": "ou"}.get(node.kind, "setting")
        return [entry(node.name, node.kind, kind)]
    if isinstance(node, ast.Declaration):
        words = [(one.words[-1], one.kind) for one in node.subjects.items if one.words]
        return [entry(word, kind, kind.replace(" ", "-") or "resource") for word, kind in words]
    if isinstance(node, ast.GroupOf):
        return [entry(node.name, f"group of {len(node.members)}", "group")]
    if isinstance(node, (ast.Role, ast.PermissionSet)):
        kind = "role" if isinstance(node, ast.Role) else "permission-set"
        return [entry(node.name, kind.replace("-", " "), kind)]
    if isinstance(node, ast.Resource):
        return [entry(node.words[-1], " ".join(one.text for one in node.words[:-1]), "resource")]
    if isinstance(node, ast.Verb):
        nouns = ", ".join(" ".join(word.text for word in words) for words in node.nouns)
        return [entry(node.name, f"verb on {nouns}", "verb")]
    inner = tuple(found for one in getattr(node, "body", ()) for found in _of(one, text, program))
    name = getattr(node, "name", None)
    if isinstance(name, ast.Word):
        kind = "loop" if isinstance(node, ast.Repeat) else "policy" if isinstance(node, ast.Policy) else "document"
        detail = "for each" if kind == "loop" else _words(type(node).__name__)
        return [entry(name, detail, kind, inner)]
    shown = " ".join(text[node.span.start : node.span.end].split())
    shown = shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
    kind = "assertion" if isinstance(node, ast.Assertion) else "grant"
    return [Entry(shown or "?", "", kind, whole, whole, inner)]


def _words(name: str) -> str:
    """`SessionPolicy` is session policy."""
    return "".join(f" {one.lower()}" if one.isupper() else one for one in name).strip()
