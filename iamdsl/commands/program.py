"""What `compile` and `check` share: from options to a compiled program and its findings."""

from __future__ import annotations

import argparse
import sys

from iamdsl import catalog, read
from iamdsl.commands.findings import show, status, weigh
from iamdsl.compiler import Compilation, Options, compile_program
from iamdsl.diagnostics import Report

__all__ = ["compiled", "show", "status", "weigh"]


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


def _settings(given: list[str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            print(f"error: `--set {one}`: write `--set NAME=VALUE`", file=sys.stderr)
            return None
        found[name] = value
    return found
