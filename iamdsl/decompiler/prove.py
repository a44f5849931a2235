"""Whether sentences say what a document does: they are compiled, and what comes out is compared with it."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import Access, Owner
from iamdsl.catalog import Catalog
from iamdsl.compiler import Compilation, Options, compile_program
from iamdsl.compiler.arns import formats_of
from iamdsl.compiler.lift import lift
from iamdsl.compiler.verify import EQUAL, Mismatch, Verifier
from iamdsl.decompiler.model import Input
from iamdsl.diagnostics import SEVERITIES, Report
from iamdsl.policy.model import Document
from iamdsl.record import record
from iamdsl.source import Source
from iamdsl.syntax.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.access.compare import Request
    from iamdsl.diagnostics import Diagnostic

PATH = "decompiled.iam"


@record
class Proof:
    """`verdict` is `equal`, or says why that is not so; `places`: which sentences of the document went wrong, or `request`: how.
    `document`: what the sentences compile to."""

    verdict: str
    places: tuple[int, ...] = ()
    request: Request | None = None
    document: Document | None = None

    @property
    def equal(self) -> bool:
        return self.verdict == EQUAL


def compiled(text: str, catalog: Catalog) -> Document:
    """The one document that the program `text` compiles to, whatever AWS's quotas. Raises ValueError if there is none."""
    report = Report()
    made = _made(text, catalog, report)
    if report.failed or len(made.outputs) != 1:
        raise ValueError(next((one.message for one in report if one.level == SEVERITIES[0]), "not one document"))
    return made.outputs[0].lowered.document


def _made(text: str, catalog: Catalog, report: Report) -> Compilation:
    unlimited = tuple([(kind, 0) for kind in catalog.quotas()])
    return compile_program((Source(PATH, text),), catalog, {}, report, Options(False, unlimited))


def prove(text: str, given: Input, catalog: Catalog) -> Proof:
    """The proof that the program `text` compiles to what `given` says and to nothing else."""
    report = Report()
    try:
        made = _made(text, catalog, report)
    except Mismatch as fault:
        return Proof(str(fault), (), fault.request)
    wrong = [one for one in report if one.level == SEVERITIES[0] or one.rule.code in _CHANGING]
    if wrong:
        return Proof(wrong[0].message, _sentences(text, wrong))
    if len(made.outputs) != 1:
        return Proof(f"it compiles to {len(made.outputs)} documents")
    output = made.outputs[0]
    access = Access(Owner("", given.name), given.kind, lift(given.document))
    try:
        verdict = Verifier(formats_of(catalog)).verify(access, output.lowered.document, True, "the document")
    except Mismatch as fault:
        return Proof(str(fault), (), fault.request)
    return Proof(verdict, (), None, output.lowered.document)


def _sentences(text: str, found: list[Diagnostic]) -> tuple[int, ...]:
    """The numbers of the sentences, in the last block of the program `text`, that `found` are about."""
    last = parse(Source(PATH, text), Report()).lines[-1].sentence
    spans = [line.span for line in getattr(last, "body", ())]
    offsets = [one.span.start for one in found if one.span is not None and one.span.path == PATH]
    return tuple([n for n, span in enumerate(spans) if any([span.start <= at < span.end for at in offsets])])


_CHANGING = (rules.KEY_DROPS.code, rules.DROPPED_BY_PATH.code)  # warnings of what a sentence says and does not mean
