"""`iamdsl can WHO ACTION RESOURCE`: one request, decided and explained."""

from __future__ import annotations

import argparse
import sys

from iamdsl.commands import estate as estates
from iamdsl.commands import options as shared
from iamdsl.commands import program, question
from iamdsl.compiler.estate import Estate, Held
from iamdsl.compiler.meet import Asker, Met, meet
from iamdsl.diagnostics import Report
from iamdsl.policy.principal import caller
from iamdsl.policy.simulate import Decision, Reason, Request, decide, nearly
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_USAGE = "say who, which action and on what: `iamdsl can alice s3:GetObject arn:aws:s3:::reports/june.csv`"
_MISSING = {
    "identity": "no identity policy allows it",
    "resource": "the resource's own policy does not allow it",
    "trust": "the role's trust policy does not allow it",
    "boundary": "the permissions boundary does not allow it",
    "session": "the session policy does not allow it",
    "scps": "a service control policy does not allow it",
    "endpoint": "the policy of the VPC endpoint does not allow it",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "iamdsl can WHO ACTION RESOURCE [-c KEY=VALUE]... [FILE|DIR|-]..."
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WHO ACTION RESOURCE FILE",
        help="who asks (`alice`, `role etl`, an ARN, `service glue`, `anyone`), one action, a resource (an ARN, `*`, or "
        "'bucket reports/june.csv'); then programs, folders that `compile -o` wrote, policy JSON, `-` (default: .)",
    )
    parser.add_argument(
        *("-c", "--context"),
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a condition key of the request; again for each of several values",
    )
    parser.add_argument("--stdin-filename", default="-", metavar="NAME", help="what to call standard input")
    shared.findings(parser)
    shared.meaning(parser)


def run(options: argparse.Namespace) -> int:
    asked = question.split(options.words)
    if asked is None:
        print(f"error: {_USAGE}", file=sys.stderr)
        return 2
    report = Report()
    found = estates.load(asked[3], options, report)
    report.drop("note")  # about output, of which there is none
    if found is None:
        program.show(report, options, sys.stderr)
        return program.status(report) or 2
    made = answer(asked[:3], options.context, found, report)
    program.show(report, options, sys.stderr)
    if made is None:
        return 2
    if options.output_format == "json":
        from iamdsl.policy.codec import text  # local: for people it is not needed

        sys.stdout.write(text(as_json(made)))
    else:
        sys.stdout.write(as_text(made, report))
    return 0 if made.decision.outcome == "allowed" else 1


@record
class Answer:
    """What was asked, of which documents, and what comes of it."""

    who: Asker
    request: Request
    met: Met
    decision: Decision


def answer(asked: tuple[str, str, str], given: list[str], found: Estate, report: Report) -> Answer | None:
    """The answer to WHO, ACTION and RESOURCE with the keys `given` as KEY=VALUE; None, with findings, where it is no request."""
    name, action_name, target = asked
    action = question.action_named(action_name, found, report)
    ours = question.home(given, target, found)
    who = question.asker(name, found, ours, given, report)
    arn = question.resource(target, action, found, report) if action else None
    if action is None or who is None or arn is None:
        return None
    keys = question.context(given, action, caller(who.principal), arn, ours, found, report)
    if report.failed:
        return None
    request = Request(who.principal, action.full, arn, dict(sorted(keys.items())))
    met = meet(who, request, found)
    return Answer(who, request, met, decide(request, met.layers))


# ---- the answer


def as_json(answer: Answer) -> dict[str, Any]:
    """The answer as programs read it."""
    decision, met, request = answer.decision, answer.met, answer.request
    because: list[dict[str, Any]] = []
    for reason in decision.because:
        held = met.source(reason)
        if held is not None:
            for sentence in _sentences(held, reason) or (None,):
                because.append({"document": held.path, "statement": reason.statement, "sentence": sentence})
    found: dict[str, Any] = {
        "allowed": decision.outcome == "allowed",
        "decision": decision.outcome,
        "because": because,
        "request": {
            "principal": request.principal,
            "action": request.action,
            "resource": request.resource,
            "context": {key: _listed(values) for key, values in request.context.items()},
        },
        "assumed": list(met.assumed),
    }
    if decision.missing:
        found["missing"] = decision.missing
    return found


def _listed(values: Any) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _sentences(held: Held, reason: Reason) -> tuple[str, ...]:
    return held.sentences[reason.statement] if reason.statement < len(held.sentences) else ()


def as_text(answer: Answer, report: Report) -> str:
    """The answer as people read it."""
    decision, met, request = answer.decision, answer.met, answer.request
    lines = [f"{_verdict(decision)}: {answer.who.shown} {request.action} {request.resource}"]
    lines += _places(
        "because of", [one for one in decision.because if decision.outcome != "implicit-deny"], met, report
    )
    if decision.missing:
        lines.append(f"  {_MISSING[decision.missing]}")
        for miss in nearly(request, met.layers):
            if miss.reason.layer == decision.missing:
                lines += _places("it would by", [miss.reason], met, report)
                lines += [f"      but {_failed(test, request)}" for test in miss.tests]
        lines += _places("allowed so far by", list(decision.because), met, report)
    lines += [f"  taken for granted: {one}" for one in met.assumed]
    lines += [f"  the request: {request.principal}"]
    return (
        "\n".join([*lines, *[f"      {key} = {', '.join(request.context[key])}" for key in _told(met, request)]]) + "\n"
    )


def _verdict(decision: Decision) -> str:
    return {"allowed": "yes", "explicit-deny": "no, it is denied", "implicit-deny": "no, nothing allows it"}[
        decision.outcome
    ]


def _places(label: str, reasons: list[Reason], met: Met, report: Report) -> list[str]:
    """The sentences of the statements where they are known, with their text; else document and statement."""
    found: dict[str, None] = {}
    for reason in reasons:
        held = met.source(reason)
        if held is None:
            continue
        for place in _sentences(held, reason) or (f"{held.path}, statement {reason.statement + 1}",):
            found[place] = None
    return [f"  {label} {place}{_quoted(place, report)}" for place in found]


def _quoted(place: str, report: Report) -> str:
    path, _, line = place.rpartition(":")
    source = report.sources.get(path)
    return f": {source.line(int(line)).strip()}" if source and line.isdecimal() else ""


def _failed(test: tuple[str, str], request: Request) -> str:
    """Why a test of a condition fails, in AWS's words."""
    carried = {key.lower(): values for key, values in request.context.items()}.get(test[1].lower())
    if not carried:
        return f"{test[0]} {test[1]}: the request has no such key; give it with `-c {test[1]}=...`"
    return f"{test[0]} {test[1]}: it is {', '.join(carried)}"


def _told(met: Met, request: Request) -> list[str]:
    """The keys of the request that a document speaks of, in a condition or a variable, or that say who asks."""
    said = "\0".join([repr(one.document.statements).lower() for _, several in met.held for one in several if one])
    return [key for key in request.context if key.lower() in said]
