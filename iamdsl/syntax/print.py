"""Tree to text: the inverse of parsing.

`parse(print_program(p)) == p` for every tree that the grammar can make, and formatting the text does not change it.
"""

from __future__ import annotations

from iamdsl.syntax import ast, lex
from iamdsl.syntax.format import layout
from iamdsl.syntax.lex import Token
from iamdsl.syntax.writer import Writer, is_open, is_organization

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def print_program(program: ast.Program) -> str:
    """The text of a file.

    Raises ValueError on a BadSentence: its text is in the source alone.
    """
    return layout([_line(line) for line in program.lines], ())


def print_sentence(sentence: ast.Statement) -> str:
    """The text of one sentence, on several lines where it is long or has a block, without a last line end.

    Raises ValueError on a BadSentence: its text is in the source alone.
    """
    return layout([_line(ast.Line(sentence, (), "", sentence.span))], ()).rstrip("\n")


def _line(line: ast.Line) -> list[Token]:
    writer = _Writer()
    writer.line(line)
    return writer.tokens


class _Writer(Writer):
    """Writes sentences."""

    # ---- sentences

    def line(self, line: ast.Line) -> None:
        start = len(self.tokens)
        if isinstance(line.sentence, ast.BadSentence):
            raise ValueError("a sentence that could not be read cannot be printed")
        _SENTENCES[type(line.sentence)](self, line.sentence)
        self.tokens[start].before = line.before
        self.tokens[-1].after = line.after
        self.end()

    def block(self, items: Sequence[Any], write: Callable[[Any], None]) -> None:
        """Write `items`, each of which ends its own line, in braces."""
        self.token(lex.MARK, "{")
        for item in items:
            write(item)
        self.token(lex.MARK, "}")

    def body(self, lines: Sequence[ast.Line]) -> None:
        if len(lines) == 1 and isinstance(lines[0].sentence, ast.Kept):
            self.say("from", lines[0].sentence.file)
        else:
            self.block(lines, self.line)

    # ---- declarations

    def account(self, node: ast.Account) -> None:
        self.say("account", node.name, "=", node.value)
        if node.external:
            self.say("external")

    def setting(self, node: ast.Setting) -> None:
        self.say("use unknown action" if node.kind == "unknown action" else node.kind, node.name)
        if node.value is not None:
            self.say("=", node.value)

    def group_of(self, node: ast.GroupOf) -> None:
        self.say("group", node.name, "=", node.members)
        self.facts(node.facts)

    def role(self, node: ast.Role) -> None:
        """Facts go last, but for those that keep `from service` and `for organization`, two clauses, from being one."""
        self.say("role", node.name)
        facts = list(node.facts)
        for n, trust in enumerate(node.trusts):
            parted = n + 1 < len(node.trusts) and is_organization(node.trusts[n + 1])
            if trust.trustees:
                self.say("for")
                self.listed(trust.trustees, self.trustee)
            self.qualifiers(trust.qualifiers, parted)
            if parted and facts and trust.qualifiers and is_open(trust.qualifiers[-1]):
                self.fact(facts.pop(0))
        self.facts(facts)

    def trustee(self, node: ast.Trustee) -> None:
        first, *rest = node.values
        if node.kind in ("same", "permission set"):
            self.say("" if node.kind == "same" else node.kind, first)
        elif node.kind == "oidc":
            self.say("oidc", first, "audience", rest[:-1], "subject", rest[-1])
        else:
            kind, _, part = node.kind.partition(" ")
            self.say(kind, first, part, *rest)

    def declaration(self, node: ast.Declaration) -> None:
        self.subjects(node.subjects)
        self.facts(node.facts)

    def permission_set(self, node: ast.PermissionSet) -> None:
        self.say("permission set", node.name)
        self.facts(node.facts)

    def resource(self, node: ast.Resource) -> None:
        self.words(node.words)
        if node.value is not None:
            self.say("=", node.value)
        self.facts(node.facts)

    def facts(self, facts: Sequence[ast.Fact | ast.TagClause]) -> None:
        for fact in facts:
            self.fact(fact)

    def fact(self, fact: ast.Fact | ast.TagClause) -> None:
        if isinstance(fact, ast.TagClause):
            self.tag_clause(fact)
        elif fact.kind == "encrypted":
            self.say("encrypted with")
            self.words(fact.values)
        elif fact.kind == "instance profile" and not fact.values:
            self.say("in no instance profile")
        else:
            self.say(_FACTS.get(fact.kind, f"in {fact.kind}"), fact.values)

    # ---- grants

    def grant(self, node: ast.Grant) -> None:
        if node.subjects is not None:
            self.subjects(node.subjects)
        self.say("can" if node.allows else "cannot")
        if not node.block:
            self.phrase(node.phrases[0])
            return
        self.block(node.phrases, self.phrase_line)
        self.qualifiers(node.shared)

    def assertion(self, node: ast.Assertion) -> None:
        self.say("assert")
        self.grant(node.grant)

    def phrase(self, node: ast.Phrase) -> None:
        if node.exactly is None:
            self.groups(node.groups)
        else:
            self.exactly(node.exactly)
        self.qualifiers(node.qualifiers)

    def exactly(self, node: ast.Exactly) -> None:
        self.say("exactly", "anything except" if node.all_but_actions else "", node.actions)
        if node.resources:
            self.say("on", "everything except" if node.all_but_resources else "", node.resources)

    def phrase_line(self, node: ast.Phrase) -> None:
        self.phrase(node)
        self.end()

    def subjects(self, node: ast.Subjects) -> None:
        if node.only:
            self.say("only")
        self.listed(node.items, self.subject)

    def subject(self, node: ast.Subject) -> None:
        if node.kind == "everyone":
            self.say("everyone in account", node.words[0])
        elif node.kind == "public":
            self.say("anyone on the internet")
        elif node.kind.endswith("principal"):
            self.say(node.kind)
            self.principals(list(zip(node.words[::2], node.words[1::2])))
        else:
            self.say(node.kind)
            self.words(node.words)

    def principals(self, pairs: Sequence[tuple[ast.Word, ast.Word]]) -> None:
        if len(pairs) > 1:
            self.say("[")
        self.listed(pairs, lambda pair: self.say("" if pair[0].text == "aws" else pair[0], pair[1]))
        if len(pairs) > 1:
            self.say("]")

    # ---- verbs and reuse

    def verb(self, node: ast.Verb) -> None:
        self.say("override" if node.override else "", "verb", node.name, "on")
        self.listed(node.nouns, self.words)
        self.block(node.lines, self.verb_line)

    def verb_line(self, node: ast.VerbLine) -> None:
        self.groups(node.groups)
        if node.kind == "acts":
            self.say("on")
            self.words(node.target)
        elif node.kind == "through key":
            action = len(node.groups) > 1 or len(node.groups[0].words) > 1 or ":" in node.groups[0].words[0].text
            self.say("on" if action else "", "its key through", node.target)
        elif node.kind == "passes role":
            self.say("its role to service", node.target)
        self.qualifiers(node.qualifiers)
        self.end()

    def policy(self, node: ast.Policy) -> None:
        self.say("policy", node.name)
        self.called(node.parameters)
        self.facts(node.facts)
        self.body(node.body)

    def inline_policy(self, node: ast.InlinePolicy) -> None:
        self.say("inline policy", node.name, "for")
        self.subjects(node.subjects)
        self.body(node.body)

    def called(self, arguments: Sequence[ast.Word]) -> None:
        if arguments:
            self.say("(", arguments, ")")

    def use(self, node: ast.Use) -> None:
        self.subjects(node.subjects)
        self.say("uses" if _is_one(node.subjects) else "use")
        self.listed(node.used, self.used)

    def used(self, node: ast.Used) -> None:
        self.say("aws policy" if node.aws else "", node.name)
        self.called(node.arguments)

    def repeat(self, node: ast.Repeat) -> None:
        self.say("for", node.name, "in [", node.values, "]")
        self.body(node.body)

    # ---- other kinds of document

    def guardrail(self, node: ast.Guardrail) -> None:
        self.say("guardrail", node.name, "for", node.guarded)
        if node.where is not None:
            self.say("in", node.place, node.where)
        self.body(node.body)

    def limit(self, node: ast.Boundary | ast.SessionPolicy) -> None:
        self.say("boundary" if isinstance(node, ast.Boundary) else "session policy", node.name)
        self.body(node.body)

    def endpoint_policy(self, node: ast.EndpointPolicy) -> None:
        self.say("endpoint policy", node.name)
        if node.endpoints:
            self.say("for endpoint", node.endpoints)
        self.body(node.body)

    def trust_policy(self, node: ast.TrustPolicy) -> None:
        self.say("trust policy", node.name)
        self.body(node.body)

    def resource_policy(self, node: ast.ResourcePolicy) -> None:
        self.say("resource policy")
        self.words(node.words)
        self.body(node.body)


