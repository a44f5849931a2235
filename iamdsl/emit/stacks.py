"""What a program makes, as the tools see it that make it: a stack for each account and region, with everything in it."""

from __future__ import annotations

from iamdsl import target_rules as rules
from iamdsl.access.model import Owner
from iamdsl.compiler import Compilation
from iamdsl.compiler.attach import Attachment
from iamdsl.compiler.bindings import Principal, spoken
from iamdsl.compiler.document import Output
from iamdsl.compiler.holders import Holder
from iamdsl.diagnostics import Label, Report
from iamdsl.emit import tree
from iamdsl.record import record
from iamdsl.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GUARDRAILS = "guardrails"
LONGEST = 128  # IAM user guide, "IAM and AWS STS quotas": characters of a managed policy's name
_DESCRIPTION = {"role": 1000, "permission-set": 700}  # IAM and IAM Identity Center API references


@record
class Policy:
    """A managed policy to make. `key`: its document's path without `.json`; `kind` and `name`: what it belongs to."""

    title: str
    key: str
    kind: str
    name: str
    output: Output
    path: str = "/"
    tags: tuple[tuple[str, str], ...] = ()


@record
class Member:
    """A user, group, role or permission set with all that it has.

    `declared`: its declaration, None for one that somebody else makes. `own` and `used`: managed policies of the program;
    `aws`: ARNs of AWS's. `inline` and `trust`: documents with their keys (a permission set has one inline). `after`: roles and users that its trust names.
    """

    kind: str
    name: str
    declared: Principal | None
    description: str = ""
    own: Policy | None = None
    used: tuple[Policy, ...] = ()
    aws: tuple[str, ...] = ()
    inline: tuple[tuple[str, Output], ...] = ()
    trust: tuple[str, Output] | None = None
    holder: Holder | None = None
    boundary: Policy | None = None
    members: tuple[str, ...] = ()
    after: tuple[tuple[str, str], ...] = ()


@record
class Stack:
    """What is made in one account and region. `folder`: where it goes below the output, "" or with its slash.

    `rest`: documents of resources, guardrails and so on, with their keys.
    """

    folder: str
    policies: tuple[Policy, ...]
    members: tuple[Member, ...]
    rest: tuple[tuple[str, Output], ...]


def stacks(made: Compilation, report: Report) -> tuple[Stack, ...]:
    """The stacks of a program, home first; findings for what no tool can make of it."""
    placed: dict[str, list[tuple[str, Output]]] = {"": []}
    for path, one in tree.placed(made).items():
        folder = _folder(one, made)
        placed.setdefault(folder, []).append((path.removesuffix(".json"), one))
    home = _home(made)
    found = []
    for folder in sorted(placed, key=lambda one: (one != home, one)):
        inside = placed[folder]
        policies = _policies(inside, made, report) if folder == home else ()
        members = _members(inside, policies, made, report) if folder == home else ()
        rest = tuple([(key, one) for key, one in inside if one.owner.kind not in _TAKEN])
        if policies or members or rest:
            found.append(Stack(folder, policies, members, rest))
    return tuple(found)


_TAKEN = ("user", "group", "role", "permission-set", "policy", "boundary")


def _home(made: Compilation) -> str:
    """The folder of the home account."""
    return _of_account(made.bindings.home, made)


def _of_account(account: str, made: Compilation) -> str:
    folder = tree.account_folder(account, made)
    if not folder and account and account != made.bindings.home:
        return f"{account}/"
    return f"%67{folder[1:]}" if folder == f"{GUARDRAILS}/" else folder  # an account may be called so too


def _folder(one: Output, made: Compilation) -> str:
    """Where the stack of `one` goes: guardrails are made where the organization is managed, the rest in its own account."""
    if one.owner.kind == "guardrail":
        return f"{GUARDRAILS}/"
    bindings = made.bindings
    folder, region = _of_account(one.owner.account, made), ""
    if one.kind == "resource":
        declared = bindings.resources.get((one.owner.type, one.owner.name))
        region = one.owner.arn.split(":")[3] or (declared.region if declared else "")
    if region and region != bindings.region and region != "*":
        folder += f"{region}/"
    return folder


# ---- managed policies


def _policies(inside: list[tuple[str, Output]], made: Compilation, report: Report) -> tuple[Policy, ...]:
    """The managed policies, each with a name that no other has: IAM tells them apart by name, and not by case."""
    found: list[Policy] = []
    taken: dict[str, Output] = {}
    fixed = [(key, one) for key, one in inside if one.owner.kind in ("policy", "boundary")]
    own = [(key, one) for key, one in inside if _is_own(one)]
    stated = {one.name: one for one in made.stated}
    for key, one in fixed:
        title = one.called
        other = taken.setdefault(title.lower(), one)
        if other is not one:
            places = (Label(_place(one)), Label(_place(other), "the other is here"))
            help = "IAM has one name for both, whatever their case: rename one of them"
            report.add(rules.NAME_CLASH, places, help=help, name=title)
        more = stated.get(one.owner.name) if one.owner.kind == "policy" else None
        found.append(Policy(title, key, one.owner.kind, title, one, *((more.path, more.tags) if more else ())))
    for key, one in own:
        title = _title(f"{one.owner.kind}-{one.called}", taken)
        taken[title.lower()] = one
        found.append(Policy(title, key, one.owner.kind, one.called, one))
    return tuple(found)


