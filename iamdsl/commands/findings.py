"""What every command does with findings: print them, and turn them into a status."""

from __future__ import annotations

import argparse
import os

from iamdsl import rules
from iamdsl.diagnostics import Report
from iamdsl.render import render, wants_colour

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

UNREADABLE = (
    rules.UNREADABLE,
    rules.NOT_UTF8,
    rules.TOO_LARGE,
    rules.MALFORMED_POLICY,
    rules.BAD_MANIFEST,
    rules.WORKER_LOST,
)
SHOWN = 50  # findings in text form, before the rest is only counted


def relevel(report: Report, options: argparse.Namespace) -> None:
    """Give each finding the level that the options say it has."""
    if options.rules:
        report.relevel(options.rules)
    if options.strict:
        report.promote("warning", "error")


def weigh(report: Report, options: argparse.Namespace) -> None:
    """Give each finding its level, and leave out the notes where something is wrong."""
    relevel(report, options)
    if report.failed:
        report.drop("note")  # about output that there is not


def show(report: Report, options: argparse.Namespace, stream: TextIO) -> None:
    """Print the findings."""
    colour = options.output_format == "text" and wants_colour(stream, os.environ)
    text = render(report, options.output_format, colour=colour, limit=SHOWN)
    if text:
        stream.write(text)


def status(report: Report) -> int:
    """2 for what cannot be read, 1 for other errors, else 0."""
    if any(found.rule in UNREADABLE for found in report):
        return 2
    return 1 if report.failed else 0
