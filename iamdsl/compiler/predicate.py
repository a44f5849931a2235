"""One predicate of a sentence as acts: each of its verbs on each of its things."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.compiler.acts import Act, Context
from iamdsl.compiler.exceptions import without
from iamdsl.compiler.meaning import Meaning
from iamdsl.compiler.phrase import Predicate, Thing, is_action, shown
from iamdsl.compiler.verbs import GENERAL, by_level
from iamdsl.record import replace
from iamdsl.syntax import ast


def acts(predicate: Predicate, qualifiers: tuple[ast.Qualifier, ...], allows: bool, context: Context) -> list[Act]:
    """The acts of `predicate`, its exceptions taken away; [] after a finding."""
    before = context.report.errors
    found = _Predicate(predicate, qualifiers, allows, context).acts()
    return [] if context.report.errors > before else found


def overreaching(acts: list[Act], context: Context) -> Act | None:
    """One of `acts` that on AWS's `*` would reach things of types that none of them is about; None if none would.

    What every request for an action names keeps it to that: ec2:StartInstances is about instances, whatever else it takes.
    """
    meant: dict[str, set[str]] = {}
    for act in acts:
        meant.setdefault(act.action, set()).update([type.name for type in act.types])
    for act in acts:
        if act.companion or act.resources == ("*",):
            continue
        for one in context.expand(act.action):
            required = [pair.name for pair in one.types if pair.required]
            if act.wild or not meant[act.action].issuperset(required or one.takes):
                return act
    return None


class _Predicate:
    def __init__(
        self, predicate: Predicate, qualifiers: tuple[ast.Qualifier, ...], allows: bool, context: Context
    ) -> None:
        self.context = context
        self.catalog = context.catalog
        self.report = context.report
        self.predicate = predicate
        self.qualifiers = qualifiers
        self.allows = allows
        self.clauses = [one for one in qualifiers if isinstance(one, ast.Clause)]
        self.any_account = context.anywhere or any(one.kind == "in any account" for one in self.clauses)
        self.any_region = context.anywhere or any(one.kind == "in any region" for one in self.clauses)
        self.anywhere = next((one for one in self.clauses if one.kind == "anywhere"), None)
        self.services = [word for one in self.clauses if one.kind == "in" for word in one.values]
        self.role = next((one for one in self.clauses if one.kind == "as role"), None)
        self.meaning = Meaning(context, allows, self.role)

    def acts(self) -> list[Act]:
        before = self.report.errors
        self.misplaced()
        found: list[Act] = []
        things = self.predicate.things
        for verb in self.predicate.verbs:
            if not things:
                found += self.alone(verb)
            for thing in things:
                found += self.on(verb, thing) if thing.type or thing.arn else self.on_everything(verb, thing)
        if self.role and not self.meaning.role_taken and self.report.errors == before:
            self.report.add(rules.NO_ROLE_TAKEN, self.role.span, verb=self.predicate.verbs[0].text)
        if self.report.errors > before:
            return []
        places = (self.any_account, self.any_region)
        return without(found, self.predicate, self.qualifiers, self.meaning, places)

    def misplaced(self) -> None:
        """Clauses that say nothing in this sentence."""
        if self.anywhere and not any(thing.type for thing in self.predicate.things):
            help, why = "leave it out: `everything` is everywhere", "there is no type of resource before it"
            self.report.add(rules.BAD_CLAUSE, self.anywhere.span, help=help, clause="anywhere", why=why)
        if self.services and any(thing.type or thing.arn for thing in self.predicate.things):
            word = self.services[0]
            help = "`in` names services after `everything`; did you mean `in region` or `in account`?"
            clause = f"in {word.text}"
            self.report.add(
                rules.BAD_CLAUSE, word.span, help=help, clause=clause, why="there is nothing to search in it"
            )

    def on(self, verb: ast.Word, thing: Thing) -> list[Act]:
        if self.anywhere:
            return self.on_all(verb, thing, self.anywhere)
        target = self.context.arns.target(thing, self.any_account, self.any_region)
        account = self.account_of(thing)
        if target and account and not target.arn:
            target = replace(target, account=account)
        found = self.meaning.of(verb, target) if target else []
        return [replace(act, account=account) for act in found] if account else found

    def on_all(self, verb: ast.Word, thing: Thing, clause: ast.Clause) -> list[Act]:
        """`any NOUN anywhere`: AWS's `*`, for what the verb does with things of that type."""
        if thing.arn or thing.name != "*":
            help, why = "write `any` before the noun, or leave it out", "a name says where"
            self.report.add(rules.BAD_CLAUSE, clause.span, help=help, clause=clause.kind, why=why)
            return []
        target = self.context.arns.target(thing, True, True)
        found = self.meaning.of(verb, target) if target else []
        beyond = overreaching(found, self.context)
        if beyond is not None:
            help = f"name the action, `do {beyond.action}`, or the services, `do anything in SERVICES`"
            why = f"`{verb.text}` means {beyond.action}, which on everything is more than {shown(target.type)}s"  # type: ignore[union-attr]
            self.report.add(rules.BAD_CLAUSE, clause.span, help=help, clause=clause.kind, why=why)
            return []
        return [act if act.companion else replace(act, resources=("*",)) for act in found]

    def account_of(self, thing: Thing) -> str:
        """Where `in account A` puts a resource whose declaration does not say; "" where the sentence names none or several.

        The clause is a condition too: on an ARN of another account it could never hold.
        """
        words = [word for one in self.clauses if one.kind == "in account" for word in one.values]
        bindings = self.context.bindings
        declared = bindings.resources.get((thing.type.full, thing.name)) if thing.type else None
        if len(words) != 1 or (declared and declared.account):
            return ""
        return bindings.account_id(words[0], self.report)

    def alone(self, verb: ast.Word) -> list[Act]:
        """A verb without a resource: right only for exact actions that AWS allows on `*` alone."""
        if not is_action(verb):
            self.no_resource(verb)
            return []
        name = self.context.action_name(verb)
        if name is None:
            return []
        for action in self.context.expand(name):
            if action.types:
                nouns = self.meaning.nouns((action,))
                noun = "bucket" if "bucket" in nouns else nouns[0]
                help = f"name one, such as `{action.full} {noun} NAME`, or write `everything`"
                self.report.add(rules.NO_RESOURCE, verb.span, help=help, verb=verb.text)
                return []
        return [Act((name,), ("*",))]

    def no_resource(self, verb: ast.Word) -> None:
        library = self.context.library
        if not library.knows(verb.text):
            self.context.unknown_verb(verb)
            return
        types = library.types_of(verb.text)
        known = self.catalog.nouns()
        example = "bucket" if "s3:bucket" in types else next((noun for noun in known if known[noun] in types), "bucket")
        help = f"say what, such as `{verb.text} {example} NAME` or `{verb.text} any {example}`"
        self.report.add(rules.NO_RESOURCE, verb.span, help=help, verb=verb.text)

    def on_everything(self, verb: ast.Word, thing: Thing) -> list[Act]:
        """`everything`: AWS's `*`. General verbs go by access level, in the services named."""
        if is_action(verb):
            name = self.context.action_name(verb)
            return [Act((name,), ("*",))] if name else []
        services = [name for word in self.services if (name := self.context.service_name(word))]
        if verb.text in ("do", "administer"):
            return [Act((f"{service}:*",), ("*",)) for service in services] or [Act(("*",), ("*",))]
        if verb.text not in GENERAL:
            if self.context.library.knows(verb.text):
                self.report.add(
                    rules.VERB_MISFIT, verb.span, help="name a resource type", verb=verb.text, noun="everything"
                )
            else:
                self.context.unknown_verb(verb)
            return []
        if not self.services:
            help = f"say which: `{verb.text} everything in s3, dynamodb`"
            self.report.add(rules.SERVICES_NEEDED, verb.span.to(thing.span), help=help, verb=verb.text)
        if services and not self.allows:
            self.report.add(rules.LEVEL_DENY, verb.span, verb=verb.text)
            self.context.bindings.denied.update([(verb.span, verb.text, service) for service in services])
        return [Act((action,), ("*",)) for service in services for action in self.by_level(verb.text, service)]

    def by_level(self, verb: str, service: str) -> list[str]:
        actions = self.context.expand(f"{service}:*")
        meant = by_level(verb, actions).actions
        if verb == "read":
            meant += by_level("list", actions).actions
        return [action.full for action in meant]
