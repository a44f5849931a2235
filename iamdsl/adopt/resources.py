"""The policies of resources and of an organization, as the AWS CLI prints them or by the ARN of what they are on.

Shapes, each alone or in a list:

    {"arn:aws:s3:::data": POLICY, "arn:aws:kms:...": POLICY}          by ARN
    {"Policy": POLICY}                                                s3api get-bucket-policy, lambda get-policy, ...: the ARN is
                                                                      that of the resource that the policy names, or `Arn`, `Bucket`
    {"Attributes": {"QueueArn": ..., "Policy": ...}}                  sqs get-queue-attributes, sns get-topic-attributes
    {"ARN": ..., "ResourcePolicy": POLICY}                            secretsmanager get-resource-policy
    {"Policy": {"PolicySummary": {...}, "Content": POLICY},           organizations describe-policy, with the targets of
     "Targets": [{"TargetId": ...}]}                                  organizations list-targets-for-policy

POLICY is an object or a text that holds one.
"""

from __future__ import annotations

from functools import lru_cache

from iamdsl import rules
from iamdsl.adopt.model import Account, Guardrail, Held, Paper
from iamdsl.adopt.reading import Reader
from iamdsl.catalog import Catalog
from iamdsl.compiler.arns import matcher
from iamdsl.diagnostics import Report
from iamdsl.policy.located import Node
from iamdsl.policy.model import Document
from iamdsl.source import Source

_ARNS = ("Arn", "ARN", "ResourceArn", "KeyArn", "TableArn", "QueueArn", "TopicArn", "FunctionArn")
_KINDS = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}


def is_resources(root: Node) -> bool:
    """Whether `root` has one of the shapes."""
    if root.kind == "array":
        return bool(root.elements) and all([is_resources(one) for one in root.elements])
    names = {one.key for one in root.members}
    return bool(names & {"Policy", "ResourcePolicy", "Attributes"}) or _by_arn(root)


def _by_arn(node: Node) -> bool:
    return bool(node.members) and all([one.key.startswith("arn:") for one in node.members])


def resources(source: Source, root: Node, catalog: Catalog, report: Report) -> Account:
    """The policies of resources and of the organization that `root` holds; what is wrong with it is a finding."""
    reader = _Resources(source, catalog, report)
    reader.value(root)
    return Account(held=tuple(reader.held), guardrails=tuple(reader.guardrails))


class _Resources(Reader):
    def __init__(self, source: Source, catalog: Catalog, report: Report) -> None:
        super().__init__(source, report)
        self.catalog = catalog
        self.held: list[Held] = []
        self.guardrails: list[Guardrail] = []

    def value(self, node: Node) -> None:
        policy = self.member(node, "Policy")
        attributes = self.member(node, "Attributes")
        if node.kind == "array":
            for one in node.elements:
                self.value(one)
        elif _by_arn(node):
            for member in node.members:
                self.put(member.key, member.value, member.value)
        elif policy is not None and self.member(policy, "PolicySummary"):
            self.guardrail(node, policy)
        elif attributes is not None:
            self.named(attributes, self.member(attributes, "Policy"))
        else:
            self.named(node, policy or self.member(node, "ResourcePolicy"))

    def named(self, node: Node, policy: Node | None) -> None:
        """A policy with the ARN of its resource beside it, or only inside it."""
        if policy is None:
            self.wrong(node, "this", "it holds no policy of a resource", "`docs/decompile.md` has the shapes")
            return
        bucket = self.text(node, "Bucket", default="")
        arn = f"arn:aws:s3:::{bucket}" if bucket else ""
        arn = arn or next((text for name in _ARNS if (text := self.text(node, name, default=""))), "")
        self.put(arn, policy, node)

    def put(self, arn: str, policy: Node, node: Node) -> None:
        paper = self.paper(policy, f"the policy of `{arn}`" if arn else "this policy")
        if paper is None:
            return
        arn = arn or said_by(paper.document)
        if not arn:
            help = 'put it under the ARN of its resource: `{"arn:aws:kms:...": POLICY}`'
            self.wrong(node, "this policy", "it does not name the one resource that it is on", help)
            return
        type = resource_type(arn, self.catalog)
        if not type:
            self.wrong(node, f"`{arn}`", "no resource with a policy of its own has such an ARN")
            return
        self.held.append(Held(arn, paper, type))

    def guardrail(self, node: Node, policy: Node) -> None:
        summary = self.member(policy, "PolicySummary") or policy
        name, given = self.text(summary, "Name", "a policy"), self.text(summary, "Type", "a policy")
        if given not in _KINDS:
            why = "it is no service control policy and no resource control policy"
            self.report.add(rules.LEFT_OUT, self.place(node), what=f"policy `{name}`", why=why)
            return
        if self.text(summary, "AwsManaged", default="false") == "true":
            why = "it is AWS's own, and stays attached beside others"
            self.report.add(rules.LEFT_OUT, self.place(node), what=f"policy `{name}`", why=why)
            return
        targets = tuple([self.text(one, "TargetId", "a target") for one in self.items(node, "Targets")])
        content = self.member(policy, "Content")
        if content is None:
            self.wrong(policy, f"policy `{name}`", "it has no `Content`")
        paper: Paper | None = self.paper(content, f"policy `{name}`", self.text(summary, "Description", default=""))
        if paper:
            self.guardrails.append(Guardrail(_KINDS[given], policy_name(name), paper, targets))


def policy_name(text: str) -> str:
    """A name that Organizations takes, which may have spaces, as one that a program takes."""
    return "".join([c if c.isascii() and (c.isalnum() or c in "+=,.@_-") else "-" for c in text])[:128] or "policy"


def said_by(document: Document) -> str:
    """The ARN of the one resource that a document is about; "" where it names none, or several."""
    found: set[str] = set()
    for one in document.statements:
        for arn in one.resource or ():
            if arn.startswith(("arn:aws:s3:::", "arn:aws-cn:s3:::", "arn:aws-us-gov:s3:::")):
                arn = arn.partition("/")[0]
            found.add(arn.removesuffix("/*").removesuffix("/index/*").removesuffix(":*"))
    return found.pop() if len(found) == 1 and not any("*" in one or "?" in one for one in found) else ""


@lru_cache(maxsize=4096)
def resource_type(arn: str, catalog: Catalog) -> str:
    """The type (`s3:bucket`) of the resource with a policy of its own that has this ARN; "" where there is none."""
    service = (arn.split(":") + ["", "", ""])[2]
    best = ""
    for policy in catalog.resource_policies():
        type = catalog.type(policy.type)
        if type is None or policy.type == "iam:role":
            continue
        quirk = catalog.arn_quirk(type)
        for format in type.arns:
            if format.split(":")[2] == service and matcher(format, quirk.plain).fullmatch(arn):
                # a bucket, not an access point; the longer format says more
                best = policy.type if not best or quirk.plain else best
    return best
