"""`iamdsl check`: the findings of programs, as data on standard output."""

from __future__ import annotations

import argparse
import sys

from iamdsl.commands import findings
from iamdsl.commands import options as shared
from iamdsl.commands.build.run import build


def arguments(parser: argparse.ArgumentParser) -> None:
    shared.inputs(parser)
    shared.many(parser)
    shared.meaning(parser)
    shared.verbose(parser)


def run(options: argparse.Namespace) -> int:
    settings = shared.given(options.set)
    if settings is None:
        return 2
    options.output = None  # of the project: nothing is written
    found = build(options, settings, None, not options.no_cache)
    findings.show(found.report, options, sys.stdout)
    found.keep()
    return findings.status(found.report)
