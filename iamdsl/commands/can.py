"""`iamdsl can WHO ACTION RESOURCE`: one request, decided and explained."""

from __future__ import annotations

import argparse
import sys

from iamdsl.commands import estate as estates
from iamdsl.commands import options as shared
from iamdsl.commands import program, question
from iamdsl.commands.estate import Estate, Held
from iamdsl.commands.question import Asker
from iamdsl.diagnostics import Report
from iamdsl.policy.model import Document, Statement
from iamdsl.policy.principal import caller
from iamdsl.policy.simulate import Decision, Layers, Reason, Request, decide, nearly
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FULL_ACCESS = Document("identity", (Statement("Allow", ("*",), resource=("*",)),))
OPEN = Document("resource", (Statement("Allow", ("*",), principal=(("*", "*"),)),))
_ASSUMED = {"identity": FULL_ACCESS, "resource": OPEN}
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


@record
class Met:
    """The documents that one request meets, layer by layer, and what is taken for granted of those that are not here."""

    layers: Layers
    held: tuple[tuple[str, tuple[Held | None, ...]], ...]
    assumed: tuple[str, ...]

    def source(self, reason: Reason) -> Held | None:
        """The document of a reason; None for one that was only assumed."""
        return dict(self.held)[reason.layer][reason.document]


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

        sys.stdout.write(text(_json(made)))
    else:
        sys.stdout.write(_text(made, report))
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


# ---- the documents


def meet(who: Asker, request: Request, found: Estate) -> Met:
    """The documents of `found` that `request` meets."""
    held: dict[str, list[Held | None]] = {}
    for one in found.held:
        if _meets(one, who, request, found):
            held.setdefault(one.layer, []).append(one)
    assumed: list[str] = []
    if not who.home:
        held["identity"] = [None]
        assumed.append(f"the account of {who.shown} allows it on its side")
    for beside in [one for one in found.beside if one.owner in who.owners]:
        assumed += [f"{arn} is not here, and allows nothing of this" for arn in beside.aws]
        if beside.boundary.startswith("arn:"):
            assumed.append(f"the boundary {beside.boundary}, which is not here, allows everything")
    if "trust" in held:
        held.pop("resource", None)
    elif "resource" not in held and _foreign(request, found):
        held["resource"] = [None]
        assumed.append("the policy of the resource, which is in another's account, allows it")
    elif "resource" not in held:
        assumed += _unknown(request)
    if (
        not _value(request, "aws:ResourceAccount")
        and request.resource != "*"
        and _value(request, "aws:PrincipalAccount")
    ):
        assumed.append("the resource is in the account of who asks")
    for one in [one for name in ("scp", "rcp") for one in held.get(name, ()) if one and one.targets]:
        if not one.targets[0].isdecimal():
            assumed.append(f"our account is in {one.targets[0]}")
    levels = {name: [(None, one) for one in held.pop(name, ())] for name in ("scp", "rcp")}
    documents: dict[str, Any] = {
        name: tuple([one.document if one else _ASSUMED[name] for one in several]) for name, several in held.items()
    }
    documents |= {f"{name}s": tuple([_level(one) for _, one in several]) for name, several in levels.items()}
    sources = {name: tuple(several) for name, several in held.items()}
    sources |= {f"{name}s": tuple([one for pair in several for one in pair]) for name, several in levels.items()}
    return Met(Layers(**documents), tuple(sources.items()), tuple(dict.fromkeys(assumed)))


def _meets(one: Held, who: Asker, request: Request, found: Estate) -> bool:
    if one.layer in ("identity", "boundary", "session"):
        return not one.owners or any([owner in who.owners for owner in one.owners])
    if one.layer == "trust":  # that of the role which is to be assumed
        role = request.resource.rpartition("/")[2] if ":role/" in request.resource else ""
        return request.action.startswith("sts:") and bool(role) and (not one.owners or ("role", role) in one.owners)
    if not one.targets and one.layer != "endpoint":
        return True
    if one.layer == "resource":  # that of the resource, or of what it is in
        return any(
            [request.resource == arn or request.resource.startswith((f"{arn}/", f"{arn}:")) for arn in one.targets]
        )
    if one.layer == "endpoint":
        through = _value(request, "aws:SourceVpce")
        return bool(through) and (not one.targets or through in one.targets)
    account = _value(request, "aws:PrincipalAccount" if one.layer == "scp" else "aws:ResourceAccount")
    return account in one.targets or (account in found.homes and not one.targets[0].isdecimal())


def _value(request: Request, key: str) -> str:
    return next(iter(request.context.get(key, ())), "")


def _foreign(request: Request, found: Estate) -> bool:
    """Whether the resource is in an account that is known not to be ours."""
    owner = _value(request, "aws:ResourceAccount")
    return bool(owner and found.homes) and owner not in found.homes


def _level(one: Held | None) -> tuple[Document, ...]:
    """A guardrail with what AWS puts beside it: all is allowed, unless it has allows of its own."""
    assert one is not None
    own = any([each.effect == "Allow" for each in one.document.statements])
    return (Document(one.layer, ()) if own else FULL_ACCESS, one.document)


def _unknown(request: Request) -> list[str]:
    """What is taken for granted without the policy of the resource."""
    if request.action.startswith("kms:"):
        return ["the key's policy leaves it to the policies of the account"]
    if request.action.startswith("sts:AssumeRole"):
        return ["the trust policy of the role leaves it to the policies of the account"]
    return []


# ---- the answer


def _json(answer: Answer) -> dict[str, Any]:
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


def _text(answer: Answer, report: Report) -> str:
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
