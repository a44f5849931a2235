"""Findings, as Python has them."""

from __future__ import annotations

from iamdsl.diagnostics import Report
from iamdsl.record import record
from iamdsl.render import render


@record
class Diagnostic:
    """A finding: what `--output-format json` has of it.

    `severity`: `error`, `warning`, `suggestion` or `note`. Lines and columns count from 1, columns in code points, the end
    is where the next character is; all are None where the finding has no place. `pointer`: the JSON pointer to it in a
    policy. `aws_code`: what IAM Access Analyzer calls it. `text`: the finding as a terminal shows it, over several lines.
    """

    code: str
    slug: str
    severity: str
    message: str
    help: str
    file: str | None
    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None
    pointer: str | None
    aws_code: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: " if self.file else ""
        return f"{place}{self.severity}[{self.code}]: {self.message}"


class CompileError(Exception):
    """What was asked for cannot be had, for the errors among `diagnostics`. As text: as a terminal shows them."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], text: str) -> None:
        super().__init__(text)
        self.diagnostics = diagnostics


def diagnostics(report: Report) -> tuple[Diagnostic, ...]:
    """The findings of a report, in the order of their places."""
    found = []
    for one in report:
        source = report.sources.get(one.span.path) if one.span else None
        start: tuple[int | None, int | None] = (None, None)
        end = start
        if one.span and source:
            start, end = [source.position(min(at, len(source.text))) for at in (one.span.start, one.span.end)]
        alone = Report()
        alone.sources = report.sources
        alone.extend([one])
        text = render(alone, "text").rpartition("\n\n")[0]
        made = Diagnostic(
            one.rule.code,
            one.rule.slug,
            one.level,
            one.message,
            one.help,
            one.span.path if one.span else None,
            *start,
            *end,
            one.pointer,
            one.rule.aws_code,
            text,
        )
        found.append(made)
    return tuple(found)


def stop(report: Report) -> None:
    """Raise CompileError if there are errors."""
    if report.failed:
        raise error(report)


def error(report: Report) -> CompileError:
    """The findings as an exception."""
    return CompileError(diagnostics(report), render(report, "text").rstrip())
