"""How far a long run is, on a terminal."""

from __future__ import annotations

import os
from time import monotonic

from iamdsl.render.glyphs import visible, width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

WIDTH = 24  # of the bar
PAUSE = 0.05  # seconds between two drawings


class Bar:
    """A line on `stream` while it is entered, drawn anew as work is done, and gone at the end; nothing if that is no terminal."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self.total = total
        self.stream = stream
        self.shown = 0.0
        self.drawn = False
        self.on = total > 1 and stream.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self.drawn:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def show(self, done: int, name: str) -> None:
        """`done` of the total are done, and `name` was the last."""
        now = monotonic()
        if not self.on or now - self.shown < PAUSE:
            return
        self.shown, self.drawn = now, True
        full = WIDTH * done // self.total
        text = f"{'━' * full}{' ' * (WIDTH - full)} {done}/{self.total} {visible(name)}"
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns or 80
        except OSError:
            columns = 80
        while width(text) >= columns and text:
            text = text[:-1]
        self.stream.write(f"\r{text}\x1b[K")
        self.stream.flush()
