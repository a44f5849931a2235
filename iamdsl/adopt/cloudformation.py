"""CloudFormation templates: the principals, policies and attachments that they make."""

from __future__ import annotations

from iamdsl.adopt.collect import Collector
from iamdsl.adopt.intrinsics import Template, Unresolvable
from iamdsl.adopt.marks import Marks
from iamdsl.adopt.model import Account, Guardrail, Managed, Paper, Principal, Tags
from iamdsl.adopt.resources import policy_name
from iamdsl.catalog import Catalog
from iamdsl.diagnostics import Report
from iamdsl.policy.located import Node
from iamdsl.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_KINDS = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}


def is_cloudformation(root: Node) -> bool:
    resources = next((one.value for one in root.members if one.key == "Resources"), None)
    typed = [
        any([one.key == "Type" for one in each.value.members]) for each in (resources.members if resources else ())
    ]
    return any(typed)


def cloudformation(source: Source, root: Node, catalog: Catalog, report: Report) -> Account:
    """What the template `root` makes of IAM; what is unresolved or wrong in it is a finding."""
    return _Stack(source, root, catalog, report).read()


class _Stack(Collector):
    def __init__(self, source: Source, root: Node, catalog: Catalog, report: Report) -> None:
        super().__init__(source, catalog, report)
        self.marks = Marks(source.text)
        self.template = Template(source, root, self.marks, report)

    def paper(self, node: Node | None, what: str, note: str = "") -> Paper | None:
        return super().paper(self.marks.grounded(node) if node else None, what, note)

    def read(self) -> Account:
        for logical, node in self.template.resources.items():
            type = self.template.type(logical)
            properties = self.member(node, "Properties")
            read = _RESOURCES.get(type)
            try:
                if read and properties is not None:
                    if self.member(node, "Condition") is not None:
                        self.unresolved(node, f"whether there is a `{logical}`", "the template has a condition for it")
                    read(self, logical, self.template.value(properties))
                elif properties is not None:
                    self.others(logical, type, properties)
            except Unresolvable as fault:
                self.unresolved(fault.node, f"`{logical}`", f"{fault}; it is left out", "put the value in its place")
        references = self.marks.references
        self.marks.unresolved(self.report)
        account = next((one.mark for one in references if one.meaning == "the account"), "")
        region = next((one.mark for one in references if one.meaning == "the region"), "")
        return self.account(account, self.marks.partition, region, references)

    # ---- principals

    def principal(self, kind: str, logical: str, node: Node) -> Principal:
        title = f"{kind} `{logical}`"
        trust = self.paper(self.member(node, "AssumeRolePolicyDocument"), f"the trust policy of {title}")
        boundary = self.member(node, "PermissionsBoundary")
        name = self.template.own_name(logical)
        for one in self.items(node, "Policies"):
            document = self.paper(self.member(one, "PolicyDocument"), f"a policy of {title}")
            if document:
                self.inlined.append((kind, name, self.text(one, "PolicyName", title), document))
        for arn in self.texts(node, "ManagedPolicyArns"):
            self.attach(kind, name, arn, node)
        return Principal(
            kind,
            name,
            self.text(node, "Path", default="/"),
            self.place(node),
            boundary=boundary.text if boundary else "",
            trust=trust,
            tags=self.tags(node),
            session_seconds=self.number(node, "MaxSessionDuration"),
            note=self.text(node, "Description", default=""),
        )

    def tags(self, node: Node) -> Tags:
        return tuple(
            sorted(
                (self.text(one, "Key", "a tag"), self.text(one, "Value", "a tag")) for one in self.items(node, "Tags")
            )
        )

    def role(self, logical: str, node: Node) -> None:
        one = self.principal("role", logical, node)
        if one.trust is None:
            if self.member(node, "AssumeRolePolicyDocument") is None:
                self.wrong(node, f"role `{logical}`", "it has no `AssumeRolePolicyDocument`")
            return
        self.person(one)

    def user(self, logical: str, node: Node) -> None:
        one = self.principal("user", logical, node)
        self.person(one)
        for group in self.texts(node, "Groups"):
            self.members.append((group, one.name, self.place(node)))

    def group(self, logical: str, node: Node) -> None:
        self.person(self.principal("group", logical, node))

    def addition(self, logical: str, node: Node) -> None:
        for user in self.texts(node, "Users"):
            self.members.append((self.text(node, "GroupName", logical), user, self.place(node)))

    def profile(self, logical: str, node: Node) -> None:
        for role in self.texts(node, "Roles"):
            self.profiles.append((role, self.text(node, "InstanceProfileName", default=logical)))

    # ---- policies

    def document(self, logical: str, node: Node, name: str = "PolicyDocument") -> Paper | None:
        found = self.member(node, name)
        if found is None:
            self.wrong(node, f"`{logical}`", f"it has no `{name}`")
        return self.paper(found, f"`{name}` of `{logical}`", self.text(node, "Description", default=""))

    def managed_policy(self, logical: str, node: Node) -> None:
        paper = self.document(logical, node)
        if paper is None:
            return
        name, path = self.template.own_name(logical), self.text(node, "Path", default="/")
        arn = f"arn:{self.marks.partition}:iam::{self.marks.account()}:policy{path}{name}"
        self.managed(Managed(name, arn, path, paper))
        for kind in ("User", "Group", "Role"):
            for holder in self.texts(node, f"{kind}s"):
                self.attach(kind.lower(), holder, arn, node)

    def inline_policy(self, logical: str, node: Node) -> None:
        paper = self.document(logical, node)
        name = self.text(node, "PolicyName", logical)
        for kind in ("User", "Group", "Role"):
            for holder in self.texts(node, f"{kind}s"):
                if paper:
                    self.inlined.append((kind.lower(), holder, name, paper))

    def inline_of(self, kind: str, logical: str, node: Node) -> None:
        paper = self.document(logical, node) if self.member(node, "PolicyDocument") else None
        if paper:
            holder = self.text(node, f"{kind.capitalize()}Name", logical)
            self.inlined.append((kind, holder, self.text(node, "PolicyName", logical), paper))

    def bucket_policy(self, logical: str, node: Node) -> None:
        arn = f"arn:{self.marks.partition}:s3:::{self.text(node, 'Bucket', logical)}"
        self.put(arn, self.document(logical, node), node, f"`{logical}`")

    def listed(self, logical: str, node: Node, name: str) -> None:
        """A policy of several queues or topics."""
        paper = self.document(logical, node)
        for one in self.texts(node, name):
            self.put(
                one if one.startswith("arn:") else self.marks.arn("AWS::SQS::Queue", one), paper, node, f"`{logical}`"
            )

    def own(self, logical: str, node: Node, name: str) -> None:
        """The policy that a resource has as a property."""
        if self.member(node, name) is not None:
            arn = self.marks.arn(self.template.type(logical), self.template.own_name(logical))
            self.put(arn, self.document(logical, node, name), node, f"`{logical}`")

    def secret(self, logical: str, node: Node) -> None:
        self.put(
            self.text(node, "SecretId", logical), self.document(logical, node, "ResourcePolicy"), node, f"`{logical}`"
        )

    def permission(self, logical: str, node: Node) -> None:
        why = "it is one statement of a function's policy, which `aws lambda get-policy` has whole"
        self.unresolved(node, f"`{logical}`", why)

    def guardrail(self, logical: str, node: Node) -> None:
        type, paper = self.text(node, "Type", logical), self.document(logical, node, "Content")
        if paper and type in _KINDS:
            name = policy_name(self.text(node, "Name", default=logical))
            self.guardrails.append(Guardrail(_KINDS[type], name, paper, self.texts(node, "TargetIds")))

    def others(self, logical: str, type: str, properties: Node) -> None:
        """Documents in resources that nobody here knows: found by what they hold."""
        stack = [properties]
        while stack:
            node = stack.pop()
            if any([one.key == "Statement" for one in node.members]):
                arn = self.marks.arn(type, self.template.own_name(logical))
                paper = self.paper(self.template.value(node), f"a policy in `{logical}`")
                self.put(arn, paper, node, f"`{logical}` ({type})")
            else:
                stack += [one.value for one in node.members] + (node.elements if node.kind == "array" else [])


