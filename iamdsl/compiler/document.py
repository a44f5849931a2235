"""Documents as AWS takes them: what each is called, counts as and may hold."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import Access, Owner
from iamdsl.catalog import Catalog
from iamdsl.compiler.bindings import Header, spoken
from iamdsl.compiler.header import head
from iamdsl.compiler.label import label
from iamdsl.compiler.lower import Lowered, heaviest, lower
from iamdsl.compiler.phrase import shown
from iamdsl.compiler.shorten import shorten
from iamdsl.diagnostics import Report
from iamdsl.policy.validate import validate
from iamdsl.record import record, replace


@record
class Output:
    """One document of a program: what it belongs to, and its size against AWS's quota, counted in `unit`.

    `quota` is 0 where AWS states none; `noun` is how the resource's type is written in a sentence; `proof` is the verdict on
    the document beside its sentences (see `verify`). `closed`: it holds as long as AWS adds no actions to the catalog. Its
    lists of actions have `gap` characters more than the least that is possible, at most.
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
    gap: int = 0


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
    lists of actions (see `shorten`)."""

    sids: bool = False
    quotas: tuple[tuple[str, int], ...] = ()
    suggestions: bool = False
    target: str = "json"
    minimize: str = "exact"


def document(access: Access, header: Header, options: Options, catalog: Catalog, report: Report) -> Output:
    """The document of `access`; findings for what AWS would refuse."""
    if access.written:
        header = Header(access.version, access.id, access.grants[0].origins[0].span)
    mode = "exact" if access.written else options.minimize
    short = shorten(access.grants, access.kind, mode, catalog)
    lowered = head(lower(replace(access, grants=short.grants), catalog, report), access.kind, header, report)
    if options.sids and lowered.document.statements:
        lowered = label(lowered, report.sources, access.kind == "identity")
    found = measured(access.owner, access.kind, lowered, options, catalog, report)
    return replace(found, closed=short.closed, gap=short.gap)


def measured(owner: Owner, kind: str, lowered: Lowered, options: Options, catalog: Catalog, report: Report) -> Output:
    """The document of `lowered`, against AWS's quotas; findings for what AWS would refuse."""
    quota = catalog.quota(lowered.document.kind)
    limit, unit = (quota.limit, quota.unit) if quota else (0, "characters")
    limit = dict(options.quotas).get(lowered.document.kind, limit)
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
            document, help = f"the inline policies of {kind} `{name}` together", "make one of them a managed policy"
            report.add(
                rules.OVER_QUOTA, places, help=help, document=document, size=size, over=size - limit, limit=limit
            )


def _counts(lowered: Lowered) -> dict[str, int]:
    """What some services limit by number: SQS developer guide, "Quotas related to policies"."""
    statements = lowered.document.statements
    return {
        "statements": len(statements),
        "principals": sum([len(one.principal or one.not_principal or ()) for one in statements]),
        "conditions": sum([len(keys) for one in statements for _, keys in one.condition]),
    }
