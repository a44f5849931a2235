"""Offsets in code points to LSP's positions and back: lines that `\\n`, `\\r\\n` or `\\r` end, and in them the units agreed upon.

The units are UTF-16 code units unless the client prefers others (LSP 3.17, `positionEncodings`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls import uris

_END = re.compile(r"\r\n|\n|\r")


def _utf8(char: str) -> int:
    return len(char.encode("utf-8", "surrogatepass"))


def _utf16(char: str) -> int:
    return 2 if char > "\uffff" else 1


def _utf32(char: str) -> int:
    return 1


_WIDTHS = {"utf-8": _utf8, "utf-16": _utf16, "utf-32": _utf32}


class Lines:
    """The lines of a text, with columns in the units of `encoding`."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self.text = text
        self.width = _WIDTHS[types.PositionEncodingKind(encoding).value]
        self.plain = text.isascii()
        if "\r" in text:
            self.starts = [0, *[match.end() for match in _END.finditer(text)]]
        else:
            self.starts = list(accumulate([len(line) + 1 for line in text.split("\n")], initial=0))[:-1]

    def offset(self, position: types.Position) -> int:
        """The offset of `position`; beyond the end of its line it is that end, beyond the text the text's."""
        if position.line >= len(self.starts):
            return len(self.text)
        start = self.starts[position.line]
        end = self.starts[position.line + 1] if position.line + 1 < len(self.starts) else len(self.text)
        line = self.text[start:end].rstrip("\r\n") if position.line + 1 < len(self.starts) else self.text[start:end]
        if self.plain or line.isascii():
            return start + min(position.character, len(line))
        units = 0
        for count, char in enumerate(line):
            units += self.width(char)
            if units > position.character:
                return start + count
        return start + len(line)

    def position(self, offset: int) -> types.Position:
        """The position of `offset`."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.starts, offset) - 1
        before = self.text[self.starts[line] : offset]
        plain = self.plain or before.isascii()
        return types.Position(line, len(before) if plain else sum(map(self.width, before)))

    def range(self, start: int, end: int) -> types.Range:
        return types.Range(self.position(start), self.position(end))


def changed(text: str, lines: Lines, change: types.TextDocumentContentChangeEvent) -> str:
    """`text` after one change of it."""
    if isinstance(change, types.TextDocumentContentChangeWholeDocument):
        return change.text
    start, end = lines.offset(change.range.start), lines.offset(change.range.end)
    return text[:start] + change.text + text[max(start, end) :]


def path_of(uri: str) -> str:
    """The path of a file; of what has never been saved, its URI."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return unquote(uri)
    return (uris.to_fs_path(uri) or unquote(parts.path)).replace("\\", "/")


def uri_of(path: str) -> str:
    """The URI of a path that `path_of` gave."""
    if re.match(r"[a-z][a-z0-9+.\-]+:", path):
        return path
    return uris.from_fs_path(path) or path
