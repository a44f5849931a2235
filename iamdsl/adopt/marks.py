"""What stands in a document for a value that is not known where it was found.

A mark is a text that occurs nowhere else in the input and fits where it stands: twelve digits for an account, the name of a
region, letters for a name. Once there are sentences, `{name}` takes its place, and the program has a `param name`.
"""

from __future__ import annotations

import re

from iamdsl import rules
from iamdsl.adopt.hcl import CLOSE, OPEN
from iamdsl.adopt.model import Reference
from iamdsl.diagnostics import Report
from iamdsl.policy.located import Node
from iamdsl.policy.model import Document
from iamdsl.record import replace
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_REFERENCE = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
# what a Terraform or CloudFormation type's ARN is like; {p}, {r}, {a}: partition, region and account
ARNS = {
    **dict.fromkeys(("aws_s3_bucket", "AWS::S3::Bucket"), "arn:{p}:s3:::{n}"),
    **dict.fromkeys(("aws_sqs_queue", "AWS::SQS::Queue"), "arn:{p}:sqs:{r}:{a}:{n}"),
    **dict.fromkeys(("aws_sns_topic", "AWS::SNS::Topic"), "arn:{p}:sns:{r}:{a}:{n}"),
    **dict.fromkeys(("aws_dynamodb_table", "AWS::DynamoDB::Table"), "arn:{p}:dynamodb:{r}:{a}:table/{n}"),
    **dict.fromkeys(("aws_lambda_function", "AWS::Lambda::Function"), "arn:{p}:lambda:{r}:{a}:function:{n}"),
    **dict.fromkeys(("aws_kms_key", "AWS::KMS::Key"), "arn:{p}:kms:{r}:{a}:key/{n}"),
    **dict.fromkeys(("aws_iam_role", "AWS::IAM::Role"), "arn:{p}:iam::{a}:role/{n}"),
    **dict.fromkeys(("aws_iam_user", "AWS::IAM::User"), "arn:{p}:iam::{a}:user/{n}"),
    **dict.fromkeys(("aws_iam_group", "AWS::IAM::Group"), "arn:{p}:iam::{a}:group/{n}"),
    **dict.fromkeys(("aws_iam_policy", "AWS::IAM::ManagedPolicy"), "arn:{p}:iam::{a}:policy/{n}"),
    **dict.fromkeys(("aws_secretsmanager_secret", "AWS::SecretsManager::Secret"), "arn:{p}:secretsmanager:{r}:{a}:secret:{n}"),
    **dict.fromkeys(("aws_ecr_repository", "AWS::ECR::Repository"), "arn:{p}:ecr:{r}:{a}:repository/{n}"),
    **dict.fromkeys(("aws_cloudwatch_log_group", "AWS::Logs::LogGroup"), "arn:{p}:logs:{r}:{a}:log-group:{n}"),
    **dict.fromkeys(("aws_kinesis_stream", "AWS::Kinesis::Stream"), "arn:{p}:kinesis:{r}:{a}:stream/{n}"),
    **dict.fromkeys(("aws_sfn_state_machine", "AWS::StepFunctions::StateMachine"), "arn:{p}:states:{r}:{a}:stateMachine:{n}"),
    **dict.fromkeys(("aws_cloudwatch_event_bus", "AWS::Events::EventBus"), "arn:{p}:events:{r}:{a}:event-bus/{n}"),
}  # fmt: skip
ANY_ARN = "*x-any-"  # begins the mark of an ARN of which not even the service is known: it may be of anything
_REGIONS = ("mx-central-1", "ap-southeast-7", "il-central-1", "ca-west-1", "ap-southeast-5", "ap-south-2")


