"""What a declaration says of a thing that others own: `from terraform ADDRESS`, `from export NAME`."""

from __future__ import annotations

import re

from iamdsl import rules, target_rules
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.references import KINDS, SPOKEN
from iamdsl.compiler.words import literal
from iamdsl.diagnostics import Report
from iamdsl.syntax import ast

_INDEX = r'(?:\[(?:\d+|"[^"\\$%\n]*")\])*'
_NAME = r"[A-Za-z_][\w-]*"
# Terraform's language: "References to Named Values". The last three are whatever their author made them: an ARN, by our rule
_ADDRESS = re.compile(
    rf"(?:data\.)?{_NAME}\.{_NAME}{_INDEX}|module\.{_NAME}{_INDEX}\.{_NAME}{_INDEX}|(?:var|local)\.{_NAME}(?:\.{_NAME})*{_INDEX}",
    re.ASCII,
)
_VALUES = ("module.", "var.", "local.")
# CloudFormation user guide, "Outputs": the name of an export
_EXPORT = re.compile(r"[A-Za-z0-9:-]{1,255}")
_SHAPES = {
    "terraform": (_ADDRESS, "an address of Terraform", "such as `aws_s3_bucket.logs`, `module.storage.bucket_arn`"),
    "export": (_EXPORT, "the name of an export", "it has letters, digits, `:` and `-`"),
}
_TARGETS = {kind: target for target, kind in KINDS.items()}


def owned(fact: ast.Fact, value: ast.Word | None, bindings: Bindings, report: Report) -> str:
    """The text that stands for what `fact` names; a finding, and that text, where this target does not know it.

    `value` is what the declaration gives beside.
    """
    word = fact.values[0]
    name = literal(word, bindings.params, report)
    if value is not None:
        help = "leave one of the two out"
        report.add(rules.BAD_DECLARATION, fact.span, help=help, what="says twice which thing it is")
    shape, what, help = _SHAPES[fact.kind]
    if not shape.fullmatch(name):
        report.add(target_rules.BAD_ADDRESS, word.span, help=help, name=name, what=what)
    elif KINDS.get(bindings.references.target) != fact.kind:
        target = _TARGETS[fact.kind]
        help = f'compile with `--target {target}`, or name a file that has it: `inventory "..."`'
        kind = "address" if fact.kind == "terraform" else "export"
        told = SPOKEN[bindings.references.target]
        report.add(target_rules.UNRESOLVED, word.span, help=help, target=told, kind=kind, name=name)
    return bindings.references.name(fact.kind, name, word.span)


def attribute(address: str) -> str:
    """What has the ARN of the thing at a Terraform `address`."""
    return address if address.startswith(_VALUES) else f"{address}.arn"
