"""Documents as AWS takes them: what each is called, counts as and may hold."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.minimize import Minimal
from iamdsl.access.model import Access, Owner
from iamdsl.catalog import Catalog
from iamdsl.compiler.bindings import Header, spoken
from iamdsl.compiler.header import head
from iamdsl.compiler.label import label
from iamdsl.compiler.lower import Lowered, heaviest, lower, price
from iamdsl.compiler.phrase import shown
from iamdsl.compiler.shorten import Gap, shorten
from iamdsl.diagnostics import Report
from iamdsl.policy.validate import size, validate
from iamdsl.record import record, replace


@record
class Output:
    """One document of a program: what it belongs to, and its size against AWS's quota, counted in `unit`.

    `quota` is 0 where AWS states none; `noun` is how the resource's type is written in a sentence; `proof` is the verdict on
    the document beside its sentences (see `verify`). `closed`: it holds as long as AWS adds no actions to the catalog. `gap`:
    by how much it could be shorter. `part`: which it is, of what took several documents.
    """

    owner: Owner
    kind: str
    lowered: Lowered
    size: int
    quota: int
    unit: str
    noun: str
    proof: str = ""
    closed: bool = False
    gap: Gap = Gap()
    part: int = 1

    @property
    def called(self) -> str:
        """The owner's name, with the number of the part from the second on: `reports-2`."""
        return self.owner.name if self.part == 1 else f"{self.owner.name}-{self.part}"


_TITLES = {
    "trust": "the trust policy of {kind} `{name}`",
    "boundary": "boundary `{name}`",
    "scp": "guardrail `{name}`",
    "rcp": "guardrail `{name}`",
    "session": "session policy `{name}`",
    "endpoint": "endpoint policy `{name}`",
}


def title(owner: Owner, kind: str, catalog: Catalog) -> str:
    """What findings call the document of `kind` that belongs to `owner`."""
    if owner.kind == "policy":
        return f"policy `{owner.name}`"
    if owner.inline:
        return f"inline policy `{owner.inline}` of {owner.kind} `{owner.name}`"
    noun = _noun(owner, catalog)
    return _TITLES.get(kind, "the policy of {kind} `{name}`").format(kind=noun, name=owner.name)


def _noun(owner: Owner, catalog: Catalog) -> str:
    type = catalog.type(owner.type) if owner.type else None
    return shown(type) if type else spoken(owner.kind)


@record
class Options:
    """What the documents are to be like. `sids`: whether statements are named; `quotas`: other limits, by kind; `suggestions`:
    whether to look for what could be better, too; `target`: what they are written as; `minimize`: which wildcards may shorten
    lists of actions (see `shorten`); `ways`: whether to look for what documents lead to together."""

    sids: bool = False
    quotas: tuple[tuple[str, int], ...] = ()
    suggestions: bool = False
    target: str = "json"
    minimize: str = "exact"
    ways: bool = True


def documents(
    access: Access,
    small: Minimal,
    header: Header,
    options: Options,
    names: frozenset[str],
    catalog: Catalog,
    report: Report,
) -> tuple[Output, ...]:
    """The document of `access`, which grants what `small` does, in several where AWS takes several for one that is over its
    quota; findings for what it would refuse. `names`: of other owners of the kind, which no part may be called."""
    if access.written:
        header = Header(access.version, access.id, small.grants[0].origins[0].span)
    mode = "exact" if access.written else options.minimize
    short = shorten(small, price, access.kind, mode, catalog)
    lowered = head(lower(replace(access, grants=short.grants), catalog, report), access.kind, header, report)
    sids = options.sids and bool(lowered.document.statements)
    if sids:
        lowered = label(lowered, report.sources, access.kind == "identity")
    parts = (lowered,) if access.written else _divided(access, lowered, options, catalog, report)
    found: list[Output] = []
    number = 1
    for part in parts:
        if sids and len(parts) > 1:
            part = label(part, report.sources, access.kind == "identity")
        one = measured(access.owner, access.kind, part, options, catalog, report)
        found.append(replace(one, closed=short.closed, gap=short.gap, part=number))
        number += 1
        while f"{access.owner.name}-{number}" in names:
            number += 1
    return tuple(found)


_SEVERAL = ("managed", "scp", "rcp")  # kinds of document of which one thing may have several
_OF_AWS = {"scp": 1, "rcp": 1}  # attached beside ours: the policy that allows all that guardrails do not deny


