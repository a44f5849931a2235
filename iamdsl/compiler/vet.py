"""The verbs that a program defines, each checked whether a sentence uses it or not."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.catalog import ResourceType
from iamdsl.compiler.acts import Context
from iamdsl.compiler.callers import service_principal
from iamdsl.compiler.lines import read_line
from iamdsl.compiler.meaning import Meaning
from iamdsl.compiler.phrase import is_action, shown
from iamdsl.syntax import ast


def vet(context: Context) -> None:
    """Report what is wrong in the definitions of the program's verbs."""
    for (name, full), verb in context.library.own().items():
        type = context.catalog.type(full)
        assert type is not None, f"{full} was looked up when the verb was"
        context.library.find(name, type)
        for line in verb.lines:
            _line(line, name, type, context)


def _line(line: ast.VerbLine, verb: str, type: ResourceType, context: Context) -> None:
    if line.kind == "acts":
        read_line(line, type, context)
    elif line.kind == "includes":
        _includes(line, verb, type, context)
    elif line.kind == "through key":
        key = context.catalog.type("kms:key")
        assert key is not None, "the catalog has KMS"
        service_principal(line.target[0], context.bindings, context.report)
        for group in line.groups:
            _on_key(group.words[0], key, context)
    else:
        service_principal(line.target[0], context.bindings, context.report)


def _includes(line: ast.VerbLine, verb: str, type: ResourceType, context: Context) -> None:
    for group in line.groups:
        word, *more = group.words
        if is_action(word):
            help = f"say on what: `{word.text} on {shown(type)}`"
            context.report.add(rules.BAD_VERB, group.span, help=help, what=f"does not say what `{word.text}` acts on")
        elif more:
            help = "verbs that are included have commas between them"
            context.report.add(rules.EXTRA_WORDS, more[0].span, help=help, word=more[0].text, before=word.text)
        elif context.library.find(word.text, type) is None:
            Meaning(context, True, None).no_such_verb(word, word.text, type)
        elif (cycle := _cycle(word.text, type, (verb,), context)) and verb == min(cycle):
            context.report.add(rules.BAD_VERB, word.span, what=f"includes itself: {' > '.join(cycle)}")


def _cycle(verb: str, type: ResourceType, through: tuple[str, ...], context: Context) -> tuple[str, ...]:
    """The way from the first verb of `through` by `verb` back to it, () if there is none."""
    if verb in through:
        return (*through, verb) if verb == through[0] else ()
    meaning = context.library.find(verb, type)
    lines = meaning.lines if isinstance(meaning, ast.Verb) else ()
    for word in [group.words[0].text for line in lines if line.kind == "includes" for group in line.groups]:
        if found := _cycle(word, type, (*through, verb), context):
            return found
    return ()


def _on_key(word: ast.Word, key: ResourceType, context: Context) -> None:
    if is_action(word):
        name = context.action_name(word)
        found = context.expand(name) if name else ()
        if found and not any(context.catalog.pair(action, key) for action in found):
            context.report.add(rules.ACTION_MISFIT, word.span, action=name, noun=shown(key))
    elif context.library.find(f"{word.text}-through", key) is None and context.library.find(word.text, key) is None:
        Meaning(context, True, None).no_such_verb(word, word.text, key)
