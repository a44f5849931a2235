"""What `compile` and `check` share: from options to a compiled program and its findings."""

from __future__ import annotations

import argparse

from iamdsl import catalog, read
from iamdsl.commands import options as shared
from iamdsl.commands.findings import show, status, weigh
from iamdsl.compiler import Compilation, Options, compile_program
from iamdsl.diagnostics import Report
from iamdsl.source import Source

__all__ = ["compiled", "made", "show", "status", "weigh"]


def compiled(options: argparse.Namespace, sids: bool = False) -> tuple[Compilation | None, Report]:
    """The compiled program, None if it could not be read."""
    report = Report()
    settings = shared.given(options.set)
    if settings is None:
        return None, report
    sources = read.sources(options.files or ["."], options.stdin_filename, report)
    if report.failed:
        return None, report
    return made(sources, settings, options, report, sids), report


def made(
    sources: tuple[Source, ...],
    settings: dict[str, str],
    options: argparse.Namespace,
    report: Report,
    sids: bool = False,
) -> Compilation:
    """The program that `sources` are, compiled as `options` say."""
    sought = getattr(options, "verbose", False) or bool(options.rules)
    meant = Options(sids, options.quotas, sought, getattr(options, "target", "json"), options.minimize)
    found = compile_program(sources, catalog.default(), settings, report, meant)
    weigh(report, options)
    if not getattr(options, "verbose", False):
        report.drop("suggestion", options.rules)  # but those that the project asks for by giving them a level
    return found
