"""Claims: what a program asserts of everything that it emits together, decided for all requests."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.compare import Request, compare, identity
from iamdsl.access.model import Condition, Grant, Not, Origin, conjunction
from iamdsl.compiler.acts import Context
from iamdsl.compiler.authority import Authority, Caller, within
from iamdsl.compiler.conditions import Conditions
from iamdsl.compiler.estate import Estate
from iamdsl.compiler.meet import meet
from iamdsl.compiler.sentence import Phrases, spares
from iamdsl.compiler.subjects import Subjects, Who
from iamdsl.compiler.verbs import Library
from iamdsl.diagnostics import Report
from iamdsl.policy import simulate
from iamdsl.record import record, replace
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.access.reach import Formats

PROVED, REFUTED, UNKNOWN = "proved", "refuted", "unknown"
_NOTHING = identity(())


@record
class Claim:
    """An `assert` and what comes of it: `proved`, `refuted` by `request` of `caller`, or `unknown` with `why`, and
    the `cure` if there is one of its own.

    `because`: the places (`file:line`) of the sentences that decided that request. `assumptions`: what the proof rests on.
    """

    span: Span
    verdict: str
    assumptions: tuple[str, ...] = ()
    caller: str = ""
    request: Request | None = None
    allowed: bool = False
    because: tuple[str, ...] = ()
    why: str = ""
    cure: str = ""


def claims(estate: Estate, formats: Formats, report: Report) -> tuple[Claim, ...]:
    """Every claim of the program, decided; refuted ones are findings."""
    prover = _Prover(estate, formats, report)
    found = [prover.claim(node) for node in estate.bindings.assertions]
    for one in found:
        _report(one, report)
    return tuple(found)


def _report(one: Claim, report: Report) -> None:
    if one.verdict == UNKNOWN:
        report.add(rules.UNDECIDED_CLAIM, one.span, help=one.cure or _UNDECIDED, why=one.why)
    elif one.request is not None:
        shown = f"{one.request.action} on {one.request.resource}"
        keys = [f"{key} = {', '.join(values)}" for key, values in one.request.context]
        if one.because:
            lines = [f"it is {'allowed' if one.allowed else 'denied'} by {', '.join(one.because)}"]
        elif one.allowed:
            lines = ["nothing denies it, and a principal that is not declared may have any policy", _CURE]
        else:
            lines = ["nothing allows it"]
        help = "\n".join([*lines, *(["the request carries", *keys] if keys else [])])
        verb = "can" if one.allowed else "cannot"
        report.add(rules.FALSE_CLAIM, one.span, help=help, who=one.caller, verb=verb, what=shown)


_UNDECIDED = "say it of less, or in several claims; `pip install 'iamdsl[solver]'` brings a second prover"
_CURE = "a sentence keeps them out: `only ... can ...` or `nobody can ... unless ...`"


class _Prover:
    def __init__(self, estate: Estate, formats: Formats, report: Report) -> None:
        self.estate = estate
        self.formats = formats
        self.report = report
        self.bindings = estate.bindings
        self.notes = Report()  # what sentences note about documents is of no interest in a claim
        self.context = Context(self.bindings, Library(self.bindings, self.notes), self.notes)
        self.phrases = Phrases(self.context)
        self.subjects = Subjects(self.bindings, self.notes)
        self.authority = Authority(estate)

    def claim(self, assertion: ast.Assertion) -> Claim:
        node = assertion.grant
        before = self.notes.errors
        found = self.decided(node, assertion.span)
        if self.notes.errors > before:
            self.report.extend([one for one in self.notes if one.level == "error"])
            return Claim(assertion.span, UNKNOWN, why="it cannot be read")
        return found

    def decided(self, node: ast.Grant, span: Span) -> Claim:
        if node.subjects is None:
            help = "put who before `can`, such as `assert alice can ...`"
            self.notes.add(rules.NO_SENTENCE, node.span, help=help)
            return Claim(span, UNKNOWN)
        who = self.subjects.of(node.subjects, node.allows)
        assumptions: dict[str, None] = {}
        for phrase, origin in self.phrases.each(node):
            if who.mode:
                found = self.nobody_else(who, phrase, node, origin, span, assumptions)
            else:
                found = self.each_subject(who, phrase, node, origin, span, assumptions)
            if found is not None:
                return found
        return Claim(span, PROVED, tuple(assumptions))

    def each_subject(
        self, who: Who, phrase: ast.Phrase, node: ast.Grant, origin: Origin, span: Span, assumptions: dict[str, None]
    ) -> Claim | None:
        """`X can`: all that is asked is allowed. `X cannot`: nothing of it is."""
        people = [one for owner in who.owners for one in self.authority.members(owner.kind, owner.name)]
        for asked in self.asked(phrase, node.shared, node.allows, origin):
            for resource in _named(asked):
                outside = [one for one in self.authority.outsiders(resource) if self.meant(one, who)]
                for caller in [*people, *outside]:
                    found = self.holds(caller, asked, resource, node.allows, span, assumptions)
                    if found is not None:
                        return found
        return None

    def meant(self, caller: Caller, who: Who) -> bool:
        """Whether a kind of caller from outside is among the subjects."""
        return any(
            [
                (
                    caller.account == one.account
                    if one.account
                    else one.service and caller.asker.principal in dict((value, kind) for kind, value in one.principals)
                )
                for one in who.outsiders
            ]
        )

    def nobody_else(
        self, who: Who, phrase: ast.Phrase, node: ast.Grant, origin: Origin, span: Span, assumptions: dict[str, None]
    ) -> Claim | None:
        """`only X can`, `nobody can`: no request of anybody else is allowed."""
        admitted = self.admitted(who, phrase, node.shared)
        clauses = (
            tuple(one for one in phrase.qualifiers + node.shared if not spares(one)) if who.mode == "nobody" else ()
        )
        plain = replace(phrase, qualifiers=_without_conditions(phrase.qualifiers))
        own = Conditions(self.bindings, self.notes, "").of(clauses)
        for asked in self.asked(plain, _without_conditions(node.shared), False, origin):
            for resource in _named(asked):
                everybody = [*self.authority.declared(), self.authority.another(), *self.authority.outsiders(resource)]
                for caller in everybody:
                    condition = conjunction(asked.condition, own, Not(admitted))
                    one = replace(asked, condition=condition)
                    found = self.holds(caller, one, resource, False, span, assumptions)
                    if found is not None:
                        return found
        return None

    def admitted(self, who: Who, phrase: ast.Phrase, shared: tuple[ast.Qualifier, ...]) -> Condition:
        """Of whom the claim does not speak."""
        own = [self.subjects.caller(owner, who.span) for owner in who.owners] + [one.caller for one in who.outsiders]
        return self.phrases.admitted(own, phrase.qualifiers + shared)

    def asked(self, phrase: ast.Phrase, shared: tuple[ast.Qualifier, ...], allows: bool, origin: Origin) -> list[Grant]:
        """The requests that the phrase speaks of, as grants of one action each, but where it excepts some."""
        said = self.phrases.said(phrase, shared, allows, judged=False)
        found: list[Grant] = []
        for act, condition in said:
            except_all = (act.except_actions, act.except_resources)
            for actions in [act.actions] if act.except_actions else [(action,) for action in act.actions]:
                found.append(Grant(True, actions, act.resources, condition, (origin,), (), *except_all))
        return found

    def holds(
        self, caller: Caller, asked: Grant, resource: str, allowed: bool, span: Span, assumptions: dict[str, None]
    ) -> Claim | None:
        """Whether all (or, where not `allowed`, none) of what is asked is allowed to the caller; None if so."""
        if caller.assumption:
            assumptions[caller.assumption] = None
        action = "*" if asked.except_actions else asked.actions[0]
        if action.startswith("kms:") and not self.authority.speaking(resource):
            assumptions["a key's policy that is not here leaves it to the policies of the account"] = None
        side = self.authority.side(caller, action, resource)
        narrowed = replace(asked, condition=conjunction(caller.facts, asked.condition))
        if not asked.except_resources:
            narrowed = replace(narrowed, resources=(resource,))
        if allowed:
            verdict = compare(identity((narrowed,)), side, self.formats, second=True)
            request = verdict.lost
        else:
            verdict = compare(_NOTHING, within(side, narrowed), self.formats, second=True)
            request = verdict.new
        if verdict.prover:
            assumptions[f"{verdict.prover} is right in what it decided of this: the search did not come to an end"] = (
                None
            )
        if request is None and verdict.relation == "unknown":
            return Claim(span, UNKNOWN, why=verdict.why)
        if request is None:
            return self.beyond(caller, narrowed, action, resource, allowed, span, assumptions)
        return self.confirmed(caller, request, not allowed, span, tuple(assumptions))

    def beyond(
        self,
        caller: Caller,
        asked: Grant,
        action: str,
        resource: str,
        allowed: bool,
        span: Span,
        assumptions: dict[str, None],
    ) -> Claim | None:
        """What the managed policies of AWS that the caller has, which are not here, make of a claim that holds without."""
        absent = self.authority.absent(caller)
        if absent and allowed:
            assumptions[f"what AWS says in {absent} denies {caller.shown} nothing of this"] = None
        elif absent:
            most = self.authority.side(caller, action, resource, at_most=True)
            if compare(_NOTHING, within(most, asked), self.formats).relation != "equal":
                why = f"{caller.shown} has {absent} of AWS, which may allow {action} on {resource}"
                return Claim(span, UNKNOWN, why=why, cure="a `cannot` would make it sure, whatever that policy says")
        return None

    def confirmed(
        self, caller: Caller, request: Request, allowed: bool, span: Span, assumptions: tuple[str, ...]
    ) -> Claim:
        """The refutation, once `simulate` has decided the request in the same way."""
        keys = dict(request.context)
        known = self.bindings.catalog.action(request.action)
        name = known.full if known else request.action
        if caller.account:
            keys.setdefault("aws:PrincipalAccount", (caller.account,))
        speaking = self.authority.speaking(request.resource)
        owner = next((held.account for held, _ in speaking if held.account), self.authority.home or caller.account)
        if owner:
            keys.setdefault("aws:ResourceAccount", (owner,))
        asked = simulate.Request(caller.asker.principal, name, request.resource, keys)
        met = meet(caller.asker, asked, self.estate)
        decision = simulate.decide(asked, met.layers)
        if (decision.outcome == simulate.ALLOWED) != allowed:
            return Claim(span, UNKNOWN, why="a witness did not hold when it was replayed: please report this bug")
        places: dict[str, None] = {}
        for reason in decision.because if allowed or decision.outcome == "explicit-deny" else ():
            held = met.source(reason)
            if held is not None and reason.statement < len(held.sentences):
                places.update(dict.fromkeys(held.sentences[reason.statement]))
        shown = Request(request.principal, name, request.resource, request.context)
        return Claim(span, REFUTED, assumptions, caller.shown, shown, allowed, tuple(places))


def _named(asked: Grant) -> tuple[str, ...]:
    """The patterns of resources that are asked about, one by one."""
    return ("*",) if asked.except_resources else asked.resources


_PLACES = ("in", "in any account", "in any region", "in account", "except in", "as role")


def _without_conditions(qualifiers: tuple[ast.Qualifier, ...]) -> tuple[ast.Qualifier, ...]:
    """Those that say of what a sentence speaks, and not when."""
    return tuple(
        one
        for one in qualifiers
        if isinstance(one, ast.Except) or (isinstance(one, ast.Clause) and one.kind in _PLACES)
    )
