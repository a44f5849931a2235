"""From sentences to documents: the passes, in order."""

from __future__ import annotations

from bisect import bisect_left

from iamdsl import rules
from iamdsl.access.minimize import Minimal, minimize
from iamdsl.access.model import Access, Owner
from iamdsl.access.smallest import merged
from iamdsl.catalog import Catalog
from iamdsl.compiler.arns import formats_of
from iamdsl.compiler.attach import Attachment, attach, count
from iamdsl.compiler.bind import bind
from iamdsl.compiler.bindings import Bindings, Header
from iamdsl.compiler.bodies import bodies
from iamdsl.compiler.check import check
from iamdsl.compiler.conflicts import conflicts
from iamdsl.compiler.document import Options, Output, documents, guarded, title, together
from iamdsl.compiler.escalate import escalate
from iamdsl.compiler.estate import Estate, beside_of, of_outputs
from iamdsl.compiler.facts import Stated, stated
from iamdsl.compiler.gather import gather, reuses
from iamdsl.compiler.header import check_header
from iamdsl.compiler.holders import Holder, holders
from iamdsl.compiler.keep import Keep, each, of
from iamdsl.compiler.keys import administered
from iamdsl.compiler.lower import price
from iamdsl.compiler.params import params
from iamdsl.compiler.references import References
from iamdsl.compiler.resolve import resolve
from iamdsl.compiler.review import review
from iamdsl.compiler.suppress import suppress
from iamdsl.compiler.trust import trust
from iamdsl.compiler.verify import Mismatch, Verifier
from iamdsl.compiler.wildcards import written_out
from iamdsl.diagnostics import Report
from iamdsl.record import record, replace
from iamdsl.source import Source, Span
from iamdsl.syntax import ast

