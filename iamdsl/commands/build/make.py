"""One program to the documents and files of its output."""

from __future__ import annotations

import argparse
import re

from iamdsl import __version__, read, rules
from iamdsl.commands import program as programs
from iamdsl.commands.build.which import Program
from iamdsl.compiler import Compilation
from iamdsl.diagnostics import Report
from iamdsl.emit import targets, tree
from iamdsl.emit.paths import MANIFEST, place_of
from iamdsl.emit.paths import program as told_by
from iamdsl.policy import codec
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = re.compile(r"\b\d{4}-\d\d-\d\d")


@record
class Made:
    """What a program compiles to: its `documents` as text by path and, for a folder, its `manifest`, else "".

    `attached`: whether it attaches policies, which the documents do not say. `days`: the dates that it names. `unknown`: the
    settings of the run that it has no parameter for. `sizes`: path, size, quota and unit of each document of AWS's. Nothing
    was made where the report failed.
    """

    program: Program
    report: Report
    documents: Mapping[str, str]
    manifest: str = ""
    attached: bool = False
    days: tuple[str, ...] = ()
    unknown: frozenset[str] = frozenset()
    sizes: tuple[tuple[str, int, int, str], ...] = ()

    @property
    def files(self) -> dict[str, str]:
        """What belongs in the folder of the program, text by path."""
        return {**self.documents, MANIFEST: self.manifest} if self.manifest else {}


def make(program: Program, settings: Mapping[str, str], options: argparse.Namespace, many: bool = False) -> Made:
    """Compile a program as the options say. One of `many` need not know all of the settings."""
    report = Report()
    sources = read.sources(list(program.names), options.stdin_filename, report)
    if report.failed:
        return Made(program, report, {})
    found = programs.made(sources, dict(settings), options, report, getattr(options, "sids", False))
    unknown = frozenset(settings).difference(found.bindings.params) if many else frozenset()
    if unknown and any([one.rule == rules.UNUSED_SETTING for one in report]):
        known = {name: value for name, value in settings.items() if name not in unknown}
        made = make(program, known, options)
        return Made(program, made.report, made.documents, made.manifest, made.attached, made.days, unknown, made.sizes)
    days = {day for one in report.sources.values() for day in _DAY.findall(one.text)}
    days.update(day for value in settings.values() for day in _DAY.findall(value))
    values = {} if report.failed else targets.files(found, report)
    programs.weigh(report, options)
    if report.failed:
        return Made(program, report, {}, unknown=unknown)
    documents = targets.texts(found, values)
    manifest = _manifest(found, list(documents), program, options, report)
    attached = bool(found.attached) and options.target == "json"
    sizes = tuple([(path, one.size, one.quota, one.unit) for path, one in tree.placed(found).items()])
    return Made(program, report, documents, manifest, attached, tuple(sorted(days)), unknown, sizes)


def _manifest(found: Compilation, made: list[str], program: Program, options: argparse.Namespace, report: Report) -> str:
    folder = getattr(options, "output", None)
    if not folder:
        return ""
    inside = place_of(folder, program.place)
    names = told_by(program.names, inside, options.stdin_filename)
    return codec.text(tree.manifest(found, made, names, report, inside, __version__))
