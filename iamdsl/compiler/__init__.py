"""From sentences to documents: the passes, in order."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.minimize import minimize
from iamdsl.access.model import Access, Owner
from iamdsl.catalog import Catalog
from iamdsl.compiler.arns import format_patterns
from iamdsl.compiler.bind import bind
from iamdsl.compiler.check import check
from iamdsl.compiler.label import label
from iamdsl.compiler.lower import Lowered, lower
from iamdsl.compiler.resolve import resolve
from iamdsl.compiler.trust import merge, trust
from iamdsl.diagnostics import Report
from iamdsl.policy.validate import validate
from iamdsl.record import record, replace
from iamdsl.source import Source
from iamdsl.syntax import ast
from iamdsl.syntax.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@record
class Output:
    """One document of a program: what it belongs to, and its size against AWS's quota, counted in `unit`."""

    owner: Owner
    kind: str
    lowered: Lowered
    size: int
    quota: int
    unit: str


@record
class Compilation:
    """What a program compiles to. Without outputs and groups when the report holds an error.

    `groups`: members by group. `accounts`: id and name of each home account. `sources`: the paths of all that was read.
    """

    outputs: tuple[Output, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    accounts: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    catalog: str


@record
class Options:
    """What the documents are to be like. `sids`: whether statements are named; `quotas`: other limits, by kind."""

    sids: bool = False
    quotas: tuple[tuple[str, int], ...] = ()


def compile_program(
    sources: tuple[Source, ...],
    catalog: Catalog,
    settings: Mapping[str, str],
    report: Report,
    options: Options = Options(),
) -> Compilation:
    """Compile `sources`, which together are one program. Everything that is wrong goes to `report`."""
    programs = tuple(parse(source, report) for source in sources)
    bindings = bind(programs, catalog, settings, report)
    accesses = _joined(*trust(bindings, report), resolve(bindings, report))
    check(accesses, bindings, report)
    if not report.failed and not any(access.grants for access in accesses):
        report.add(rules.EMPTY_PROGRAM, None, help="write a sentence, such as `alice can read bucket reports`")
    homes = tuple((one.id, one.name) for one in bindings.accounts.values() if not one.external)
    paths = tuple(program.path for program in programs)
    if report.failed:
        return Compilation((), (), homes, paths, catalog.version)
    formats = _formats(catalog)
    small = tuple(
        replace(access, grants=merge(access.grants) if access.kind == "trust" else minimize(access.grants, formats))
        for access in accesses
        if access.grants
    )
    outputs = tuple(_output(access, options, catalog, report) for access in small)
    groups = tuple((one.name, one.members) for one in bindings.principals.values() if one.kind == "group")
    return Compilation(() if report.failed else outputs, tuple(sorted(groups)), homes, paths, catalog.version)


def _joined(*several: tuple[Access, ...]) -> tuple[Access, ...]:
    """One access for each owner and kind, A to Z."""
    found: dict[tuple[Owner, str], Access] = {}
    for accesses in several:
        for access in accesses:
            key = (access.owner, access.kind)
            known = found.get(key)
            found[key] = replace(known, grants=known.grants + access.grants) if known else access
    return tuple(sorted(found.values(), key=lambda one: (one.owner.kind, one.owner.name, one.kind)))


def _formats(catalog: Catalog) -> Callable[[str], tuple[str, ...] | None]:
    known: dict[str, tuple[str, ...] | None] = {}

    def formats(name: str) -> tuple[str, ...] | None:
        if name not in known:
            action = None if "*" in name or "?" in name else catalog.action(name)
            known[name] = format_patterns(action, catalog) if action and action.types else None
        return known[name]

    return formats


def _output(access: Access, options: Options, catalog: Catalog, report: Report) -> Output:
    lowered = lower(access, report)
    if options.sids and lowered.document.statements:
        lowered = label(lowered, report.sources, access.kind == "identity")
    kind = lowered.document.kind
    quota = catalog.quota(kind)
    assert quota is not None, f"no quota for {kind}"
    limit = dict(options.quotas).get(kind, quota.limit)
    owner = access.owner
    name = f"the {'trust policy' if kind == 'trust' else 'policy'} of {owner.kind} `{owner.name}`"
    name = f"policy `{owner.name}`" if owner.kind == "policy" else name
    spans = [origin.span for origins in lowered.origins for origin in origins]
    if not lowered.document.statements and report.failed:
        return Output(owner, access.kind, lowered, 0, limit, quota.unit)
    counted = validate(lowered.document, name, limit, quota.unit, spans[0] if spans else None, report)
    return Output(owner, access.kind, lowered, counted, limit, quota.unit)
