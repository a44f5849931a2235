"""Documents that a program keeps in files, as they are: JSON to outputs, without a sentence in between."""

from __future__ import annotations

import os

from iamdsl import read, rules
from iamdsl.access.model import Origin
from iamdsl.catalog import Catalog
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.bodies import kept_bodies
from iamdsl.compiler.inline import kept_inline
from iamdsl.compiler.document import Options, Output, measured
from iamdsl.compiler.lower import Lowered, kind_of
from iamdsl.compiler.references import KEPT
from iamdsl.compiler.words import literal, mentions
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.policy.model import Document
from iamdsl.record import replace
from iamdsl.source import Source, Span
from iamdsl.syntax import ast
from iamdsl.validation import Target, facts, validate


def verbatim(
    bindings: Bindings, options: Options, catalog: Catalog, report: Report
) -> tuple[tuple[Output, ...], tuple[str, ...]]:
    """The documents that are kept, and the paths of their files; findings for files that hold none."""
    outputs: list[Output] = []
    read_before: dict[str, Source | None] = {}
    scratch = Report()  # what is wrong with their names is found with the bodies
    for owner, kind, node in (*bindings.kept, *kept_inline(bindings, scratch), *kept_bodies(bindings, scratch)):
        path = _path(node, bindings, report)
        if path and path not in read_before:
            read_before[path] = read.file(path, report, node.file.span)
        source = read_before.get(path)
        document = _document(source, report) if source else None
        if source is not None and document is not None:
            document = replace(document, kind=kind_of(owner, kind, catalog))
            _refused(source, kind, catalog, report)
            origins = ((Origin.at(node.span),),) * len(document.statements)
            found = measured(owner, kind, Lowered(document, origins), options, catalog, report)
            outputs.append(replace(found, proof=KEPT))
    return tuple(outputs), tuple([source.path for source in read_before.values() if source])


def _refused(source: Source, kind: str, catalog: Catalog, report: Report) -> None:
    """Report what AWS refuses of the document, at its place in the file; what else may be said of it is `validate`'s."""
    found = Report()
    validate(source, Target(kind, None), facts(catalog), found)
    report.extend([one for one in found if one.level == "error"])


def _path(node: ast.Kept, bindings: Bindings, report: Report) -> str:
    """The path of the file, as seen from the working folder; "" after a finding."""
    if mentions(node.file.text) and any([name in bindings.params for name in mentions(node.file.text)]):
        help = "what files a program has does not hang on its parameters: write the path out"
        report.add(rules.BAD_DECLARATION, node.file.span, help=help, what="names a file by a parameter")
        return ""
    return read.joined(os.path.dirname(node.span.path), literal(node.file, bindings.params, report))


def _document(source: Source, report: Report) -> Document | None:
    report.sources[source.path] = source
    try:
        return codec.read(source.text, "")
    except codec.Malformed as fault:
        at = fault.offset or 0
        help = f"at `{fault.pointer}`" if fault.pointer else ""
        place = Span(source.path, at, at + 1)
        report.add(rules.MALFORMED_POLICY, place, help=help, path=source.path, why=fault.message)
        return None
