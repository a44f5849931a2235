"""What files hold: whichever of the shapes that people have, recognised by what is in them."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.adopt import notation
from iamdsl.adopt.account import account, is_account
from iamdsl.adopt.cloudformation import cloudformation, is_cloudformation
from iamdsl.adopt.marks import Marks
from iamdsl.adopt.model import Account, Loose
from iamdsl.adopt.paste import paste
from iamdsl.adopt.resources import is_resources, resources
from iamdsl.adopt.terraform import is_terraform, terraform
from iamdsl.catalog import Catalog
from iamdsl.diagnostics import Report
from iamdsl.policy.located import Node
from iamdsl.record import record, replace
from iamdsl.source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


@record
class Found:
    """What was found: an account, where something says whose the documents are, and documents of which nothing does.

    `whole`: whether any of the files describes principals, or infrastructure.
    """

    account: Account
    loose: tuple[Loose, ...]
    whole: bool


def found(sources: Iterable[Source], catalog: Catalog, report: Report) -> Found:
    """All that `sources` hold together; what is wrong with them is a finding, and so is a file in which nothing is."""
    accounts: list[Account] = []
    loose: list[Loose] = []
    whole = False
    for source in sources:
        if not source.text.strip():
            _nothing(source, "it is empty: give a policy, or text that holds some", report)
            continue
        root = notation.read(source, report)
        if root is None:
            continue
        before = report.errors
        if is_account(root):
            accounts.append(account(source, root, report))
            whole = True
        elif is_terraform(root):
            accounts.append(terraform(source, root, catalog, report))
            whole = True
        elif is_cloudformation(root):
            accounts.append(cloudformation(source, root, catalog, report))
            whole = True
        elif is_resources(root) and not _is_policy(root):
            accounts.append(resources(source, root, catalog, report))
            whole = True
        else:
            marks = Marks(source.text)
            loose += (several := paste(source, root, marks, report))
            marks.unresolved(report)
            accounts.append(Account(references=marks.references))
            if not several and report.errors == before:
                help = "give a policy, a statement, or what holds some: Terraform, CloudFormation, YAML, an answer of AWS's"
                _nothing(source, help, report)
    return Found(joined(accounts, report), tuple(loose), whole)


def _nothing(source: Source, help: str, report: Report) -> None:
    report.add(rules.NOTHING_FOUND, Span(source.path, 0, min(1, len(source.text))), help=help, path=source.path)


def _is_policy(root: Node) -> bool:
    return any([one.key == "Statement" for one in root.members])


def joined(accounts: list[Account], report: Report) -> Account:
    """Several listings of one account, or of what belongs to it, as one; findings for what is there twice."""
    owned = sorted({one.id for one in accounts if one.id})
    if len(owned) > 1:
        why = f"they are of accounts {' and '.join(owned)}: give the files of one account at a time"
        report.add(rules.UNEXPECTED_SHAPE, None, what="these files", why=why)
    made = Account(owned[0] if owned else "", region=next((one.region for one in accounts if one.region), ""))
    made = replace(made, partition=next((one.partition for one in accounts if one.partition), ""))
    for one in accounts:
        made = replace(
            made,
            principals=made.principals + one.principals,
            policies=made.policies + one.policies,
            held=made.held + one.held,
            guardrails=made.guardrails + one.guardrails,
            references=made.references + one.references,
        )
    _complete(made, report)
    return made


def _complete(account: Account, report: Report) -> None:
    """Report what is here twice, and what is spoken of and is not here."""
    seen: dict[tuple[str, str], object] = {}
    things = [(one.kind, one.name, one.place) for one in account.principals]
    things += [("policy", one.name, one.paper.place) for one in account.policies]
    things += [("the policy of", one.arn, one.paper.place) for one in account.held]
    things += [(one.kind, one.name, one.paper.place) for one in account.guardrails]
    for kind, name, place in things:
        if (kind, name.lower()) in seen:
            report.add(rules.FOUND_TWICE, place, what=f"{kind} `{name}`")
        seen[kind, name.lower()] = place
    arns = {one.arn for one in account.policies}
    for one in account.principals:
        who = f"{one.kind} `{one.name}`"
        for arn in (*one.managed, *([one.boundary] if one.boundary else [])):
            if ":iam::aws:" not in arn and arn not in arns:
                why = f"{who} has it, and the program names it by its ARN"
                report.add(rules.UNRESOLVED, one.place, what=f"policy `{arn}`", why=why)
        for group in one.groups:
            if ("group", group.lower()) not in seen:
                report.add(rules.NOT_IN_LISTING, one.place, who=who, what=f"membership of group `{group}`")
        for profile in one.instance_profiles[1:]:
            what = f"instance profile `{profile}` of {who}"
            report.add(rules.LEFT_OUT, one.place, what=what, why="a program gives a role one instance profile")
    for guardrail in account.guardrails:
        if len(guardrail.targets) > 1:
            what = f"where {guardrail.kind.upper()} `{guardrail.name}` is attached, {', '.join(guardrail.targets)},"
            help = "attach the document yourself, or say one guardrail for each place"
            report.add(rules.LEFT_OUT, guardrail.paper.place, help=help, what=what, why="a guardrail is in one place")
