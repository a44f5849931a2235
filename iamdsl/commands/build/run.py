"""All programs of a command: those that are done already left as they are, the others compiled."""

from __future__ import annotations

import argparse
import sys

from iamdsl import rules
from iamdsl.commands.build.fresh import Record, entry
from iamdsl.commands.build.which import Program, Programs, which
from iamdsl.diagnostics import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from iamdsl.commands.build.make import Made


class Build:
    """What came of the programs of a command.

    `report`: the findings about all. `fresh`: what the record has, by place, of the programs that are as they were. `made`:
    what the others compile to, by place. `programs`: all of both.
    """

    def __init__(self, programs: Programs, record: Record | None) -> None:
        self.programs = programs
        self.record = record
        self.report = Report()
        self.fresh: dict[str, dict[str, Any]] = {}
        self.made: dict[str, Made] = {}

    @property
    def read(self) -> list[str]:
        """The files that the programs were read from."""
        paths = {path: None for found in self.fresh.values() for path in found["files"]}
        paths.update({path: None for made in self.made.values() for path in made.report.inputs.files})
        return list(paths)

    def keep(self) -> None:
        """Remember what was made, now that it is written."""
        if self.record is None:
            return
        if self.made:
            from iamdsl.commands.build.replay import kept  # local: not where nothing is made

            for made in self.made.values():
                findings = kept(made.report)
                if findings is not None and not made.report.failed:
                    self.record.keep(made.program, entry(made, findings))
        places = frozenset([one.place for one in self.programs.chosen])
        self.record.save(places | self.programs.places)


def build(options: argparse.Namespace, settings: Mapping[str, str], folder: str | None, known: bool = True) -> Build:
    """Compile what is to be compiled for output in `folder`, None for none. `known`: whether earlier runs count."""
    report = Report()
    programs = which(options, report)
    typed = "-" in (options.files or ())
    found = Build(programs, Record(folder, options) if known and not typed else None)
    found.report = report
    if report.failed:
        return found
    stale: list[Program] = []
    for one in programs.chosen:
        entered = found.record.fresh(one) if found.record else None
        if entered is None:
            stale.append(one)
        else:
            found.fresh[one.place] = entered
    _say_again(found)
    if stale:
        _make(stale, settings, options, found)
    _known_to_none(found, settings)
    return found


def _say_again(found: Build) -> None:
    findings = [one for known in found.fresh.values() for one in known["findings"]]
    if findings:
        from iamdsl.commands.build.replay import replay  # local: most programs have no findings

        replay(findings, found.report)


def _make(stale: Sequence[Program], settings: Mapping[str, str], options: argparse.Namespace, found: Build) -> None:
    if found.programs.many:
        from iamdsl.commands.build import pool  # local: only for many programs
        from iamdsl.render.progress import Bar

        try:
            with Bar(len(stale), sys.stderr) as bar:
                made = pool.make_all(stale, settings, options, bar.show)
        except pool.Lost:
            found.report.add(rules.WORKER_LOST, None, help="perhaps for lack of memory: try `--jobs 1`")
            return
    else:
        from iamdsl.commands.build.make import make  # local: it imports the compiler

        made = [make(stale[0], settings, options)]
    for one in made:
        found.made[one.program.place] = one
        found.report.sources.update(one.report.sources)
        found.report.extend(one.report)


def _known_to_none(found: Build, settings: Mapping[str, str]) -> None:
    """Report the settings that no program has a parameter for."""
    several = [one.unknown for one in found.made.values()]
    several += [frozenset(one["unknown"]) for one in found.fresh.values()]
    if settings and found.programs.many and several:
        for name in sorted(frozenset.intersection(*several)):
            found.report.add(rules.UNUSED_SETTING, None, help="no program declares it", name=name)
