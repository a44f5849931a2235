"""Findings for people, in the layout of rustc's."""

from __future__ import annotations

from iamdsl.diagnostics import SEVERITIES, Diagnostic, Label, Report
from iamdsl.record import record
from iamdsl.render.glyphs import glyph, visible, width
from iamdsl.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Paint = Callable[[str, str], str]
    Cells = dict[int, tuple[str, str]]  # column → character and its style

WIDTH = 140  # columns of source text at most; a longer line is cut around what is marked
STYLES = {"error": "1;31", "warning": "33", "suggestion": "36", "note": "36"}
BOLD = "1"
SECONDARY = "1;34"


def render_text(report: Report, *, colour: bool = False, limit: int | None = None) -> str:
    """Each finding with the lines it speaks of, then how many there were of each severity."""

    def paint(text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if colour and style and text else text

    found = list(report)
    if not found:
        return ""
    shown = found if limit is None else _worst(found, max(limit, 0))
    blocks = ["\n".join(line.rstrip() for line in _block(one, report.sources, paint)) for one in shown]
    if len(shown) < len(found):
        blocks.append(f"... and {len(found) - len(shown)} more")
    return "\n\n".join([*blocks, summary(found)]) + "\n"


def summary(found: Sequence[Diagnostic]) -> str:
    """How many of each severity: `2 errors, 1 warning`."""
    counts = [(sum(one.level == severity for one in found), severity) for severity in SEVERITIES]
    return ", ".join(f"{count} {severity}{'s' if count > 1 else ''}" for count, severity in counts if count)


def _worst(found: list[Diagnostic], limit: int) -> list[Diagnostic]:
    """The `limit` most severe of `found`, in the order they had."""
    ranked = sorted(range(len(found)), key=lambda index: SEVERITIES.index(found[index].level))
    return [found[index] for index in sorted(ranked[:limit])]


@record
class Mark:
    """A label laid on its file: from the character at `start` of `line` to before `stop` of line `last`.

    Lines count from 1, characters from 0. `sign` is what it is underlined with.
    """

    line: int
    start: int
    last: int
    stop: int
    sign: str
    style: str
    text: str


def _mark(label: Label, source: Source, sign: str, style: str) -> Mark:
    size = len(source.text)
    start = min(max(label.span.start, 0), size)
    end = min(max(label.span.end, start), size)
    line, column = source.position(start)
    if end == start:
        return Mark(line, column - 1, line, column - 1, sign, style, visible(label.text.strip()))
    last, final = source.position(end - 1)  # a line end belongs to the line that it ends
    return Mark(line, column - 1, last, final, sign, style, visible(label.text.strip()))


def _block(found: Diagnostic, sources: dict[str, Source], paint: Paint) -> list[str]:
    style = STYLES[found.level]
    files: dict[str, list[Mark]] = {}
    notes = [("help", found.help)] if found.help else []
    for label in found.labels:
        marks = files.setdefault(label.span.path, [])
        source = sources.get(label.span.path)
        if source is not None:
            first = label is found.labels[0]
            mark = _mark(label, source, "^" if first else "-", style if first else SECONDARY)
            marks += [mark] if mark not in marks else []
        elif label.text:
            notes.append(("note", label.text))
    gutter = max([len(str(mark.last)) for marks in files.values() for mark in marks], default=1)
    bar = " " * (gutter + 2) + "|"
    lines = [f"{paint(f'{found.level}[{found.rule.code}]', style)}: {visible(found.message)}"]
    for path, marks in files.items():
        arrow = ":::" if len(lines) > 1 else "-->"
        position = f":{marks[0].line}:{marks[0].start + 1}" if marks else ""
        lines += [bar] if arrow == ":::" else []
        lines.append(f"{' ' * (gutter + 1)}{arrow} {visible(path)}{position}")
        if marks:
            lines += [bar, *_Snippet(sources[path], marks, gutter, paint).draw()]
    lines += [bar] if files and notes else []
    for kind, text in notes:
        lines += _note(kind, text, gutter, paint)
    return lines


def _note(kind: str, text: str, gutter: int, paint: Paint) -> list[str]:
    before = f"{' ' * (gutter + 2)}= "
    first, *others = [visible(line.rstrip("\r")) for line in text.strip("\r\n").split("\n")]
    hang = " " * (len(before) + len(kind) + 2)
    return [f"{before}{paint(kind, BOLD)}: {first}", *(hang + line for line in others)]


class _Snippet:
    """The marked lines of one file, with what is drawn under them.

    A mark over several lines has a rail of its own, two columns left of the text, from its first line to its last.
    """

    def __init__(self, source: Source, marks: list[Mark], gutter: int, paint: Paint) -> None:
        self.source = source
        self.gutter = gutter
        self.paint = paint
        self.marks = marks
        long = sorted((mark for mark in marks if mark.last > mark.line), key=lambda mark: (mark.line, -mark.last))
        self.rails = dict.fromkeys(long)
        self.indent = 2 * len(self.rails)
        self.columns = {mark: 2 * index for index, mark in enumerate(self.rails)}
        self.open: dict[Mark, None] = {}
        self.lines: list[str] = []

    def draw(self) -> list[str]:
        previous = 0
        for number in sorted({line for mark in self.marks for line in (mark.line, mark.last)}):
            if previous and number == previous + 2:
                self._show(previous + 1)
            elif previous and number > previous + 2:
                self._row("..." + " " * (self.gutter + 1), self._rail_cells(), "")
            self._show(number)
            previous = number
        return self.lines

    def _show(self, number: int) -> None:
        """Line `number`, then the marks on it: those within it, those that start here, those that end here."""
        line = self.source.line(number)
        here = [mark for mark in self.marks if number in (mark.line, mark.last)]
        shown = ShownLine(line, [_ends(mark, number) for mark in here] or [(0, 0)])
        cells = self._rail_cells()
        for mark in here:
            if mark in self.rails and mark.line == number and not line[: mark.start].strip():
                cells[self.columns[mark]] = ("/", mark.style)
                self.open[mark] = None
        self._row(f" {number:>{self.gutter}} | ", cells, shown.text)
        self._underline(shown, [mark for mark in here if mark not in self.rails])
        for mark in here:
            if mark in self.rails and mark.line == number and mark not in self.open:
                self._turn(mark, shown.reach(mark.start, mark.start + 1)[0])
                self.open[mark] = None
        for mark in here:
            if mark in self.rails and mark.last == number:
                self._turn(mark, shown.reach(mark.stop - 1, mark.stop)[1] - 1, mark.text)
                del self.open[mark]

    def _rail_cells(self) -> Cells:
        return {self.columns[mark]: ("|", mark.style) for mark in self.open}

    def _turn(self, mark: Mark, column: int, text: str = "") -> None:
        """The line that leads from the rail of `mark` to its first or last character."""
        cells = self._rail_cells()
        for at in range(self.columns[mark] + 1, self.indent + column):
            cells.setdefault(at, ("_", mark.style))
        cells[self.indent + column] = (mark.sign, mark.style)
        self._under(cells, text, mark.style, self.indent + column + 2)

    def _underline(self, shown: ShownLine, marks: list[Mark]) -> None:
        """Draw `marks`, all within one line; the text of the rightmost follows it, other texts hang below."""
        placed = sorted(
            ((*shown.reach(mark.start, mark.stop), mark) for mark in reversed(marks)), key=lambda one: one[:2]
        )
        if not placed:
            return
        cells = self._rail_cells()
        for first, after, mark in sorted(placed, key=lambda one: one[2].sign == "^"):
            cells.update({self.indent + at: (mark.sign, mark.style) for at in range(first, after)})
        start, stop, last = placed[-1]
        beside = bool(last.text) and all(after <= start for _, after, _ in placed[:-1])
        self._under(cells, last.text if beside else "", last.style, self.indent + stop + 1)
        hanging = [(self.indent + first, mark) for first, _, mark in placed if mark.text]
        if beside:
            hanging.pop()
        if hanging:
            self._under(self._hooks(hanging))
        while hanging:
            column, mark = hanging.pop()
            cells = self._hooks(hanging)
            cells.pop(column, None)
            self._under(cells, mark.text, mark.style, column)

    def _hooks(self, hanging: Iterable[tuple[int, Mark]]) -> Cells:
        return {**self._rail_cells(), **{column: ("|", mark.style) for column, mark in hanging}}

    def _under(self, cells: Cells, text: str = "", style: str = "", column: int = 0) -> None:
        """A row without a line number: `cells`, then `text` from `column` on, right of them all."""
        size = max(column if text else 0, max(cells, default=-1) + 1)
        self._row(f"{' ' * (self.gutter + 2)}| ", cells, self.paint(text, style), size)

    def _row(self, before: str, cells: Cells, text: str, size: int = -1) -> None:
        """`before`, then `size` columns of `cells` (the rails, if none is given), then `text`."""
        runs: list[tuple[str, str]] = []  # neighbours of one style are painted together
        for at in range(self.indent if size < 0 else size):
            sign, style = cells.get(at, (" ", ""))
            if runs and runs[-1][1] == style:
                runs[-1] = (runs[-1][0] + sign, style)
            else:
                runs.append((sign, style))
        self.lines.append(before + "".join(self.paint(run, style) for run, style in runs) + text)


def _ends(mark: Mark, number: int) -> tuple[int, int]:
    """The characters of line `number` that `mark` needs to have shown."""
    if mark.line == mark.last:
        return mark.start, mark.stop
    return (mark.start, mark.start + 1) if number == mark.line else (mark.stop - 1, mark.stop)


class ShownLine:
    """One source line as shown: `text`, and in which column of it each character stands.

    A line too wide is cut to a window about `wanted` (ranges of characters, the first the one not to lose).
    """

    def __init__(self, line: str, wanted: list[tuple[int, int]]) -> None:
        self.begin, self.end = _window(line, wanted)
        self.cut = self.end < len(line)
        column = 1 if self.begin else 0
        glyphs = [glyph(character) for character in line[self.begin : self.end]]
        self.columns = [column]
        for shown in glyphs:
            column += width(shown)
            self.columns.append(column)
        self.text = ("…" if self.begin else "") + "".join(glyphs) + ("…" if self.cut else "")

    def reach(self, start: int, stop: int) -> tuple[int, int]:
        """The columns, half-open and at least one, of the characters from `start` to before `stop`.

        What was cut off counts as the `…` in its place; a combining mark as the character that it stands on.
        """
        first = self._column(start)
        if self.begin < start < self.end and self._column(start + 1) == first:
            before = start
            while before > self.begin and self._column(before) == first:
                before -= 1
            first = self._column(before)
        after = self._column(stop) + (1 if self.cut and stop > self.end else 0)
        return first, max(after, first + 1)

    def _column(self, index: int) -> int:
        if index < self.begin:
            return 0
        return self.columns[min(index, self.end) - self.begin]


def _window(line: str, wanted: list[tuple[int, int]]) -> tuple[int, int]:
    """Which characters of `line` to show, so that they fill at most `WIDTH` columns with a `…` at each cut."""
    if len(line) <= WIDTH and width(visible(line)) <= WIDTH:
        return 0, len(line)
    low, high = min(start for start, _ in wanted), max(stop for _, stop in wanted)
    if high - low > WIDTH * 3 // 4:
        low, high = wanted[0]
    begin = end = min(low, len(line))
    room = WIDTH - 2
    end, room = _grow(line, end, min(high, len(line)), room)
    begin, left = _grow(line, begin, 0, room // 2)
    end, room = _grow(line, end, len(line), room - room // 2 + left)
    begin, room = _grow(line, begin, 0, room)
    return begin, end


def _grow(line: str, index: int, stop: int, room: int) -> tuple[int, int]:
    """Move `index` towards `stop` as far as what it passes fits into `room` columns; also the room then left."""
    step = 1 if index < stop else -1
    while index != stop:
        taken = width(glyph(line[index if step > 0 else index - 1]))
        if taken > room:
            break
        room -= taken
        index += step
    return index, room
