"""What a declaration states of a principal or managed policy beside what it can do: its path and its tags."""

from __future__ import annotations

import re

from iamdsl import rules
from iamdsl.compiler.bindings import Managed
from iamdsl.compiler.words import literal
from iamdsl.diagnostics import Label, Report
from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Facts = tuple[ast.Fact | ast.TagClause, ...]

# IAM API reference, CreateRole, `Path`: / or printable ASCII between two of them
_PATH = re.compile(r"/(?:[!-~]{1,510}/)?")
MOST_TAGS = 50  # IAM user guide, "IAM and AWS STS quotas"


@record
class Stated:
    """The path and tags of a managed policy of the program."""

    name: str
    path: str = "/"
    tags: tuple[tuple[str, str], ...] = ()


def stated(policies: Iterable[Managed], params: Mapping[str, str], report: Report) -> tuple[Stated, ...]:
    """What is stated of `policies`, without those of which nothing is. Their paths are checked here, once."""
    found = [
        Stated(one.name, path(one.facts, params, report), tags(one.facts, one.span, params, report)) for one in policies
    ]
    return tuple([one for one in found if one != Stated(one.name)])


def path(facts: Facts, params: Mapping[str, str], report: Report) -> str:
    """The path that `facts` state, `/` where they state none; a finding for one that IAM does not take."""
    words = [fact.values[0] for fact in facts if isinstance(fact, ast.Fact) and fact.kind == "path"]
    if len(words) > 1:
        places = (Label(words[1].span), Label(words[0].span, "the first is here"))
        report.add(rules.DUPLICATE_SETTING, places, kind="the path")
    if not words:
        return "/"
    text = literal(words[0], params, report)
    if not _PATH.fullmatch(text):
        help = "it begins and ends with `/`, such as `/engineering/`"
        report.add(rules.BAD_VALUE, words[0].span, help=help, value=text, what="a path")
        return "/"
    return text


def tags(facts: Facts, span: Span, params: Mapping[str, str], report: Report) -> tuple[tuple[str, str], ...]:
    """The tags that `facts` state, A to Z; findings for those that IAM does not take. `span`: whose they are.

    IAM user guide, "Tags for IAM resources": keys are compared without case.
    """
    found: dict[str, tuple[str, str]] = {}
    for clause in [one for one in facts if isinstance(one, ast.TagClause)]:
        for word, operand in clause.tags:
            key = literal(word, params, report)
            if isinstance(operand, ast.TagOf):
                help = "a declaration says what a thing is: write the value out"
                report.add(rules.BAD_DECLARATION, operand.span, help=help, what="takes a tag from elsewhere")
                continue
            value = literal(operand, params, report)
            if not _fits(key, 1, 128) or key.lower().startswith("aws:"):
                help = "it has 1 to 128 letters, digits, spaces and `_.:/=+-@`, and does not begin with `aws:`"
                report.add(rules.BAD_VALUE, word.span, help=help, value=key, what="the key of a tag")
            elif not _fits(value, 0, 256):
                help = "it has up to 256 letters, digits, spaces and `_.:/=+-@`"
                report.add(rules.BAD_VALUE, operand.span, help=help, value=value, what="the value of a tag")
            elif found.setdefault(key.lower(), (key, value)) != (key, value):
                report.add(rules.DUPLICATE_SETTING, word.span, kind=f"tag `{key}`")
    if len(found) > MOST_TAGS:
        report.add(rules.BAD_DECLARATION, span, what=f"has {len(found)} tags: IAM takes {MOST_TAGS}")
    return tuple(sorted(found.values()))


def _fits(text: str, least: int, most: int) -> bool:
    """IAM API reference, the data type Tag."""
    return least <= len(text) <= most and all([c.isalnum() or c.isspace() or c in "_.:/=+-@" for c in text])


def fitting(principal_kind: str, facts: Facts, report: Report) -> None:
    """Report what is stated of a kind of thing that cannot have it."""
    allowed = _ALLOWED.get(principal_kind, ())
    for fact in facts:
        if fact.kind not in allowed:
            what = f"states what a {principal_kind or 'resource'} does not have: {_SHOWN.get(fact.kind, fact.kind)}"
            report.add(rules.BAD_DECLARATION, fact.span, help=_HELP.get(fact.kind, ""), what=what)


_ALLOWED = {"user": ("boundary", "path", "tagged"), "group": ("path",), "policy": ("path", "tagged")}
_SHOWN = {"boundary": "a boundary", "path": "a path", "tagged": "tags"}
_HELP = {
    "boundary": "only a user, a role and a permission set have a boundary",
    "tagged": "IAM tags users, roles and managed policies",
    "path": "users, groups, roles and managed policies have a path",
}
