"""Names to what they stand for: accounts, principals, resources, verbs."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import Owner
from iamdsl.catalog import Catalog
from iamdsl.compiler.bindings import (
    Account,
    Bindings,
    Managed,
    Principal,
    Resource,
    noun,
    region_name,
    spoken,
)
from iamdsl.compiler.facts import fitting, path
from iamdsl.compiler.header import headed
from iamdsl.compiler.inline import inline, sentences
from iamdsl.compiler.meant import meant
from iamdsl.compiler.references import References
from iamdsl.compiler.words import closest, literal, respell, suggestion
from iamdsl.diagnostics import Label, Report
from iamdsl.record import replace
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def bind(
    lines: list[ast.Line],
    catalog: Catalog,
    params: Mapping[str, str],
    report: Report,
    references: References | None = None,
) -> tuple[Bindings, Callable[[ast.Line], list[ast.Line]]]:
    """Gather what the sentences of a program, plain ones by now, declare; and what gives the grants in one of them: itself,
    those of a policy. `params` are the values of their parameters."""
    bindings = Bindings(catalog, params, references)
    binder = _Binder(bindings, report)
    for kinds in _ORDER:
        for line in lines:
            if isinstance(line.sentence, kinds):
                binder.declare(line)
    binder.members()
    binder.known_keys()
    listed = [one.arn for one in bindings.inventory.entries] if bindings.inventory else ()
    opened = bindings.references.open(bindings.partition, "partition" in binder.settings, listed)
    bindings.region = bindings.region or opened
    inline(bindings, report)
    return bindings, lambda line: [line] if isinstance(line.sentence, ast.Grant) else binder.said.get(id(line), [])


# what a later kind may refer to comes first: parameters, then accounts and regions, then things, then sentences
_ORDER: tuple[tuple[type, ...], ...] = (
    (ast.Setting,),
    (ast.Account,),
    (ast.Declaration, ast.GroupOf, ast.Role, ast.PermissionSet, ast.Resource),
    (
        ast.Verb,
        ast.Policy,
        ast.InlinePolicy,
        ast.Use,
        ast.Assertion,
        ast.Guardrail,
        ast.Boundary,
        ast.SessionPolicy,
        ast.EndpointPolicy,
        ast.TrustPolicy,
        ast.ResourcePolicy,
    ),
)

_BODIES = {
    ast.Boundary: "boundary",
    ast.SessionPolicy: "session policy",
    ast.EndpointPolicy: "endpoint policy",
    ast.Guardrail: "guardrail",
}
# IAM user guide, "IAM and AWS STS quotas"; IAM Identity Center API reference, CreatePermissionSet
_NAME_LIMITS = {"user": 64, "role": 64, "group": 128, "permission-set": 32}


class _Binder:
    def __init__(self, bindings: Bindings, report: Report) -> None:
        self.bindings = bindings
        self.report = report
        self.settings: dict[str, ast.Setting] = {}
        self.places: dict[tuple[str, str], Span] = {}
        self.groups: list[ast.GroupOf] = []
        self.keys: list[tuple[str, Span]] = []
        self.said: dict[int, list[ast.Line]] = {}  # by the id of a policy's line: the grants in it

    def declare(self, line: ast.Line) -> None:
        node = line.sentence
        if isinstance(node, ast.Setting):
            self.setting(node)
        elif isinstance(node, ast.Account):
            self.account(node)
        elif isinstance(node, ast.Declaration):
            for subject in node.subjects.items:
                self.named(subject, node, line)
        elif isinstance(node, ast.GroupOf):
            self.group(node, line)
        elif isinstance(node, ast.Role):
            self.principal("role", node.name, line, role=node, facts=node.facts)
        elif isinstance(node, ast.PermissionSet):
            self.principal("permission-set", node.name, line, facts=node.facts)
        elif isinstance(node, ast.Resource):
            self.resource(node.words, node.value, node.facts, node.span)
        elif isinstance(node, ast.Verb):
            self.bindings.verbs.setdefault(node.name.text, []).append(node)
        elif isinstance(node, (ast.Boundary, ast.SessionPolicy, ast.EndpointPolicy, ast.Guardrail)):
            self.body(node)
        elif isinstance(node, ast.TrustPolicy):
            self.trust_policy(node, line)
        elif isinstance(node, ast.ResourcePolicy):
            self.bindings.bodies.append(node)
        elif isinstance(node, ast.Policy):
            self.policy(node, line)
        elif isinstance(node, ast.InlinePolicy):
            self.policy_name(node.name, "inline policy")
            self.bindings.inline.append(node)
            self.said[id(line)] = sentences(node)
        elif isinstance(node, ast.Use):
            self.bindings.uses.append(node)
        elif isinstance(node, ast.Assertion):
            self.bindings.assertions.append(node)

    def body(self, node: ast.Boundary | ast.SessionPolicy | ast.EndpointPolicy | ast.Guardrail) -> None:
        kind, name = _BODIES[type(node)], self.text(node.name)
        other = next(
            (one for one in self.bindings.bodies if type(one) is type(node) and self.text(one.name) == name), None
        )
        self.policy_name(node.name, kind)
        if other:
            places = (Label(node.name.span), Label(other.name.span, "first declared here"))
            self.report.add(rules.DUPLICATE_NAME, places, kind=kind, name=name)
            return
        self.bindings.bodies.append(node)
        if isinstance(node, ast.Boundary):
            self.bindings.boundaries[name] = node

    def trust_policy(self, node: ast.TrustPolicy, line: ast.Line) -> None:
        """The trust of a role, which it declares unless another sentence does."""
        name = self.text(node.name)
        if name in self.bindings.trusts:
            places = (Label(node.name.span), Label(self.bindings.trusts[name], "the first is here"))
            self.report.add(rules.DUPLICATE_NAME, places, kind="trust policy", name=name)
            return
        if ("role", name) not in self.bindings.principals:
            self.principal("role", node.name, line)
        self.bindings.trusts[name] = node.name.span
        self.bindings.bodies.append(node)

    def policy(self, node: ast.Policy, line: ast.Line) -> None:
        """A managed policy: the subject of its sentences is itself."""
        name = self.policy_name(node.name, "policy")
        self.bindings.policies[name] = Managed(name, node.name.span, node.facts)
        fitting("policy", node.facts, self.report)
        itself = ast.Subjects((ast.Subject("policy", (node.name,), node.name.span),), False, node.name.span)
        said = self.said[id(line)] = list[ast.Line]()
        for one in node.body:
            if isinstance(one.sentence, ast.Grant):
                said.append(replace(one, sentence=replace(one.sentence, subjects=itself)))
            elif isinstance(one.sentence, ast.Kept):
                self.bindings.kept.append((Owner("policy", name, self.bindings.home), "identity", one.sentence))

    def policy_name(self, word: ast.Word, kind: str) -> str:
        name = self.text(word)
        if not name or len(name) > 128 or not all(c.isascii() and (c.isalnum() or c in "+=,.@_-") for c in name):
            help = "a policy's name has 1 to 128 ASCII letters, digits and `+=,.@_-`"
            self.report.add(rules.BAD_NAME, word.span, help=help, kind=kind, name=name)
        return name

    def text(self, word: ast.Word) -> str:
        return literal(word, self.bindings.params, self.report)

    def setting(self, node: ast.Setting) -> None:
        bindings, name = self.bindings, node.name
        if node.kind == "region":
            region = region_name(name, bindings, self.report)
            if self.once(node):
                bindings.region = region
        elif node.kind == "partition":
            text = self.text(name)
            if text not in bindings.catalog.partitions():
                known = bindings.catalog.partitions()
                help = suggestion(text, known) or "known: " + ", ".join(known)
                self.report.add(rules.UNKNOWN_PARTITION, name.span, help=help, name=text)
            if self.once(node):
                bindings.partition = text
        elif node.kind == "unknown action":
            self.unknown_action(name)
        elif node.kind in ("organization", "ou") and node.value is not None:
            declared = bindings.organizations if node.kind == "organization" else bindings.ous
            text = self.text(name)
            if text in declared:
                places = (Label(name.span), Label(self.places[node.kind, text], "first declared here"))
                self.report.add(rules.DUPLICATE_NAME, places, kind=node.kind, name=text)
            self.places[node.kind, text] = name.span
            declared[text] = self.text(node.value)
        elif node.kind == "inventory":
            if bindings.inventory is None:
                from iamdsl.compiler.inventory import Inventory  # local: few programs have one

                bindings.inventory = Inventory(bindings.catalog)
            bindings.inventory.read(self.text(name), name.span, self.report)
        elif node.kind in ("version", "id"):
            self.header(node, self.text(name))

    def header(self, node: ast.Setting, text: str) -> None:
        """What all documents say of themselves."""
        if not self.once(node):
            return
        self.bindings.header = headed(self.bindings.header, node, text, self.report)

    def once(self, node: ast.Setting) -> bool:
        """Whether a setting is the first of its kind; a finding if not."""
        first = self.settings.setdefault(node.kind, node)
        if first is not node:
            places = (Label(node.span), Label(first.span, "the first is here"))
            self.report.add(rules.DUPLICATE_SETTING, places, kind=node.kind)
        return first is node

    def unknown_action(self, word: ast.Word) -> None:
        """An action that the catalog lacks; one that it has by now keeps what the catalog knows of it."""
        name = self.text(word)
        if self.bindings.catalog.action(name):
            self.report.add(rules.REDUNDANT_UNKNOWN, word.span, help="leave this line out", name=name)
        else:
            self.bindings.unknown_actions.add(name)

    def account(self, node: ast.Account) -> None:
        name, id = self.text(node.name), self.text(node.value)
        if len(id) != 12 or not (id.isascii() and id.isdigit()):
            self.report.add(rules.BAD_ACCOUNT, node.value.span, help="an account id has 12 digits", value=id)
        other = self.bindings.accounts.get(name)
        if other:
            places = (Label(node.name.span), Label(other.span, "first declared here"))
            self.report.add(rules.DUPLICATE_NAME, places, kind="account", name=name)
            return
        self.bindings.accounts[name] = Account(name, id, node.external, node.name.span)

    def named(self, subject: ast.Subject, node: ast.Declaration, line: ast.Line) -> None:
        """`user alice, bob`, `secret "prod/api-key"`: the kind of the first goes for the bare names after it."""
        first = node.subjects.items[0]
        if node.subjects.only or subject.kind not in ("", first.kind):
            help = "a sentence says who `can` or `cannot` do what; a declaration is of one kind"
            self.report.add(rules.NO_SENTENCE, subject.span, help=help)
        elif node.facts and first.kind not in ("user", "group"):
            fitting(first.kind, node.facts, self.report)
        elif first.kind == "user" and len(subject.words) == 1:
            self.principal("user", subject.words[0], line, facts=node.facts)
        elif first.kind == "group" and len(node.subjects.items) == 1:
            self.principal("group", subject.words[0], line, facts=node.facts)
        elif first.kind == "permission set" and len(node.subjects.items) == 1:
            self.principal("permission-set", subject.words[0], line)
        elif first.kind == "role":
            help = f"say who may assume it: `role {first.words[0].text} for service ec2`, `... for user alice`"
            self.report.add(rules.NO_TRUST, subject.span, help=help, name=first.words[0].text)
            self.principal("role", subject.words[0], line)
        elif first.kind == "" and len(first.words) > 1:
            words = subject.words if subject is first else (*first.words[:-1], *subject.words)
            if not self.misspelt_sentence(words):
                self.resource(words, None, (), subject.span)
        else:
            help = "a sentence says who `can` or `cannot` do what; a declaration is `user NAME` or `bucket NAME`"
            self.report.add(rules.NO_SENTENCE, subject.span, help=help)

    def misspelt_sentence(self, words: tuple[ast.Word, ...]) -> bool:
        """Whether `words` are no declaration but a sentence without its `can` (then a finding)."""
        nouns = self.bindings.catalog.nouns()
        known = self.bindings.catalog.noun([word.text for word in words]) or closest(words[0].text, nouns)
        if known or len(words) < 3:
            return False
        for word in words[1:]:
            if close := closest(word.text, ("can", "cannot")):
                either = close == "can" and closest(word.text, ("cannot",), 0.7)  # never guess between the two
                help = "write `can` or `cannot`" if either else f"did you mean `{close}`?"
                fix = () if either else respell(word.span, close)
                self.report.add(rules.NO_SENTENCE, word.span, help=help, fix=fix)
                return True
        help = "a sentence says who `can` or `cannot` do what, such as `alice can read bucket reports`"
        self.report.add(rules.NO_SENTENCE, words[0].span.to(words[-1].span), help=help)
        return True

    def group(self, node: ast.GroupOf, line: ast.Line) -> None:
        self.principal("group", node.name, line, members=node.members, facts=node.facts)
        self.groups.append(node)

    def members(self) -> None:
        """Where users are declared, the members of groups have to be among them."""
        users = [name for kind, name in self.bindings.principals if kind == "user"]
        for word in [word for node in self.groups for word in node.members] if users else ():
            name = self.text(word)
            if name not in users:
                help = suggestion(name, users) or f"declare it: `user {name}`"
                self.report.add(rules.UNKNOWN_PRINCIPAL, word.span, help=help, kind="user", name=name)

    def principal(
        self,
        kind: str,
        word: ast.Word,
        line: ast.Line,
        members: tuple[ast.Word, ...] = (),
        role: ast.Role | None = None,
        facts: tuple[ast.Fact | ast.TagClause, ...] = (),
    ) -> None:
        name = self.text(word)
        limit = _NAME_LIMITS[kind]
        if not name or len(name) > limit or not all(c.isascii() and (c.isalnum() or c in "+=,.@_-") for c in name):
            help = f"a {spoken(kind)}'s name has 1 to {limit} ASCII letters, digits and `+=,.@_-`"
            self.report.add(rules.BAD_NAME, word.span, help=help, kind=spoken(kind), name=name)
        other = self.bindings.principals.get((kind, name))
        if other:
            places = (Label(word.span), Label(other.span, "first declared here"))
            self.report.add(rules.DUPLICATE_NAME, places, kind=spoken(kind), name=name)
            return
        names = tuple(dict.fromkeys(self.text(member) for member in members))
        if kind in ("user", "group"):
            fitting(kind, facts, self.report)
        where = path(facts, self.bindings.params, self.report) if facts else "/"
        self.bindings.principals[kind, name] = Principal(kind, name, word.span, names, role, line.doc, facts, where)
        self.bindings.declared.append(line)

    def resource(
        self,
        words: tuple[ast.Word, ...],
        value: ast.Word | None,
        facts: tuple[ast.Fact | ast.TagClause, ...],
        span: Span,
    ) -> None:
        bindings = self.bindings
        known = noun(words, bindings, self.report)
        if known is None:
            return
        type, taken = known
        if len(words) != taken + 1:
            what = "has no name" if len(words) == taken else "has more than one name"
            help = f"write `{' '.join(word.text for word in words[:taken])} NAME{' = ...' if value else ''}`"
            self.report.add(rules.BAD_DECLARATION, span, help=help, what=what)
            return
        name = self.text(words[taken])
        account = region = key = ""
        owners: list[ast.Fact] = []
        for fact in facts:
            if isinstance(fact, ast.TagClause):
                continue
            if fact.kind == "account":
                account = bindings.account_id(fact.values[0], self.report)
            elif fact.kind == "region":
                region = region_name(fact.values[0], bindings, self.report)
            elif fact.kind in ("terraform", "export"):
                owners.append(fact)
            elif fact.kind in ("any account", "any region"):
                account, region = ("*", region) if fact.kind == "any account" else (account, "*")
            else:
                key = self.key_name(fact)
        other = bindings.resources.get((type.full, name))
        if other:
            places = (Label(words[taken].span), Label(other.span, "first declared here"))
            self.report.add(rules.DUPLICATE_NAME, places, kind=type.name, name=name)
            return
        found = meant(type, words[taken], value, owners, account, bindings, self.report)
        account, region = account or found.account, region or found.region
        bindings.resources[type.full, name] = Resource(
            type, name, found.value, account, region, key, words[taken].span, found.place
        )

    def key_name(self, fact: ast.Fact) -> str:
        """The name of the key in `encrypted with key K`; it is looked up when used, as keys may be declared later."""
        *kind, name = fact.values
        if [word.text for word in kind] != ["key"]:
            help = f"write `encrypted with key {name.text}`"
            self.report.add(rules.BAD_DECLARATION, fact.span, help=help, what="does not name a key")
            return ""
        text = self.text(name)
        self.keys.append((text, name.span))
        return text

    def known_keys(self) -> None:
        """The keys that resources are encrypted with have to be declared."""
        known = [name for full, name in self.bindings.resources if full == "kms:key"]
        for name, span in self.keys:
            if name not in known and not name.startswith("arn:"):
                help = suggestion(name, known) or f"declare it: `key {name} = arn:aws:kms:...`"
                self.report.add(rules.UNKNOWN_KEY_RESOURCE, span, help=help, name=name)
