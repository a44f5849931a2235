"""What a service or resource control policy may hold, and what it does not reach."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access import glob
from iamdsl.access.model import TRUE, Access, Condition, Grant, Not, tests
from iamdsl.catalog import tables
from iamdsl.compiler.bindings import Bindings
from iamdsl.diagnostics import Report
from iamdsl.source import Span

_REACH = {
    "scp": "neither the management account nor service-linked roles",
    "rcp": "neither resources of the management account nor calls of service-linked roles",
}


def check(access: Access, span: Span, bindings: Bindings, report: Report) -> None:
    """Findings for `access`, the grants of a guardrail declared at `span`."""
    if not access.grants:
        return
    for grant in access.grants:
        place = grant.origins[0].span
        if grant.origins[0].exact:
            continue
        if not grant.allows and grant.condition == TRUE and grant.resources == ("*",) and _everything(grant):
            help = "say what is denied, or whom it spares: `... unless role admin`"
            report.add(rules.DENIES_EVERYTHING, place, help=help, name=access.owner.name)
        if access.kind == "rcp":
            _rcp(grant, place, bindings, report)
        elif not grant.allows:
            _region_lock(grant, place, bindings, report)
    report.add(rules.GUARDRAIL_REACH, span, name=access.owner.name, what=_REACH[access.kind])


def _everything(grant: Grant) -> bool:
    return not grant.except_actions and bool({"*", "*:*"} & set(grant.actions))


def _rcp(grant: Grant, place: Span, bindings: Bindings, report: Report) -> None:
    """Organizations user guide, "RCP syntax" and "AWS services that support RCPs"."""
    if grant.allows:
        help = "AWS's own RCPFullAWSAccess allows everything; write what `nobody can` do"
        report.add(rules.RCP_FORM, place, help=help, what="allow anything")
    elif grant.except_actions or _everything(grant):
        help = "name services, such as `... use any bucket` or `do s3:*`"
        report.add(rules.RCP_FORM, place, help=help, what="deny all actions, or all but some")
    else:
        services = {action.partition(":")[0].lower() for action in grant.actions}
        known = bindings.catalog.rcp_services()
        for service in sorted(services - known):
            help = "say it of the principals: `guardrail NAME for principals in ...`\nservices that take it: "
            report.add(rules.RCP_FORM, place, help=help + ", ".join(sorted(known)), what=f"deny actions of {service}")


def _region_lock(grant: Grant, place: Span, bindings: Bindings, report: Report) -> None:
    """A deny outside some regions stops the services that answer in one region for the whole world, unless it spares them."""
    allowed = _allowed_regions(grant.condition)
    if not allowed or bindings.partition != "aws":
        return
    stopped: dict[str, str] = {}
    for service, region, _source in tables.rows("global_services"):
        named = any(glob.overlap(action.lower(), f"{service}:*") for action in grant.actions)
        if named != grant.except_actions and region not in allowed:
            stopped[service] = region
    if stopped:
        names, regions = list(stopped), " and ".join(sorted(set(stopped.values())))
        shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        help = f"spare them, `... except in {', '.join(names)}`, or allow {regions} too"
        report.add(rules.STOPS_GLOBAL, place, help=help, services=shown)


def _allowed_regions(condition: Condition) -> set[str]:
    """The regions that a deny spares: those of its tests `not in region`."""
    if isinstance(condition, Not) and any(test.key == "aws:RequestedRegion" for test in tests(condition.item)):
        return {value for test in tests(condition.item) if test.key == "aws:RequestedRegion" for value in test.values}
    items = () if isinstance(condition, Not) else getattr(condition, "items", ())
    return {region for item in items for region in _allowed_regions(item)}
