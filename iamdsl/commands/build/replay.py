"""Findings as a record keeps them, so that what is not compiled again is said again."""

from __future__ import annotations

from iamdsl.rulebook import RULES
from iamdsl.diagnostics import Diagnostic, Edit, Label, Report
from iamdsl.read import file
from iamdsl.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def kept(report: Report) -> list[dict[str, Any]] | None:
    """The findings as JSON; None if one speaks of a text that is in no file."""
    found: list[dict[str, Any]] = []
    for one in report:
        if any(label.span.path not in report.inputs.files for label in one.labels):
            return None
        entry = {
            "code": one.rule.code,
            "message": one.message,
            "labels": [[label.span.path, label.span.start, label.span.end, label.text] for label in one.labels],
            "help": one.help,
            "fix": [[*edit.place, edit.text] for edit in one.fix],
            "severity": one.severity,
            "pointer": one.pointer,
        }
        found.append(entry)
    return found


def replay(findings: Iterable[dict[str, Any]], report: Report) -> None:
    """Add to `report` what `kept` has kept, with the sources that it speaks of."""
    for one in findings:
        for path, *_ in one["labels"]:
            if path not in report.sources and (source := file(path, report)):
                report.sources[path] = source
        labels = tuple([Label(Span(path, start, end), text) for path, start, end, text in one["labels"]])
        fix = tuple([Edit((path, start, end), text) for path, start, end, text in one["fix"]])
        rule = RULES[one["code"]]
        found = Diagnostic(rule, one["message"], labels, one["help"], fix, one["severity"], one["pointer"])
        report.extend([found])
