"""The changes of one subject, gathered into lines that a reader can take in."""

from __future__ import annotations

from iamdsl.access.compare import Change, Request
from iamdsl.access.decide import applies
from iamdsl.access.model import TRUE, Grant
from iamdsl.compiler.changes import Delta, place
from iamdsl.compiler.estate import Held
from iamdsl.compiler.lift import lift
from iamdsl.compiler.say import say
from iamdsl.diagnostics import Report
from iamdsl.record import record, replace

_FEW = 6  # actions or resources on one line of text


@record
class Line:
    """`actions` on `resources` (() for all) under `condition`, gained or lost. `before`: what the other side said of the same,
    "" if nothing. `because`: the statements, or the `file:line` of their sentences. `request` shows it."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: str
    before: str
    because: tuple[str, ...]
    request: Request


def lines(delta: Delta, gained: bool) -> list[Line]:
    """What the subject gained, or lost."""
    verdict = delta.difference.verdict
    here, there = (delta.new, delta.old) if gained else (delta.old, delta.new)
    return _gathered(verdict.gained if gained else verdict.taken, here, there, False)


def denials(delta: Delta, gained: bool) -> list[Line]:
    """What the subject's documents deny on one side only: of what is newly denied, or no longer."""
    if delta.denies is None:
        return []
    verdict = delta.denies.verdict
    here, there = (delta.new, delta.old) if gained else (delta.old, delta.new)
    return _gathered(verdict.gained if gained else verdict.taken, here, there, True)


def _gathered(changes: tuple[Change, ...], here: tuple[Held, ...], there: tuple[Held, ...], denies: bool) -> list[Line]:
    """One line for what a statement gives and the other side said the same of."""
    groups: dict[tuple[Grant, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.grant, _before(change, there, denies)), []).append(change)
    found: list[Line] = []
    for (grant, before), alike in groups.items():
        actions = tuple(dict.fromkeys([action for change in alike for action in change.actions]))
        resources = tuple(sorted({change.resource for change in alike if change.resource}))
        if grant.except_resources:
            resources = tuple([f"all but {', '.join(grant.resources)}"])
        because = _because(replace(grant, allows=False) if denies else grant, here)
        found.append(Line(actions, resources, say(grant.condition), before, because, alike[0].request))
    return found


def _before(change: Change, there: tuple[Held, ...], denies: bool) -> str:
    """What the other side says of the same action and resource."""
    if denies:
        return ""
    if change.denied is not None:
        limit = say(change.denied.condition)
        return "denied" + (f" if {limit}" if limit else "")
    every = [grant for one in there for grant in lift(one.document) if grant.allows]
    near = [grant for grant in every if applies(replace(grant, condition=TRUE), change.request)]
    return " or ".join(dict.fromkeys([f"only if {say(one.condition)}" for one in near if one.condition != TRUE]))


def _because(grant: Grant, held: tuple[Held, ...]) -> tuple[str, ...]:
    found = place(grant, held)
    if found is None:
        return ()
    one, at = found
    return (one.sentences[at] if at < len(one.sentences) else ()) or (f"{one.path}, statement {at + 1}",)


# ---- as text


def shown(line: Line, gained: bool, report: Report) -> list[str]:
    """The line for people."""
    text = f"  {_few(line.actions)}"
    if line.resources:
        text += f" on {_few(line.resources)}"
    if line.before and not line.condition:
        text += f", {'no longer' if gained else 'now'} {line.before}"
    elif line.condition:
        text += f" if {line.condition}"
        text += f" ({'before' if gained else 'now'} {line.before})" if line.before else ""
    return [text, *[f"      {one}{_quoted(one, report)}" for one in line.because]]


def asked(request: Request) -> list[str]:
    """A request for people."""
    principal = request.principal.partition(" ")[2]
    keys = [f"      {key} = {', '.join(values)}" for key, values in request.context]
    return [f"  {principal} {request.action} {request.resource}", *keys]


def _few(names: tuple[str, ...]) -> str:
    more = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" and {more} more" if more > 0 else "")


def _quoted(place: str, report: Report) -> str:
    path, _, line = place.rpartition(":")
    source = report.sources.get(path)
    return f": {source.line(int(line)).strip()}" if source and line.isdecimal() else ""
