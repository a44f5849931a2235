"""`compile`, `check` and `prove`."""

from __future__ import annotations

import argparse
import os
from io import StringIO

from iamdsl import __version__
from iamdsl.api import given
from iamdsl.api.diagnostic import CompileError, Diagnostic, diagnostics, error, stop
from iamdsl.commands import program as program_command
from iamdsl.diagnostics import Report
from iamdsl.emit import files, targets, tree
from iamdsl.emit.paths import MANIFEST
from iamdsl.emit.paths import program as told_by
from iamdsl.policy import codec
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from iamdsl import compiler
    from iamdsl.api.given import Level, Mode, Path, Program, Target


class Compilation:
    """A program and the documents that it compiles to, each proved to grant what its sentences say.

    `documents`: JSON values by path, as `compile -o` names them (`roles/etl/trust.json`); for the targets terraform and
    cloudformation the one file of that. `diagnostics`: warnings, suggestions and notes; errors raise. `sources`: the paths
    of all files that were read, imports too.
    """

    def __init__(
        self, names: tuple[str, ...], made: compiler.Compilation, values: dict[str, Any], report: Report
    ) -> None:
        self.documents: Mapping[str, Any] = values
        self.diagnostics: tuple[Diagnostic, ...] = diagnostics(report)
        self.sources: tuple[str, ...] = tuple(report.inputs.files)
        self._names, self._made, self._report = names, made, report

    @property
    def manifest(self) -> dict[str, Any]:
        """What `compile -o` writes to `manifest.json`: to whom each document goes, and the sentences behind each statement.

        Files are named as seen from the working folder.
        """
        return self._manifest(os.curdir)

    def _manifest(self, folder: str) -> dict[str, Any]:
        names = told_by(self._names, folder, "-")
        return tree.manifest(self._made, list(self.documents), names, self._report, folder, __version__)

    def write(self, folder: str | Path) -> tuple[str, ...]:
        """Make `folder` hold the documents and the manifest, all of them or nothing; the paths that this changed.

        What an earlier compile of the same program wrote and this one does not is deleted. Raises FileExistsError if the
        folder holds the output of another program, or files of others in the way; and OSError.
        """
        where = os.fspath(folder)
        texts = targets.texts(self._made, self.documents)
        texts[MANIFEST] = codec.text(self._manifest(where))
        try:
            return tuple(files.update(where, files.Output({"": texts}, {"": told_by(self._names, where, "-")})))
        except files.ForeignOutput as fault:
            whose = f"belongs to another program: {', '.join(fault.program)}" if fault.program else "is not of iamdsl"
            raise FileExistsError(17, whose, fault.path) from None


@record
class Claim:
    """An `assert` of a program. `verdict`: `proved`, `refuted` or `unknown`; `diagnostics` tell of the latter two."""

    text: str
    file: str
    line: int
    verdict: str
    assumptions: tuple[str, ...]


def compile(
    program: Program,
    *,
    name: str = given.NAME,
    parameters: Mapping[str, str] | None = None,
    target: Target = "json",
    minimize: Mode = "exact",
    sids: bool = False,
    strict: bool = False,
    quotas: Mapping[str, int] | None = None,
    rules: Mapping[str, Level] | None = None,
) -> Compilation:
    """Compile a program: a text, called `name` in findings, or the files and folders that together are one.

    The options are those of `iamdsl compile`; `parameters` are what `--set` gives. Raises CompileError with all findings if
    there are errors, ValueError and TypeError for arguments that make no sense.
    """
    options = given.options(
        parameters, strict, quotas, rules, target=given.target(target), sids=sids, minimize=given.mode(minimize)
    )
    report, names, made, values = _compiled(program, name, options, parameters)
    stop(report)
    assert made is not None
    return Compilation(names, made, values, report)


def check(
    program: Program,
    *,
    name: str = given.NAME,
    parameters: Mapping[str, str] | None = None,
    target: Target = "json",
    strict: bool = False,
    quotas: Mapping[str, int] | None = None,
    rules: Mapping[str, Level] | None = None,
) -> tuple[Diagnostic, ...]:
    """All that `compile` would find, errors too; raises none of them."""
    options = given.options(parameters, strict, quotas, rules, target=given.target(target))
    return diagnostics(_compiled(program, name, options, parameters)[0])


def prove(
    program: Program, *, name: str = given.NAME, parameters: Mapping[str, str] | None = None
) -> tuple[Claim, ...]:
    """The claims of a program, each proved over all requests or refuted. Raises CompileError if it does not compile."""
    report, _, made, _ = _compiled(program, name, given.options(parameters), parameters)
    if made is None or (report.failed and not made.claims):
        raise error(report)
    found = []
    for one in made.claims:
        source = report.sources[one.span.path]
        text = " ".join(source.text[one.span.start : one.span.end].split())
        found.append(Claim(text, one.span.path, source.position(one.span.start)[0], one.verdict, one.assumptions))
    return tuple(found)


def programs(folder: str | Path = ".") -> dict[str, str]:
    """The programs that the settings in or above `folder` name, the path of each by its place in the output; {} if they name
    none. Raises CompileError where the settings or the programs that they name are wrong."""
    from iamdsl.commands import project  # local: for projects of many programs
    from iamdsl.commands.build.which import which

    options, said = argparse.Namespace(files=[os.fspath(folder)], stdin_filename="-", each=False), StringIO()
    options.output_format = None
    if not project.settled(options, said):
        raise CompileError((), said.getvalue())
    report = Report()
    found = which(options, report)
    stop(report)
    return {one.place: one.names[0] for one in found.chosen} if found.many else {}


def _compiled(
    program: Program, name: str, options: argparse.Namespace, parameters: Mapping[str, str] | None
) -> tuple[Report, tuple[str, ...], compiler.Compilation | None, dict[str, Any]]:
    report = Report()
    sources, names = given.programs(program, name, report)
    if report.failed:
        return report, names, None, {}
    made = program_command.made(sources, dict(parameters or {}), options, report, getattr(options, "sids", False))
    values = {} if report.failed else targets.files(made, report)
    program_command.weigh(report, options)
    return report, names, made, values