def _listed(name: str) -> Callable[[_Stack, str, Node], None]:
    return lambda self, logical, node: self.listed(logical, node, name)


def _own(name: str) -> Callable[[_Stack, str, Node], None]:
    return lambda self, logical, node: self.own(logical, node, name)


def _inline(kind: str) -> Callable[[_Stack, str, Node], None]:
    return lambda self, logical, node: self.inline_of(kind, logical, node)


# CloudFormation template reference, by resource type
_RESOURCES: dict[str, Callable[[_Stack, str, Node], None]] = {
    "AWS::IAM::Role": _Stack.role,
    "AWS::IAM::User": _Stack.user,
    "AWS::IAM::Group": _Stack.group,
    "AWS::IAM::ManagedPolicy": _Stack.managed_policy,
    "AWS::IAM::Policy": _Stack.inline_policy,
    "AWS::IAM::RolePolicy": _inline("role"),
    "AWS::IAM::UserPolicy": _inline("user"),
    "AWS::IAM::GroupPolicy": _inline("group"),
    "AWS::IAM::UserToGroupAddition": _Stack.addition,
    "AWS::IAM::InstanceProfile": _Stack.profile,
    "AWS::S3::BucketPolicy": _Stack.bucket_policy,
    "AWS::SQS::QueuePolicy": _listed("Queues"),
    "AWS::SNS::TopicPolicy": _listed("Topics"),
    "AWS::KMS::Key": _own("KeyPolicy"),
    "AWS::ECR::Repository": _own("RepositoryPolicyText"),
    "AWS::SecretsManager::ResourcePolicy": _Stack.secret,
    "AWS::Lambda::Permission": _Stack.permission,
    "AWS::Organizations::Policy": _Stack.guardrail,
}
