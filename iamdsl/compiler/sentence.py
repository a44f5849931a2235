"""The phrases of a sentence, what follows `can`, as acts under conditions."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access import condition as conditions
from iamdsl.access import glob
from iamdsl.access.model import TRUE, And, Condition, Grant, Or, Origin, Test, Written, conjunction, tests
from iamdsl.catalog import Action
from iamdsl.compiler.acts import Act, Context
from iamdsl.compiler.conditions import Conditions, as_written, judge
from iamdsl.compiler.phrase import predicates
from iamdsl.compiler.predicate import acts
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeGuard

Said = list[tuple[Act, Condition]]


class Phrases:
    """Reads phrases; `context` is that of the program."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.bindings = context.bindings
        self.report = context.report
        self.conditions: dict[tuple[str, str, tuple[ast.Qualifier, ...]], Condition] = {}

    def each(self, node: ast.Grant) -> Iterator[tuple[ast.Phrase, Origin]]:
        """The phrases of a sentence, each with where it stands and what it remarks."""
        for phrase in node.phrases:
            clauses = [one for one in phrase.qualifiers + node.shared if isinstance(one, ast.Clause)]
            because = [self.context.text(one.values[0]) for one in clauses if one.kind == "because"]
            until = [self.context.text(one.values[0]) for one in clauses if one.kind == "until"]
            place = phrase.span if node.block else node.span
            exact = phrase.exactly is not None
            yield phrase, Origin.at(place, "; ".join(because), (until or [""])[0], exact)

    def said(self, phrase: ast.Phrase, shared: tuple[ast.Qualifier, ...], allows: bool, judged: bool = True) -> Said:
        """The acts of `phrase`, behind whose block the clauses `shared` stand; [] after a finding.

        Unless `judged`, the clauses are not taken together and may exclude each other.
        """
        qualifiers = phrase.qualifiers + shared
        if phrase.exactly is not None:
            from iamdsl.compiler.exactly import exactly  # local: few programs hold what the catalog does not know

            reader = Conditions(self.bindings, self.report, "", self.anywhere(qualifiers))
            return exactly(phrase.exactly, qualifiers, reader, self.context)
        found = predicates(phrase.groups, self.bindings, self.context.library, self.report)
        excepted = [one for one in qualifiers if isinstance(one, ast.Except)]
        if excepted and len(found) > 1:
            help = "give what it belongs to a sentence of its own"
            what = "the sentence says several things, and it could belong to each"
            self.report.add(rules.EXCEPT_MISFIT, excepted[0].span, help=help, what=what)
            return []
        said: Said = []
        before = self.report.errors
        for predicate in found:
            found_acts = acts(predicate, qualifiers, allows, self.context)
            service = next((type.service for act in found_acts for type in act.types), "")
            conditions_of = Conditions(self.bindings, self.report, service, self.anywhere(qualifiers))
            own = phrase.qualifiers or shared
            whole = (
                self.condition(conditions_of, qualifiers, own, phrase.span) if judged else conditions_of.of(qualifiers)
            )
            carried = tuple([test for test in tests(whole) if test not in as_written(qualifiers, conditions_of)])
            place = conditions_of.placer(qualifiers, phrase.span)
            said += self.fitting(found_acts, whole, carried, allows, place)
        if judged and self.report.errors == before:
            self.truth(said, phrase.span)
        return said

    def condition(
        self,
        conditions_of: Conditions,
        qualifiers: tuple[ast.Qualifier, ...],
        judged: tuple[ast.Qualifier, ...],
        span: Span,
    ) -> Condition:
        """What `qualifiers` ask for; read and judged once for all phrases that say the same, wherever that is right."""
        key = (conditions_of.service, conditions_of.anywhere, qualifiers)
        known = self.conditions.get(key)
        if known is not None:
            return known
        before, errors = self.report.added, self.report.errors
        found = conditions_of.of(qualifiers)
        if self.report.errors == errors:
            judge(found, judged, span, self.report)
        if self.report.added == before:
            self.conditions[key] = found
        return found

    def admitted(self, own: list[Condition], qualifiers: tuple[ast.Qualifier, ...]) -> Condition:
        """Whom an `only` or `nobody` sentence spares: its subjects, told by `own`, under its clauses, and all for whom its
        `unless` holds; nobody, where it has neither."""
        reader = Conditions(self.bindings, self.report, "", self.anywhere(qualifiers))
        found: list[Condition] = [reader.expression(one.expression) for one in qualifiers if spares(one)]
        if own:
            clauses = reader.of(tuple([one for one in qualifiers if not spares(one)]))
            found.insert(0, And((any_of(own), clauses)))
        return any_of(found)

    def anywhere(self, qualifiers: tuple[ast.Qualifier, ...]) -> str:
        """In which account callers are, in a guardrail: `in account A` says it of them too."""
        if not self.context.anywhere:
            return ""
        clauses = [one for one in qualifiers if isinstance(one, ast.Clause) and one.kind == "in account"]
        words = [word for one in clauses for word in one.values]
        return self.bindings.account_id(words[0], self.report) if len(words) == 1 else "*"

    def fitting(
        self,
        acts: list[Act],
        condition: Condition,
        carried: tuple[Test, ...],
        allows: bool,
        place: Callable[[str], Span],
    ) -> list[tuple[Act, Condition]]:
        """The acts with their whole condition, without those that never carry a key of `carried`, tests of it."""
        found: list[tuple[Act, Condition]] = []
        missing: dict[str, list[str]] = {}
        for act in acts:
            if act.companion:
                passed = conditions.drop(condition, lambda test: not self.passes_on(test, act))
                found.append((act, conjunction(passed, act.condition)))
                continue
            for each in self.carrying(act, carried, missing):
                found.append((each, conjunction(condition, each.condition)))
        tags = [test.key for test in carried if test.key.startswith("aws:ResourceTag/")]
        if tags and any(type.full in ("s3:bucket", "s3:object") for act, _ in found for type in act.types):
            help = "enable it with s3:PutBucketAbac"
            self.report.add(rules.BUCKET_TAGS, place(tags[0]), help=help)
        for key, names in missing.items():
            some_left = any(not act.companion for act, _ in found)
            self.not_carried(key, sorted(set(names)), some_left, allows, place(key))
        if missing and not any(not act.companion for act, _ in found):
            return []
        return found

    def carrying(self, act: Act, carried: tuple[Test, ...], missing: dict[str, list[str]]) -> list[Act]:
        """`act`, or the part of it that carries the keys of all tests `carried`; the rest is noted in `missing`."""
        if not carried or act.except_actions or act.action in ("*", "*:*"):
            return [act]
        actions = self.context.expand(act.action)
        left = actions
        for test in carried:
            lacking = [one for one in left if not self.carries(one, act, test)]
            if lacking:
                missing.setdefault(test.key, []).extend(one.full for one in lacking)
                left = tuple(one for one in left if one not in lacking)
        if len(left) == len(actions):
            return [act]
        return [act.narrowed(one.full) for one in left]

    def carries(self, action: Action, act: Act, test: Test) -> bool:
        types = act.types or (None,)
        return any(self.bindings.catalog.carries(action, type, test.key) for type in types)

    def not_carried(self, key: str, names: list[str], some_left: bool, allows: bool, span: Span) -> None:
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        if some_left and allows:
            help = "give these actions a sentence of their own if they are meant too"
            self.report.add(rules.KEY_DROPS, span, help=help, actions=shown, key=key)
        else:
            help = "name the actions that carry it, or leave the condition out"
            self.report.add(rules.KEY_NOT_CARRIED, span, help=help, actions=shown, key=key)

    def passes_on(self, test: Test, act: Act) -> bool:
        """Whether a test of the sentence holds for a companion grant too.

        What is said of the resource, its tags and whose it is, is not said of its key or role. And the service calls KMS
        for the caller: network and TLS are its own.
        """
        key = test.key.lower()
        if key.startswith(_OF_RESOURCE) or (key in _NETWORK and act.action.startswith("kms:")):
            return False
        return all(self.carries(one, act, test) for one in self.context.expand(act.action))

    def truth(self, said: Said, span: Span) -> None:
        """A condition that can never hold makes a grant that never applies: by itself, or where the resource is."""
        for condition in dict.fromkeys(condition for _, condition in said):
            self._true_of(condition, span, "its parts contradict each other")
        for act, condition in said:
            regions = {arn.split(":")[3] for arn in act.resources if arn.count(":") >= 5}
            region = next(iter(regions)) if len(regions) == 1 and not act.companion and not act.except_resources else ""
            if region and not glob.is_wild(region) and _REGION in conditions.keys(condition):
                here = Test(_REGION, "equals", (region,))
                self._true_of(
                    conjunction(condition, here),
                    span,
                    f"what it is about is in {region}: say where it is in a declaration, `NOUN NAME in region R`",
                )

    def _true_of(self, condition: Condition, span: Span, why: str) -> None:
        try:
            if condition != TRUE and not conditions.cubes(condition):
                self.report.add(rules.NEVER_TRUE, span, help=why)
        except conditions.TooManyStatements:
            help = "split the sentence, or state the condition with fewer alternatives"
            self.report.add(rules.TOO_MANY_STATEMENTS, span, help=help, limit=64)