class Marks:
    """Gives out marks. `text` is all of the input, in which none of them occurs."""

    def __init__(self, text: str, account: str = "", region: str = "", partition: str = "aws") -> None:
        self.text = text
        self.given = {"account": account, "region": region}
        self.partition = partition
        self.found: dict[str, Reference] = {}
        self.place: Span | None = None  # of what is being read
        self.grown: set[str] = set()  # what was taken for a name, and turned out to be an ARN

    @property
    def references(self) -> tuple[Reference, ...]:
        return tuple(self.found.values())

    def account(self) -> str:
        """The id of the account, or what stands for it."""
        return self.given["account"] or self.mark("account", "the account", self.fresh("9000000000{:02}"))

    def region(self) -> str:
        free = next((one for one in _REGIONS if one not in self.text), _REGIONS[0])
        return self.given["region"] or self.mark("region", "the region", free)

    def name(self, wanted: str, meaning: str, default: str = "") -> str:
        """What stands for a name or a text."""
        return self.mark(wanted, meaning, self.fresh(f"{_plain(wanted).lower()}-{{:03}}x"), default)

    def arn(self, type: str, name: str) -> str:
        """The ARN of a thing of a known type; "" for a type that is not."""
        pattern = ARNS.get(type, "")
        if not pattern:
            return ""
        account = self.account() if "{a}" in pattern else ""
        region = self.region() if "{r}" in pattern else ""
        return pattern.format(p=self.partition, r=region, a=account, n=name)

    def whole(self, wanted: str, meaning: str) -> str:
        """What stands for an ARN of which nothing is known but that it is one."""
        mark = self.fresh(f"{ANY_ARN}{{:03}}-{_plain(wanted).lower()}*")
        return f"arn:{self.mark(wanted, f'{meaning}, without `arn:`', mark)}"

    def fresh(self, pattern: str) -> str:
        number = 1
        taken = {one.mark for one in self.found.values()}
        while (mark := pattern.format(number)) in self.text or mark in taken:
            number += 1
        return mark

    def mark(self, wanted: str, meaning: str, mark: str, default: str = "") -> str:
        if meaning in self.found:
            return self.found[meaning].mark
        names = {one.name for one in self.found.values()}
        name = plain = _plain(wanted)
        while name in names:
            name = f"{plain}-{len(names)}"
        self.found[meaning] = Reference(mark, name, meaning, default, self.place)
        return mark

    def grounded(self, document: Node) -> Node:
        """`document` in which what stands alone for a resource, and is not known, is an ARN."""
        names = {one.mark: one for one in self.found.values() if ":" not in one.mark}
        statements = [one.value for one in document.members if one.key == "Statement"] if names else []
        for statement in [each for one in statements for each in one.elements]:
            for member in statement.members:
                for node in member.value.elements if member.key in ("Resource", "NotResource") else []:
                    if isinstance(node.value, str) and node.value in names:
                        one = names[node.value]
                        self.grown.add(one.meaning)
                        self.place = one.place
                        node.value = self.whole(f"{one.name}-arn", one.meaning)
        return document

    def unresolved(self, report: Report) -> None:
        """Name what is not known and has no value of its own."""
        for one in self.found.values():
            if not one.default and one.meaning not in self.grown:
                help = f"say it when you compile: `--set {one.name}=VALUE`"
                report.add(
                    rules.UNRESOLVED,
                    one.place,
                    help=help,
                    what=one.meaning,
                    why=f"it is `{{{one.name}}}` in the program",
                )

    def filled(self, text: str) -> str:
        """`text` with a mark for each reference that Terraform's own text has between `OPEN` and `CLOSE`."""
        return _REFERENCE.sub(lambda found: self.terraform(found[1], text == found[0]), text) if OPEN in text else text

    def terraform(self, written: str, alone: bool) -> str:
        """What stands for an expression of Terraform's; `alone`: it is the whole value."""
        parts = written.split(".")
        if written.startswith("data.aws_caller_identity.") and parts[-1] in ("account_id", "id"):
            return self.account()
        if written.startswith("data.aws_region.") and parts[-1] in ("name", "id", "region"):
            return self.region()
        if written.startswith("data.aws_partition.") and parts[-1] in ("partition", "id"):
            return self.partition
        if written.startswith("data.") and len(parts) > 3:
            parts = parts[1:]
        simple = re.fullmatch(r"[\w.\[\]\"-]+", written) is not None
        if simple and parts[-1] == "arn" and len(parts) >= 3:
            name = parts[1]
            return (
                self.arn(parts[0], self.name(name, ".".join(parts[:2])))
                if parts[0] in ARNS
                else self.whole(name, written)
            )
        if simple and len(parts) >= 3 and parts[0] in ARNS and parts[-1] in ("id", "name", "bucket", "key_id"):
            return self.name(parts[1], ".".join(parts[:2]))
        return (
            self.whole(parts[-1], written)
            if alone and simple and parts[-1].endswith("arn")
            else self.name(parts[-1], written)
        )


def _plain(text: str) -> str:
    """`text` as the name of a parameter."""
    found = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:60]
    return found if found and (found[0].isalpha() or found[0] == "_") else f"x{found}"


def named(node: Any, references: Mapping[str, str]) -> Any:
    """A tree with `{name}` where its words have a mark. `references`: mark → name."""
    if isinstance(node, ast.Word):
        text = node.text
        for mark, name in references.items():
            text = text.replace(mark, f"{{{name}}}")
        return node if text == node.text else replace(node, text=text)
    if isinstance(node, tuple):
        items = [named(item, references) for item in node]
        return tuple(items) if any([new is not old for new, old in zip(items, node)]) else node
    if isinstance(node, Span) or not hasattr(node, "__match_args__"):
        return node
    fields = {name: getattr(node, name) for name in node.__match_args__}
    changed = {name: new for name, old in fields.items() if (new := named(old, references)) is not old}
    return replace(node, **changed) if changed else node


def is_open(document: Document) -> bool:
    """Whether a document has an ARN of which nothing is known: which actions it goes with is then not for us to say."""
    listed = [*[one.resource or one.not_resource or () for one in document.statements]]
    return any([ANY_ARN in arn for arns in listed for arn in arns])


def by_mark(references: Iterable[Reference]) -> dict[str, str]:
    """Mark → name, the longest marks first, as one may hold another."""
    return {one.mark: one.name for one in sorted(references, key=lambda one: -len(one.mark))}
