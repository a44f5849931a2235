"""What a verb or exact action means on one resource."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import TRUE, Condition, Not, Or, Test, conjunction
from iamdsl.access.reach import Reach
from iamdsl.catalog import Action, ResourceType
from iamdsl.compiler.acts import Act, Context, is_pattern
from iamdsl.compiler.arns import PATHS, Target, format_patterns, same
from iamdsl.compiler.callers import principal_arn, service_principal, via_service
from iamdsl.compiler.lines import Line, read_line
from iamdsl.compiler.phrase import Thing, is_action, shown
from iamdsl.compiler.verbs import GENERAL, ByLevel
from iamdsl.compiler.words import near
from iamdsl.record import replace
from iamdsl.source import Span
from iamdsl.syntax import ast

NEAREST = 6  # verbs that a help names


class Meaning:
    """The acts of verbs on targets, in a sentence that allows or denies; `role` is its `as role` clause.

    `left_out` gathers the actions that a path leaves out, `spared` what a `cannot` leaves alone that is on everything;
    `role_taken` says whether a verb took the role.
    """

    def __init__(self, context: Context, allows: bool, role: ast.Clause | None) -> None:
        self.context = context
        self.bindings = context.bindings
        self.catalog = context.catalog
        self.arns = context.arns
        self.report = context.report
        self.allows = allows
        self.role = role
        self.role_taken = False
        self.left_out: list[str] = []
        self.spared: list[Act] = []
        self.circular = False

    def of(self, word: ast.Word, target: Target) -> list[Act]:
        """The acts of the verb or action `word` on `target`; [] after a finding."""
        before = self.report.errors
        found = self._action(word, target) if is_action(word) else self._verb(word, word.text, target, ())
        failed = self.report.errors > before
        objects_alone = found and not is_action(word) and word.text not in ("administer", "do")
        if self.left_out and not failed and not objects_alone:  # `delete bucket b/raw/*` plainly means the objects
            names = sorted(set(self.left_out))
            more = f" and {len(names) - 4} more" if len(names) > 4 else ""
            self.report.add(
                rules.DROPPED_BY_PATH,
                word.span.to(target.span),
                actions=", ".join(names[:4]) + more,
                path=target.path,
                are="is" if len(names) == 1 else "are",
            )
        self.left_out.clear()
        spared, self.spared = self.spared, []
        if not found and not failed and spared and self.arns.is_all(target):
            return spared  # `cannot leave organization`: what AWS allows on `*` alone is what the verb means for all of them
        if not found and not failed and not self.circular:
            why, help = "no action is left", ""
            if not self.allows:
                why = f"`{word.text}` means nothing on the {shown(target.type)} itself, to which a `cannot` keeps"
                denied = ", ".join(dict.fromkeys([act.action for act in spared]))
                help = f"name exact actions: `cannot {denied} everything`" if spared else ""
            self.report.add(rules.NOTHING_LEFT, word.span.to(target.span), help=help, why=why)
        return found

    # ---- exact actions

    def _action(self, word: ast.Word, target: Target) -> list[Act]:
        name = self.context.action_name(word)
        if name is None:
            return []
        if name in self.bindings.unknown_actions:
            return self._unknown(name, target)
        before = self.report.errors
        found = [act for action in self.context.expand(name) for act in self._paired(action, target)]
        if not found:
            if self.report.errors == before:
                self._misfit(name, target, word.span)
            return []
        if not is_pattern(name) or target.path:
            return found
        resources = tuple(dict.fromkeys(arn for act in found for arn in act.resources))
        types = tuple(dict.fromkeys(type for act in found for type in act.types))
        return [Act((name,), resources, types)]

    def _unknown(self, name: str, target: Target) -> list[Act]:
        """An action of which nothing is known on just what the author names: with a path, what lies below."""
        below = self.catalog.type_named(target.type.service, "object") if target.path else None
        type = below or target.type
        patterns = self.arns.patterns(target, type, None)
        return [Act((name,), patterns, (type,))] if patterns else []

    def _paired(self, action: Action, target: Target) -> list[Act]:
        """`action` on those ARNs of `target` that it takes; [] if it takes none."""
        types = self.arns.takes(action, target, not self.allows)
        if target.arn and target.literal:
            formats = format_patterns(action, self.catalog)
            if not formats or not Reach(lambda _: formats).possible(action.full, target.arn):
                return []
            return [Act((action.full,), (target.arn,), types or (target.type,))]
        return [act for type in types for act in self._on_type(action, type, target)]

    def _on_type(self, action: Action, type: ResourceType, target: Target) -> list[Act]:
        """`action` on the resources of `type` that belong to `target`, the path of the target heeded."""
        patterns = self.arns.patterns(target, type, action)
        if not patterns:
            return []
        condition: Condition = TRUE
        if target.path and same(type, target.type):
            key = PATHS[target.type.full]
            if not self.catalog.carries(action, type, key):
                self.left_out.append(action.full)
                return []
            condition = self._path_test(key, target.path)
        return [Act((action.full,), patterns, (type,), condition)]

    def _path_test(self, key: str, path: str) -> Condition:
        """That a listing asks for the path only; for a deny, that it could show the path.

        A listing shows `p/x` when its prefix is absent, or is any start of `p/x`.
        """
        wild = is_pattern(path)
        if self.allows:
            return Test(key, "like" if wild else "equals", (path,))
        fixed = path.replace("?", "*").partition("*")[0]
        starts = tuple(fixed[:end] for end in range(len(fixed)))
        shows = Test(key, "like", (*starts, f"{fixed}*" if wild else path))
        return Or((shows, Not(Test(key, "present"))))

    def _misfit(self, name: str, target: Target, span: Span) -> None:
        nouns = self.nouns(self.context.expand(name))
        if self.left_out:
            help = "leave the path out"
        elif nouns:
            help = "it acts on: " + ", ".join(nouns[:6])
        else:
            help = f"it acts on no resource in particular: `{name} everything`"
        self.report.add(rules.ACTION_MISFIT, span, help=help, action=name, noun=shown(target.type))

    def nouns(self, actions: tuple[Action, ...]) -> list[str]:
        """The nouns after which `actions` may stand: short ones if there are any, A to Z."""
        types = [
            type for one in actions for pair in one.types if (type := self.catalog.type(f"{one.service}:{pair.name}"))
        ]
        found: set[str] = set()
        for noun, full in self.catalog.nouns().items():
            over = self.catalog.type(full) if any(full.startswith(f"{one.service}:") for one in actions) else None
            own = set(over.variables()) if over else set()
            if over and any(same(type, over) or (own and own <= set(type.variables())) for type in types):
                found.add(noun)
        return sorted(found) or sorted({shown(type) for type in types})

    # ---- verbs

    def _verb(self, at: ast.Word, verb: str, target: Target, through: tuple[str, ...]) -> list[Act]:
        meaning = self.context.library.find("administer" if verb == "do" else verb, target.type)
        if meaning is None:
            self.no_such_verb(at, verb, target.type)
            return []
        if isinstance(meaning, ByLevel):
            return self._by_level(at, verb, meaning, target)
        found: list[Act] = []
        for line in meaning.lines:
            if line.kind == "acts":
                found += self.line(line, target)
            elif line.kind == "includes":
                for word in [group.words[0] for group in line.groups]:
                    path = (*through, verb)
                    if word.text in path:
                        self.circular = True  # which `vet` has reported
                    else:
                        found += self._verb(at, word.text, target, path)
            elif line.kind == "through key":
                found += self._through_key(line, target)
            else:
                found += self._pass_role(line, at)
        return found

    def no_such_verb(self, at: ast.Word, verb: str, type: ResourceType) -> None:
        """Report that `verb`, written `at`, has no meaning on `type`."""
        library = self.context.library
        types = library.types_of(verb)
        if not types and not library.knows(verb):
            self.context.unknown_verb(at)
            return
        short = self.catalog.nouns()
        nouns = [noun for noun in short if short[noun] in types]
        nouns = nouns or [shown(one) for full in types if (one := self.catalog.type(full))]
        noun = shown(type)
        by_level = {one: library.find(one, type) for one in GENERAL}
        general = [one for one, found in by_level.items() if not isinstance(found, ByLevel) or found.actions]
        verbs = dict.fromkeys((*general, *library.definitions(type)))
        nearest = near(verb, tuple(verbs), NEAREST)
        help = f"one can `{verb}`: {', '.join(nouns[:6])}\n" if nouns else ""
        help += f"one can, with a {noun}: {', '.join([f'`{one}`' for one in nearest])}"
        help += f"; `iamdsl catalog show {noun}` lists all" if len(verbs) > len(nearest) else ""
        self.report.add(rules.VERB_MISFIT, at.span, help=help, verb=verb, noun=noun)

    def _by_level(self, at: ast.Word, verb: str, meaning: ByLevel, target: Target) -> list[Act]:
        noun, count = shown(target.type), len(meaning.actions)
        if not count:
            help = "name exact actions, such as `s3:GetObject`, or define the verb"
            self.report.add(rules.VERB_MISFIT, at.span, help=help, verb=verb, noun=noun)
            return []
        counted = f"{count} action{'' if count == 1 else 's'}"
        self.report.add(rules.LEVEL_VERB, at.span, verb=verb, noun=noun, count=counted, level=meaning.level)
        if not self.allows:
            self.report.add(rules.LEVEL_DENY, at.span, verb=verb)
            self.bindings.denied.add((at.span, verb, target.type.full))
        if self.allows:
            return [act for action in meaning.actions for act in self._on_type(action, target.type, target)]
        pairs = [(action, type) for action in meaning.actions for type in self.arns.takes(action, target, True)]
        return [act for action, type in pairs for act in self._on_type(action, type, target)]

    def line(self, line: ast.VerbLine, target: Target) -> list[Act]:
        """A line `ACTIONS on TARGET CLAUSES` of a verb's definition.

        A `cannot` is about the thing itself and what lies below it: what a verb needs beside that stays as it is.
        """
        read = self._read(line, target.type)
        starred = [Act((name,), ("*",), (), read.condition) for _, name, _ in read.actions] if read.everything else []
        if not self.allows and not read.own:
            self.spared += starred
            return []
        if read.everything:
            return starred
        type = read.type
        if type is None:
            return []
        target = self.arns.all_like(target, type) if read.any else target
        acts: list[Act] = []
        for _, name, fitting in read.actions:
            acts += self._line_acts(name, fitting, type, target)
        if read.condition == TRUE:
            return acts
        return [replace(act, condition=conjunction(read.condition, act.condition)) for act in acts]

    def _read(self, line: ast.VerbLine, type: ResourceType) -> Line:
        """The line as a verb's definition on `type`; read once where it is right."""
        key = (id(line), type.full)
        found = self.context.lines.get(key)
        if found is None:
            before = self.report.errors
            found = read_line(line, type, self.context)
            if self.report.errors == before:
                self.context.lines[key] = found
        return found

    def _line_acts(self, name: str, fitting: tuple[Action, ...], type: ResourceType, target: Target) -> list[Act]:
        whole = is_pattern(name) and not (target.path and same(type, target.type))
        if whole or name in self.bindings.unknown_actions:
            patterns = self.arns.patterns(target, type, None)
            return [Act((name,), patterns, (type,))] if patterns else []
        return [act for action in fitting for act in self._on_type(action, type, target)]

    # ---- companions

    def _through_key(self, line: ast.VerbLine, target: Target) -> list[Act]:
        """The grants on the key of `encrypted with key`, used through the service; a `cannot` leaves the key alone."""
        if not target.key or not self.allows:
            return []
        key_type = self.catalog.type("kms:key")
        assert key_type is not None, "the catalog has KMS"
        if (key_type.full, target.key) not in self.bindings.resources and not target.key.startswith("arn:"):
            return []  # which has a finding where it is declared
        key = self.arns.target(Thing(key_type, target.key, "", target.span), False, False)
        if key is None:
            return []
        value = via_service(line.target[0].text, key.region or self.bindings.region or "*", self.bindings)
        via = Test("kms:ViaService", "like" if is_pattern(value) else "equals", (value,))
        acts: list[Act] = []
        for group in line.groups:
            word = group.words[0]
            through = f"{word.text}-through"
            if is_action(word):
                name = self.context.action_name(word)
                acts += [Act((name,), self.arns.own(key, None), (key_type,))] if name else []
            else:
                acts += self._verb(word, through if self.context.library.knows(through) else word.text, key, ())
        return [replace(act, condition=conjunction(via, act.condition), companion=True) for act in acts]

    def _pass_role(self, line: ast.VerbLine, at: ast.Word) -> list[Act]:
        """`as role NAME`: the caller hands the role over to the service."""
        self.role_taken = True
        if self.role is None or not self.allows:
            self._role_misfit(at)
            return []
        name = self.context.text(self.role.values[0])
        arn = principal_arn("role", name, self.bindings, self.role.span, self.report)
        service = service_principal(line.target[0], self.bindings, self.report)
        role = self.catalog.type("iam:role")
        assert role is not None, "the catalog has IAM"
        to = Test("iam:PassedToService", "equals", (service,))
        return [Act(("iam:PassRole",), (arn,), (role,), to, companion=True)]

    def _role_misfit(self, at: ast.Word) -> None:
        """A `can` without the role, or a `cannot` with one: no action has a key that tells which role it is called with."""
        if self.allows:
            self.report.add(rules.NEEDS_ROLE, at.span, verb=at.text)
        elif self.role:
            help = f"write `cannot pass role {self.role.values[0].text}`, or leave the role out"
            why = "a `cannot` is about the thing, whatever the role"
            self.report.add(rules.BAD_CLAUSE, self.role.span, help=help, clause="as role", why=why)