def spares(one: ast.Qualifier) -> TypeGuard[ast.If]:
    """Whether it is an `unless`."""
    return isinstance(one, ast.If) and one.negated


def any_of(conditions: list[Condition]) -> Condition:
    """One of several; never, of none."""
    return conditions[0] if len(conditions) == 1 else Or(tuple(conditions))


def grouped(said: Said, allows: bool, origin: Origin) -> list[Grant]:
    """One grant for each set of resources and condition."""
    groups: dict[tuple[tuple[str, ...], bool, bool, Condition, Written | None], dict[str, None]] = {}
    for act, condition in said:
        key = (act.resources, act.except_actions, act.except_resources, condition, act.written)
        groups.setdefault(key, {}).update(dict.fromkeys(act.actions))
    return [
        Grant(
            allows,
            tuple(actions),
            resources,
            condition,
            (origin,),
            (),
            except_actions,
            except_resources,
            written=written,
        )
        for (resources, except_actions, except_resources, condition, written), actions in groups.items()
    ]


_REGION = "aws:RequestedRegion"
_OF_RESOURCE = ("aws:resourcetag/", "aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths")
_NETWORK = frozenset(
    (
        "aws:sourceip",
        "aws:vpcsourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:securetransport",
        "s3:tlsversion",
        "aws:viaawsservice",
    )
)
