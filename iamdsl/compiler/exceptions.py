"""`except`: actions and resources taken away from acts, as AWS can say it."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.reach import Reach
from iamdsl.catalog import matches
from iamdsl.compiler.acts import Act, Context
from iamdsl.compiler.arns import PATHS, format_patterns
from iamdsl.compiler.meaning import Meaning
from iamdsl.compiler.phrase import Predicate, Thing, is_action
from iamdsl.record import replace
from iamdsl.source import Span
from iamdsl.syntax import ast


def without(
    acts: list[Act],
    predicate: Predicate,
    qualifiers: tuple[ast.Qualifier, ...],
    meaning: Meaning,
    places: tuple[bool, bool],
) -> list[Act]:
    """`acts` less what the `except` clauses among `qualifiers` name.

    `places` says whether the sentence holds in any account and in any region.
    """
    groups = [group for one in qualifiers if isinstance(one, ast.Except) for group in one.groups]
    services = [
        word for one in qualifiers if isinstance(one, ast.Clause) and one.kind == "except in" for word in one.values
    ]
    if not groups and not services:
        return acts
    return _Exceptions(predicate, meaning, places).taken(acts, groups, services)


class _Exceptions:
    def __init__(self, predicate: Predicate, meaning: Meaning, places: tuple[bool, bool]) -> None:
        self.context: Context = meaning.context
        self.catalog = meaning.catalog
        self.report = meaning.report
        self.meaning = meaning
        self.predicate = predicate
        self.places = places
        self.actions: list[tuple[str, Span]] = []
        self.things: list[Thing] = []

    def taken(self, acts: list[Act], groups: list[ast.Group], services: list[ast.Word]) -> list[Act]:
        before = self.report.errors
        self.actions += [(f"{name}:*", word.span) for word in services if (name := self.context.service_name(word))]
        for group in groups:
            self.sort(group)
        if self.report.errors == before and self.actions:
            acts = self.without_actions(acts)
        if self.report.errors == before and self.things:
            acts = self.without_things(acts)
        return acts

    def sort(self, group: ast.Group) -> None:
        """Tell whether an excepted word group names actions or resources."""
        first, *rest = group.words
        text = self.context.text(group.words[-1])
        noun = self.catalog.noun([word.text for word in group.words if not word.quoted])
        any_noun = self.catalog.noun([word.text for word in rest]) if first.text == "any" and rest else None
        if is_action(first) and not rest:
            self.actions += [(name, first.span)] if (name := self.context.action_name(first)) else []
        elif not rest and not first.quoted and self.context.library.knows(first.text):
            self.verb(first)
        elif first.text.startswith("arn:") and not rest:
            self.things.append(Thing(None, "", text, group.span))
        elif any_noun and len(rest) == any_noun[1]:
            self.things.append(Thing(any_noun[0], "*", "", group.span))
        elif noun and len(group.words) == noun[1] + 1:
            self.things.append(Thing(noun[0], text, "", group.span))
        elif self.things and self.things[-1].type and not rest:
            self.things.append(Thing(self.things[-1].type, text, "", group.span))
        else:
            help = "after `except` stand actions, verbs, or resources such as `bucket logs-*`"
            what = " ".join(word.text for word in group.words)
            self.report.add(rules.EXCEPT_MISFIT, group.span, help=help, what=f"`{what}`")

    def verb(self, word: ast.Word) -> None:
        """The actions of an excepted verb on the things of the predicate."""
        named = [thing for thing in self.predicate.things if thing.type or thing.arn]
        targets = [target for thing in named if (target := self.context.arns.target(thing, *self.places))]
        found = [name for target in targets for act in self.meaning.of(word, target) for name in act.actions]
        self.actions += [(name, word.span) for name in found]
        if not named:
            help = "name exact actions"
            self.report.add(rules.EXCEPT_MISFIT, word.span, help=help, what=f"`{word.text}` of everything")

    def without_actions(self, acts: list[Act]) -> list[Act]:
        names = tuple(dict.fromkeys(name for name, _ in self.actions))
        found: list[Act] = []
        for act in acts:
            if act.action == "*" and act.resources == ("*",):
                found.append(replace(act, actions=names, except_actions=True))
                continue
            parts = [act.narrowed(one.full) for one in self.context.expand(act.action)] if act.wild else [act]
            kept = [one for one in parts if not any(matches(name.lower(), one.action.lower()) for name in names)]
            found += [act] if len(kept) == len(parts) else self.refitted(kept)
        self.needless(acts)
        if all([act.companion for act in found]):  # a key or role alone is no use
            found = []
        if not found:
            help = "except less, or leave the sentence out"
            self.report.add(rules.NOTHING_LEFT, self.predicate.span, help=help, why="`except` takes everything away")
        return found

    def needless(self, acts: list[Act]) -> None:
        """Report each excepted word of which the sentence grants nothing."""
        whole = any(act.action == "*" for act in acts)
        granted = {one.full.lower() for act in acts if not whole for one in self.context.expand(act.action)}
        granted |= {act.action.lower() for act in acts}
        for span in dict.fromkeys(span for _, span in self.actions):
            names = [name.lower() for name, of in self.actions if of is span]
            if not whole and not any(matches(name, one) for name in names for one in granted):
                help = "leave it out, or name what the sentence grants"
                what = ", ".join(name for name, of in self.actions if of is span)
                self.report.add(rules.EXCEPT_MISFIT, span, help=help, what=what)

    def refitted(self, acts: list[Act]) -> list[Act]:
        """Single actions out of a pattern keep only the resources whose types they take."""
        reach = Reach(self.formats)
        found: list[Act] = []
        for act in acts:
            some = bool(self.formats(act.action))  # else it acts on no resource in particular
            fitting = tuple(arn for arn in act.resources if arn == "*" or (some and reach.possible(act.action, arn)))
            if fitting:
                found.append(replace(act, resources=fitting))
        return found

    def formats(self, name: str) -> tuple[str, ...]:
        return tuple(format for one in self.context.expand(name) for format in format_patterns(one, self.catalog))

    def without_things(self, acts: list[Act]) -> list[Act]:
        """Everything but some resources: AWS's NotResource.

        `any secret` is excepted in every account and region: the exception holds wherever the grant does.
        """
        if any(act.resources != ("*",) or act.except_actions for act in acts):
            help = "grant it and add a `cannot` for the exception, or name what is meant"
            what = "only from `everything`, and only besides whole actions, can resources be excepted"
            self.report.add(rules.BAD_EXCEPT, self.things[0].span, help=help, what=what)
            return []
        patterns: list[str] = []
        for thing in self.things:
            wide = thing.name == "*"
            target = self.context.arns.target(thing, wide or self.places[0], wide or self.places[1])
            if target is None:
                return []
            patterns += self.context.arns.own(target, None)
            if target.type.full in PATHS and not target.arn:
                below = self.catalog.type_named(target.type.service, "object")
                patterns += (self.context.arns.patterns(target, below, None) or ()) if below else ()
        return [replace(act, resources=tuple(dict.fromkeys(patterns)), except_resources=True) for act in acts]
