"""The lines of a verb's definition, `ACTIONS on TARGET CLAUSES`, and what can be wrong with them."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import TRUE, Condition
from iamdsl.catalog import Action, Catalog, ResourceType
from iamdsl.compiler.acts import Context
from iamdsl.compiler.arns import same
from iamdsl.compiler.conditions import Conditions
from iamdsl.compiler.phrase import EVERYTHING, shown
from iamdsl.record import record
from iamdsl.syntax import ast


@record
class Line:
    """A line as it goes for one type of noun.

    `actions` are the words, the names or patterns that they stand for, and those of the catalog's actions among these that
    take the target's `type`, which is None for `everything` and where the line is wrong. `any`: the line is about all
    resources of that type, wherever the noun's own is. `own`: about the noun itself or what lies below it.
    """

    actions: tuple[tuple[ast.Word, str, tuple[Action, ...]], ...]
    type: ResourceType | None
    condition: Condition = TRUE
    everything: bool = False
    any: bool = False
    own: bool = False


def line_type(words: list[str], noun: ResourceType, catalog: Catalog) -> tuple[ResourceType | None, bool]:
    """The type that the target `words` of a line name in a verb on `noun`, and whether they say `any`."""
    any_one = len(words) > 1 and words[0] == "any"
    named = words[1:] if any_one else words
    found = catalog.noun(named)
    if found and found[1] == len(named) and same(found[0], noun):
        return noun, any_one
    type = catalog.type_named(noun.service, " ".join(named))
    if type is None and found and found[1] == len(named) and found[0].service == noun.service:
        type = found[0]
    return type, any_one


def read_line(line: ast.VerbLine, noun: ResourceType, context: Context) -> Line:
    """`line` of a verb on `noun`; findings for what is wrong with it."""
    texts = [word.text for word in line.target]
    named = [group.words[0] for group in line.groups]
    names = [(word, name) for word in named if (name := context.action_name(word))]
    condition = Conditions(context.bindings, context.report, noun.service).of(line.qualifiers)
    if " ".join(texts) in EVERYTHING:
        return Line(tuple((word, name, ()) for word, name in names), None, condition, True)
    type, any_one = line_type(texts, noun, context.catalog)
    if type is None or not (any_one or related(type, noun)):
        _unrelated(line, type, noun, context)
        return Line((), None)
    actions: list[tuple[ast.Word, str, tuple[Action, ...]]] = []
    for word, name in names:
        fitting = tuple(one for one in context.expand(name) if context.catalog.pair(one, type))
        if not fitting and name not in context.bindings.unknown_actions:
            context.report.add(rules.ACTION_MISFIT, word.span, action=name, noun=shown(type))
        actions.append((word, name, fitting))
    own = set(noun.variables())
    holds = own <= set(type.variables()) and not (any_one and own)
    return Line(tuple(actions), type, condition, False, any_one, holds or (same(type, noun) and not any_one))


def related(type: ResourceType, noun: ResourceType) -> bool:
    """Whether which resources of `type` go with one of `noun` can be told: they are it, lie below or around it, or there is
    but one."""
    wanted = set(type.variables())
    return same(type, noun) or not wanted or not wanted.isdisjoint(noun.variables())


def _unrelated(line: ast.VerbLine, type: ResourceType | None, noun: ResourceType, context: Context) -> None:
    words = " ".join(word.text for word in line.target)
    if type is None:
        help = f"a line acts on the {shown(noun)} itself, on another type of {noun.service}, or on everything"
        what = f"names no resource type of {noun.service}: `{words}`"
    else:
        help = f"write `on any {words}` if all of them are meant, wherever the {shown(noun)} is"
        what = f"does not say which `{words}` goes with the {shown(noun)}"
    context.report.add(rules.BAD_VERB, line.target[0].span.to(line.target[-1].span), help=help, what=what)
