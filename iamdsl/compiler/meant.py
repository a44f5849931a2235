"""Which thing a declaration means: by its value, as what others own (`from terraform ADDRESS`), or by an inventory."""

from __future__ import annotations

import re

from iamdsl import rules, target_rules
from iamdsl.access.glob import is_wild
from iamdsl.catalog import ResourceType
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.phrase import shown
from iamdsl.compiler.references import KINDS, SPOKEN
from iamdsl.compiler.words import literal, suggestion
from iamdsl.diagnostics import Report
from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_INDEX = r'(?:\[(?:\d+|"[^"\\$%\n]*")\])*'
_NAME = r"[A-Za-z_][\w-]*"
# Terraform's language: "References to Named Values". The last three are whatever their author made them: an ARN, by our rule
_ADDRESS = re.compile(
    rf"(?:data\.)?(?!(?:module|var|local|each|count|path|self|terraform)\.){_NAME}\.{_NAME}{_INDEX}|module\.{_NAME}{_INDEX}\.{_NAME}{_INDEX}|(?:var|local)\.{_NAME}(?:\.{_NAME})*{_INDEX}",
    re.ASCII,
)
_LIKE_ADDRESS = re.compile(r"(?:data\.)?aws_[a-z0-9_]+\.[A-Za-z_]|module\.[A-Za-z_][\w-]*\.")
# CloudFormation user guide, "Outputs": the name of an export
_EXPORT = re.compile(r"[A-Za-z0-9:-]{1,255}")
_SHAPES = {
    "terraform": (_ADDRESS, "an address of Terraform", "such as `aws_s3_bucket.logs`, `module.storage.bucket_arn`"),
    "export": (_EXPORT, "the name of an export", "it has letters, digits, `:` and `-`"),
}
_TARGETS = {kind: target for target, kind in KINDS.items()}


@record
class Found:
    """The `value` of a declaration, a name in AWS or an ARN, where it was written, and the account and region that go with
    a name, "" where the declaration says those."""

    value: str
    place: Span
    account: str = ""
    region: str = ""


def meant(
    type: ResourceType,
    word: ast.Word,
    value: ast.Word | None,
    facts: Sequence[ast.Fact],
    account: str,
    bindings: Bindings,
    report: Report,
) -> Found:
    """What the declaration of `word` stands for. `facts`: those that say who owns it; `account`: where it says it is."""
    name = literal(word, bindings.params, report)
    if facts:
        if value is not None or len(facts) > 1:
            help = "leave all but one of them out"
            report.add(rules.BAD_DECLARATION, facts[-1].span, help=help, what="says twice which thing it is")
        return _owned(type, facts[0], bindings, report)
    given = literal(value, bindings.params, report) if value is not None else name
    found = Found(given, (value or word).span)
    if value is not None and _LIKE_ADDRESS.match(given):
        help = f"if Terraform makes it: `from terraform {given.removesuffix('.arn')}`"
        report.add(target_rules.LIKE_ADDRESS, value.span, help=help, kind=shown(type), value=given)
    inventory = bindings.inventory
    if inventory is None:
        return found
    if value is not None:
        if not is_wild(given):
            inventory.check(type, name, given, found.place, report)
        return found
    found = inventory.find(type, name, word.span, report)
    where = found.account or (*found.value.split(":"), "", "", "", "", "")[4]
    if found.value.startswith("arn:") and account and where and account not in ("*", where):
        kind = shown(type)
        help = f"leave `in account` out, or say its ARN: `{kind} {name} = arn:...`"
        report.add(target_rules.DIFFERENT, word.span, help=help, kind=kind, name=name, arn=found.value)
    return found


def _owned(type: ResourceType, fact: ast.Fact, bindings: Bindings, report: Report) -> Found:
    """What `fact` names: the text that stands for it, or what an inventory has where the target does not know it."""
    word = fact.values[0]
    name = literal(word, bindings.params, report)
    shape, what, help = _SHAPES[fact.kind]
    inventory, told = bindings.inventory, SPOKEN[bindings.references.target]
    if not shape.fullmatch(name):
        if shape.fullmatch(short := name.removesuffix(".arn")) and short != name:
            help = f"write it without `.arn`: `from terraform {short}`"
        report.add(target_rules.BAD_ADDRESS, word.span, help=help, name=name, what=what)
    elif KINDS.get(bindings.references.target) != fact.kind:
        kind = "address" if fact.kind == "terraform" else "export"
        if inventory and (found := inventory.owned(type, fact.kind, name, word.span, report)):
            return found
        if inventory and (known := inventory.addresses(fact.kind)):
            report.add(target_rules.MISSING, word.span, help=suggestion(name, known), kind=kind, name=name)
        else:
            target = _TARGETS[fact.kind]
            help = f'compile with `--target {target}`, or name a file that has it: `inventory "..."`'
            report.add(target_rules.UNRESOLVED, word.span, help=help, target=told, kind=kind, name=name)
    return Found(bindings.references.name(fact.kind, name, word.span), word.span)
