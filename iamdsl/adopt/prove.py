"""That a program says what the account has: it is compiled, and every document and attachment compared."""

from __future__ import annotations

import os

from iamdsl import read
from iamdsl.access.model import Access, Owner
from iamdsl.adopt.model import Account
from iamdsl.adopt.pieces import Key, layer
from iamdsl.adopt.program import Program
from iamdsl.catalog import Catalog
from iamdsl.compiler import Compilation, Options, compile_program
from iamdsl.compiler.arns import formats_of
from iamdsl.compiler.document import Output
from iamdsl.compiler.lift import lift
from iamdsl.compiler.verify import EQUAL, Mismatch, Verifier
from iamdsl.diagnostics import Diagnostic, Report
from iamdsl.policy.model import Document
from iamdsl.record import replace
from iamdsl.syntax.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Proof:
    """What was found out about a program: `faults`, why a document is not said as it was, and `strays`, what is wrong beside
    that. `compilation`: what it compiles to."""

    def __init__(self) -> None:
        self.faults: dict[Key, str] = {}
        self.strays: list[Diagnostic] = []
        self.compilation: Compilation | None = None

    @property
    def sound(self) -> bool:
        return not self.faults and not self.strays


def prove(
    folder: str,
    made: Program,
    documents: Mapping[Key, Document],
    options: Options,
    catalog: Catalog,
    tick: Callable[[int], None],
) -> Proof:
    """Compile the program that lies in `folder` and compare what comes of it with `documents`, one by one."""
    found = Proof()
    report = Report()
    sources = read.sources([folder], "-", report)
    compilation = compile_program(sources, catalog, {}, report, options)
    errors = [one for one in report if one.level == "error"]
    if errors:
        places = _Places(folder, made, report)
        for one in errors:
            keys = places.keys(one)
            found.faults.update({key: f"{one.message} ({one.rule.code})" for key in keys})
            if not keys:
                found.strays.append(one)
        return found
    found.compilation = compilation
    _compare(compilation, documents, catalog, found, tick)
    return found


class _Places:
    """Which documents the sentence at a place says."""

    def __init__(self, folder: str, made: Program, report: Report) -> None:
        self.lines: dict[str, list[tuple[int, tuple[Key, ...]]]] = {}
        for file, keys in made.keys.items():
            path = os.path.join(folder, file).replace(os.sep, "/")
            if path in report.sources:
                program = parse(report.sources[path], Report())
                self.lines[path] = [(line.span.end, own) for line, own in zip(program.lines, keys)]

    def keys(self, found: Diagnostic) -> tuple[Key, ...]:
        for label in found.labels[:1]:
            for end, keys in self.lines.get(label.span.path, ()):
                if label.span.start < end:
                    return keys
        return ()


def _compare(
    compilation: Compilation,
    documents: Mapping[Key, Document],
    catalog: Catalog,
    found: Proof,
    tick: Callable[[int], None],
) -> None:
    verifier = Verifier(formats_of(catalog))
    left = dict(documents)
    same: dict[tuple[object, object, str], str] = {}
    for number, output in enumerate(compilation.outputs):
        tick(number)
        key = key_of(output)
        document = left.pop(key, None)
        if document is None:
            found.faults[key] = "the program would make it, and the account has it not"
            continue
        one, other = replace(document, kind=""), replace(output.lowered.document, kind="")
        if one == other:
            continue
        pair = (one, other, layer(key))
        if pair not in same:
            same[pair] = _difference(output, document, verifier, catalog)
        if same[pair]:
            found.faults[key] = same[pair]
    for key in left:
        found.faults[key] = "the program would not make it"


def _difference(output: Output, document: Document, verifier: Verifier, catalog: Catalog) -> str:
    """Why `output` is not proved to be `document`; "" if it is."""
    type = catalog.type(output.owner.type) if output.kind == "resource" else None
    policy = catalog.resource_policy(type) if type else None
    access = Access(output.owner, output.kind, lift(document))
    try:
        verdict = verifier.verify(access, output.lowered.document, policy is None or policy.resource == "arn", "it")
    except Mismatch as fault:
        return str(fault)
    if output.lowered.document.id != document.id:
        return "its id is another"
    return "" if verdict == EQUAL else f"whether its sentences say the same is not decided: {verdict}"


def key_of(output: Output) -> Key:
    """Which document of the account an output should be."""
    owner: Owner = output.owner
    if owner.inline:
        return Key("inline", owner.name, owner.kind, owner.inline)
    if output.kind == "resource":
        return Key("resource", owner.arn, owner.type)
    kind = {"identity": owner.kind}.get(output.kind, output.kind)
    return Key(kind, owner.name)


def attachments(compilation: Compilation, account: Account) -> list[str]:
    """What of the attachments, groups and boundaries is another in the program than in the account."""
    names = {one.arn: one.name for one in account.policies}
    wanted: dict[tuple[str, str, str], object] = {}
    for one in account.principals:
        ours = sorted([names[arn] for arn in one.managed if arn in names])
        aws = sorted([arn for arn in one.managed if arn not in names])
        wanted["managed", one.kind, one.name] = (ours, aws)
        wanted["boundary", one.kind, one.name] = names.get(one.boundary, one.boundary)
        wanted["path", one.kind, one.name] = (one.path, one.tags)
        for group in one.groups:
            wanted.setdefault(("members", "group", group), set()).add(one.name)  # type: ignore[attr-defined]
    got: dict[tuple[str, str, str], object] = {}
    for used in compilation.attached:
        got["managed", used.owner.kind, used.owner.name] = (sorted(used.policies), sorted(used.aws))
    for held in compilation.holders:
        boundary = held.boundary if not held.boundary.startswith("arn:") else names.get(held.boundary, held.boundary)
        got["boundary", held.kind, held.name] = boundary
        got["path", held.kind, held.name] = (held.path, held.tags)
    got.update({("members", "group", name): set(members) for name, members in compilation.groups})
    nothing: dict[str, object] = {"managed": ([], []), "boundary": "", "path": ("/", ()), "members": set()}
    return [
        f"{kind} `{name}`: {what}"
        for what, kind, name in sorted({*wanted, *got})
        if wanted.get((what, kind, name), nothing[what]) != got.get((what, kind, name), nothing[what])
    ]