def _is_own(one: Output) -> bool:
    """Whether it is the managed policy that a user, group or role has of its own."""
    return one.kind == "identity" and one.owner.kind in ("user", "group", "role") and not one.owner.inline


def _title(name: str, taken: Mapping[str, Output]) -> str:
    if len(name) <= LONGEST and name.lower() not in taken:
        return name
    return f"{name[: LONGEST - 9]}-{short(name)}"


def short(name: str) -> str:
    """Eight characters that tell `name` from others."""
    from hashlib import sha256  # local: few names need it

    return sha256(name.encode()).hexdigest()[:8]


# ---- principals


def _members(
    inside: list[tuple[str, Output]], policies: tuple[Policy, ...], made: Compilation, report: Report
) -> tuple[Member, ...]:
    by_owner = {(one.kind, one.output.owner.name): one for one in policies if one.output.part == 1}
    parts: dict[tuple[str, str], list[Policy]] = {}  # of what takes several documents, from the second on
    for policy in policies:
        if policy.output.part > 1:
            parts.setdefault((policy.kind, policy.output.owner.name), []).append(policy)
    attached = {(one.owner.kind, one.owner.name): one for one in made.attached}
    holders = {(one.kind, one.name): one for one in made.holders}
    trusts = {one.owner.name: (key, one) for key, one in inside if one.kind == "trust"}
    inline: dict[tuple[str, str], list[tuple[str, Output]]] = {}
    for key, one in inside:
        if one.owner.inline or one.owner.kind == "permission-set":
            inline.setdefault((one.owner.kind, one.owner.name), []).append((key, one))
    declared = made.bindings.principals
    owners = [
        kind for kind in (*by_owner, *attached, *inline) if kind[0] in ("user", "group", "role", "permission-set")
    ]
    found = []
    for kind, name in sorted({*declared, *owners}):
        principal, holder = declared.get((kind, name)), holders.get((kind, name))
        trust = trusts.get(name) if kind == "role" else None
        use = attached.get((kind, name)) or Attachment(Owner(kind, name), (), (), Span("", 0, 0))
        found.append(
            Member(
                kind,
                name,
                principal,
                _description(principal, report) if principal else "",
                by_owner.get((kind, name)),
                (
                    *parts.get((kind, name), ()),
                    *[
                        each
                        for used in use.policies
                        for each in (by_owner["policy", used], *parts.get(("policy", used), ()))
                    ],
                ),
                use.aws,
                tuple(inline.get((kind, name), ())),
                trust,
                holder,
                by_owner.get(("boundary", holder.boundary)) if holder else None,
                principal.members if principal else (),
                named(trust[1], made) if trust else (),
            )
        )
    _circle(found, report)
    return tuple(found)


def named(output: Output, made: Compilation) -> tuple[tuple[str, str], ...]:
    """The declared roles and users that a document has as principals: AWS refuses it where they are not there."""
    bindings = made.bindings
    arns = {bindings.principal_arn(*key): key for key in bindings.principals if key[0] in ("user", "role")}
    found = {
        arns[value]
        for statement in output.lowered.document.statements
        for _, value in (*(statement.principal or ()), *(statement.not_principal or ()))
        if value in arns
    }
    return tuple(sorted(found))


def _description(one: Principal, report: Report) -> str:
    """IAM API reference, CreateRole: up to 1000 characters, none beyond Latin."""
    text, most = one.doc, _DESCRIPTION.get(one.kind, 0)
    if not text or not most:
        return ""
    wrong = next((c for c in text if not (c in "\t\n\r" or " " <= c <= "~" or "\xa1" <= c <= "\xff")), "")
    why = f"has more than the {most} characters that AWS takes" if len(text) > most else ""
    if wrong:
        why = f"has the character U+{ord(wrong):04X}, which AWS does not take"
    if why:
        what, help = f"{spoken(one.kind)} `{one.name}`", "a `##` comment above a declaration is its description"
        report.add(rules.BAD_DESCRIPTION, one.span, help=help, what=what, why=why)
    return text


def _circle(members: Iterable[Member], report: Report) -> None:
    """Roles that need each other to be there first can be made in no order."""
    left = {(one.kind, one.name): one for one in members}
    while ready := [key for key, one in left.items() if not any(other in left for other in one.after)]:
        for key in ready:
            del left[key]
    if left:
        chain = [next(iter(left))]
        while chain.count(chain[-1]) < 2:
            chain.append(next(other for other in left[chain[-1]].after if other in left))
        chain = chain[chain.index(chain[-1]) :]
        shown = " trusts ".join([f"`{name}`" for _, name in chain])
        first = left[chain[0]].declared
        help = "AWS makes a role only where those that it trusts are there: leave one of these out"
        report.add(rules.TRUST_CIRCLE, first.span if first else None, help=help, chain=shown)


def _place(output: Output) -> Span:
    return output.lowered.origins[0][0].span
