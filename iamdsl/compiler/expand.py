"""Loops and policies to plain sentences, so that later passes see neither `for` nor a policy with parameters.

What is left of reuse afterwards: a `policy` without parameters (one managed policy), and the `use` of those and of AWS's.
"""

from __future__ import annotations

import re

from iamdsl import rules
from iamdsl.catalog import Catalog
from iamdsl.compiler.gather import BLOCKS
from iamdsl.compiler.params import Params, bounded, named
from iamdsl.compiler.words import Filled, mentions, suggestion
from iamdsl.diagnostics import Label, Report
from iamdsl.pause import pause
from iamdsl.record import record, replace
from iamdsl.source import Instance, InstanceSpan, Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

MAX_SENTENCES = 100_000  # that loops and policies stand for: more is a loop too many rather than a program so large

_MENTION = re.compile(r"\{([A-Za-z_][\w\-]*)\}")


def expand(lines: list[ast.Line], params: Params, catalog: Catalog, report: Report) -> list[list[ast.Line]] | None:
    """For each of the `lines` of a program: what it stands for, every loop and every use of a policy with parameters written
    out.

    Names are filled in as text: what kind of word each is goes by how it was written. None if that would be too much.
    """
    return _Expander(params, catalog, report).expand(lines)


class _TooMany(Exception):
    """The program stands for more sentences than anybody means."""


@record
class Scope:
    """What names stand for at one place.

    `values` of parameters and loops by name, and `places` where each was named; `uses`: by loop or parameter of a policy,
    the loops that its value hangs on. `loops` are the names of the loops around, `instances` the time that each is at.
    """

    values: dict[str, str]
    places: dict[str, Span]
    uses: dict[str, frozenset[str]] = {}
    loops: tuple[str, ...] = ()
    instances: tuple[Instance, ...] = ()

    def with_value(self, word: ast.Word, value: str, uses: frozenset[str] = frozenset()) -> Scope:
        """The scope in which `word` stands for `value` too."""
        return replace(
            self,
            values={**self.values, word.text: value},
            places={**self.places, word.text: word.span},
            uses={**self.uses, word.text: uses},
        )

    def hanging(self, names: Iterable[str]) -> frozenset[str]:
        """The loops that a text with `names` in it hangs on."""
        return frozenset().union(*[self.uses.get(name, ()) for name in names])


@record
class Definition:
    """A policy as written, and the scope that it stands in."""

    node: ast.Policy
    scope: Scope


