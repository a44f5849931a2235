"""A predicate as acts: single actions (or patterns the author wrote) on ARN patterns."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access import glob
from iamdsl.access.model import TRUE, Condition, Not, Or, Test, conjunction
from iamdsl.catalog import Action, ResourceType, matches
from iamdsl.compiler.arns import PATHS, Arns, Target, format_patterns, same
from iamdsl.compiler.bind import Bindings
from iamdsl.compiler.conditions import Conditions, principal_arn, service_principal, via_service
from iamdsl.compiler.phrase import EVERYTHING, Predicate, Thing, is_action, shown
from iamdsl.compiler.verbs import GENERAL, ByLevel, Library, by_level, expand
from iamdsl.compiler.words import closest, literal, respell
from iamdsl.diagnostics import Report
from iamdsl.record import record, replace
from iamdsl.source import Span
from iamdsl.syntax import ast


@record
class Act:
    """`actions` (nearly always one) on `resources` under `condition`, which the verb's definition adds.

    `type` is the resource type acted on (None for everything); `types` those of the resources; `companion`: on the key
    that encrypts the thing.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    types: tuple[ResourceType, ...] = ()
    condition: Condition = TRUE
    companion: bool = False
    except_actions: bool = False
    except_resources: bool = False

    @property
    def action(self) -> str:
        return self.actions[0]

    @property
    def type(self) -> ResourceType | None:
        return self.types[0] if self.types else None

    def narrowed(self, action: str) -> Act:
        return replace(self, actions=(action,))


class Acts:
    """Turns predicates into acts, by the verb library and the catalog."""

    def __init__(self, bindings: Bindings, library: Library, report: Report) -> None:
        self.bindings = bindings
        self.catalog = bindings.catalog
        self.library = library
        self.report = report
        self.arns = Arns(bindings, report)
        self._expanded: dict[str, tuple[Action, ...]] = {}

    def expand(self, action: str) -> tuple[Action, ...]:
        """The catalog's actions that a name or pattern stands for."""
        if action not in self._expanded:
            self._expanded[action] = expand(action, self.catalog)
        return self._expanded[action]

    def of(self, predicate: Predicate, qualifiers: tuple[ast.Qualifier, ...], allows: bool) -> list[Act]:
        """The acts of one predicate, exceptions taken away; [] after a finding."""
        sentence = _Sentence(self, predicate, qualifiers, allows)
        return sentence.acts()


