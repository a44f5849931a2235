"""The sentences of a program that has just been read: declarations, attachments, and the heads of documents."""

from __future__ import annotations

import re

from iamdsl.adopt.model import Principal, Tags
from iamdsl.source import Span
from iamdsl.syntax import ast
from iamdsl.syntax.parse import automaton

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Facts = tuple[ast.Fact | ast.TagClause, ...]
    Body = tuple[ast.Line, ...]

NOWHERE = Span("", 0, 0)
_BARE = re.compile(r"[\w\-./*?:@+]+")


def word(text: str) -> ast.Word:
    """`text` as a program writes it: quoted where it would not be read as a name."""
    if _BARE.fullmatch(text) and text not in automaton().keywords:
        return ast.Word(text, False, NOWHERE)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${").replace("{", "\\{")
    return ast.Word(escaped.replace("\\$\\{", "\\${"), True, NOWHERE)


def filled(name: str) -> ast.Word:
    """The word that a loop over `name` fills in."""
    return ast.Word(f"{{{name}}}", False, NOWHERE)


def quoted(text: str) -> ast.Word:
    """`text` in quotes, as a file is named."""
    return ast.Word(text.replace("\\", "\\\\").replace('"', '\\"'), True, NOWHERE)


def line(sentence: ast.Statement, note: str = "", comments: Iterable[str] = ()) -> ast.Line:
    """A sentence with what is said of it above: `comments`, and a doc comment."""
    said = [f"# {text}" for one in comments for text in one.splitlines() if text.strip()]
    doc = " ".join(note.split())
    return ast.Line(sentence, (*said, *([f"## {doc}"] if doc else [])), "", NOWHERE)


def subjects(items: Iterable[tuple[str, str]]) -> ast.Subjects:
    """`role etl, user alice`."""
    return ast.Subjects(tuple([ast.Subject(kind, (word(name),), NOWHERE) for kind, name in items]), False, NOWHERE)


# ---- who there is


def facts(principal: Principal, boundary: str) -> Facts:
    """What a declaration states of `principal`, whose boundary the program calls `boundary`."""
    found: list[ast.Fact | ast.TagClause] = list(placed(principal.path, principal.tags))
    if boundary:
        found.append(_fact("boundary", boundary))
    if principal.session_seconds not in (0, 3600):
        hours, rest = divmod(principal.session_seconds, 3600)
        found.append(_fact("lasting", f"{principal.session_seconds // 60}m" if rest else f"{hours}h"))
    return tuple(found)


def placed(path: str, tags: Tags) -> Facts:
    """The facts of a path and of tags."""
    found: list[ast.Fact | ast.TagClause] = [_fact("path", path)] if path != "/" else []
    if tags:
        pairs = tuple([(word(key), ast.Word("", True, NOWHERE) if not value else word(value)) for key, value in tags])
        found.append(ast.TagClause("tagged", pairs, NOWHERE))
    return tuple(found)


def profile(name: str) -> ast.Fact:
    """`in instance profile NAME`, or in none."""
    return ast.Fact("instance profile", (word(name),) if name else (), NOWHERE)


def _fact(kind: str, value: str) -> ast.Fact:
    return ast.Fact(kind, (word(value),), NOWHERE)


def users(names: Sequence[str], stated: Facts) -> ast.Declaration:
    kinds = ["user", *[""] * len(names)]  # the kind of the first goes for those after it
    return ast.Declaration(subjects(zip(kinds, names)), NOWHERE, stated)


def group(name: str, members: Sequence[str], stated: Facts) -> ast.GroupOf | ast.Declaration:
    if not members:
        return ast.Declaration(subjects([("group", name)]), NOWHERE, stated)
    return ast.GroupOf(word(name), tuple([word(one) for one in members]), NOWHERE, stated)


def use(whose: Iterable[tuple[str, str]], policies: Iterable[str], aws: Iterable[str]) -> ast.Use:
    """`SUBJECTS use POLICIES, aws policy NAMES`."""
    used = [ast.Used(word(name), (), False, NOWHERE) for name in policies]
    used += [ast.Used(word(name), (), True, NOWHERE) for name in aws]
    return ast.Use(subjects(whose), tuple(used), NOWHERE)


def each(name: str, values: Iterable[str], body: Body) -> ast.Repeat:
    """`for NAME in [VALUES] { BODY }`."""
    return ast.Repeat(ast.Word(name, False, NOWHERE), tuple([word(one) for one in values]), body, NOWHERE)


def kept(file: str) -> Body:
    """The body of a document that is in `file`, as it is."""
    return (line(ast.Kept(quoted(file), NOWHERE)),)
