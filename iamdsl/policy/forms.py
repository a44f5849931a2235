"""Regular expressions that are compiled when first asked: a document needs few of those that documents need."""

from __future__ import annotations

import re


class Form:
    __slots__ = ("source", "_pattern")

    def __init__(self, source: str) -> None:
        self.source = source
        self._pattern: re.Pattern[str] | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        if self._pattern is None:
            self._pattern = re.compile(self.source)
        return self._pattern

    def match(self, text: str, at: int = 0) -> re.Match[str] | None:
        return self.pattern.match(text, at)

    def sub(self, by: str, text: str) -> str:
        return self.pattern.sub(by, text)
