"""Findings: what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iamdsl.record import record, replace
from iamdsl.source import Source, Span

SEVERITIES = ("error", "warning", "suggestion", "note")


@record
class Rule:
    """One kind of finding. `code` is permanent; `message` is a `str.format` template filled by `Diagnostic.of`."""

    code: str
    slug: str
    severity: str
    message: str


@record
class Label:
    """A place and what to say about it; the first label of a diagnostic is its own place."""

    span: Span
    text: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Label) and (self.span, self.text) == (other.span, other.text)

    def __hash__(self) -> int:
        return hash((self.span, self.text))


@record
class Edit:
    """Replace the text at `place` (an empty one inserts) by `text`."""

    place: tuple[str, int, int]
    text: str


@record
class Diagnostic:
    """A finding. `help` is the cure in one or more lines; `fix` the edits that apply it, where that is safe."""

    rule: Rule
    message: str
    labels: tuple[Label, ...] = ()
    help: str = ""
    fix: tuple[Edit, ...] = ()
    severity: str = ""

    @property
    def level(self) -> str:
        """The severity in force: the rule's own unless options raised it."""
        return self.severity or self.rule.severity

    @property
    def span(self) -> Span | None:
        return self.labels[0].span if self.labels else None


class Report:
    """The findings of one run, in the order of their places, and the sources that they speak of."""

    def __init__(self) -> None:
        self.sources: dict[str, Source] = {}
        self._found: dict[Diagnostic, None] = {}
        self.errors = 0  # how often an error was reported so far, to see whether a step went wrong

    def add(
        self,
        rule: Rule,
        place: Span | Iterable[Label] | None,
        help: str = "",
        fix: Iterable[Edit] = (),
        **values: object,
    ) -> None:
        """Record a finding of `rule`; `values` fill its message. The same finding twice counts once."""
        if isinstance(place, Span):
            labels: tuple[Label, ...] = (Label(place),)
        else:
            labels = tuple(place or ())
        self.errors += rule.severity == "error"
        message = rule.message.format(**values) if values else rule.message
        self._found[Diagnostic(rule, message, labels, help, tuple(fix))] = None

    def extend(self, found: Iterable[Diagnostic]) -> None:
        self._found.update(dict.fromkeys(found))

    def drop(self, severity: str) -> None:
        """Forget the findings of `severity`."""
        self._found = {one: None for one in self._found if one.level != severity}

    def promote(self, severity: str, to: str) -> None:
        """Give every finding of `severity` the severity `to`."""
        found = [replace(one, severity=to) if one.level == severity else one for one in self._found]
        self._found = dict.fromkeys(found)

    def relevel(self, levels: Mapping[str, str]) -> None:
        """Give the findings of each rule whose code is in `levels` that severity; `off` forgets them."""
        found = [replace(one, severity=levels.get(one.rule.code, one.severity)) for one in self._found]
        self._found = {one: None for one in found if one.severity != "off"}

    def __iter__(self) -> Iterator[Diagnostic]:
        def place(found: Diagnostic) -> tuple[str, int, int, str]:
            span = found.span
            return (span.path, span.start, span.end, found.rule.code) if span else ("", -1, -1, found.rule.code)

        return iter(sorted(self._found, key=place))

    def __len__(self) -> int:
        return len(self._found)

    @property
    def failed(self) -> bool:
        """Whether anything at error level was found."""
        return any(found.level == "error" for found in self._found)
