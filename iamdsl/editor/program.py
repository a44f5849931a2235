"""A program under edit: its files at the moment, what they compile to and what is wrong, brought up to date at each edit."""

from __future__ import annotations

from collections.abc import Callable

from iamdsl import catalog
from iamdsl.access.model import Access
from iamdsl.compiler import Compilation, Keep, Options, compile_bound, declared
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.gather import follow
from iamdsl.compiler.keep import each
from iamdsl.compiler.suppress import MARK, suppress
from iamdsl.compiler.verbs import Library
from iamdsl.diagnostics import Diagnostic, Edit, Label, Report
from iamdsl.editor.pieces import File, Piece, home_of
from iamdsl.pause import pause
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


class NotYet(BaseException):
    """The answer hangs on what the program compiles to, and the text is newer than that."""


@record
class Read:
    """A program as it was read: its files, the paths of its sources in order, its names, and what is wrong up to there."""

    files: tuple[File, ...]
    paths: tuple[str, ...]
    bindings: Bindings
    report: Report
    changes: int


class Program:
    """The program that begins with the files at `roots`. `opened` gives a file as it is now, unsaved text included.

    Everything that carries spans (trees, grants, findings of the compiler) speaks of pieces; `place` says where that is.

    `files`, `bindings` and `library` are of the text as it is now, once it has been read; what it compiles to is as
    of the last `compile`. Both are taken over whole: a reading or compile that is given up (see `pause`) leaves what was.
    """

    def __init__(self, roots: tuple[str, ...], opened: Opened, settings: Settings = Settings()) -> None:
        self.roots = roots
        self.opened = opened
        self.settings = settings
        self.catalog = catalog.default()
        self.keep = Keep()
        self.accesses: tuple[Access, ...] = ()  # what the sentences grant, before minimising
        self.files: dict[str, File] = {}
        self.findings: dict[str, list[Diagnostic]] = {}
        self.known = False  # whether the files have been read
        self.changes = 0  # how often they, or the settings, were found to be others
        self._settled = -1  # of how many changes what is compiled is
        self.compilation: Compilation | None = None
        self.verdicts: dict[tuple[str, int], str] = {}  # of claims, by file and offset
        self.of_claims: dict[str, list[Diagnostic]] = {}
        self.proving = False
        self.failed = False  # whether anything at error level was found, before any claim is looked at
        self.kept: dict[str, object] = {}  # what is worked out of the program as it is now, by what it is
        self.version = 0
        self._bindings: Bindings | None = None
        self._library: Library | None = None
        self._report = Report()  # of the last compile
        self._grants: dict[str, list[Access]] | None = None

    def update(self) -> None:
        """Compile what the files say now."""
        self.compile(self.read())

    def read(self) -> Read:
        """Take over what the files say now."""
        found = self._read()
        self.files = {file.path: file for file in found.files}
        self._bindings, self._library, self.known = found.bindings, None, True
        return found

    def compile(self, read: Read) -> None:
        """Compile what was read."""
        report = read.report
        compilation = compile_bound(read.paths, read.bindings, report, self._options, self.keep)
        marked = [piece.path for file in read.files for piece in file.pieces if MARK in piece.source.text]
        suppress(tuple(marked), False, report)
        report.relevel(dict(self.settings.levels))
        if self.settings.strict:
            report.promote("warning", "error")
        self.keep.turn()
        self.compilation, self.accesses = compilation, self.keep.accesses
        self._report = report
        self._grants = None
        self.kept, self.verdicts, self.of_claims = {}, {}, {}
        self.version += 1
        self._settled = read.changes
        self.failed = report.failed
        self.findings = self._placed()

    @property
    def _options(self) -> Options:
        return Options(quotas=self.settings.quotas, target=self.settings.target)

    def _read(self) -> Read:
        report, files, changes = Report(), dict[str, File](), self.changes

        def open(path: str, report: Report, place: Span | None) -> ast.Program | None:
            pause()
            file = self.opened(path, report, place)
            if file is None:
                return None
            files[file.path] = file
            return file.program

        programs = tuple([found for path in self.roots if (found := open(path, report, None))])
        programs = follow(programs, open, report).programs
        for file in files.values():
            report.sources.update(file.sources)
            for piece in file.pieces:
                if piece.findings:
                    report.extend(piece.findings)
        report.sources.update({path: Source(path, file.text) for path, file in files.items()})
        values = dict(self.settings.values)
        bindings = declared(programs, self.catalog, values, report, self._options, self.keep)
        return Read(tuple(files.values()), tuple([one.path for one in programs]), bindings, report, changes)

    def refresh(self, file: File) -> None:
        """Take over the text of a file, without compiling."""
        before = self.files.get(file.path)
        if before is file:
            return
        self.changes += 1
        old = before.by_path if before else {}
        self.files[file.path] = file
        if any([(old.get(path) or file.by_path[path]).declares for path in old.keys() ^ file.by_path.keys()]):
            self._bindings = self._library = None

    def replace(self) -> None:
        """Place the findings in the text as it is now; those about sentences that are gone are dropped."""
        self.findings = self._placed()

    def _placed(self) -> dict[str, list[Diagnostic]]:
        """The findings by the file that they are in, each once; those without a place are at the start of the program."""
        found: dict[str, dict[Diagnostic, None]] = {path: {} for path in self.files}
        for one in self._report:
            if any([self._gone(label.span.path) for label in one.labels]) or any(
                [self._gone(edit.place[0]) for edit in one.fix]
            ):
                continue
            placed = self.placed(one)
            span = placed.span
            home = span.path if span else next(iter(self.files), self.roots[0])
            found.setdefault(home, {})[placed] = None
        return {path: list(those) for path, those in found.items()}

    # ---- places

    def piece(self, path: str) -> tuple[File, Piece] | None:
        """The piece whose path that is, and its file; None where it is no more, or the path is that of a file."""
        file = self.files.get(home_of(path))
        piece = file.by_path.get(path) if file else None
        return (file, piece) if file and piece else None

    def _gone(self, path: str) -> bool:
        return home_of(path) != path and self.piece(path) is None

    def place(self, span: Span) -> Span:
        """Where a place of a piece is in its file."""
        known = self.piece(span.path)
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

    def grants(self, path: str) -> list[Access]:
        """What the piece at `path` grants: an access for each document that it is in, with the grants that it makes.

        Raises NotYet."""
        self.settled()
        if self._grants is None:
            self._grants = {}
            paths = each(self.keep, "paths", self.accesses, self.accesses, Report(), lambda one, *_: _paths(one))
            for access, those in zip(self.accesses, paths):
                for each_path in those:
                    self._grants.setdefault(each_path, []).append(access)
        return [
            replace(one, grants=tuple([grant for grant in one.grants if path in [each.path for each in grant.origins]]))
            for one in self._grants.get(path, ())
        ]

    @property
    def bindings(self) -> Bindings:
        """What the names in the text stand for."""
        if self._bindings is None:
            self._bindings = self._read().bindings
        return self._bindings

    @property
    def library(self) -> Library:
        """The verbs that the program can use; what is wrong with them has been reported."""
        if self._library is None:
            report = Report()
            for file in self.files.values():
                report.sources.update(file.sources)
            self._library = Library(self.bindings, report)
        return self._library

    @property
    def outdated(self) -> bool:
        """Whether the text is newer than what is compiled."""
        return self._settled != self.changes

    def settled(self) -> None:
        """Raises NotYet while what is compiled is of an older text."""
        if self.outdated:
            raise NotYet

    @property
    def compiled(self) -> Compilation:
        """What the text compiles to. Raises NotYet."""
        self.settled()
        assert self.compilation is not None
        return self.compilation


def _paths(access: Access) -> frozenset[str]:
    """The paths of all pieces that say something of the document."""
    return frozenset([origin.path for grant in access.grants for origin in grant.origins])
