"""What validation says of a document that a program makes, at the sentences behind each statement."""

from __future__ import annotations

from iamdsl.catalog import Catalog
from iamdsl.compiler.document import Output, title
from iamdsl.diagnostics import SEVERITIES, Diagnostic, Label, Report
from iamdsl.policy import codec
from iamdsl.source import Span
from iamdsl.validation import Target, facts
from iamdsl.validation import review as reviewed

SHOWN = 3  # sentences named beside the first


def review(output: Output, catalog: Catalog, report: Report) -> None:
    """Report errors and warnings; suggestions are for `iamdsl validate`."""
    type = catalog.type(output.owner.type) if output.kind == "resource" else None
    for found in reviewed(codec.dump(output.lowered.document), Target(output.kind, type), facts(catalog)):
        if SEVERITIES.index(found.level) < 2:
            _report(found, output, catalog, report)


def _report(found: Diagnostic, output: Output, catalog: Catalog, report: Report) -> None:
    parts = (found.pointer or "").split("/")
    number = int(parts[2]) if len(parts) > 2 and parts[1] == "Statement" else 0
    if parts[1:2] == ["Statement"] and all([one.exact for one in output.lowered.origins[number]]):
        return  # taken as it is
    spans = [Span(one.path, one.start, one.end) for one in output.lowered.origins[number]]
    labels = [Label(spans[0]), *[Label(one, "and this sentence") for one in spans[1:SHOWN]]]
    message = f"{found.message}, in {title(output.owner, output.kind, catalog)}"
    report.extend([Diagnostic(found.rule, message, tuple(labels), found.help)])
