"""Policies that are part of a user, group or role: whose they are, and their sentences with whom they are of as the subject."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import Owner
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.subjects import INLINE, Subjects
from iamdsl.compiler.words import literal
from iamdsl.diagnostics import Label, Report
from iamdsl.record import replace
from iamdsl.source import Span
from iamdsl.syntax import ast

HOLDERS = ("user", "group", "role")


def inline(bindings: Bindings, report: Report) -> None:
    """Report inline policies that are of nobody who can have one, twice of somebody, or empty."""
    places: dict[Owner, Span] = {}
    subjects = Subjects(bindings, report)
    for node in bindings.inline:
        name = literal(node.name, bindings.params, report)
        who = subjects.of(node.subjects, True)
        if who.mode or who.outsiders or any([owner.kind not in HOLDERS for owner in who.owners]):
            help = "a user, a group and a role have inline policies"
            report.add(rules.NOT_A_HOLDER, node.subjects.span, help=help, what="these")
        for owner in who.owners:
            other = places.setdefault(replace(owner, inline=name), node.name.span)
            if other is not node.name.span:
                labels = (Label(node.name.span), Label(other, "first declared here"))
                kind = f"inline policy of {owner.kind} `{owner.name}`"
                report.add(rules.DUPLICATE_NAME, labels, kind=kind, name=name)
        for line in node.body:
            sentence = line.sentence
            said = isinstance(sentence, ast.Grant) and sentence.subjects is None
            if not said and not isinstance(sentence, (ast.Kept, ast.BadSentence)):
                help = "in here stand sentences that begin with `can` and `cannot`: who has the policy is the subject"
                report.add(rules.MISPLACED, sentence.span, help=help, where="an inline policy")
        if not node.body:
            help = "write sentences in it, such as `can read bucket reports`"
            report.add(rules.EMPTY_BODY, node.name.span, help=help, name=name)


def sentences(node: ast.InlinePolicy) -> list[ast.Line]:
    """The sentences of an inline policy, each with a subject that says whose and of what name it is."""
    items = [replace(one, kind=f"{INLINE}{one.kind}", words=(node.name, *one.words)) for one in node.subjects.items]
    subjects = replace(node.subjects, items=tuple(items))
    return [
        replace(line, sentence=replace(line.sentence, subjects=subjects))
        for line in node.body
        if isinstance(line.sentence, ast.Grant) and line.sentence.subjects is None
    ]


def kept_inline(bindings: Bindings, report: Report) -> list[tuple[Owner, str, ast.Kept]]:
    """Whose the inline policies are that are kept in files, and their kind."""
    subjects = Subjects(bindings, report)
    return [
        (replace(owner, inline=literal(node.name, bindings.params, report)), "identity", line.sentence)
        for node in bindings.inline
        for line in node.body
        if isinstance(line.sentence, ast.Kept)
        for owner in subjects.of(node.subjects, True).owners
    ]
