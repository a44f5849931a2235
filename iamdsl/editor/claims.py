"""The claims of a program, proved in a process of their own: a proof may take long, and is dropped when the text changes.

`python -m iamdsl.editor.claims` reads a program as JSON and writes what became of its claims.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from iamdsl import catalog, rules
from iamdsl.compiler import Options, compile_program
from iamdsl.diagnostics import Diagnostic, Label, Report
from iamdsl.editor.program import Program
from iamdsl.source import Source, Span

OF_CLAIMS = (rules.FALSE_CLAIM, rules.UNDECIDED_CLAIM)


def question(program: Program) -> bytes | None:
    """What the process is given; None where there is nothing to prove, or errors stand in the way."""
    settings = program.settings
    if program.failed or not program.compiled.bindings.assertions:
        return None
    return json.dumps(
        {
            "files": [(path, file.text) for path, file in program.files.items()],
            "values": dict(settings.values),
            "quotas": settings.quotas,
            "target": settings.target,
        }
    ).encode()


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """The verdict on each claim by file and offset, and the findings about them."""
    sources = tuple(Source(path, text) for path, text in asked["files"])
    quotas = tuple((kind, limit) for kind, limit in asked["quotas"])
    report = Report()
    options = Options(quotas=quotas, target=asked["target"])
    made = compile_program(sources, catalog.default(), asked["values"], report, options)
    verdicts = [(one.span.path, one.span.start, one.verdict) for one in made.claims]
    found = [
        {
            "code": one.rule.code,
            "message": one.message,
            "help": one.help,
            "labels": [(label.span.path, label.span.start, label.span.end, label.text) for label in one.labels],
        }
        for one in report
        if one.rule in OF_CLAIMS
    ]
    return {"verdicts": verdicts, "findings": found}


def settle(program: Program, data: bytes) -> None:
    """Give `program` what the process said of its claims."""
    said = json.loads(data)
    program.verdicts = {(path, start): verdict for path, start, verdict in said["verdicts"]}
    known = {rule.code: rule for rule in OF_CLAIMS}
    found: dict[str, list[Diagnostic]] = {}
    for one in said["findings"]:
        labels = tuple(Label(Span(path, start, end), text) for path, start, end, text in one["labels"])
        shown = Diagnostic(known[one["code"]], one["message"], labels, one["help"])
        found.setdefault(labels[0].span.path, []).append(shown)
    program.of_claims = found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(answer(json.load(sys.stdin))))
