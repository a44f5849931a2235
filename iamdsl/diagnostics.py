"""Findings: what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from iamdsl.record import record, replace
from iamdsl.source import Inputs, Instance, Source, Span, instances

Found = tuple[tuple["Diagnostic", tuple[tuple[Instance, ...], ...]], ...]  # findings, with the times of their sentences

SEVERITIES = ("error", "warning", "suggestion", "note")


@record
class Rule:
    """One kind of finding. `code` is permanent; `message` is a `str.format` template filled by `Diagnostic.of`.

    `aws_code` and `category`: what IAM Access Analyzer calls it, where it has the finding (`INVALID_ACTION`, `ERROR`).
    """

    code: str
    slug: str
    severity: str
    message: str
    aws_code: str = ""
    category: str = ""


class Rules(dict[str, Rule]):
    """Rules by code, as they were declared."""

    def declare(
        self, code: str, slug: str, severity: str, message: str, aws_code: str = "", category: str = ""
    ) -> Rule:
        """A rule that is new here. A code stands for one rule for ever."""
        assert code not in self, code
        rule = self[code] = Rule(code, slug, severity, message, aws_code, category)
        return rule


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
    """A finding. `help` is the cure in one or more lines; `fix` the edits that apply it, where that is safe.

    `pointer`: in a JSON document, the JSON pointer (RFC 6901) to what it is about.
    """

    rule: Rule
    message: str
    labels: tuple[Label, ...] = ()
    help: str = ""
    fix: tuple[Edit, ...] = ()
    severity: str = ""
    pointer: str | None = None

    @property
    def level(self) -> str:
        """The severity in force: the rule's own unless options raised it."""
        return self.severity or self.rule.severity

    @property
    def span(self) -> Span | None:
        return self.labels[0].span if self.labels else None


class Report:
    """The findings of one run, in the order of their places, the sources that they speak of, and all that was read."""

    def __init__(self) -> None:
        self.sources: dict[str, Source] = {}
        self.inputs = Inputs()
        self._found: dict[Diagnostic, list[tuple[Instance, ...]]] = {}  # with the times that a sentence was said wrong
        self.errors = 0  # how often an error was reported so far, to see whether a step went wrong
        self.added = 0  # how often anything was

    def add(
        self,
        rule: Rule,
        place: Span | Iterable[Label] | None,
        help: str = "",
        fix: Iterable[Edit] = (),
        pointer: str | None = None,
        **values: object,
    ) -> None:
        """Record a finding of `rule`; `values` fill its message. The same finding twice counts once."""
        if isinstance(place, Span):
            labels: tuple[Label, ...] = (Label(place),)
        else:
            labels = tuple(place or ())
        self.errors += rule.severity == "error"
        self.added += 1
        message = rule.message.format(**values) if values else rule.message
        edits = tuple(fix)
        if any([self._written_over(edit) for edit in edits]):
            edits = ()
        times = self._found.setdefault(Diagnostic(rule, message, labels, help, edits, "", pointer), [])
        if labels and (time := instances(labels[0].span)) and time not in times:
            times.append(time)

    def _written_over(self, edit: Edit) -> bool:
        """Whether an edit would replace a parameter: what it stands for is wrong then, and is written elsewhere."""
        import re  # local: only for findings with a fix

        path, start, end = edit.place
        text = self.sources[path].text[start:end] if path in self.sources else ""
        return re.search(r"\{[A-Za-z_][\w\-]*\}", text) is not None

    def extend(self, found: Iterable[Diagnostic]) -> None:
        for one in found:
            self._found.setdefault(one, [])

    def taken(self) -> Found:
        """The findings so far, which the report forgets."""
        found = tuple([(one, tuple(times)) for one, times in self._found.items()])
        self._found = {}
        return found

    def give(self, found: Found) -> None:
        """Add what another report `taken`."""
        for one, times in found:
            self.errors += one.level == "error"
            self.added += 1
            known = self._found.setdefault(one, [])
            known += [time for time in times if time not in known]

    def drop(self, severity: str, but: Container[str] = ()) -> None:
        """Forget the findings of `severity`, unless their rule's code is in `but`."""
        self._found = {
            one: times for one, times in self._found.items() if one.level != severity or one.rule.code in but
        }

    def silence(self, accepted: Callable[[Diagnostic], bool]) -> int:
        """Forget the findings that are accepted; returns how many there were."""
        kept = {one: times for one, times in self._found.items() if not accepted(one)}
        gone = len(self._found) - len(kept)
        self._found = kept
        return gone

    def promote(self, severity: str, to: str) -> None:
        """Give every finding of `severity` the severity `to`."""
        self._found = {
            replace(one, severity=to) if one.level == severity else one: times for one, times in self._found.items()
        }

    def relevel(self, levels: Mapping[str, str]) -> None:
        """Give the findings of each rule whose code is in `levels` that severity; `off` forgets them."""
        found = {
            replace(one, severity=levels.get(one.rule.code, one.severity)): times for one, times in self._found.items()
        }
        self._found = {one: times for one, times in found.items() if one.severity != "off"}

    def reword(self, say: Callable[[str], str]) -> None:
        """Put what each finding says in the words of `say`."""
        self._found = {
            replace(one, message=say(one.message), help=say(one.help)): times for one, times in self._found.items()
        }

    def __iter__(self) -> Iterator[Diagnostic]:
        def place(found: Diagnostic) -> tuple[str, int, int, str]:
            span = found.span
            return (span.path, span.start, span.end, found.rule.code) if span else ("", -1, -1, found.rule.code)

        return iter([_placed(one, self._found[one]) for one in sorted(self._found, key=place)])

    def __len__(self) -> int:
        return len(self._found)

    @property
    def failed(self) -> bool:
        """Whether anything at error level was found."""
        return any(found.level == "error" for found in self._found)


def _placed(found: Diagnostic, times: list[tuple[Instance, ...]]) -> Diagnostic:
    """`found` with the time that its sentence was said wrong, the first of them if it was several times."""
    if not times:
        return found
    more = f", and {len(times) - 1} more" if len(times) > 1 else ""
    labels = [Label(one.at, f"for {one.text}{more if one is times[0][-1] else ''}") for one in times[0]]
    return replace(found, labels=(*found.labels, *labels))
