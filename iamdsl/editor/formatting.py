"""The canonical layout, as edits: of a file, of the sentences in a range, of the one just written."""

from __future__ import annotations

from iamdsl.diagnostics import Edit, Report
from iamdsl.editor.pieces import File, Piece
from iamdsl.source import Source
from iamdsl.syntax import lex
from iamdsl.syntax.format import format as laid_out


def format_file(file: File) -> list[Edit]:
    """The edits that lay `file` out. Where it does not parse, its sound sentences are laid out, each alone."""
    report = Report()
    text = laid_out(Source(file.path, file.text), report)
    if report.failed:
        return [edit for piece in file.pieces for edit in _format(file, piece)]
    return _edits(file, 0, file.text, text)


def format_range(file: File, start: int, end: int) -> list[Edit]:
    """The edits that lay out the sentences which touch a range, each alone."""
    return [edit for piece in file.between(start, end) for edit in _format(file, piece)]


def format_above(file: File, offset: int) -> list[Edit]:
    """The edits that lay out the sentence that ends on the line above `offset`, when a new line is begun."""
    line = file.text.rfind("\n", 0, offset)
    if line < 0 or file.text[line + 1 : offset].strip():
        return []
    piece = file.at(max(line - 1, 0))
    if piece.line is None or any(token.kind != lex.NEWLINE and token.end + piece.base > line for token in piece.tokens):
        return []
    edits = _format(file, piece)
    return [edit for edit in edits if edit.place[2] <= line]


def _format(file: File, piece: Piece) -> list[Edit]:
    if piece.line is None:
        return []
    report = Report()
    source = Source(piece.path, piece.text)
    text = laid_out(source, report)
    if report.failed:
        return []
    lead = len(piece.text) - len(piece.text.lstrip("\r\n"))  # empty lines between sentences are the whole file's matter
    body = piece.text[lead:]
    ending = "" if body.endswith("\n") else "\n"
    return _edits(file, piece.base + lead, body + ending, text.lstrip("\n"), len(ending))


def _edits(file: File, base: int, old: str, new: str, added: int = 0) -> list[Edit]:
    """The edits, line by line, that make `new` of `old`, which stands at `base`; the last `added` characters are not there."""
    if old == new:
        return []
    from difflib import SequenceMatcher  # local: only where something changes

    before, after = old.splitlines(True), new.splitlines(True)
    starts = [base]
    for line in before:
        starts.append(starts[-1] + len(line))
    limit = base + len(old) - added
    found: list[Edit] = []
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            text = "".join(after[k:m])
            text = text.removesuffix("\n") if starts[j] > limit else text
            found.append(Edit((file.path, min(starts[i], limit), min(starts[j], limit)), text))
    return found
