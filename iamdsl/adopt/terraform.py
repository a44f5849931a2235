"""What `terraform show -json` prints, of a state or a plan: the principals, policies and attachments in it.

Terraform documentation, "JSON Output Format": `values` of a state, `planned_values` of a plan; what is known only after the
apply is left out of those, and `resource_changes` and `configuration` say of it that it is so and what it refers to.
"""

from __future__ import annotations

from iamdsl import rules
from iamdsl.adopt.collect import Collector
from iamdsl.adopt.model import Account, Guardrail, Managed, Paper, Principal, Tags
from iamdsl.adopt.resources import policy_name
from iamdsl.catalog import Catalog
from iamdsl.diagnostics import Report
from iamdsl.policy.located import Node
from iamdsl.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KINDS = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}


def is_terraform(root: Node) -> bool:
    names = {one.key for one in root.members}
    return "terraform_version" in names or "format_version" in names and bool(names & {"values", "planned_values"})


def terraform(source: Source, root: Node, catalog: Catalog, report: Report) -> Account:
    """What the state or plan `root` has of IAM; what is unknown or wrong in it is a finding."""
    return _Terraform(source, catalog, report).read(root)


class _Terraform(Collector):
    def __init__(self, source: Source, catalog: Catalog, report: Report) -> None:
        super().__init__(source, catalog, report)
        self.id = self.partition = self.region = ""
        self.unknown: dict[str, Node] = {}
        self.refers: dict[str, Node] = {}

    def read(self, root: Node) -> Account:
        values = self.member(root, "planned_values") or self.member(root, "values")
        if values is None:
            if self.member(root, "version") is not None and self.member(root, "resources") is not None:
                self.wrong(
                    root, "this is a state file", "it is Terraform's own", "give the output of `terraform show -json`"
                )
            return Account()
        for change in self.items(root, "resource_changes"):
            after = self.member(self.member(change, "change") or change, "after_unknown")
            if after is not None:
                self.unknown[self.text(change, "address", default="")] = after
        configuration = self.member(root, "configuration")
        if configuration is not None:
            self.configured(self.member(configuration, "root_module"), "")
        known = list(self.resources(self.member(values, "root_module")))
        prior = self.member(root, "prior_state")
        if prior is not None and (before := self.member(prior, "values")):
            known += [one for one in self.resources(self.member(before, "root_module")) if self.mode(one) == "data"]
        for one in known:
            self.where(one)
        for one in known:
            self.resource(one)
        return self.account(self.id, self.partition, self.region)

    def configured(self, module: Node | None, prefix: str) -> None:
        """Note what the expressions of each resource refer to."""
        for one in self.items(module, "resources") if module else []:
            if expressions := self.member(one, "expressions"):
                self.refers[prefix + self.text(one, "address", default="")] = expressions
        calls = self.member(module, "module_calls") if module else None
        for call in calls.members if calls else []:
            self.configured(self.member(call.value, "module"), f"{prefix}module.{call.key}.")

    def resources(self, module: Node | None) -> Iterator[Node]:
        if module is not None:
            yield from self.items(module, "resources")
            for child in self.items(module, "child_modules"):
                yield from self.resources(child)

    def mode(self, node: Node) -> str:
        return self.text(node, "mode", default="managed")

    def where(self, node: Node) -> None:
        """Learn whose account this is, from what says so."""
        values = self.member(node, "values")
        if values is None:
            return
        type = self.text(node, "type", default="")
        if type == "aws_caller_identity":
            self.id = self.text(values, "account_id", default="") or self.id
        if type == "aws_region":
            self.region = (
                self.text(values, "region", default="") or self.text(values, "name", default="") or self.region
            )
        arn = self.text(values, "arn", default="").split(":")
        if len(arn) > 5 and arn[2] == "iam" and arn[4].isdigit() and len(arn[4]) == 12:
            self.id, self.partition = self.id or arn[4], arn[1]

    def resource(self, node: Node) -> None:
        type, address = self.text(node, "type", "a resource"), self.text(node, "address", "a resource")
        values = self.member(node, "values")
        if values is None or values.kind != "object":
            return
        if self.mode(node) == "data":
            return  # a document in it is in the resources that use it, too
        read = _RESOURCES.get(type)
        if read:
            read(self, values, address)
        else:
            self.others(values, type, address)

    # ---- principals

    def principal(self, kind: str, values: Node, address: str) -> Principal:
        trust = None
        if kind == "role":
            trust = self.document(values, "assume_role_policy", address)
        name = self.named(values, address)
        return Principal(
            kind,
            name,
            self.text(values, "path", default="/"),
            self.place(values),
            self.texts(values, "managed_policy_arns"),
            boundary=self.text(values, "permissions_boundary", default=""),
            trust=trust,
            tags=self.tags(values),
            session_seconds=self.number(values, "max_session_duration"),
            note=self.text(values, "description", default=""),
        )

    def named(self, values: Node, address: str) -> str:
        """The name in AWS, or where Terraform has not made it yet, that of the resource."""
        name = self.text(values, "name", default="")
        if not name:
            name = policy_name(address.rpartition(".")[2])
            self.unresolved(values, f"the name of {address}", f"it is made at the apply; the program calls it `{name}`")
        return name

    def tags(self, values: Node) -> Tags:
        found = self.member(values, "tags_all") or self.member(values, "tags")
        pairs = [(one.key, one.value.text) for one in found.members if one.value.kind == "string"] if found else []
        return tuple(sorted(pairs))

    def role(self, values: Node, address: str) -> None:
        one = self.principal("role", values, address)
        if one.trust is None:
            return  # a finding says why
        self.person(one)
        for node in self.items(values, "inline_policy"):
            if self.member(node, "policy"):
                self.inline_of("role", one.name, self.text(node, "name", address), node, address)

    def user(self, values: Node, address: str) -> None:
        self.person(self.principal("user", values, address))

    def group(self, values: Node, address: str) -> None:
        self.person(self.principal("group", values, address))

    def profile(self, values: Node, address: str) -> None:
        if role := self.text(values, "role", default=""):
            self.profiles.append((role, self.named(values, address)))

    def membership(self, values: Node, address: str) -> None:
        group = self.text(values, "group", address)
        for user in self.texts(values, "users"):
            self.members.append((group, user, self.place(values)))

    def groups_of(self, values: Node, address: str) -> None:
        user = self.text(values, "user", address)
        for group in self.texts(values, "groups"):
            self.members.append((group, user, self.place(values)))

    # ---- policies

    def document(self, values: Node, name: str, address: str) -> Paper | None:
        """The document of an attribute; a finding where it is not known before the apply."""
        found = self.member(values, name)
        if found is not None and found.kind == "string" and not found.text.strip():
            return None
        if found is None:
            self.after_apply(values, name, address)
            return None
        return self.paper(found, f"`{name}` of {address}", self.text(values, "description", default=""))

    def after_apply(self, values: Node, name: str, address: str) -> None:
        unknown = self.unknown.get(address)
        told = self.member(unknown, name) if unknown else None
        if told is None or told.value is not True:
            self.wrong(values, address, f"it has no `{name}`")
            return
        plain = "".join(part.partition("[")[0] + part.rpartition("]")[2] for part in [address])
        expressions = self.refers.get(plain) or self.refers.get(address)
        said = self.member(expressions, name) if expressions else None
        names = ", ".join([f"`{one}`" for one in dict.fromkeys(self.texts(said, "references"))]) if said else ""
        why = f"it is known after the apply: it refers to {names}" if names else "it is known after the apply"
        help = "apply, and give the state: `terraform show -json`; or paste the document itself"
        self.unresolved(values, f"`{name}` of {address}", why, help)

    def policy(self, values: Node, address: str) -> None:
        paper = self.document(values, "policy", address)
        if paper is None:
            return
        name, path = self.named(values, address), self.text(values, "path", default="/")
        arn = self.text(values, "arn", default="")
        arn = arn or f"arn:{self.partition or 'aws'}:iam::{self.id or '000000000000'}:policy{path}{name}"
        self.managed(Managed(name, arn, path, paper, self.tags(values)))

    def inline_of(self, kind: str, name: str, policy: str, values: Node, address: str) -> None:
        paper = self.document(values, "policy", address)
        if paper:
            self.inlined.append((kind, name, policy, paper))

    def attachment(self, kind: str, values: Node, address: str) -> None:
        arn = self.text(values, "policy_arn", default="")
        name = self.text(values, kind, default="")
        if not arn or not name:
            missing = "policy_arn" if not arn else kind
            self.after_apply(values, missing, address)
            return
        self.attach(kind, name, arn, values)

    def attachments(self, values: Node, address: str) -> None:
        arn = self.text(values, "policy_arn", default="")
        if not arn:
            self.after_apply(values, "policy_arn", address)
            return
        for kind in ("user", "group", "role"):
            for name in self.texts(values, f"{kind}s"):
                self.attach(kind, name, arn, values)

    def of_resource(self, values: Node, address: str, attribute: str, arns: tuple[str, ...], bucket: str = "") -> None:
        """The policy of a resource, whose ARN is one of the attributes `arns`; `bucket`: the one that names a bucket."""
        if self.member(values, attribute) is None and attribute == "policy" and arns == ("arn",):
            return  # a thing that may have a policy, and has none
        paper = self.document(values, attribute, address)
        arn = next((text for name in arns if (text := self.text(values, name, default="")).startswith("arn:")), "")
        if not arn and bucket and (name := self.text(values, bucket, default="")):
            arn = f"arn:{self.partition or 'aws'}:s3:::{name}"
        self.put(arn, paper, values, address)

    def permission(self, values: Node, address: str) -> None:
        self.unresolved(
            values, f"{address}", "it is one statement of a function's policy, which `aws lambda get-policy` has whole"
        )

    def guardrail(self, values: Node, address: str) -> None:
        type = self.text(values, "type", default="SERVICE_CONTROL_POLICY")
        paper = self.document(values, "content", address)
        if paper and type in _KINDS:
            name = policy_name(self.named(values, address))
            self.guardrails.append(Guardrail(_KINDS[type], name, paper))

    def others(self, values: Node, type: str, address: str) -> None:
        """Documents in resources that nobody here knows: found by what they hold."""
        for member in values.members:
            text = member.value.text if member.value.kind == "string" else ""
            if text.lstrip().startswith("{") and '"Statement"' in text:
                arn = self.text(values, "resource_arn", default="") or self.text(values, "arn", default="")
                paper = self.paper(member.value, f"`{member.key}` of {address}")
                self.put(arn, paper, member.value, f"{address} (`{member.key}`)")

    def linked(self, values: Node, address: str) -> None:
        self.report.add(rules.LEFT_OUT, self.place(values), what=address, why="AWS itself makes it")

    def nothing(self, values: Node, address: str) -> None:
        """What says again what others say."""