class _Expander:
    def __init__(self, params: Params, catalog: Catalog, report: Report) -> None:
        self.catalog = catalog
        self.report = report
        self.known = frozenset(params.values)  # what is filled in later, as in any program
        self.top = Scope(params.values, params.places)
        self.policies: dict[str, Definition] = {}
        self.used: set[str] = set()
        self.mentioned: set[str] = set()
        self.said: set[tuple[int, tuple[str, ...]]] = set()
        self.count = 0

    def expand(self, lines: list[ast.Line]) -> list[list[ast.Line]] | None:
        try:
            flat = [self.lines((line,), self.top) for line in lines]
            written = [[one for line, scope in each for one in self.reused(line, scope)] for each in flat]
        except _TooMany:
            return None
        for name, policy in self.policies.items():
            if policy.node.parameters and name not in self.used:
                help = f"say who has it, such as `alice uses {_call(name, policy.node)}`"
                self.report.add(rules.UNUSED_POLICY, policy.node.name.span, help=help, name=name)
        return written

    # ---- loops

    def lines(self, lines: tuple[ast.Line, ...], scope: Scope, policy: bool = False) -> list[tuple[ast.Line, Scope]]:
        """`lines` without loops: each sentence as often as they say, with the scope that it is said in.

        `policy`: they are the body of one.
        """
        found: list[tuple[ast.Line, Scope]] = []
        for line in lines:
            pause()
            node = line.sentence
            if isinstance(node, ast.Repeat):
                for inner in self.times(node, scope):
                    found += self.lines(node.body, inner, policy)
            elif self.misplaced(node, scope, policy):
                continue
            elif isinstance(node, ast.Policy):
                found += [(one, scope) for one in self.define(line, node, scope)]
            elif (said := self.sentence(line, scope)) is not None:
                found.append((said, scope))
        return found

    def counted(self, span: Span, sentences: int) -> None:
        """Note that what is at `span` stands for so many sentences, before they are made."""
        self.count += sentences
        if self.count > MAX_SENTENCES:
            help = "a loop in a loop multiplies: shorten their lists"
            self.report.add(rules.TOO_MANY_SENTENCES, span, help=help, limit=MAX_SENTENCES)
            raise _TooMany

    def times(self, node: ast.Repeat, scope: Scope) -> list[Scope]:
        """The scope of each time that the body of a loop is said."""
        word = node.name
        if not self.new_name(word, "loop", scope):
            return []
        self.not_empty(node.body, node.span, "this loop", "write what is said for each, or leave it out")
        if not scope.loops:
            self.counted(node.span, _size(node))
        uses = scope.hanging([name for value in node.values for name in mentions(value.text)]) | {word.text}
        found: dict[str, Scope] = {}
        for value in node.values:
            text = self.filled(value, scope)
            if text in found:
                self.report.add(rules.REPEATED_VALUE, value.span, help="leave one of the two out", value=text)
                continue
            instance = Instance(f"{word.text} = {text}", value.span, ((word.text, text),))
            inner = scope.with_value(word, text, uses)
            found[text] = replace(inner, loops=(*scope.loops, word.text), instances=(*scope.instances, instance))
        return list(found.values())

    def new_name(self, word: ast.Word, kind: str, scope: Scope) -> bool:
        """Whether `word` can be the name of a loop or of a policy's parameter; a finding if not."""
        if not named(word, kind, self.report):
            return False
        place = scope.places.get(word.text)
        if place is not None:
            places = (Label(word.span), Label(place, "it stands for something else already"))
            self.report.add(rules.SHADOWED_NAME, places, help="choose another name", name=word.text)
        return place is None

    def not_empty(self, body: tuple[ast.Line, ...], span: Span, what: str, help: str) -> None:
        if not body:
            self.report.add(rules.EMPTY_BLOCK, span, help=help, what=what)

    def misplaced(self, node: ast.Statement, scope: Scope, policy: bool) -> bool:
        """Whether a sentence cannot stand where it does (a finding)."""
        if isinstance(node, ast.BadSentence):
            return False
        if policy and not isinstance(node, ast.Kept) and not (isinstance(node, ast.Grant) and node.subjects is None):
            help = "a policy holds sentences that begin with `can` or `cannot`, and `for`"
            if isinstance(node, ast.Grant) and node.subjects is not None:
                help = "leave the subject out: it is whoever uses the policy"
            self.report.add(rules.MISPLACED, node.span, help=help, where="a policy")
            return True
        once = isinstance(node, ast.Verb) or (isinstance(node, ast.Setting) and node.kind not in ("organization", "ou"))
        if once and scope.loops:
            self.report.add(rules.MISPLACED, node.span, help="write it outside, once", where="a loop")
        return once and bool(scope.loops)

    def sentence(self, line: ast.Line, scope: Scope) -> ast.Line | None:
        """A sentence as it reads this time; None if it has been said in the same words before."""
        if scope is self.top and not isinstance(line.sentence, BLOCKS):
            return line
        self.mentioned.clear()
        filled = self.block(line, scope) if isinstance(line.sentence, BLOCKS) else self.fill(line, scope)
        uses = scope.hanging(self.mentioned)
        for name in scope.loops:
            if name not in uses:
                help = f"write `{{{name}}}` where it differs, or move it out of the loop"
                self.report.add(rules.SAME_FOR_EACH, line.sentence.span, help=help, name=name)
        key = (id(line), tuple([scope.values[name] for name in scope.loops if name in uses]))
        if key in self.said:
            return None
        self.said.add(key)
        return filled

    def block(self, line: ast.Line, scope: Scope) -> ast.Line:
        """A guardrail or another document: a loop inside it is part of the document."""
        node: Any = line.sentence
        body = tuple([inner for inner, _ in self.apart(node.body, replace(scope, loops=()))])
        mentioned = set(self.mentioned)
        head: ast.Line = self.fill(replace(line, sentence=replace(node, body=())), scope)
        self.mentioned |= mentioned
        said: Any = head.sentence
        return replace(head, sentence=replace(said, body=body))

    def apart(self, body: tuple[ast.Line, ...], scope: Scope, policy: bool = False) -> list[tuple[ast.Line, Scope]]:
        """The lines of a body whose sentences may have been said, in the same words, in another place."""
        said, self.said = self.said, set()
        found = self.lines(body, scope, policy)
        self.said = said
        return found

    # ---- filling in

    def fill(self, node: Any, scope: Scope) -> Any:
        """`node` with the names of loops and of a policy's parameters filled in; the same object where there are none."""
        if isinstance(node, ast.Word):
            return self.word(node, scope) if "{" in node.text else node
        if isinstance(node, tuple):
            items = [self.fill(item, scope) for item in node]
            return tuple(items) if any([new is not old for new, old in zip(items, node)]) else node
        if isinstance(node, Span) or not hasattr(node, "__match_args__"):
            return node
        fields = {name: getattr(node, name) for name in node.__match_args__}
        changed = {name: new for name, old in fields.items() if (new := self.fill(old, scope)) is not old}
        if isinstance(node, ast.Line) and any(["{" in comment for comment in node.before]):
            changed["before"] = tuple([_comment(comment, scope) for comment in node.before])
        return replace(node, **changed, span=_placed(node.span, scope)) if changed else node

    def word(self, word: ast.Word, scope: Scope) -> ast.Word:
        names = mentions(word.text)
        self.mentioned.update(names)
        if self.known.issuperset(names):
            return word
        return Filled(word.text, word.quoted, _placed(word.span, scope), self.filled(word, scope))

    def filled(self, word: ast.Word, scope: Scope) -> str:
        """The text of a word in `scope`."""
        return bounded(word, scope.values, self.report)

    # ---- policies

    def define(self, line: ast.Line, node: ast.Policy, scope: Scope) -> list[ast.Line]:
        """Note a policy, and check it even if nobody uses it; one without parameters stays, as a managed policy."""
        word: ast.Word = self.fill(node.name, scope)
        name = self.filled(node.name, scope)
        other = self.policies.get(name)
        if other:
            places = (Label(word.span), Label(other.node.name.span, "first declared here"))
            self.report.add(rules.DUPLICATE_NAME, places, kind="policy", name=name)
            return []
        self.policies[name] = Definition(node, replace(scope, loops=()))
        help = "write what those who use it can do: `can read bucket reports`"
        self.not_empty(node.body, node.name.span, f"policy `{name}`", help)
        if not node.parameters:
            body = tuple([inner for inner, _ in self.apart(node.body, replace(scope, loops=()), True)])
            said = ast.Policy(word, (), body, _placed(node.span, scope), self.fill(node.facts, scope))
            return [replace(line, sentence=said)]
        if node.facts or (node.body and isinstance(node.body[0].sentence, ast.Kept)):
            span = node.facts[0].span if node.facts else node.body[0].span
            help = "with parameters it is part of each user's own policy: leave this out, or the parameters"
            self.report.add(rules.BAD_DECLARATION, span, help=help, what="is of a policy with parameters")
        inner, before = replace(scope, loops=()), self.report.errors
        for parameter in node.parameters:
            if self.new_name(parameter, "parameter", inner):
                inner = inner.with_value(parameter, parameter.text, frozenset((parameter.text,)))
        mentioned: set[str] = set()
        for inner_line, at in self.apart(node.body, inner, True):
            self.mentioned.clear()
            self.fill(inner_line, at)
            mentioned |= at.hanging(self.mentioned)
        for parameter in node.parameters if node.body and self.report.errors == before else ():
            if parameter.text not in mentioned:
                help = f"write `{{{parameter.text}}}` where it differs, or leave it out"
                self.report.add(rules.UNUSED_PARAMETER, parameter.span, help=help, name=parameter.text)
        return []

    def reused(self, line: ast.Line, scope: Scope) -> list[ast.Line]:
        """The sentences that `use` of policies with parameters stands for, and the use of the others."""
        node = line.sentence
        if not isinstance(node, ast.Use):
            return [line]
        found: list[ast.Line] = []
        left: list[ast.Used] = []
        for used in node.used:
            if used.aws or self.filled(used.name, scope).startswith("arn:"):
                left.append(used)
            elif (policy := self.policy(used, scope)) is not None:
                if policy.node.parameters:
                    found += self.applied(node.subjects, used, policy, scope)
                else:
                    left.append(used)
        return [*found, replace(line, sentence=replace(node, used=tuple(left)))] if left else found

    def policy(self, used: ast.Used, scope: Scope) -> Definition | None:
        """The policy that is used; findings where there is none, or its parameters are others."""
        name = self.filled(used.name, scope)
        policy = self.policies.get(name)
        if policy is None:
            aws = self.catalog.managed_policy(name)
            help = f"did you mean `aws policy {name}`?" if aws else suggestion(name, self.policies)
            help = help or f"declare it: `policy {name} {{ can ... }}`"
            self.report.add(rules.UNKNOWN_POLICY, used.name.span, help=help, name=name)
            return None
        self.used.add(name)
        parameters, given = policy.node.parameters, len(used.arguments)
        if len(parameters) == given:
            return policy
        count = f"{len(parameters) or 'no'} argument{'s' * (len(parameters) != 1)}"
        places = (Label(used.span), Label(policy.node.name.span, "it is declared here"))
        self.report.add(
            rules.WRONG_ARGUMENTS,
            places,
            help=f"write `{_call(name, policy.node)}`",
            name=name,
            count=count,
            given=given,
        )
        return None

    def applied(self, subjects: ast.Subjects, used: ast.Used, policy: Definition, scope: Scope) -> list[ast.Line]:
        """The sentences of a policy as `subjects` are given them."""
        texts = [self.filled(argument, scope) for argument in used.arguments]
        call = f"{self.filled(used.name, scope)}({', '.join(texts)})"
        values = tuple([(parameter.text, text) for parameter, text in zip(policy.node.parameters, texts)])
        inner = replace(policy.scope, instances=(*policy.scope.instances, Instance(call, used.span, values)))
        for parameter, text in zip(policy.node.parameters, texts):
            inner = inner.with_value(parameter, text)
        self.counted(used.span, sum([not isinstance(line.sentence, ast.Repeat) for line in policy.node.body]))
        found: list[ast.Line] = []
        for line, _ in self.apart(policy.node.body, inner, True):
            node = line.sentence
            if isinstance(node, ast.Grant):
                said = replace(node, subjects=subjects, span=_placed(node.span, inner))
                found.append(replace(line, sentence=said))
        return found


def _call(name: str, node: ast.Policy) -> str:
    """How the policy is used."""
    return f"{name}({', '.join([one.text for one in node.parameters])})" if node.parameters else name


def _size(node: ast.Statement) -> int:
    """How many sentences a loop stands for, the loops in it included."""
    if not isinstance(node, ast.Repeat):
        return 1
    return len(node.values) * (1 + sum([_size(line.sentence) for line in node.body]))


def _placed(span: Span, scope: Scope) -> Span:
    return InstanceSpan(span.path, span.start, span.end, scope.instances) if scope.instances else span


def _comment(text: str, scope: Scope) -> str:
    """A doc comment with the names filled in; what is no name is meant as it stands."""
    return _MENTION.sub(lambda name: scope.values.get(name[1], name[0]), text) if text.startswith("##") else text
