"""`iamdsl diff OLD NEW`: what access NEW adds or takes away, over all requests, with a request that shows it."""

from __future__ import annotations

import argparse
import sys

from iamdsl.access.compare import Request
from iamdsl.commands import changed, program
from iamdsl.commands import estate as estates
from iamdsl.commands import options as shared
from iamdsl.compiler.arns import formats_of
from iamdsl.compiler.changes import POLICY, Delta, changes, relation, subjects, witness
from iamdsl.compiler.diff import Facts
from iamdsl.compiler.estate import Estate
from iamdsl.diagnostics import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_RELATIONS = {
    "equal": "equal: both allow the same",
    "wider": "wider: NEW allows all that OLD does, and more",
    "narrower": "narrower: NEW allows less than OLD",
    "apart": "apart: NEW allows what OLD does not, and OLD what NEW does not",
    "unknown": "unknown: not all could be decided",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "iamdsl diff OLD NEW [--closed-world] [--output-format text|json|markdown] [--set NAME=VALUE]"
    for name in ("OLD", "NEW"):
        parser.add_argument(
            name.lower(), metavar=name, help="a program, a folder of programs or of `compile -o`, policy JSON, `-`"
        )
    parser.add_argument(
        "--closed-world", action="store_true", help="take it that AWS adds no actions to those of the catalog"
    )
    parser.add_argument("--stdin-filename", default="-", metavar="NAME", help="what to call standard input")
    shared.findings(parser, "markdown")
    shared.meaning(parser)


def run(options: argparse.Namespace) -> int:
    report = Report()
    markdown = options.output_format == "markdown"
    options.output_format = "text" if markdown else options.output_format  # findings have no such form
    found = [estates.load([name], options, report) for name in (options.old, options.new)]
    report.drop("note")  # about output, of which there is none
    if len(report):
        program.show(report, options, sys.stderr)
    old, new = found
    if old is None or new is None:
        return program.status(report) or 2
    if fault := unpaired(old, new, options.old, options.new):
        print(f"error: {fault}", file=sys.stderr)
        return 2
    deltas = compared(old, new, options.closed_world)
    if options.output_format == "json":
        from iamdsl.policy.codec import text  # local: for people it is not needed

        sys.stdout.write(text(as_json(deltas)))
    elif markdown:
        from iamdsl.commands.comment import comment  # local: for reviews only

        sys.stdout.write(comment(as_json(deltas), report))
    else:
        sys.stdout.write(as_text(deltas, report))
    if any([one.gained for one in deltas]):
        return 1
    why = next((one.open for one in deltas if one.open), "")
    if why:  # nothing new was found, and it could not be ruled out: that must not pass for a proof
        print(f"error: not decided: {why}", file=sys.stderr)
        if not any([one.prover for one in deltas]):
            print("help: `pip install 'iamdsl[solver]'` brings a second prover", file=sys.stderr)
    return 2 if why else 0


def compared(old: Estate, new: Estate, closed_world: bool) -> tuple[Delta, ...]:
    """What changes from `old` to `new`, for each whom it concerns."""
    catalog = new.bindings.catalog

    def names(pattern: str) -> Iterable[str]:
        return [name for name, _level in catalog.names_matching(pattern)]

    return changes(old, new, Facts(formats_of(catalog), names, closed_world))


def unpaired(old: Estate, new: Estate, old_name: str, new_name: str) -> str:
    """What is wrong with comparing these two; "" if nothing is."""
    for one, other, name, many in ((old, new, old_name, new_name), (new, old, new_name, old_name)):
        if POLICY in subjects(one) and len(subjects(other)) > 1:
            count = len(subjects(other))
            return (
                f"`{name}` is one policy and `{many}` has {count} of different owners: name the one to compare it with"
            )
    return ""


def as_json(deltas: tuple[Delta, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "relation": relation(deltas),
        "new_access": any([one.gained for one in deltas]),
        "lost_access": any([one.lost for one in deltas]),
        "witness": {"new": _request(witness(deltas, True)), "lost": _request(witness(deltas, False))},
        "changes": [_delta(one) for one in deltas],
    }
    why = [one.open for one in deltas if one.open]
    named = {one.prover for one in deltas} - {""}
    return {**found, **({"why": why[0]} if why else {}), **({"prover": min(named)} if named else {})}


def _delta(one: Delta) -> dict[str, Any]:
    found: dict[str, Any] = {
        "subject": " ".join(one.subject).strip(),
        "gained": _lines(changed.lines(one, True)),
        "lost": _lines(changed.lines(one, False)),
        "denied": _lines(changed.denials(one, True)),
        "no_longer_denied": _lines(changed.denials(one, False)),
    }
    return {**found, "why": one.open} if one.open else found


def _lines(lines: list[changed.Line]) -> list[dict[str, Any]]:
    return [
        {
            "actions": list(line.actions),
            "resources": list(line.resources),
            "condition": line.condition,
            "other_side": line.before,
            "because": list(line.because),
            "witness": _request(line.request),
        }
        for line in lines
    ]


def _request(request: Request | None) -> dict[str, Any] | None:
    if request is None:
        return None
    return {
        "principal": request.principal.partition(" ")[2],
        "action": request.action,
        "resource": request.resource,
        "context": {key: values[0] if len(values) == 1 else list(values) for key, values in request.context},
    }


def as_text(deltas: tuple[Delta, ...], report: Report) -> str:
    """The changes as people read them."""
    text = [_RELATIONS[relation(deltas)]]
    of_groups: set[tuple[object, ...]] = set()
    for one in deltas:
        who = "" if one.subject == POLICY else " ".join(one.subject) + " "
        for verb, gained, lines in (
            ("gains", True, changed.lines(one, True)),
            ("loses", False, changed.lines(one, False)),
            ("is denied", True, changed.denials(one, True)),
            ("is no longer denied", False, changed.denials(one, False)),
        ):
            keys = {line: (verb, line.actions, line.resources, line.condition, line.because) for line in lines}
            if one.subject[0] == "group":
                of_groups.update(keys.values())
            elif one.subject[0] == "user":  # what its group gains or loses is said there
                lines = [line for line in lines if keys[line] not in of_groups]
            if lines:
                text += ["", f"{who}{verb}"]
            for line in lines:
                text += changed.shown(line, gained, report)
        if one.open:
            text += ["", f"{who}not decided: {one.open}"]
        elif one.prover:
            text += ["", f"{who}decided by {one.prover}, where the search did not come to an end"]
        if one.difference.segmented:
            text += [f"  {who}{one.difference.segmented} where a `*` in a resource stops at colons, as some measured"]
    for gained, label in ((True, "new"), (False, "lost")):
        request = witness(deltas, gained)
        if request is not None:
            text += ["", f"a request that shows what is {label}:", *changed.asked(request)]
    return "\n".join(text) + "\n"
