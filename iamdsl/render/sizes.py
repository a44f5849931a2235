"""How full documents are, of what AWS allows: a line for each, with a bar on a terminal."""

from __future__ import annotations

from iamdsl.render.glyphs import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Size = tuple[str, int, int, str]  # path, size, quota (0 for none), unit

WIDTH = 20  # of a bar


def sizes(rows: Sequence[Size], bars: bool) -> str:
    """Lines of text, the fullest document first."""
    listed = sorted(rows, key=lambda row: (-row[1] / (row[2] or 1e9), row[0]))
    wide = max([len(visible(path)) for path, *_ in listed], default=0)
    return "".join([_line(row, wide, bars) for row in listed])


def _line(row: Size, wide: int, bars: bool) -> str:
    path, size, quota, unit = row
    counted = "bytes" if unit == "bytes" else "characters"
    if not quota:
        return f"{visible(path):{wide}}  {size} {counted}\n"
    full = min(WIDTH, -(-WIDTH * size // quota))
    bar = f"{'━' * full}{'─' * (WIDTH - full)}  " if bars else ""
    return f"{visible(path):{wide}}  {bar}{size / quota:4.0%}  {size} of {quota} {counted}\n"
