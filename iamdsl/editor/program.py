"""A program under edit: its files at the moment, what they compile to and what is wrong, brought up to date at each edit."""

from __future__ import annotations

from collections.abc import Callable

from iamdsl import catalog
from iamdsl.access.model import Access, Grant
from iamdsl.compiler import Compilation, Keep, Options, compile_trees
from iamdsl.compiler.gather import follow
from iamdsl.compiler.suppress import suppress
from iamdsl.compiler.verbs import Library
from iamdsl.diagnostics import Diagnostic, Edit, Label, Report
from iamdsl.editor.pieces import File, Piece
from iamdsl.record import record, replace
from iamdsl.source import Source, Span
from iamdsl.syntax import ast

Opened = Callable[[str, Report, Span | None], File | None]


@record
class Settings:
    """What the project says: values of parameters, levels of rules by code, limits by kind of document."""

    values: tuple[tuple[str, str], ...] = ()
    levels: tuple[tuple[str, str], ...] = ()
    quotas: tuple[tuple[str, int], ...] = ()
    strict: bool = False
    target: str = "json"


class Program:
    """The program that begins with the files at `roots`. `opened` gives a file as it is now, unsaved text included.

    Everything that carries spans (trees, grants, findings of the compiler) speaks of pieces; `place` says where that is.
    """

    def __init__(self, roots: tuple[str, ...], opened: Opened, settings: Settings = Settings()) -> None:
        self.roots = roots
        self.opened = opened
        self.settings = settings
        self.catalog = catalog.default()
        self.keep = Keep()
        self.files: dict[str, File] = {}
        self.pieces: dict[str, tuple[File, Piece]] = {}
        self.findings: dict[str, list[Diagnostic]] = {}
        self.compilation: Compilation | None = None
        self.verdicts: dict[tuple[str, int], str] = {}  # of claims, by file and offset
        self.of_claims: dict[str, list[Diagnostic]] = {}
        self.proving = False
        self.failed = False  # whether anything at error level was found, before any claim is looked at
        self.kept: dict[str, object] = {}  # what is worked out of the program as it is now, by what it is
        self.version = 0
        self._library: Library | None = None
        self._grants: dict[str, list[Access]] | None = None

    def update(self) -> None:
        """Compile what the files say now."""
        report = Report()
        self.keep.turn()
        self.files = {}
        programs = [found for path in self.roots if (found := self._open(path, report, None))]
        gathered = follow(tuple(programs), self._open, report)
        self.pieces = {piece.path: (file, piece) for file in self.files.values() for piece in file.pieces}
        for path, (_, piece) in self.pieces.items():
            report.sources[path] = piece.source
            report.extend(piece.findings)
        report.sources.update({path: Source(path, file.text) for path, file in self.files.items()})
        values = dict(self.settings.values)
        options = Options(quotas=self.settings.quotas, target=self.settings.target)
        self.compilation = compile_trees(gathered.programs, self.catalog, values, report, options, self.keep)
        self._library, self._grants = None, None
        self.kept, self.verdicts, self.of_claims = {}, {}, {}
        self.version += 1
        suppress(tuple(self.pieces), False, report)
        report.relevel(dict(self.settings.levels))
        if self.settings.strict:
            report.promote("warning", "error")
        self.failed = report.failed
        self.findings = self._placed(report)

    def refresh(self, file: File) -> None:
        """Take over the text of a file, without compiling: what hangs on other sentences is as of the last `update`."""
        before = self.files.get(file.path)
        if before is file:
            return
        for piece in before.pieces if before else ():
            self.pieces.pop(piece.path, None)
        self.files[file.path] = file
        for piece in file.pieces:
            self.pieces[piece.path] = (file, piece)

    def _open(self, path: str, report: Report, place: Span | None) -> ast.Program | None:
        file = self.opened(path, report, place)
        if file is None:
            return None
        self.files[file.path] = file
        return file.program

    def _placed(self, report: Report) -> dict[str, list[Diagnostic]]:
        """The findings by the file that they are in, each once; those without a place are at the start of the program."""
        found: dict[str, dict[Diagnostic, None]] = {path: {} for path in self.files}
        for one in report:
            placed = self.placed(one)
            span = placed.span
            home = span.path if span else next(iter(self.files), self.roots[0])
            found.setdefault(home, {})[placed] = None
        return {path: list(those) for path, those in found.items()}

    # ---- places

    def place(self, span: Span) -> Span:
        """Where a place of a piece is in its file."""
        known = self.pieces.get(span.path)
        if known is None:
            return span
        file, piece = known
        size = len(file.text)
        return Span(file.path, min(span.start + piece.base, size), min(span.end + piece.base, size))

    def placed(self, found: Diagnostic) -> Diagnostic:
        """`found` with its places in files."""
        labels = tuple([Label(self.place(one.span), one.text) for one in found.labels])
        return replace(found, labels=labels, fix=tuple([self.placed_edit(one) for one in found.fix]))

    def placed_edit(self, edit: Edit) -> Edit:
        span = self.place(Span(*edit.place))
        return Edit((span.path, span.start, span.end), edit.text)

    def file(self, path: str) -> File | None:
        return self.files.get(path)

    def lines(self) -> list[tuple[File, Piece, ast.Line]]:
        """Every sentence of the program, in order."""
        return [
            (file, piece, piece.line) for file in self.files.values() for piece in file.pieces if piece.line is not None
        ]

    def grants(self) -> dict[str, list[Access]]:
        """What each piece grants, by its path: an access for each document that it is in, with the grants that it makes."""
        if self._grants is None:
            found: dict[str, dict[int, list[Grant]]] = {}
            for number, access in enumerate(self.keep.accesses):
                for grant in access.grants:
                    for path in {origin.path for origin in grant.origins}:
                        found.setdefault(path, {}).setdefault(number, []).append(grant)
            self._grants = {
                path: [
                    replace(self.keep.accesses[number], grants=tuple(grants)) for number, grants in by_access.items()
                ]
                for path, by_access in found.items()
            }
        return self._grants

    @property
    def library(self) -> Library:
        """The verbs that the program can use; what is wrong with them has been reported."""
        if self._library is None:
            report = Report()
            report.sources.update({path: piece.source for path, (_, piece) in self.pieces.items()})
            self._library = Library(self.compiled.bindings, report)
        return self._library

    @property
    def compiled(self) -> Compilation:
        assert self.compilation is not None, "a program is brought up to date before it is asked"
        return self.compilation
