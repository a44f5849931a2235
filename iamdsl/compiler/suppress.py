"""`# iam: allow NAME because REASON`: a finding that the author has looked at and accepts.

At the end of a line it is about the sentence there, on a line of its own about the next. Errors cannot be accepted.
"""

from __future__ import annotations

import re

from iamdsl import rules
from iamdsl.diagnostics import Diagnostic, Report, Rule
from iamdsl.record import record
from iamdsl.source import Source, Span

MARK = "iam:"


@record
class Suppression:
    """One accepted rule: where it is written, and the first and last line (from 1) of what it is about."""

    rule: Rule
    place: Span
    first: int
    last: int

    def covers(self, found: Diagnostic, source: Source) -> bool:
        span = found.span
        if found.rule.code != self.rule.code or span is None or span.path != source.path:
            return False
        return self.first <= source.position(span.start)[0] <= self.last


def suppress(paths: tuple[str, ...], suggestions: bool, report: Report) -> None:
    """Take accepted findings out of the report; what accepts nothing, or what nobody knows, is a finding itself.

    `suggestions`: whether they were looked for."""
    for path in paths:
        source = report.sources.get(path)
        if source is None or MARK not in source.text:
            continue
        for one in _read(source, report):
            gone = report.silence(lambda found: one.covers(found, source))
            sought = suggestions or one.rule.severity != "suggestion"
            if not gone and sought and not report.failed:  # an error may have kept the finding from being made
                help = "delete it"
                report.add(rules.UNUSED_SUPPRESSION, one.place, help, name=one.rule.slug)


def _read(source: Source, report: Report) -> list[Suppression]:
    found: list[Suppression] = []
    lines = source.text.split("\n")
    for number, line in enumerate(lines):
        # what stands before the comment: characters outside strings, and whole strings
        comment = re.match(r'((?:[^"#]|"(?:[^"\\]|\\.)*")*)#\s*iam:(.*)', line)
        if not comment:
            continue
        start = source.starts[number] + comment.start(2)
        place = Span(
            source.path, source.starts[number] + len(comment.group(1)), source.starts[number] + len(line.rstrip())
        )
        first, last = _about(lines, number, bool(comment.group(1).strip()))
        said = re.match(r"\s*allow\s+([\w-]+(?:\s*,\s*[\w-]+)*)\s*(.*)", comment.group(2))
        if not said:
            report.add(rules.BAD_SUPPRESSION, place, "write `# iam: allow NAME because REASON`", what="allows nothing")
            continue
        if not re.match(r"because\s+\S", said.group(2)):
            report.add(rules.BAD_SUPPRESSION, place, "write `because REASON` behind it", what="gives no reason")
        for name in re.finditer(r"[\w-]+", said.group(1)):
            at = start + said.start(1) + name.start()
            rule = _rule(name.group(), Span(source.path, at, at + len(name.group())), report)
            if rule:
                found.append(Suppression(rule, Span(source.path, at, at + len(name.group())), first, last))
    return found


def _about(lines: list[str], number: int, beside: bool) -> tuple[int, int]:
    """The lines (from 1) of the sentence beside or below a comment: those that follow it and are indented deeper go on."""
    if not beside:
        number += 1
        while number < len(lines) and (not lines[number].strip() or lines[number].lstrip().startswith("#")):
            number += 1
    first = last = min(number, len(lines) - 1)
    deep = len(lines[first]) - len(lines[first].lstrip())
    for index in range(first + 1, len(lines)):
        text = lines[index].strip()
        if text and len(lines[index]) - len(lines[index].lstrip()) <= deep and text[0] not in "})]":
            break
        last = index if text else last
    return first + 1, last + 1


def _rule(name: str, place: Span, report: Report) -> Rule | None:
    from iamdsl.rulebook import NAMED  # local: few programs accept a finding

    by_name = {key.lower(): rule for key, rule in NAMED.items()}
    rule = by_name.get(name.lower().replace("_", "-"))
    if rule is None:
        from difflib import get_close_matches  # local: only where something is wrong

        near = get_close_matches(name.lower(), by_name, 1)
        help = f"did you mean `{near[0]}`?" if near else "`iamdsl explain` knows the names"
        report.add(rules.UNKNOWN_SUPPRESSION, place, help, name=name)
    elif rule.severity == "error":
        help = "an error is mended, not accepted"
        report.add(rules.BAD_SUPPRESSION, place, help, what=f"allows `{rule.slug}`, which is an error")
        return None
    return rule
