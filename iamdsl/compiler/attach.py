"""Managed policies to those who use them: the program's own and AWS's."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import Owner
from iamdsl.catalog import Catalog
from iamdsl.compiler.bindings import Bindings, spoken
from iamdsl.compiler.subjects import Subjects
from iamdsl.compiler.words import closest, literal
from iamdsl.diagnostics import Report
from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

HOLDERS = ("user", "group", "role", "permission-set")
_LINKED = "aws-service-role/"  # the path of the policies of service-linked roles


@record
class Attachment:
    """The managed policies that `owner` uses: names of the program's own, and ARNs of AWS's and of those made elsewhere;
    `span` is the last `use`."""

    owner: Owner
    policies: tuple[str, ...]
    aws: tuple[str, ...]
    span: Span


def attach(bindings: Bindings, report: Report) -> tuple[Attachment, ...]:
    """What each principal uses, A to Z; findings for what cannot be attached, or not to him."""
    attacher = _Attacher(bindings, report)
    for node in bindings.uses:
        attacher.use(node)
    for name, policy in bindings.policies.items():
        # where nobody is declared, every document is to be attached to whom one likes
        if (
            bindings.principals
            and not report.failed
            and not any([name in one.policies for one in attacher.found.values()])
        ):
            help = f"say who has it, such as `alice uses {name}`"
            report.add(rules.UNUSED_POLICY, policy.span, help=help, name=name)
    found = attacher.found.values()
    return tuple(sorted(found, key=lambda one: (one.owner.kind, one.owner.name)))


class _Attacher:
    def __init__(self, bindings: Bindings, report: Report) -> None:
        self.bindings = bindings
        self.report = report
        self.subjects = Subjects(bindings, report)
        self.found: dict[Owner, Attachment] = {}

    def use(self, node: ast.Use) -> None:
        who = self.subjects.of(node.subjects, True)
        if who.outsiders or who.mode:
            help = "a policy is attached to users, groups, roles and permission sets of ours"
            self.report.add(rules.NOT_A_HOLDER, node.subjects.span, help=help, what="these")
        for owner in who.owners:
            if owner.kind not in HOLDERS:
                help = f"declare it: `user {owner.name}` or `role {owner.name} for ...`"
                self.report.add(rules.NOT_A_HOLDER, node.subjects.span, help=help, what=f"`{owner.name}`")
        named = [literal(one.name, self.bindings.params, self.report) for one in node.used if not one.aws]
        policies = [name for name in named if not name.startswith("arn:")]
        aws = [arn for one in node.used if one.aws and (arn := self.aws(one.name))]
        aws += [
            self.elsewhere(one.name) for one in node.used if not one.aws and _is_arn(one, self.bindings, self.report)
        ]
        for owner in who.owners:
            known = self.found.get(owner) or Attachment(owner, (), (), node.span)
            all_policies = tuple(sorted({*known.policies, *policies}))
            self.found[owner] = Attachment(owner, all_policies, tuple(sorted({*known.aws, *aws})), node.span)

    def elsewhere(self, word: ast.Word) -> str:
        """The ARN of a managed policy that is made elsewhere; a finding for an ARN of something else."""
        arn = literal(word, self.bindings.params, self.report)
        parts = arn.split(":", 5)
        if len(parts) < 6 or parts[:3] != ["arn", self.bindings.partition, "iam"] or not parts[5].startswith("policy/"):
            help = f"it is `arn:{self.bindings.partition}:iam::ACCOUNT:policy/NAME`"
            self.report.add(rules.BAD_ARN, word.span, help=help, arn=arn, what="a managed policy")
        return arn

    def aws(self, word: ast.Word) -> str:
        """The ARN of a managed policy of AWS, "" (and a finding) for one that there is not, or that is not for us."""
        catalog, name = self.bindings.catalog, literal(word, self.bindings.params, self.report)
        arn = catalog.managed_policy(name, self.bindings.partition)
        if arn is None:
            close = closest(name.rpartition("/")[2], catalog.managed_policies(), 0.75)
            help = f"did you mean `{close}`?" if close else "AWS lists them in the AWS Managed Policy Reference Guide"
            self.report.add(rules.UNKNOWN_AWS_POLICY, word.span, help=help, name=name)
            return ""
        if f":policy/{_LINKED}" in arn:
            self.report.add(rules.SERVICE_LINKED_POLICY, word.span, name=name)
        return arn


def _is_arn(used: ast.Used, bindings: Bindings, report: Report) -> bool:
    return literal(used.name, bindings.params, report).startswith("arn:")


def count(
    attached: tuple[Attachment, ...], own: list[Owner], quotas: Mapping[str, int], catalog: Catalog, report: Report
) -> None:
    """Report principals with more managed policies than AWS attaches to one. `own`: the owner of each document; `quotas`:
    limits other than AWS's default."""
    owned: dict[Owner, int] = {}
    named: dict[str, int] = {}  # documents of each managed policy
    for owner in own:
        owned[owner] = owned.get(owner, 0) + 1
        if owner.kind == "policy":
            named[owner.name] = named.get(owner.name, 0) + 1
    for one in attached:
        inline = one.owner.kind == "permission-set"  # it is made a role in each account, and says what it says inline
        kind = f"attached-{'role' if inline else one.owner.kind}"
        quota = catalog.quota(kind)
        limit = quotas.get(kind, quota.limit if quota else 0)
        used = sum([named.get(name, 1) for name in one.policies])
        number = used + len(one.aws) + (0 if inline else owned.get(one.owner, 0))
        if limit and number > limit:
            report.add(
                rules.TOO_MANY_ATTACHED,
                one.span,
                help=f"say in one policy what several say; AWS raises this quota on request, then set `quotas.{kind}`",
                owner=f"{spoken(one.owner.kind)} `{one.owner.name}`",
                count=number,
                over=number - limit,
                limit=limit,
            )
