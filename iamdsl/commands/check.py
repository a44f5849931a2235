"""`iamdsl check`: the findings of a program, as data on standard output."""

from __future__ import annotations

import argparse
import sys

from iamdsl.commands import options as shared
from iamdsl.commands import program
from iamdsl.emit import targets


def arguments(parser: argparse.ArgumentParser) -> None:
    shared.inputs(parser)
    shared.meaning(parser)
    shared.verbose(parser)


def run(options: argparse.Namespace) -> int:
    compilation, report = program.compiled(options)
    if compilation is None and not len(report):
        return 2
    if compilation is not None and not report.failed:
        targets.files(compilation, report)
        program.weigh(report, options)
    program.show(report, options, sys.stdout)
    return program.status(report)
