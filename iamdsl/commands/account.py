"""`iamdsl decompile` of an account, of Terraform and of CloudFormation: a program in a folder, or on standard output."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile

from iamdsl import catalog, rules
from iamdsl.adopt.account_report import FILE, account_report, summary
from iamdsl.adopt.adopt import Adopted, adopt
from iamdsl.adopt.found import Found
from iamdsl.adopt.pieces import papers
from iamdsl.adopt.program import MAIN, boundaries
from iamdsl.adopt.review import review
from iamdsl.commands import findings
from iamdsl.diagnostics import Report

WIDTH = 28  # of the bar, in characters


def account(found: Found, options: argparse.Namespace, report: Report) -> int:
    """Write the program that says `found`, as the options ask; returns the status."""
    for one in found.loose:
        help = 'give it the ARN of its resource, `{"arn:...": POLICY}`, or decompile it alone'
        report.add(rules.NOT_SAID, one.paper.place, help=help, document="this policy", why="nothing says whose it is")
    if report.failed:
        findings.weigh(report, options)
        findings.show(report, options, sys.stderr)
        return findings.status(report)
    if options.output and (fault := _unusable(options.output)):
        report.add(
            rules.CANNOT_WRITE, None, help="choose a folder that is not there yet", path=options.output, why=fault
        )
        findings.show(report, options, sys.stderr)
        return 2
    stage = (
        tempfile.mkdtemp(prefix=".iamdsl-", dir=os.path.dirname(os.path.abspath(options.output or ".")))
        if options.output
        else tempfile.mkdtemp()
    )
    bar = Bar()
    try:
        adopted = adopt(found.account, stage, catalog.default(), report, bar.show)
        if adopted is not None and options.output:
            _finish(found, adopted, stage, options.output, report, bar)
    except OSError as fault:
        report.add(
            rules.CANNOT_WRITE, None, path=fault.filename or options.output, why=(fault.strerror or str(fault)).lower()
        )
        adopted = None
    finally:
        bar.clear()
        shutil.rmtree(stage, ignore_errors=True)
    if adopted is not None and not options.output:
        _print(adopted, report)
    findings.weigh(report, options)
    findings.show(report, options, sys.stderr)
    if adopted is not None and options.output and not report.failed:
        print(f"{bar.said}\n{options.output}/{FILE} tells more.", file=sys.stderr)
    return findings.status(report)


def _unusable(folder: str) -> str:
    """Why nothing can be written to `folder`; "" if it can."""
    if os.path.isdir(folder):
        return "it holds other files" if os.listdir(folder) else ""
    return "it is a file" if os.path.exists(folder) else ""


def _finish(found: Found, adopted: Adopted, stage: str, folder: str, report: Report, bar: Bar) -> None:
    """Put the report beside the program, and both in their place at once."""
    theirs = found.account
    suspicions = review(dict(papers(theirs, boundaries(theirs))), report.sources, catalog.default(), bar.show)
    bar.said = summary(theirs, adopted, suspicions)
    with open(os.path.join(stage, FILE), "w", encoding="utf-8", newline="\n") as file:
        file.write(account_report(theirs, adopted, suspicions, report))
    os.chmod(stage, 0o777 & ~_umask())
    if os.path.isdir(folder):
        os.rmdir(folder)
    os.rename(stage, folder)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _print(adopted: Adopted, report: Report) -> None:
    """The whole program as one, which it can be if no document of it is in a file of its own."""
    kept = sum(not one.body for one in adopted.pieces)
    if kept or adopted.quotas:
        what = f"{kept} documents are kept in files of their own" if kept else "it needs a file of settings"
        report.add(rules.CANNOT_WRITE, None, help="add `-o DIR`", path="-", why=what)
        return
    order = [path for path, _ in adopted.texts if path != MAIN]
    texts = dict(adopted.texts)
    sys.stdout.write("\n".join([texts[path] for path in (MAIN, *order) if texts[path]]))


class Bar:
    """How far a long run is, on a terminal; elsewhere it stays silent."""

    def __init__(self) -> None:
        self.said = ""
        self.shown = ""
        self.on = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def show(self, what: str, done: int, of: int) -> None:
        if not self.on:
            return
        part = min(1.0, done / of) if of else 1.0
        full = int(part * WIDTH)
        text = f"{what:<30} [{'#' * full}{'.' * (WIDTH - full)}] {int(part * 100):3}%"
        if text != self.shown:
            self.shown = text
            sys.stderr.write(f"\r{text}")
            sys.stderr.flush()

    def clear(self) -> None:
        if self.shown:
            sys.stderr.write("\r" + " " * len(self.shown) + "\r")
            self.shown = ""
