"""Texts as words of a program: bare where they can be, else quoted, so that reading gives the text back."""

from __future__ import annotations

import re
from functools import lru_cache

from iamdsl.compiler.verbs import Library
from iamdsl.source import Span
from iamdsl.syntax import ast
from iamdsl.syntax.parse import automaton

NOWHERE = Span("", 0, 0)

_BARE = re.compile(r"(?:[\w\-./*?:@+]|\$\{[^}\n]{0,512}\})+")
_PIECE = re.compile(r"\$\{[^}\n]*\}|\$\{|[\\\"{]")
_VARIABLE = re.compile(
    r"\$\{(?:[*?$]|[^\s:,{}]+:[^\s:,{}][^{}]*)\}"
)  # what the language takes unless it says `exactly`


class Unsayable(Exception):
    """No word of a program stands for this."""


@lru_cache(maxsize=1)
def keywords() -> frozenset[str]:
    """The words of the grammar."""
    return frozenset(word for text in automaton().keywords for word in text.split() if word[0].isalpha())


def key(text: str) -> ast.Word:
    """A fixed word of the language."""
    return ast.Word(text, False, NOWHERE)


def word(text: str, library: Library | None = None) -> ast.Word:
    """The word that stands for `text`; with a `library`, for a name where a verb or a noun could stand.

    Raises Unsayable for a text that no word can hold.
    """
    if any([mark in text for mark in "\n\r"]) or len(text) > 4000:
        raise Unsayable("a text with a line end, or of more than 4000 characters")
    taken = text in keywords() or (library is not None and _taken(text, library))
    if text and not taken and _BARE.fullmatch(text):
        return ast.Word(text, False, NOWHERE)
    return ast.Word(_PIECE.sub(_escaped, text), True, NOWHERE)


def _escaped(match: re.Match[str]) -> str:
    piece = match.group()
    return piece if piece.endswith("}") else "\\$\\{" if piece == "${" else f"\\{piece}"


def _taken(text: str, library: Library) -> bool:
    """Whether the bare word could be read as a verb, a noun, an action or an ARN."""
    catalog = library.bindings.catalog
    return (
        text in ("any", "do", "everything", "anything")
        or ":" in text
        or library.knows(text)
        or text.lower() in catalog.services()
        or any([noun == text.lower() or noun.startswith(f"{text.lower()} ") for noun in catalog.nouns()])
    )


def checked(text: str) -> bool:
    """Whether all variables in `text` are such as the language takes."""
    return "${" not in _VARIABLE.sub("", text)
