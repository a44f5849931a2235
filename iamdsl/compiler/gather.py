"""A program's files to trees: those named, then those they import, each once."""

from __future__ import annotations

import os

from iamdsl import read, rules
from iamdsl.compiler.words import closest, literal, mentions
from iamdsl.diagnostics import Report
from iamdsl.record import record
from iamdsl.source import Source, Span
from iamdsl.syntax import ast
from iamdsl.syntax.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Opened = Callable[[str, Report, Span], ast.Program | None]


@record
class Gathered:
    """The trees of a program, and the paths of those files that only an `import` names."""

    programs: tuple[ast.Program, ...]
    imported: tuple[str, ...]


def gather(sources: tuple[Source, ...], report: Report) -> Gathered:
    """Parse `sources` and the files that they import, which follow them in the order of their imports.

    A file is the same file by whatever path it is reached. What is wrong with an import goes to the report.
    """
    return follow(tuple([parse(source, report) for source in sources]), _opened, report)


def follow(programs: tuple[ast.Program, ...], opened: Opened, report: Report) -> Gathered:
    """`programs` and the files that they import, each as `opened` gives it: by its path, and where it is named."""
    if not any([_imports(program) for program in programs]):
        return Gathered(programs, ())
    gatherer = _Gatherer(opened, report)
    for program in programs:
        gatherer.known[read.identity(program.path)] = program
    for program in programs:
        gatherer.follow(program)
    return Gathered(programs + tuple(gatherer.found), tuple([one.path for one in gatherer.found]))


def _opened(path: str, report: Report, place: Span) -> ast.Program | None:
    source = read.file(path, report, place)
    return parse(source, report) if source else None


BLOCKS = (
    ast.Guardrail,
    ast.Boundary,
    ast.SessionPolicy,
    ast.EndpointPolicy,
    ast.InlinePolicy,
    ast.TrustPolicy,
    ast.ResourcePolicy,
)


def reuses(lines: Iterable[ast.Line]) -> bool:
    """Whether a loop or a policy is among `lines`, so that there is something to write out."""
    for line in lines:
        node = line.sentence
        if isinstance(node, (ast.Repeat, ast.Policy, ast.Use)) or (isinstance(node, BLOCKS) and reuses(node.body)):
            return True
    return False


def _imports(program: ast.Program) -> list[ast.Setting]:
    nodes = [line.sentence for line in program.lines]
    return [node for node in nodes if isinstance(node, ast.Setting) and node.kind == "import"]


class _Gatherer:
    def __init__(self, opened: Opened, report: Report) -> None:
        self.opened = opened
        self.report = report
        self.known: dict[str, ast.Program | None] = {}  # by identity; None for what could not be read
        self.done: set[str] = set()
        self.found: list[ast.Program] = []

    def follow(self, first: ast.Program) -> None:
        """Read what `first` imports, and so on down; without recursion, as a chain of imports may be long."""
        under_way: dict[str, tuple[ast.Program, Iterator[tuple[ast.Setting, str]]]] = {}
        self.enter(first, under_way)
        while under_way:
            place, (program, targets) = next(reversed(under_way.items()))
            node, path = next(targets, (None, ""))
            if node is None:
                del under_way[place]
                self.done.add(place)
                continue
            identity = read.identity(path)
            if identity in under_way:
                self.circle(node, [one for one, _ in under_way.values()], self.known[identity])
            elif identity not in self.done:
                imported = self.open(identity, path, node)
                if imported is not None:
                    self.enter(imported, under_way)

    def enter(
        self, program: ast.Program, under_way: dict[str, tuple[ast.Program, Iterator[tuple[ast.Setting, str]]]]
    ) -> None:
        place = read.identity(program.path)
        if place not in self.done:
            targets = [(node, path) for node in _imports(program) for path in self.targets(program, node)]
            under_way[place] = (program, iter(targets))

    def open(self, identity: str, path: str, node: ast.Setting) -> ast.Program | None:
        if identity not in self.known:
            program = self.opened(path, self.report, node.name.span)
            self.known[identity] = program
            self.found += [program] if program else []
        return self.known[identity]

    def targets(self, program: ast.Program, node: ast.Setting) -> list[str]:
        """The files that an import names: one, or those of a folder without the one that imports it."""
        if mentions(node.name.text):
            help = "what files a program has does not hang on its parameters: write the path out"
            self.report.add(rules.BAD_DECLARATION, node.name.span, help=help, what="names a file by a parameter")
            return []
        name = literal(node.name, {}, self.report)
        path = read.joined(os.path.dirname(program.path), name)
        if read.identity(path) in self.known:
            return [path]
        if os.path.isdir(path):
            here = read.identity(program.path)
            before = self.report.errors
            inside = read.inside(path, self.report) if name else []
            if not inside and self.report.errors == before:
                help = f"a folder stands for the {read.SUFFIX} files in it"
                self.report.add(rules.MISSING_IMPORT, node.name.span, help=help, path=name)
                self.report.inputs.missing.add(path)
            return [one for one in inside if read.identity(one) != here]
        if os.path.isfile(path):
            return [path]
        self.report.inputs.missing.add(path)
        help = _near(path, name) or f"it is looked for as `{path}`, from the folder of the file that imports it"
        self.report.add(rules.MISSING_IMPORT, node.name.span, help=help, path=name)
        return []

    def circle(self, node: ast.Setting, under_way: list[ast.Program], target: ast.Program | None) -> None:
        assert target is not None, "what is being read was read"
        chain = [one.path for one in under_way[under_way.index(target) :]]
        text = " imports ".join(f"`{path}`" for path in (*chain, target.path))
        help = "move what both need to a file of its own, and import that"
        self.report.add(rules.IMPORT_CYCLE, node.span, help=help if len(chain) > 1 else "leave it out", chain=text)


def _near(path: str, name: str) -> str:
    """What there is instead of `path`, spelled as `name` is."""
    if os.path.isfile(path + read.SUFFIX):
        return f"did you mean `{name}{read.SUFFIX}`?"
    folder, last = os.path.split(path)
    try:
        there = [
            one
            for one in os.listdir(folder or ".")
            if one.endswith(read.SUFFIX) or os.path.isdir(os.path.join(folder, one))
        ]
    except OSError:
        return ""
    close = closest(last, there)
    return f"did you mean `{name[: len(name) - len(last)]}{close}`?" if close else ""
