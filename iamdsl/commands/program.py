"""What `compile` and `check` share: from options to a compiled program and its findings."""

from __future__ import annotations

import argparse
import os
import sys

from iamdsl import catalog, read, rules
from iamdsl.compiler import Compilation, Options, compile_program
from iamdsl.diagnostics import Report
from iamdsl.render import render, wants_colour

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

UNREADABLE = (rules.UNREADABLE, rules.NOT_UTF8, rules.TOO_LARGE)
SHOWN = 50  # findings in text form, before the rest is only counted


def compiled(options: argparse.Namespace, sids: bool = False) -> tuple[Compilation | None, Report]:
    """The compiled program, None if it could not be read."""
    report = Report()
    settings = _settings(options.set)
    if settings is None:
        return None, report
    sources = read.sources(options.files or ["."], options.stdin_filename, report)
    if report.failed:
        return None, report
    found = compile_program(sources, catalog.default(), settings, report, Options(sids, options.quotas))
    weigh(report, options)
    return found, report


def weigh(report: Report, options: argparse.Namespace) -> None:
    """Give each finding the level that the options say it has."""
    if options.rules:
        report.relevel(options.rules)
    if options.strict:
        report.promote("warning", "error")
    if report.failed:
        report.drop("note")  # about output that there is not


def _settings(given: list[str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            print(f"error: `--set {one}`: write `--set NAME=VALUE`", file=sys.stderr)
            return None
        found[name] = value
    return found


def show(report: Report, options: argparse.Namespace, stream: TextIO) -> None:
    """Print the findings."""
    colour = options.output_format == "text" and wants_colour(stream, os.environ)
    stream.write(render(report, options.output_format, colour=colour, limit=SHOWN))


def status(report: Report) -> int:
    """2 for what cannot be read, 1 for other errors, else 0."""
    if any(found.rule in UNREADABLE for found in report):
        return 2
    return 1 if report.failed else 0