def _is_one(subjects: ast.Subjects) -> bool:
    """Whether the subject is one, for `uses`: a bare name is taken for a plural by its last letter."""
    if len(subjects.items) > 1 or subjects.only:
        return False
    subject = subjects.items[0]
    return bool(subject.kind) or not subject.words[-1].text.endswith("s")


_FACTS = {
    "lasting": "lasting",
    "boundary": "within boundary",
    "group-name": "for group-name",
    "user-name": "for user-name",
    "terraform": "from terraform",
    "export": "from export",
}
_SENTENCES: dict[type, Callable[[_Writer, Any], None]] = {
    ast.Account: _Writer.account,
    ast.Setting: _Writer.setting,
    ast.Declaration: _Writer.declaration,
    ast.GroupOf: _Writer.group_of,
    ast.Role: _Writer.role,
    ast.PermissionSet: _Writer.permission_set,
    ast.Resource: _Writer.resource,
    ast.Verb: _Writer.verb,
    ast.Policy: _Writer.policy,
    ast.InlinePolicy: _Writer.inline_policy,
    ast.Use: _Writer.use,
    ast.Repeat: _Writer.repeat,
    ast.Grant: _Writer.grant,
    ast.Assertion: _Writer.assertion,
    ast.Guardrail: _Writer.guardrail,
    ast.Boundary: _Writer.limit,
    ast.SessionPolicy: _Writer.limit,
    ast.EndpointPolicy: _Writer.endpoint_policy,
    ast.TrustPolicy: _Writer.trust_policy,
    ast.ResourcePolicy: _Writer.resource_policy,
}
