"""What `aws iam get-account-authorization-details` prints: an account's principals and policies.

IAM API reference, GetAccountAuthorizationDetails. Documents are objects, as the AWS CLI prints them, or URL-encoded JSON, as
the API itself gives them.
"""

from __future__ import annotations

from iamdsl import rules
from iamdsl.adopt.model import Account, Managed, Paper, Principal
from iamdsl.adopt.reading import Reader
from iamdsl.diagnostics import Report
from iamdsl.policy.located import Node
from iamdsl.source import Source

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
_OURS_NOT = ("/aws-service-role/", "/aws-reserved/")  # paths of roles that AWS makes and nobody else can change


def is_account(root: Node) -> bool:
    return any([one.key in LISTS for one in root.members])


def account(source: Source, root: Node, report: Report) -> Account:
    """The account that `root` describes; what is wrong with it is a finding."""
    return _Accounts(source, report).account(root)


class _Accounts(Reader):
    def account(self, root: Node) -> Account:
        cut = self.member(root, "IsTruncated")
        if cut is not None and cut.value is True:
            help = (
                "give all pages: `--account PAGE1 --account PAGE2`, or let the AWS CLI join them (no `--no-paginate`)"
            )
            self.report.add(rules.CUT_OFF, self.place(cut), help=help)
        people = [self.user(one) for one in self.items(root, "UserDetailList")]
        people += [self.group(one) for one in self.items(root, "GroupDetailList")]
        people += [self.role(one) for one in self.items(root, "RoleDetailList")]
        policies = [self.policy(one) for one in self.items(root, "Policies")]
        arns = [self.text(one, "Arn", default="") for name in LISTS for one in self.items(root, name)]
        owned = [parts for arn in arns if len(parts := arn.split(":")) > 5 and parts[4].isdigit()]
        return Account(
            id=owned[0][4] if owned else "",
            partition=owned[0][1] if owned else "",
            principals=tuple([one for one in people if one]),
            policies=tuple([one for one in policies if one]),
        )

    def user(self, node: Node) -> Principal | None:
        return self.principal(node, "user", "UserName", "UserPolicyList")

    def group(self, node: Node) -> Principal | None:
        return self.principal(node, "group", "GroupName", "GroupPolicyList")

    def role(self, node: Node) -> Principal | None:
        found = self.principal(node, "role", "RoleName", "RolePolicyList")
        if found is None:
            return None
        if found.path.startswith(_OURS_NOT):
            self.report.add(rules.LEFT_OUT, found.place, what=f"role `{found.name}`", why="AWS itself makes it")
            return None
        if self.member(node, "AssumeRolePolicyDocument") is None:
            self.wrong(node, f"role `{found.name}`", "it has no `AssumeRolePolicyDocument`")
        return found

    def principal(self, node: Node, kind: str, named: str, inline: str) -> Principal | None:
        if node.kind != "object":
            self.wrong(node, f"a {kind}", "it is not an object")
            return None
        name = self.text(node, named, f"a {kind}")
        boundary = self.member(node, "PermissionsBoundary")
        trust = self.member(node, "AssumeRolePolicyDocument")
        return Principal(
            kind,
            name,
            self.text(node, "Path", default="/"),
            self.place(node),
            tuple(
                [self.text(one, "PolicyArn", "an attachment") for one in self.items(node, "AttachedManagedPolicies")]
            ),
            tuple([one for each in self.items(node, inline) if (one := self.inline(each, f"{kind} `{name}`"))]),
            self.texts(node, "GroupList") if kind == "user" else (),
            self.text(boundary, "PermissionsBoundaryArn", "a boundary") if boundary else "",
            self.paper(trust, f"the trust policy of role `{name}`"),
            self.tags(node),
            tuple(
                [self.text(one, "InstanceProfileName", "a profile") for one in self.items(node, "InstanceProfileList")]
            ),
            self.number(node, "MaxSessionDuration"),
            self.text(node, "Description", default=""),
        )

    def inline(self, node: Node, whose: str) -> tuple[str, Paper] | None:
        name = self.text(node, "PolicyName", f"an inline policy of {whose}")
        document = self.member(node, "PolicyDocument")
        if document is None:
            self.wrong(node, f"inline policy `{name}` of {whose}", "it has no `PolicyDocument`")
        paper = self.paper(document, f"inline policy `{name}` of {whose}")
        return (name, paper) if paper else None

    def tags(self, node: Node) -> tuple[tuple[str, str], ...]:
        pairs = [(self.text(one, "Key", "a tag"), self.text(one, "Value", "a tag")) for one in self.items(node, "Tags")]
        return tuple(sorted(pairs))

    def policy(self, node: Node) -> Managed | None:
        """A managed policy of the account by its default version; None for one of AWS's."""
        arn = self.text(node, "Arn", "a managed policy")
        name = self.text(node, "PolicyName", default=arn.rpartition("/")[2])
        if ":iam::aws:" in arn:
            return None
        default = self.text(node, "DefaultVersionId", default="")
        versions = self.items(node, "PolicyVersionList")
        chosen = [one for one in versions if self.text(one, "VersionId", default="") == default and default]
        chosen = chosen or [one for one in versions if self.text(one, "IsDefaultVersion", default="") == "true"]
        if not chosen:
            self.wrong(node, f"policy `{name}`", "its default version is not here")
            return None
        document = self.member(chosen[0], "Document")
        if document is None:
            self.wrong(chosen[0], f"policy `{name}`", "its default version has no `Document`")
        paper = self.paper(document, f"policy `{name}`", self.text(node, "Description", default=""))
        return Managed(name, arn, self.text(node, "Path", default="/"), paper, self.tags(node)) if paper else None
