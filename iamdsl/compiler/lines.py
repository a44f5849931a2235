"""The lines of a verb's definition: `ACTIONS on TARGET CLAUSES`."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import TRUE, Condition
from iamdsl.catalog import Action, ResourceType
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
    take the target's `type`, which is None for `everything` and where the line is wrong.
    """

    actions: tuple[tuple[ast.Word, str, tuple[Action, ...]], ...]
    type: ResourceType | None
    condition: Condition = TRUE
    everything: bool = False


def read_line(line: ast.VerbLine, noun: ResourceType, context: Context) -> Line:
    """`line` of a verb on `noun`; findings for what is wrong with it."""
    words = " ".join(word.text for word in line.target)
    named = [group.words[0] for group in line.groups]
    names = [(word, name) for word in named if (name := context.action_name(word))]
    condition = Conditions(context.bindings, context.report, noun.service).of(line.qualifiers)
    if words in EVERYTHING:
        return Line(tuple((word, name, ()) for word, name in names), None, condition, True)
    type = _type(line, words, noun, context)
    if type is None:
        help = f"a line acts on the {shown(noun)} itself, on another type of {noun.service}, or on everything"
        what = f"names no resource type of {noun.service}: `{words}`"
        context.report.add(rules.BAD_VERB, line.target[0].span.to(line.target[-1].span), help=help, what=what)
        return Line((), None)
    actions = [
        (word, name, tuple(one for one in context.expand(name) if context.catalog.pair(one, type)))
        for word, name in names
    ]
    return Line(tuple(actions), type, condition)


def _type(line: ast.VerbLine, words: str, noun: ResourceType, context: Context) -> ResourceType | None:
    found = context.catalog.noun([word.text for word in line.target])
    if found and same(found[0], noun):
        return noun
    return context.catalog.type_named(noun.service, words)
