"""What the verbs of the library mean, so that they can be found by their actions."""

from __future__ import annotations

from iamdsl.access.model import TRUE
from iamdsl.catalog import ResourceType
from iamdsl.compiler.acts import Act, Context
from iamdsl.compiler.arns import Target
from iamdsl.compiler.lines import line_type
from iamdsl.compiler.meaning import Meaning
from iamdsl.compiler.phrase import EVERYTHING
from iamdsl.compiler.predicate import overreaching
from iamdsl.compiler.verbs import ByLevel
from iamdsl.decompiler.words import key
from iamdsl.syntax import ast

Pairs = frozenset[tuple[str, str]]  # (action in lower case, resource)


class Meanings:
    """The meanings of verbs, as the compiler of `context` has them, in sentences that allow or deny."""

    def __init__(self, context: Context, allows: bool) -> None:
        self.context = context
        self.allows = allows
        self._verbs: dict[str, tuple[tuple[str, frozenset[str]], ...]] = {}
        self._acts: dict[tuple[str, Target], list[Act] | None] = {}

    def verbs(self, type: ResourceType) -> tuple[tuple[str, frozenset[str]], ...]:
        """The library's verbs on `type`, each with actions that it means on any one."""
        if type.full not in self._verbs:
            found = [(verb, self._least(verb, type, ())) for verb in self.context.library.definitions(type)]
            self._verbs[type.full] = tuple(
                [(verb, frozenset(actions)) for verb, actions in found if actions is not None]
            )
        return self._verbs[type.full]

    def _least(self, verb: str, type: ResourceType, through: tuple[str, ...]) -> set[str] | None:
        """None for what decompiling does not say: verbs by access level, which change with the catalog, those that need a
        role or say a condition."""
        meaning = self.context.library.find(verb, type)
        if meaning is None or isinstance(meaning, ByLevel) or verb in through:
            return None
        found: set[str] = set()
        for line in meaning.lines:
            words = [group.words[0].text for group in line.groups]
            if line.kind == "passes role" or line.qualifiers:
                return None
            for word in words if line.kind == "includes" else ():
                more = self._least(word, type, (*through, verb))
                if more is None:
                    return None
                found |= more
            if line.kind == "acts" and self._counts(line, type):
                found |= {word.lower() for word in words}
        return found

    def _counts(self, line: ast.VerbLine, type: ResourceType) -> bool:
        """Whether the line is part of the meaning: in a `cannot`, only what is about the thing and what lies below it is."""
        texts = [word.text for word in line.target]
        if self.allows:
            return type.full != "s3:bucket" or not texts or texts[0] != "bucket"  # which a path leaves out
        if " ".join(texts) in EVERYTHING:
            return False
        target, any_one = line_type(texts, type, self.context.catalog)
        return target is not None and not any_one and set(type.variables()) <= set(target.variables())

    def of(self, verb: str, target: Target) -> list[Act] | None:
        """What a verb, or an exact action, means on `target`; None where it means nothing, or more than pairs."""
        at = (verb, target)
        if at not in self._acts:
            self._acts[at] = self._of(verb, target) if ":" not in verb or self._takes(verb, target) else None
        return self._acts[at]

    def _of(self, verb: str, target: Target) -> list[Act] | None:
        report = self.context.report
        before = report.errors
        found = Meaning(self.context, self.allows, None).of(key(verb), target)
        if report.errors > before:
            return None
        plain = not any([act.condition != TRUE or act.companion or act.except_actions for act in found])
        return found if found and plain else None

    def _takes(self, action: str, target: Target) -> bool:
        """Whether the action, or one that the pattern stands for, takes `target`: cheaper than to be told why not."""
        context = self.context
        return any([context.arns.takes(one, target, not self.allows) for one in context.expand(action)])

    def anywhere(self, verb: str, target: Target) -> list[Act] | None:
        """What a verb means on all of a type on AWS's `*`."""
        found = self.of(verb, target)
        return None if found is None or overreaching(found, self.context) is not None else found


def pairs(acts: list[Act]) -> Pairs:
    """The single actions on single resources in `acts`."""
    return frozenset(
        [(action.lower(), resource) for act in acts for action in act.actions for resource in act.resources]
    )
