"""Offsets in code points to LSP's positions, which count UTF-16 code units in lines that `\\n`, `\\r\\n` or `\\r` end, and back."""

from __future__ import annotations

import re
from bisect import bisect_right
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls import uris

_END = re.compile(r"\r\n|\n|\r")


class Lines:
    """The lines of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = text.isascii()
        self.starts = [0, *[match.end() for match in _END.finditer(text)]]

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
            units += 2 if char > "\uffff" else 1
            if units > position.character:
                return start + count
        return start + len(line)

    def position(self, offset: int) -> types.Position:
        """The position of `offset`."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.starts, offset) - 1
        before = self.text[self.starts[line] : offset]
        wide = 0 if self.plain or before.isascii() else sum(char > "\uffff" for char in before)
        return types.Position(line, len(before) + wide)

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
