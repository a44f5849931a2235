"""What `compile` and `check` share: from options to a compiled program and its findings."""

from __future__ import annotations

import argparse
import sys

from iamdsl import catalog, read
from iamdsl.commands.findings import show, status, weigh
from iamdsl.compiler import Compilation, Options, compile_program
from iamdsl.diagnostics import Report
from iamdsl.source import Source

__all__ = ["compiled", "given", "made", "show", "status", "weigh"]


def compiled(options: argparse.Namespace, sids: bool = False) -> tuple[Compilation | None, Report]:
    """The compiled program, None if it could not be read."""
    report = Report()
    settings = given(options.set)
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
    meant = Options(sids, options.quotas, sought, getattr(options, "target", "json"))
    found = compile_program(sources, catalog.default(), settings, report, meant)
    weigh(report, options)
    if not getattr(options, "verbose", False):
        report.drop("suggestion", options.rules)  # but those that the project asks for by giving them a level
    return found


def given(settings: list[str]) -> dict[str, str] | None:
    """The values given with `--set`; None, with a message, where one is not understood."""
    found: dict[str, str] = {}
    for one in settings:
        name, equals, value = one.partition("=")
        if not equals or not name:
            print(f"error: `--set {one}`: write `--set NAME=VALUE`", file=sys.stderr)
            return None
        if found.setdefault(name, value) != value:
            print(f"error: `--set {name}` is given twice: `{found[name]}` and `{value}`", file=sys.stderr)
            return None
    return found
