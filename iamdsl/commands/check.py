"""`iamdsl check`: the findings of programs, as data on standard output."""

from __future__ import annotations

import argparse
import os
import sys

from iamdsl.commands import findings
from iamdsl.commands import options as shared
from iamdsl.commands.build.run import build
from iamdsl.emit.paths import place_of


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
    found = build(options, settings, None, not (options.no_cache or options.verbose))  # what is done tells no sizes
    findings.show(found.report, options, sys.stdout)
    if options.verbose and options.output_format == "text":
        from iamdsl.render.sizes import sizes  # local: for `--verbose` alone

        rows = [(place_of(place, row[0]), *row[1:]) for place, one in found.made.items() for row in one.sizes]
        sys.stderr.write(sizes(rows, sys.stderr.isatty() and os.environ.get("TERM") != "dumb"))
    found.keep()
    return findings.status(found.report)