def _divided(
    access: Access, lowered: Lowered, options: Options, catalog: Catalog, report: Report
) -> tuple[Lowered, ...]:
    """`lowered` in as many documents as it takes, and a finding where AWS does not attach so many."""
    kind, owner = lowered.document.kind, access.owner
    limit, unit = _limit(kind, options, catalog)
    if kind not in _SEVERAL or access.kind == "boundary" or not limit or size(lowered.document, unit) <= limit:
        return (lowered,)
    from iamdsl.compiler.divide import divide  # local: few documents are over their quota

    parts = divide(lowered, limit, unit)
    attached = f"attached-{kind if kind in _OF_AWS else 'role' if owner.kind == 'policy' else owner.kind}"
    most = _limit(attached, options, catalog)[0] - _OF_AWS.get(kind, 0)
    if most > 0 and len(parts) > most:
        help = "say it with fewer or wider names, or give some of these sentences to another; `--minimize short` may do"
        report.add(
            rules.TOO_MANY_DOCUMENTS,
            heaviest(lowered, unit),
            help=help,
            document=title(owner, access.kind, catalog),
            size=size(lowered.document, unit),
            over=sum([size(one.document, unit) for one in parts[most:]]),
            count=len(parts),
            limit=limit,
            most=most,
        )
        return parts[:1]
    return parts


def measured(owner: Owner, kind: str, lowered: Lowered, options: Options, catalog: Catalog, report: Report) -> Output:
    """The document of `lowered`, against AWS's quotas; findings for what AWS would refuse."""
    limit, unit = _limit(lowered.document.kind, options, catalog)
    if not lowered.document.statements and report.failed:
        return Output(owner, kind, lowered, 0, limit, unit, "")
    name = title(owner, kind, catalog)
    places = heaviest(lowered, unit)
    counted = validate(lowered.document, name, limit, unit, places, report)
    for what, count in _counts(lowered).items():
        most = catalog.quota(f"{owner.type} {what}")
        if most and count > most.limit:
            help = "say it of fewer, or of their account or organization"
            report.add(
                rules.TOO_MANY_PARTS, places[0].span, help=help, document=name, count=count, what=what, limit=most.limit
            )
    return Output(owner, kind, lowered, counted, limit, unit, _noun(owner, catalog))


def _limit(kind: str, options: Options, catalog: Catalog) -> tuple[int, str]:
    """The quota of a kind of document, 0 for none, and its unit."""
    quota = catalog.quota(kind)
    limit, unit = (quota.limit, quota.unit) if quota else (0, "characters")
    return dict(options.quotas).get(kind, limit), unit


def together(outputs: tuple[Output, ...], report: Report) -> None:
    """Report principals whose inline policies are together more than AWS takes: their quota is one for all of them."""
    sizes: dict[tuple[str, str], list[Output]] = {}
    for one in outputs:
        if one.owner.inline:
            sizes.setdefault((one.owner.kind, one.owner.name), []).append(one)
    for (kind, name), several in sizes.items():
        size, limit = sum([one.size for one in several]), several[0].quota
        if len(several) > 1 and limit and size > limit:
            places = heaviest(max(several, key=lambda one: one.size).lowered, several[0].unit)
            document, help = f"the sum of the inline policies of {kind} `{name}`", "make one of them a managed policy"
            report.add(
                rules.OVER_QUOTA, places, help=help, document=document, size=size, over=size - limit, limit=limit
            )


def guarded(outputs: tuple[Output, ...], options: Options, catalog: Catalog, report: Report) -> None:
    """Report roots, organizational units and accounts with more guardrails than AWS attaches to one."""
    attached: dict[tuple[str, str], list[Output]] = {}
    for one in outputs:
        if one.kind in _OF_AWS and one.owner.arn:
            attached.setdefault((one.kind, one.owner.arn), []).append(one)
    for (kind, target), several in attached.items():
        allowing = any([said.effect == "Allow" for one in several for said in one.lowered.document.statements])
        beside = 0 if allowing else _OF_AWS[kind]  # AWS's own goes where ours say what is allowed
        most = _limit(f"attached-{kind}", options, catalog)[0] - beside
        if 0 < most < len(several) and len({one.owner for one in several}) > 1:
            help = f"say in one guardrail what several say; where AWS raised this quota, set `quotas.attached-{kind}`"
            report.add(
                rules.TOO_MANY_GUARDRAILS,
                heaviest(several[most].lowered, several[most].unit)[0].span,
                help=help,
                target=target,
                count=len(several),
                kind=kind.upper(),
                over=len(several) - most,
                most=f"{most} that AWS attaches{' beside its own' if beside else ''}",
            )


def _counts(lowered: Lowered) -> dict[str, int]:
    """What some services limit by number: SQS developer guide, "Quotas related to policies"."""
    statements = lowered.document.statements
    return {
        "statements": len(statements),
        "principals": sum([len(one.principal or one.not_principal or ()) for one in statements]),
        "conditions": sum([len(keys) for one in statements for _, keys in one.condition]),
    }