class _Sentence:
    """One predicate on its way."""

    def __init__(self, acts: Acts, predicate: Predicate, qualifiers: tuple[ast.Qualifier, ...], allows: bool) -> None:
        self.all = acts
        self.bindings = acts.bindings
        self.catalog = acts.catalog
        self.library = acts.library
        self.report = acts.report
        self.arns = acts.arns
        self.predicate = predicate
        self.allows = allows
        self.failed = False
        clauses = [one for one in qualifiers if isinstance(one, ast.Clause)]
        self.any_account = any(one.kind == "in any account" for one in clauses)
        self.any_region = any(one.kind == "in any region" for one in clauses)
        self.services = [word for one in clauses if one.kind == "in" for word in one.values]
        self.role = next((one for one in clauses if one.kind == "as role"), None)
        self.excepted = [group for one in qualifiers if isinstance(one, ast.Except) for group in one.groups]
        self.excepted_services = [word for one in clauses if one.kind == "except in" for word in one.values]
        self.role_taken = False
        self.dropped: list[str] = []  # actions on the bucket itself that a path leaves out
        for one in clauses:
            if one.kind in ("for", "for any source"):
                why = "it guards a grant to a service" if allows else "a `cannot` needs no guard"
                self.report.add(rules.BAD_CLAUSE, one.span, clause=one.kind, why=why)

    def acts(self) -> list[Act]:
        things = self.predicate.things
        found: list[Act] = []
        for verb in self.predicate.verbs:
            if not things and is_action(verb):
                found += self.bare_action(verb)
            elif not things:
                self.missing(verb)
            for thing in things:
                found += (
                    self.on_everything(verb, thing) if thing.type is None and not thing.arn else self.on(verb, thing)
                )
        if self.services and any(thing.type is not None or thing.arn for thing in things):
            word = self.services[0]
            help = "`in` names services after `everything`; did you mean `in region` or `in account`?"
            self.report.add(
                rules.BAD_CLAUSE, word.span, help=help, clause=f"in {word.text}", why="it names no service to search"
            )
            self.failed = True
        if self.role and not self.role_taken and not self.failed:
            self.report.add(rules.NO_ROLE_TAKEN, self.role.span, verb=self.predicate.verbs[0].text)
        found = self.except_(found) if self.excepted or self.excepted_services else found
        return [] if self.failed else found

    def missing(self, verb: ast.Word) -> None:
        if verb.text in self.library.verbs():
            types = [shown(type) for full in self.library.types_of(verb.text)[:5] if (type := self.catalog.type(full))]
            example = types[0] if types else "bucket"
            help = f"say what, such as `{verb.text} {example} NAME` or `{verb.text} any {example}`"
            self.report.add(rules.NO_RESOURCE, verb.span, help=help, verb=verb.text)
        else:
            self.unknown_verb(verb)
        self.failed = True

    def unknown_verb(self, verb: ast.Word) -> None:
        close = closest(verb.text, self.library.verbs())
        help = f"did you mean `{close}`?" if close else "verbs are words like `read`; an exact action is `s3:GetObject`"
        self.report.add(
            rules.UNKNOWN_VERB, verb.span, help=help, fix=respell(verb.span, close) if close else (), name=verb.text
        )
        self.failed = True

    # ---- exact actions

    def action_name(self, verb: ast.Word) -> str | None:
        """The action or pattern in AWS's spelling; None, and a finding, if the catalog has no such action."""
        written = literal(verb, self.bindings.params, self.report)
        if written in self.bindings.unknown_actions:
            return written
        found = self.all.expand(written)
        if found:
            return found[0].full if "*" not in written and "?" not in written else written
        prefix, _, name = written.partition(":")
        if "*" not in prefix and "?" not in prefix and prefix.lower() not in self.catalog.services():
            close = closest(prefix, self.catalog.services())
            help = f"did you mean `{close}:{name}`?" if close else ""
            fix = respell(verb.span, f"{close}:{name}") if close else ()
            self.report.add(rules.UNKNOWN_SERVICE, verb.span, help=help, fix=fix, name=prefix)
        else:
            service = self.catalog.service(prefix)
            close = closest(name, [one.name for one in service.actions.values()]) if service else None
            close = f"{service.prefix}:{close}" if service and close else None
            help = (
                f"did you mean `{close}`?" if close else f"if AWS has just released it: `use unknown action {written}`"
            )
            fix = respell(verb.span, close) if close else ()
            self.report.add(rules.UNKNOWN_ACTION, verb.span, help=help, fix=fix, name=written)
        self.failed = True
        return None

    def bare_action(self, verb: ast.Word) -> list[Act]:
        """An action without a resource: right for those that AWS allows only on `*`."""
        name = self.action_name(verb)
        if name is None:
            return []
        typed = [action for action in self.all.expand(name) if action.types]
        if typed:
            noun = shown(self.catalog.type(f"{typed[0].service}:{typed[0].types[0].name}") or _none())
            help = f"{typed[0].full} acts on a {noun}: name one, or write `everything`"
            self.report.add(rules.NO_RESOURCE, verb.span, help=help, verb=verb.text)
            self.failed = True
            return []
        return [Act((name,), ("*",))]

    def action_on(self, verb: ast.Word, target: Target, thing: Thing) -> list[Act]:
        name = self.action_name(verb)
        if name is None:
            return []
        if name in self.bindings.unknown_actions:
            return [Act((name,), self.arns.own(target, None), (target.type,))]
        found: list[Act] = []
        for action in self.all.expand(name):
            found += self.paired(action, target, thing)
        if not found and not self.failed:
            self.misfit(name, target, verb)
        wild = "*" in name or "?" in name
        if not wild or self.limited(target) or len({act.condition for act in found}) > 1:
            return found
        resources = tuple(dict.fromkeys(arn for act in found for arn in act.resources))
        types = tuple(dict.fromkeys(type for act in found for type in act.types))
        return [Act((name,), resources, types)] if found else []

    def paired(self, action: Action, target: Target, thing: Thing) -> list[Act]:
        """`action` on those ARNs of `target` that it takes; [] if it takes none."""
        if target.arn and thing.arn:
            formats = format_patterns(action, self.catalog)
            if not any(glob.overlap(target.arn, format) for format in formats):
                return []
            return [Act((action.full,), (target.arn,), self.arns.takes(action, target) or (target.type,))]
        found: list[Act] = []
        for type in self.arns.takes(action, target):
            found += self.on_type(action, type, target)
        return found

    def on_type(self, action: Action, type: ResourceType, target: Target) -> list[Act]:
        """`action` on the resources of `type` that belong to `target`, the path of the target heeded."""
        patterns = self.arns.patterns(target, type, action)
        if not patterns:
            self.failed |= patterns == ()
            return []
        condition: Condition = TRUE
        if target.path and same(type, target.type):
            key = PATHS[target.type.full]
            if not self.catalog.carries(action, type, key):
                self.dropped.append(action.full)
                return []
            condition = self.path_test(key, target.path)
        return [Act((action.full,), patterns, (type,), condition)]

    def path_test(self, key: str, path: str) -> Condition:
        """That a listing asks for the path only; for a deny, that it could show the path.

        A listing shows `p/x` when its prefix is absent, or is any start of `p/x`.
        """
        wild = "*" in path or "?" in path
        if self.allows:
            return Test(key, "like" if wild else "equals", (path,))
        fixed = path.replace("?", "*").partition("*")[0]
        starts = tuple(fixed[:end] for end in range(len(fixed)))
        shows = Test(key, "like", (*starts, f"{fixed}*" if wild else path))
        return Or((shows, Not(Test(key, "present"))))

    def limited(self, target: Target) -> bool:
        return bool(target.path)

    def misfit(self, name: str, target: Target, verb: ast.Word) -> None:
        actions = self.all.expand(name)
        nouns = sorted(
            {
                shown(type)
                for one in actions
                for pair in one.types
                if (type := self.catalog.type(f"{one.service}:{pair.name}"))
            }
        )
        if self.dropped:
            help = "leave the path out"
        else:
            help = (
                "it acts on: " + ", ".join(nouns[:6])
                if nouns
                else f"it acts on no resource in particular: `{name} everything`"
            )
        self.report.add(rules.ACTION_MISFIT, verb.span, help=help, action=name, noun=shown(target.type))
        self.failed = True

    # ---- verbs

    def on(self, verb: ast.Word, thing: Thing) -> list[Act]:
        target = self.arns.target(thing, self.any_account, self.any_region)
        if target is None:
            self.failed = True
            return []
        if is_action(verb):
            found = self.action_on(verb, target, thing)
        else:
            found = self.verb_on(verb, verb.text, target, ())
        if self.dropped and not self.failed:
            left_out = sorted(set(self.dropped))
            shown_names = ", ".join(left_out[:4]) + (f" and {len(left_out) - 4} more" if len(left_out) > 4 else "")
            are = "is" if len(left_out) == 1 else "are"
            self.report.add(
                rules.DROPPED_BY_PATH, verb.span.to(thing.span), actions=shown_names, path=target.path, are=are
            )
        self.dropped.clear()
        if not found and not self.failed:
            self.report.add(rules.NOTHING_LEFT, verb.span.to(thing.span), why="no action is left")
            self.failed = True
        return found

    def verb_on(self, at: ast.Word, verb: str, target: Target, through: tuple[str, ...]) -> list[Act]:
        if verb == "do":
            verb = "administer"
        meaning = self.library.find(verb, target.type)
        if meaning is None:
            self.no_such_verb(at, verb, target)
            return []
        if isinstance(meaning, ByLevel):
            return self.by_level(at, verb, meaning, target)
        found: list[Act] = []
        if verb in through:
            self.report.add(rules.BAD_VERB, meaning.span, what=f"includes itself: {' > '.join((*through, verb))}")
            self.failed = True
            return []
        for line in meaning.lines:
            if line.kind == "acts":
                found += self.line(line, target)
            elif line.kind == "includes":
                for group in line.groups:
                    found += self.verb_on(at, group.words[0].text, target, (*through, verb))
            elif line.kind == "through key":
                found += self.through_key(line, target)
            else:
                found += self.pass_role(line, at)
        return found

    def no_such_verb(self, at: ast.Word, verb: str, target: Target) -> None:
        types = self.library.types_of(verb)
        if not types and verb not in self.library.verbs():
            self.unknown_verb(at)
            return
        nouns = [shown(type) for full in types if (type := self.catalog.type(full))]
        can = ", ".join(f"`{one}`" for one in self.library.defined_on(target.type)[:12])
        help = (
            f"one can `{verb}`: " + ", ".join(nouns[:6]) + "\n" if nouns else ""
        ) + f"a {shown(target.type)} one can {can}"
        self.report.add(rules.VERB_MISFIT, at.span, help=help, verb=verb, noun=shown(target.type))
        self.failed = True

    def by_level(self, at: ast.Word, verb: str, meaning: ByLevel, target: Target) -> list[Act]:
        noun = shown(target.type)
        if not meaning.actions:
            help = "name exact actions, such as `s3:GetObject`, or define the verb"
            self.report.add(rules.VERB_MISFIT, at.span, help=help, verb=verb, noun=noun)
            self.failed = True
            return []
        count = len(meaning.actions)
        self.report.add(rules.LEVEL_VERB, at.span, verb=verb, noun=noun, count=count, level=meaning.level)
        if not self.allows:
            self.report.add(rules.LEVEL_DENY, at.span, verb=verb)
        return [act for action in meaning.actions for act in self.on_type(action, target.type, target)]

    def line(self, line: ast.VerbLine, target: Target) -> list[Act]:
        """A line `ACTIONS on TARGET CLAUSES` of a verb's definition."""
        words = " ".join(word.text for word in line.target)
        service = target.type.service
        names = [(group.words[0], name) for group in line.groups if (name := self.action_name(group.words[0]))]
        condition = Conditions(self.bindings, self.report, service).of(line.qualifiers)
        if words in EVERYTHING:
            return [Act((name,), ("*",), (), condition) for _, name in names]
        found = self.catalog.noun([word.text for word in line.target])
        type = found[0] if found and same(found[0], target.type) else self.catalog.type_named(service, words)
        if type is None:
            help = f"a line acts on the {shown(target.type)} itself, on another type of {service}, or on everything"
            self.report.add(
                rules.BAD_VERB, line.span, help=help, what=f"names no resource type of {service}: `{words}`"
            )
            self.failed = True
            return []
        acts: list[Act] = []
        for word, name in names:
            wild = "*" in name or "?" in name
            fitting = [
                one for one in self.all.expand(name) if any(self.is_type(one, pair.name, type) for pair in one.types)
            ]
            if not fitting and name not in self.bindings.unknown_actions:
                self.report.add(rules.ACTION_MISFIT, word.span, action=name, noun=shown(type))
                self.failed = True
            if wild and not (target.path and same(type, target.type)):
                patterns = self.arns.patterns(target, type, None) or ()
                acts.append(Act((name,), patterns, (type,)))
            else:
                acts += [act for action in fitting for act in self.on_type(action, type, target)]
        return [replace(act, condition=conjunction(condition, act.condition)) for act in acts if act.resources]

    def is_type(self, action: Action, name: str, type: ResourceType) -> bool:
        other = self.catalog.type(f"{action.service}:{name}")
        return other is not None and same(other, type)

    def through_key(self, line: ast.VerbLine, target: Target) -> list[Act]:
        """The companion grants on the key of `encrypted with key`."""
        if not target.key or not self.allows:
            return []
        key_type = self.catalog.type("kms:key")
        assert key_type is not None
        if ("kms:key", target.key) not in self.bindings.resources and not target.key.startswith("arn:"):
            help = f"declare it: `key {target.key} = arn:aws:kms:...`"
            self.report.add(rules.UNKNOWN_KEY_RESOURCE, target.span, help=help, name=target.key)
            self.failed = True
            return []
        thing = Thing(key_type, target.key, "", target.span)
        key = self.arns.target(thing, False, False)
        if key is None:
            self.failed = True
            return []
        value = via_service(line.target[0].text, key.region or self.bindings.region or "*", self.bindings)
        via = Test("kms:ViaService", "like" if "*" in value else "equals", (value,))
        acts: list[Act] = []
        for group in line.groups:
            word = group.words[0]
            if is_action(word):
                name = self.action_name(word)
                acts += [Act((name,), self.arns.own(key, None), (key_type,))] if name else []
            else:
                verb = f"{word.text}-through" if f"{word.text}-through" in self.library.verbs() else word.text
                acts += self.verb_on(word, verb, key, ())
        return [replace(act, condition=conjunction(via, act.condition), companion=True) for act in acts]

    def pass_role(self, line: ast.VerbLine, at: ast.Word) -> list[Act]:
        """`as role NAME`: the caller hands the role over to the service."""
        self.role_taken = True
        if self.role is None:
            self.report.add(rules.NEEDS_ROLE, at.span, verb=at.text)
            return []
        name = literal(self.role.values[0], self.bindings.params, self.report)
        arn = principal_arn("role", name, self.bindings, self.role.span, self.report)
        service = service_principal(line.target[0], self.bindings, self.report)
        role = self.catalog.type("iam:role")
        assert role is not None
        to = Test("iam:PassedToService", "equals", (service,))
        return [Act(("iam:PassRole",), (arn,), (role,), to, companion=True)]

    # ---- everything

    def on_everything(self, verb: ast.Word, thing: Thing) -> list[Act]:
        if is_action(verb):
            name = self.action_name(verb)
            return [Act((name,), ("*",))] if name else []
        services: list[str] = []
        for word in self.services:
            known = self.catalog.service(word.text)
            if known is None:
                close = closest(word.text, self.catalog.services())
                fix = respell(word.span, close) if close else ()
                help = f"did you mean `{close}`?" if close else ""
                self.report.add(rules.UNKNOWN_SERVICE, word.span, help=help, fix=fix, name=word.text)
                self.failed = True
            else:
                services.append(known.prefix)
        if verb.text in ("do", "administer"):
            return [Act((f"{service}:*",), ("*",)) for service in services] or [Act(("*",), ("*",))]
        if verb.text not in GENERAL:
            if verb.text in self.library.verbs():
                self.report.add(
                    rules.VERB_MISFIT, verb.span, help="name a resource type", verb=verb.text, noun="everything"
                )
                self.failed = True
            else:
                self.unknown_verb(verb)
            return []
        if not services and not self.failed:
            help = f"say which: `{verb.text} everything in s3, dynamodb`"
            self.report.add(rules.SERVICES_NEEDED, verb.span.to(thing.span), help=help, verb=verb.text)
            self.failed = True
        found: list[Act] = []
        for service in services:
            actions = self.all.expand(f"{service}:*")
            meant = by_level(verb.text, actions).actions
            if verb.text == "read":
                meant += by_level("list", actions).actions
            found += [Act((action.full,), ("*",)) for action in meant]
        if found and not self.allows:
            self.report.add(rules.LEVEL_DENY, verb.span, verb=verb.text)
        return found

    # ---- except

    def except_(self, acts: list[Act]) -> list[Act]:
        actions: list[str] = [f"{word.text}:*" for word in self.excepted_services if self.known_service(word)]
        things: list[Thing] = []
        splitter_groups = self.excepted
        for group in splitter_groups:
            self.excepted_group(group, acts, actions, things)
        if self.failed:
            return []
        if actions:
            acts = self.without_actions(acts, actions)
        if things:
            acts = self.without_things(acts, things)
        return acts

    def known_service(self, word: ast.Word) -> bool:
        if word.text in self.catalog.services():
            return True
        close = closest(word.text, self.catalog.services())
        help = f"did you mean `{close}`?" if close else ""
        self.report.add(
            rules.UNKNOWN_SERVICE, word.span, help=help, fix=respell(word.span, close) if close else (), name=word.text
        )
        self.failed = True
        return False

    def excepted_group(self, group: ast.Group, acts: list[Act], actions: list[str], things: list[Thing]) -> None:
        """Sort one excepted word group into `actions` or `things`."""
        words = group.words
        if len(words) == 1 and is_action(words[0]):
            name = self.action_name(words[0])
            if name:
                actions.append(name)
            return
        if len(words) == 1 and words[0].text in self.library.verbs() and not words[0].quoted:
            before = len(actions)
            for thing in self.predicate.things:
                target = self.arns.target(thing, self.any_account, self.any_region) if thing.type or thing.arn else None
                if target is not None:
                    actions += [
                        name for act in self.verb_on(words[0], words[0].text, target, ()) for name in act.actions
                    ]
            self.dropped.clear()
            if len(actions) == before and not self.failed:
                self.report.add(rules.EXCEPT_MISFIT, group.span, help="name exact actions", what=f"`{words[0].text}`")
                self.failed = True
            return
        found = self.catalog.noun([word.text for word in words if not word.quoted])
        if words[0].text.startswith("arn:"):
            things.append(Thing(None, "", literal(words[0], self.bindings.params, self.report), group.span))
        elif words[0].text == "any" and len(words) > 1 and (found := self.catalog.noun([w.text for w in words[1:]])):
            things.append(Thing(found[0], "*", "", group.span))
        elif found and len(words) == found[1] + 1:
            things.append(Thing(found[0], literal(words[-1], self.bindings.params, self.report), "", group.span))
        elif things and len(words) == 1 and things[-1].type:
            things.append(Thing(things[-1].type, literal(words[0], self.bindings.params, self.report), "", group.span))
        else:
            help = "after `except` stand actions, verbs, or resources such as `bucket logs-*`"
            self.report.add(rules.EXCEPT_MISFIT, group.span, help=help, what=" ".join(word.text for word in words))
            self.failed = True

    def without_actions(self, acts: list[Act], actions: list[str]) -> list[Act]:
        names = tuple(dict.fromkeys(actions))
        found: list[Act] = []
        for act in acts:
            if act.action == "*" and act.resources == ("*",):
                found.append(Act(names, ("*",), act.types, act.condition, except_actions=True))
                continue
            wild = "*" in act.action or "?" in act.action
            parts = [act.narrowed(one.full) for one in self.all.expand(act.action)] if wild else [act]
            kept = [one for one in parts if not any(matches(name.lower(), one.action.lower()) for name in names)]
            found += [act] if len(kept) == len(parts) else self.retyped(kept)
        if found == acts:
            self.report.add(rules.EXCEPT_MISFIT, self.predicate.span, what=", ".join(names))
        if not found:
            self.report.add(rules.NOTHING_LEFT, self.predicate.span, why="`except` takes everything away")
        return found

    def retyped(self, acts: list[Act]) -> list[Act]:
        """Single actions out of a pattern keep only the resources whose types they take."""
        found: list[Act] = []
        for act in acts:
            formats = [format for one in self.all.expand(act.action) for format in format_patterns(one, self.catalog)]
            fitting = tuple(
                arn for arn in act.resources if arn == "*" or any(glob.overlap(arn, format) for format in formats)
            )
            if fitting:
                found.append(replace(act, resources=fitting))
        return found

    def without_things(self, acts: list[Act], things: list[Thing]) -> list[Act]:
        """Everything but some resources: AWS's NotResource."""
        patterns: list[str] = []
        for thing in things:
            wide = thing.name == "*"
            target = self.arns.target(thing, wide or self.any_account, wide or self.any_region)
            if target is None:
                self.failed = True
                return []
            patterns += self.arns.own(target, None)
            if target.type.full in PATHS and not target.arn:
                below = self.catalog.type_named(target.type.service, "object")
                patterns += (below and self.arns.patterns(target, below, None)) or ()
        if any(act.resources != ("*",) or act.except_actions for act in acts):
            help = "grant it and add a `cannot` for the exception, or name what is meant"
            what = "only `everything` can be granted except some resources"
            self.report.add(rules.BAD_EXCEPT, things[0].span, help=help, what=what)
            self.failed = True
            return []
        return [replace(act, resources=tuple(dict.fromkeys(patterns)), except_resources=True) for act in acts]


def _none() -> ResourceType:
    return ResourceType("", "resource", ("",))