def _attached(kind: str) -> Callable[[_Terraform, Node, str], None]:
    return lambda self, values, address: self.attachment(kind, values, address)


def _inline(kind: str) -> Callable[[_Terraform, Node, str], None]:
    return lambda self, values, address: self.inline_of(
        kind, self.text(values, kind, address), self.named(values, address), values, address
    )


def _held(attribute: str, *arns: str, bucket: str = "") -> Callable[[_Terraform, Node, str], None]:
    return lambda self, values, address: self.of_resource(values, address, attribute, arns, bucket)


# Terraform AWS provider documentation, by resource
_RESOURCES: dict[str, Callable[[_Terraform, Node, str], None]] = {
    "aws_iam_role": _Terraform.role,
    "aws_iam_user": _Terraform.user,
    "aws_iam_group": _Terraform.group,
    "aws_iam_policy": _Terraform.policy,
    "aws_iam_role_policy": _inline("role"),
    "aws_iam_user_policy": _inline("user"),
    "aws_iam_group_policy": _inline("group"),
    "aws_iam_role_policy_attachment": _attached("role"),
    "aws_iam_user_policy_attachment": _attached("user"),
    "aws_iam_group_policy_attachment": _attached("group"),
    "aws_iam_policy_attachment": _Terraform.attachments,
    "aws_iam_group_membership": _Terraform.membership,
    "aws_iam_user_group_membership": _Terraform.groups_of,
    "aws_iam_instance_profile": _Terraform.profile,
    "aws_iam_service_linked_role": _Terraform.linked,
    "aws_iam_role_policies_exclusive": _Terraform.nothing,
    "aws_iam_role_policy_attachments_exclusive": _Terraform.nothing,
    "aws_s3_bucket": _held("policy", "arn"),
    "aws_s3_bucket_policy": _held("policy", bucket="bucket"),
    "aws_sqs_queue": _held("policy", "arn"),
    "aws_sqs_queue_policy": _held("policy"),
    "aws_sns_topic": _held("policy", "arn"),
    "aws_sns_topic_policy": _held("policy", "arn"),
    "aws_kms_key": _held("policy", "arn"),
    "aws_kms_key_policy": _held("policy", "key_id"),
    "aws_secretsmanager_secret": _held("policy", "arn"),
    "aws_secretsmanager_secret_policy": _held("policy", "secret_arn"),
    "aws_dynamodb_resource_policy": _held("policy", "resource_arn"),
    "aws_lambda_permission": _Terraform.permission,
    "aws_organizations_policy": _Terraform.guardrail,
}
