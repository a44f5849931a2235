"""Programs of which one sentence is broken, with words that tell which sentence they were written in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from strategies import texts

from iamdsl.syntax import ast

INSERTED = '( ) [ ] { } {} , = " # ; can cannot if and for name'.split()


class Program:
    """Sentences as pieces of text, each a token with the white space before it."""

    def __init__(self, sentences: list[list[str]], target: int, broken: list[str]) -> None:
        self.sentences = sentences
        self.target = target
        self.broken = broken

    def text(self, broken: bool) -> str:
        return "\n".join("".join(pieces) for pieces in self._pieces(broken)) + "\n"

    def ranges(self) -> list[tuple[int, int]]:
        """Where each sentence stands in the broken text."""
        found, start = [], 0
        for pieces in self._pieces(True):
            end = start + len("".join(pieces))
            found.append((start, end))
            start = end + 1
        return found

    def _pieces(self, broken: bool) -> list[list[str]]:
        return [self.broken if broken and n == self.target else pieces for n, pieces in enumerate(self.sentences)]


def _tagged(tokens: list[str], number: int) -> list[str]:
    """The names in `tokens` numbered by their sentence and inner sentence: `s1x0`."""
    inner, items = 0, []
    for token in tokens:
        if token in ("{", "}", "\n"):
            inner += 1
        items.append(
            f"s{number}x{inner}n{len(items)}" if token == "N" else f'"s{number}x{inner}q"' if token == '"Q"' else token
        )
    return items


@st.composite
def _pieces(draw: Any, number: int) -> list[str]:
    """A valid sentence, broken over lines here and there, with bodies indented or not."""
    tokens = _tagged(draw(texts(st.just("N"), st.just("Q"))), number)
    step = "    " if draw(st.booleans()) else ""
    breaks = draw(st.sets(st.integers(1, max(1, len(tokens))), max_size=2))
    depth, pieces, fresh = 0, [""], True
    for n, token in enumerate(tokens):
        if token == "\n":
            fresh = True
            continue
        depth -= token == "}"
        space = "\n" + step * depth if fresh and n else "" if fresh else " "
        if n in breaks and space == " ":
            space = "\n" + step * depth + "      "
        pieces.append(space + token)
        fresh = token == "{"
        depth += token == "{"
    return pieces[1:]


def _delete(pieces: list[str], place: int, count: int) -> None:
    """Take pieces out, but no line end between two inner sentences: where lines are joined, so are sentences."""
    ends = [space for piece in pieces[place : place + count] if "\n" in (space := piece[: -len(piece.lstrip())])]
    del pieces[place : place + count]
    if ends and place < len(pieces) and not pieces[place].startswith("\n"):
        pieces[place] = min(ends, key=len) + pieces[place].lstrip()


@st.composite
def programs(draw: Any) -> Program:
    """Two to four sentences; one has pieces taken out and others put in, but never the whole of its first line."""
    sentences = [draw(_pieces(number)) for number in range(draw(st.integers(2, 4)))]
    target = draw(st.integers(0, len(sentences) - 1))
    broken = list(sentences[target])
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(1, len(broken)))
        if draw(st.booleans()):
            _delete(broken, place - 1, draw(st.integers(1, 4)))
        else:
            inserted = draw(st.sampled_from(INSERTED))
            broken.insert(place, " " + (f"s{target}y" if inserted == "name" else inserted))
        if not broken:
            broken = ["region"]
        broken[0] = broken[0].lstrip(" \n")
    return Program(sentences, target, broken)


# ---- what a tree says of them


def nodes(value: object) -> Iterator[Any]:
    """All the nodes of a tree."""
    if isinstance(value, tuple):
        for item in value:
            yield from nodes(item)
    elif hasattr(value, "__match_args__"):
        yield value
        for name in value.__match_args__:
            yield from nodes(getattr(value, name))


def written_in(node: object, inner: bool = False) -> set[str]:
    """The sentences (or inner sentences) that the words of `node` come from."""
    found = set()
    for item in nodes(node):
        if isinstance(item, ast.Word) and (match := re.match(r"(s\d+)(x\d+)?", item.text)):
            found.add(match[2 if inner else 1])
    return {tag for tag in found if tag}
