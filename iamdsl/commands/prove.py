"""`iamdsl prove`: the claims of a program, one by one, proved or refuted with a request."""

from __future__ import annotations

import argparse
import sys

from iamdsl.commands import options as shared
from iamdsl.commands import program
from iamdsl.diagnostics import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.compiler.claims import Claim


def arguments(parser: argparse.ArgumentParser) -> None:
    shared.inputs(parser)
    shared.meaning(parser)


def run(options: argparse.Namespace) -> int:
    compilation, report = program.compiled(options)
    if compilation is None and not len(report):
        return 2
    made = compilation.claims if compilation else ()
    if options.output_format == "text" and made:
        report.drop("note")  # about documents, of which there are none
        for one in made:
            sys.stdout.write(_line(one, report))
        proved = sum(one.verdict == "proved" for one in made)
        sys.stdout.write(f"{proved} of {len(made)} claims proved\n")
        if report.failed:
            sys.stdout.write("\n")
    elif not made and not report.failed:
        print("error: the program claims nothing: write `assert alice can read bucket reports`", file=sys.stderr)
        return 2
    program.show(report, options, sys.stdout)
    return program.status(report)


def _line(one: Claim, report: Report) -> str:
    source = report.sources[one.span.path]
    line, _ = source.position(one.span.start)
    text = " ".join(source.text[one.span.start : one.span.end].split())
    taken = "".join([f"    taken for granted: {each}\n" for each in one.assumptions])
    return f"{one.verdict}: {one.span.path}:{line}: {text}\n{taken if one.verdict == 'proved' else ''}"
