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
    made = _asked(asked, options.context, found, report)
    program.show(report, options, sys.stderr)
    if made is None or report.failed:
        return 2
    who, request = made
    met = meet(who, request, found)
    decision = decide(request, met.layers)
    if options.output_format == "json":
        from iamdsl.policy.codec import text  # local: for people it is not needed

        sys.stdout.write(text(_json(decision, met, request)))
    else:
        sys.stdout.write(_text(decision, met, request, who, report))
    return 0 if decision.outcome == "allowed" else 1


def _asked(
    asked: tuple[str, str, str, list[str]], given: list[str], found: Estate, report: Report
) -> tuple[Asker, Request] | None:
    who, name, target, _ = asked
    action = question.action_named(name, found, report)
    asker = question.asker(who, found, question.home(given, target, found), given, report)
    arn = question.resource(target, action, found, report) if action else None
    if action is None or asker is None or arn is None:
        return None
    keys = question.context(given, action, caller(asker.principal), arn, found, report)
    return asker, Request(asker.principal, action.full, arn, dict(sorted(keys.items())))


# ---- the documents


def meet(who: Asker, request: Request, found: Estate) -> Met:
    """The documents of `found` that `request` meets."""
    held: dict[str, list[Held | None]] = {}
    for one in found.held:
        if _meets(one, who, request):
            held.setdefault(one.layer, []).append(one)
    assumed: list[str] = []
    if not who.home:
        held["identity"] = [None]
        assumed.append(f"the account of {who.shown} allows it on its side")
    if "trust" in held:
        held.pop("resource", None)
    elif "resource" not in held and _foreign(request, found):
        held["resource"] = [None]
        assumed.append("the policy of the resource, which is in another's account, allows it")
    elif "resource" not in held:
        assumed += _unknown(request)
    levels = {name: [(None, one) for one in held.pop(name, ())] for name in ("scp", "rcp")}
    documents: dict[str, Any] = {
        name: tuple([one.document if one else _ASSUMED[name] for one in several]) for name, several in held.items()
    }
    documents |= {f"{name}s": tuple([_level(one) for _, one in several]) for name, several in levels.items()}
    sources = {name: tuple(several) for name, several in held.items()}
    sources |= {f"{name}s": tuple([one for pair in several for one in pair]) for name, several in levels.items()}
    return Met(Layers(**documents), tuple(sources.items()), tuple(assumed))


def _meets(one: Held, who: Asker, request: Request) -> bool:
    if one.layer in ("identity", "boundary", "session"):
        return not one.owners or any([owner in who.owners for owner in one.owners])
    if one.layer == "trust":  # that of the role which is to be assumed
        role = request.resource.rpartition("/")[2] if ":role/" in request.resource else ""
        return request.action.startswith("sts:") and bool(role) and (not one.owners or ("role", role) in one.owners)
    if one.layer == "resource":  # that of the resource, or of what it is in
        return request.resource == one.arn or request.resource.startswith((f"{one.arn}/", f"{one.arn}:")) or not one.arn
    return one.layer in ("scp", "rcp")


def _foreign(request: Request, found: Estate) -> bool:
    """Whether the resource is in an account that is known not to be ours."""
    homes = {one.id for one in found.bindings.accounts.values() if not one.external}
    homes |= {one.account for one in found.held if one.account}
    owner = request.context.get("aws:ResourceAccount", ("",))[0]
    return bool(owner and homes) and owner not in homes


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


def _json(decision: Decision, met: Met, request: Request) -> dict[str, Any]:
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


def _text(decision: Decision, met: Met, request: Request, who: Asker, report: Report) -> str:
    lines = [f"{_verdict(decision)}: {who.shown} {request.action} {request.resource}"]
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
