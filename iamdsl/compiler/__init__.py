"""From sentences to documents: the passes, in order."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.merge import merge
from iamdsl.access.minimize import minimize
from iamdsl.access.model import Access, Owner
from iamdsl.catalog import Catalog
from iamdsl.compiler.arns import formats_of
from iamdsl.compiler.attach import Attachment, attach, count
from iamdsl.compiler.bind import bind
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.bodies import bodies
from iamdsl.compiler.check import check
from iamdsl.compiler.conflicts import conflicts
from iamdsl.compiler.document import Options, Output, document, title
from iamdsl.compiler.estate import Estate, beside_of, of_outputs
from iamdsl.compiler.gather import gather, reuses
from iamdsl.compiler.header import check_header
from iamdsl.compiler.holders import Holder, holders
from iamdsl.compiler.keys import administered
from iamdsl.compiler.params import params
from iamdsl.compiler.resolve import resolve
from iamdsl.compiler.review import review
from iamdsl.compiler.suppress import suppress
from iamdsl.compiler.trust import trust
from iamdsl.compiler.verify import Verifier
from iamdsl.diagnostics import Report
from iamdsl.record import record, replace
from iamdsl.source import Source

__all__ = ["Compilation", "Options", "Output", "compile_program"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamdsl.access.reach import Formats
    from iamdsl.compiler.claims import Claim


@record
class Compilation:
    """What a program compiles to. Without outputs, groups and `attached` policies when the report holds an error.

    `groups`: members by group. `holders`: what principals hold beside documents. `accounts`: id and name of each home
    account. `sources`: the paths of all that was read. `bindings`: what its names stand for.
    """

    outputs: tuple[Output, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    holders: tuple[Holder, ...]
    accounts: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    catalog: str
    bindings: Bindings
    attached: tuple[Attachment, ...] = ()
    claims: tuple[Claim, ...] = ()


def compile_program(
    sources: tuple[Source, ...],
    catalog: Catalog,
    settings: Mapping[str, str],
    report: Report,
    options: Options = Options(),
) -> Compilation:
    """Compile `sources`, which together are one program. Everything that is wrong goes to `report`."""
    found = _compiled(sources, catalog, settings, report, options)
    suppress(found.sources, report)
    return found


def _compiled(
    sources: tuple[Source, ...], catalog: Catalog, settings: Mapping[str, str], report: Report, options: Options
) -> Compilation:
    gathered = gather(sources, report)
    given = params(gathered.programs, settings, report)
    programs = gathered.programs
    if any([reuses(program.lines) for program in programs]):
        from iamdsl.compiler.expand import expand  # local: only for programs with loops or policies

        programs = expand(programs, given, catalog, report)
    bindings = bind(programs, catalog, given.values, report)
    accesses = administered(
        _joined(*trust(bindings, report), resolve(bindings, report), bodies(bindings, report)), bindings, report
    )
    held = holders(bindings, report)
    attached = attach(bindings, report)
    check(accesses, attached, bindings, report)
    conflicts(accesses, bindings, report)
    if not report.failed and not attached and not any(access.grants for access in accesses):
        report.add(rules.EMPTY_PROGRAM, None, help="write a sentence, such as `alice can read bucket reports`")
    homes = tuple((one.id, one.name) for one in bindings.accounts.values() if not one.external)
    paths = tuple([program.path for program in gathered.programs])
    if report.failed:
        return Compilation((), (), (), homes, paths, catalog.version, bindings)
    formats = formats_of(catalog)
    small = tuple(_minimized(access, formats) for access in accesses if access.grants)
    outputs = tuple(document(access, bindings.header, options, catalog, report) for access in small)
    check_header([one.kind for one in outputs], bindings.header, report)
    count(attached, [one.owner for one in outputs if one.kind == "identity"], catalog, report)
    groups = tuple((one.name, one.members) for one in bindings.principals.values() if one.kind == "group")
    review(outputs, catalog, report)
    if not report.failed:
        outputs = _proved(outputs, tuple(access for access in accesses if access.grants), catalog, formats)
    found = Compilation(outputs, tuple(sorted(groups)), held, homes, paths, catalog.version, bindings, attached)
    if bindings.assertions and not report.failed:
        from iamdsl.compiler.claims import claims  # local: few programs claim anything

        found = replace(found, claims=claims(_estate(found, report), formats, report))
    if report.failed:
        return replace(found, outputs=(), groups=(), attached=())
    return found


def _estate(made: Compilation, report: Report) -> Estate:
    """All that the program emits, for its claims."""
    catalog = made.bindings.catalog
    titled = [(title(one.owner, one.kind, catalog), one) for one in made.outputs]
    held = tuple(of_outputs(titled, made.attached, report.sources))
    return Estate(held, tuple(beside_of(made.holders, made.attached)), made.groups, made.bindings)


def _joined(*several: tuple[Access, ...]) -> tuple[Access, ...]:
    """One access for each owner and kind, A to Z."""
    found: dict[tuple[Owner, str], Access] = {}
    for accesses in several:
        for access in accesses:
            key = (access.owner, access.kind)
            known = found.get(key)
            found[key] = replace(known, grants=known.grants + access.grants) if known else access
    return tuple(sorted(found.values(), key=lambda one: (one.owner.kind, one.owner.type, one.owner.name, one.kind)))


_TO_PRINCIPALS = ("trust", "resource", "rcp", "endpoint")  # kinds of document that name principals


def _minimized(access: Access, formats: Formats) -> Access:
    """`access` in its shortest form; a trust policy has no resources to speak of."""
    grants = access.grants if access.kind == "trust" else minimize(access.grants, formats)
    return replace(access, grants=merge(grants) if access.kind in _TO_PRINCIPALS else grants)


def _proved(
    outputs: tuple[Output, ...], accesses: tuple[Access, ...], catalog: Catalog, formats: Formats
) -> tuple[Output, ...]:
    """The documents, each proved to say what `accesses`, of which it was made, mean. Raises Mismatch."""
    verifier = Verifier(formats)
    found: list[Output] = []
    for output, access in zip(outputs, accesses):
        type = catalog.type(output.owner.type) if output.kind == "resource" else None
        policy = catalog.resource_policy(type) if type else None
        name = title(output.owner, output.kind, catalog)
        named = policy is None or policy.resource == "arn"
        found.append(replace(output, proof=verifier.verify(access, output.lowered.document, named, name)))
    return tuple(found)