__all__ = ["Compilation", "Keep", "Options", "Output", "compile_bound", "compile_program", "declared", "minimized"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamdsl.access.reach import Formats
    from iamdsl.compiler.claims import Claim


@record
class Compilation:
    """What a program compiles to. Without outputs, groups and `attached` policies when the report holds an error.

    `groups`: members by group. `holders`: what principals hold beside documents. `accounts`: id and name of each home
    account. `sources`: the paths of all that was read. `bindings`: what its names stand for. `stated`: what managed
    policies have beside their documents.
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
    stated: tuple[Stated, ...] = ()


def compile_program(
    sources: tuple[Source, ...],
    catalog: Catalog,
    settings: Mapping[str, str],
    report: Report,
    options: Options = Options(),
) -> Compilation:
    """Compile `sources`, which together are one program. Everything that is wrong goes to `report`."""
    programs = gather(sources, report).programs
    bindings = declared(programs, catalog, settings, report, options)
    found = compile_bound(tuple([program.path for program in programs]), bindings, report, options)
    suppress(found.sources, options.suggestions, report)
    if options.target != "json":
        report.reword(found.bindings.references.speaker(found.bindings))
    return found


def declared(
    programs: tuple[ast.Program, ...],
    catalog: Catalog,
    settings: Mapping[str, str],
    report: Report,
    options: Options = Options(),
    keep: Keep | None = None,
) -> Bindings:
    """What the names in the trees of a program stand for. With `keep`, as known from the last time where only sentences that
    declare nothing are others now."""
    lines = [line for program in programs for line in program.lines]
    declaring = [line for line in lines if not isinstance(line.sentence, (ast.Grant, ast.BadSentence))]
    paths = tuple([program.path for program in programs])
    references = _references(paths, settings, options, catalog, report)
    elsewhere = options.target != "json" or any([_reads_files(line.sentence) for line in declaring])
    needs = ([*map(id, declaring)], dict(settings), options.target, object() if elsewhere else None)
    making = lambda own: _declared(declaring, catalog, settings, references, own)
    bindings, said, _ = of(keep, "declared", needs, report, making)
    grants: list[ast.Line] = []
    if said is not None:
        for line in lines:
            grants += (line,) if isinstance(line.sentence, ast.Grant) else said.get(id(line), ())
    return bindings.saying(grants)


def _declared(
    lines: list[ast.Line], catalog: Catalog, settings: Mapping[str, str], references: References, report: Report
) -> tuple[Bindings, dict[int, list[ast.Line]] | None, list[ast.Line]]:
    """What `lines` declare; the grants in each of them, by its id, None where these are too many; and the lines themselves,
    so that no other gets their ids."""
    given = params(lines, settings, report)
    written: list[list[ast.Line]] | None = [[line] for line in lines]
    if reuses(lines):
        from iamdsl.compiler.expand import expand  # local: only for programs with loops or policies

        written = expand(lines, given, catalog, report)
    flat = [one for each in written or () for one in each]
    bindings, grants = bind(flat, catalog, given.values, report, references)
    if written is None:
        return bindings, None, lines
    said = {id(line): [one for each in those for one in grants(each)] for line, those in zip(lines, written)}
    return bindings, said, lines


def _reads_files(node: ast.Statement) -> bool:
    """Whether what a sentence declares is in a file, which may be another at any time."""
    return isinstance(node, ast.Setting) and node.kind == "inventory"


def compile_bound(
    paths: tuple[str, ...],
    bindings: Bindings,
    report: Report,
    options: Options = Options(),
    keep: Keep | None = None,
) -> Compilation:
    """Compile a program whose names are known; `paths` are those of its files.

    With `keep`, results are taken over from the last compile with it, and a program with errors yields the documents of
    its sound sentences; its claims are left open.
    """
    catalog = bindings.catalog
    watched = keep.watch(bindings) if keep is not None else bindings
    said = resolve(watched, report, keep)
    accesses = _joined(keep, *trust(watched, report, keep), said, bodies(watched, report, keep))
    accesses = administered(accesses, bindings, report, keep)
    attached = attach(bindings, report)
    check(accesses, attached, bindings, report, keep)
    conflicts(accesses, bindings, report, keep)
    stands = stated(bindings.policies.values(), bindings.params, report)
    kept, files = _kept(bindings, options, report)
    if not report.failed and not attached and not kept and not any(access.grants for access in accesses):
        report.add(rules.EMPTY_PROGRAM, None, help="write a sentence, such as `alice can read bucket reports`")
    homes = tuple((one.id, one.name) for one in bindings.accounts.values() if not one.external)
    held = holders(watched, report, keep)
    made = Compilation((), (), held, homes, _sources(paths, files, bindings), catalog.version, bindings)
    if report.failed and keep is None:
        return made
    accesses = tuple(access for access in accesses if access.grants)
    divided = _documents(accesses, options, bindings, report, keep)
    outputs = tuple([one for parts in divided for one in parts])
    count(attached, [one.owner for one in outputs if one.kind == "identity"], dict(options.quotas), catalog, report)
    together((*outputs, *kept), report)
    guarded((*outputs, *kept), options, catalog, report)
    groups = tuple(sorted((one.name, one.members) for one in bindings.principals.values() if one.kind == "group"))
    if not report.failed or keep is not None:
        outputs = _proved(divided, accesses, catalog, keep)
    outputs = tuple(sorted((*outputs, *kept), key=_order)) if kept else outputs
    made = replace(made, outputs=outputs, groups=groups, attached=attached, stated=stands)
    escalate(made, options, report, keep)
    if bindings.assertions and not report.failed and keep is None:
        from iamdsl.compiler.claims import claims  # local: few programs claim anything

        made = replace(made, claims=claims(_estate(made, report), formats_of(catalog), report))
    return replace(made, outputs=(), groups=(), attached=()) if report.failed and keep is None else made


def _sources(programs: tuple[str, ...], kept: tuple[str, ...], bindings: Bindings) -> tuple[str, ...]:
    """The paths of all that was read, each once."""
    return tuple(dict.fromkeys((*programs, *kept, *(bindings.inventory.paths if bindings.inventory else ()))))


def _references(
    paths: tuple[str, ...], settings: Mapping[str, str], options: Options, catalog: Catalog, report: Report
) -> References:
    """What the target fills in itself, in texts that the program does not have."""
    texts = [source.text for path in paths if (source := report.sources.get(path))]
    return References(options.target, (*texts, *settings.values()), catalog)


def _documents(
    accesses: tuple[Access, ...], options: Options, bindings: Bindings, report: Report, keep: Keep | None
) -> tuple[tuple[Output, ...], ...]:
    """The documents of each access, mostly one, and what there is to say of them."""
    catalog, header = bindings.catalog, bindings.header
    if keep is not None:
        keep.accesses = accesses
    owners = tuple([one.owner for one in accesses])
    said = (header, header.place, options)
    common = of(keep, "header", said, report, lambda _: said)  # the same object as long as it is equal: soon compared
    needs = [(common, others) for others in of(keep, "others", owners, report, lambda _: _others(owners))]
    found = each(keep, "documents", accesses, needs, report, lambda one, need, own: _made(one, need, catalog, own))
    check_header([parts[0].kind for parts in found], header, report)
    return tuple(found)


def _made(
    access: Access,
    needs: tuple[tuple[Header, Span | None, Options], frozenset[str]],
    catalog: Catalog,
    report: Report,
) -> tuple[Output, ...]:
    """The documents of one access; the last of `needs` are the names of others that its parts could be called."""
    (header, _, options), others = needs
    small = minimized(access, formats_of(catalog))
    found = documents(access, small, header, options, others, catalog, report)
    for output in found:
        review(output, options.suggestions, catalog, report)
    return found


def _others(owners: tuple[Owner, ...]) -> list[frozenset[str]]:
    """For each owner: the names of others of its kind that go on behind `NAME-`."""
    names: dict[str, list[str]] = {}
    for kind, name in sorted({(one.kind, one.name) for one in owners}):
        names.setdefault(kind, []).append(name)
    return [_continuing(f"{one.name}-", names[one.kind]) for one in owners]


def _continuing(start: str, names: list[str]) -> frozenset[str]:
    """Those of `names`, A to Z, that go on behind `start`."""
    first = last = bisect_left(names, start)
    while last < len(names) and names[last].startswith(start):
        last += 1
    return frozenset(names[first:last])


def _kept(bindings: Bindings, options: Options, report: Report) -> tuple[tuple[Output, ...], tuple[str, ...]]:
    """The documents that the program keeps in files, and the paths of those."""
    nodes = [line.sentence for one in (*bindings.inline, *bindings.bodies) for line in one.body]
    if not bindings.kept and not any([isinstance(node, ast.Kept) for node in nodes]):
        return (), ()
    from iamdsl.compiler.verbatim import verbatim  # local: few programs keep documents

    return verbatim(bindings, options, bindings.catalog, report)


def _estate(made: Compilation, report: Report) -> Estate:
    """All that the program emits, for its claims."""
    catalog = made.bindings.catalog
    titled = [(title(one.owner, one.kind, catalog), one) for one in made.outputs]
    held = tuple(of_outputs(titled, made.attached, report.sources))
    return Estate(held, tuple(beside_of(made.holders, made.attached)), made.groups, made.bindings)


def _joined(keep: Keep | None, *several: tuple[Access, ...]) -> tuple[Access, ...]:
    """One access for each owner and kind, A to Z."""
    flat = [access for accesses in several for access in accesses]
    found: dict[tuple[str, ...], list[Access]] = {}
    for access, key in zip(flat, each(keep, "order", flat, flat, Report(), lambda one, *_: _order(one))):
        found.setdefault(key, []).append(access)
    return tuple([_one(keep, those) for _, those in sorted(found.items())])


def _one(keep: Keep | None, several: list[Access]) -> Access:
    """The grants of all, of what is written out if one of them is."""
    if len(several) == 1:
        return several[0]
    return of(keep, ("joined", *map(id, several)), several, Report(), lambda _: _united(several))


def _united(several: list[Access]) -> Access:
    first = next((one for one in reversed(several) if one.written), several[0])
    return replace(first, grants=tuple([grant for one in several for grant in one.grants]))


def _order(one: Access | Output) -> tuple[str, ...]:
    owner = one.owner
    return (owner.kind, owner.type, owner.name, owner.inline, one.kind, owner.account, owner.arn)


_TO_PRINCIPALS = ("trust", "resource", "rcp", "endpoint")  # kinds of document that name principals


def minimized(access: Access, formats: Formats) -> Minimal:
    """The grants of `access` in their shortest form, but for what is written out; those without a resource have nothing to be
    merged by."""
    fixed = tuple([grant for grant in access.grants if grant.written is not None or not grant.resources])
    loose = tuple([grant for grant in access.grants if grant.written is None and grant.resources])
    small = minimize(loose, formats, price) if loose else Minimal((), 0)
    small = Minimal(fixed + small.grants, None if fixed else small.gap)
    return merged(small) if access.kind in _TO_PRINCIPALS else small


def _proved(
    divided: tuple[tuple[Output, ...], ...], accesses: tuple[Access, ...], catalog: Catalog, keep: Keep | None
) -> tuple[Output, ...]:
    """The documents, those of each access proved to say together what it means.

    Raises Mismatch; with `keep`, where some of it may not be sayable, the documents are left unproved.
    """
    verifier = Verifier(formats_of(catalog))

    def proof(parts: tuple[Output, ...], access: Access) -> str:
        output = parts[0]
        type = catalog.type(output.owner.type) if output.kind == "resource" else None
        policy = catalog.resource_policy(type) if type else None
        name = title(output.owner, output.kind, catalog)
        named = policy is None or policy.resource == "arn"
        document = output.lowered.document
        if len(parts) > 1:
            every = [one for part in parts for one in part.lowered.document.statements]
            document = replace(document, statements=tuple(every))
        if output.closed:
            grants, document = written_out(access.grants, document, catalog)
            access = replace(access, grants=grants)
        try:
            return verifier.verify(access, document, named, name)
        except Mismatch:
            if keep is None:
                raise
            return ""

    def proved(parts: tuple[Output, ...], access: Access, _: Report) -> tuple[Output, ...]:
        verdict = proof(parts, access)
        return tuple([replace(one, proof=verdict) for one in parts])

    found = each(keep, "proof", divided, accesses, Report(), proved)
    return tuple([one for parts in found for one in parts])
