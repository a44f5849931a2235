"""From policy documents back to sentences that mean the same: lift, then say, then prove.

`decompile` takes documents one by one; nothing is said of one that is not so of it alone.
"""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access import glob
from iamdsl.catalog import Catalog
from iamdsl.decompiler.comments import commented
from iamdsl.decompiler.document import Sentences, Writer
from iamdsl.decompiler.lots import NONE, Lot
from iamdsl.decompiler.model import Input, Said, Setting
from iamdsl.decompiler.phrases import AS_WRITTEN, PLAIN
from iamdsl.decompiler.prove import Proof, prove
from iamdsl.decompiler.setting import declared, setting_of
from iamdsl.decompiler.words import Unsayable
from iamdsl.diagnostics import Report
from iamdsl.policy.model import Document, Statement
from iamdsl.record import replace
from iamdsl.syntax import ast
from iamdsl.syntax.print import print_program

__all__ = ["Decompiler", "Input", "Said", "Setting", "declared", "decompile", "printed", "setting_of"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def decompile(
    inputs: Sequence[Input], setting: Setting, catalog: Catalog, report: Report, proved: bool = True
) -> tuple[Said, ...]:
    """What each of `inputs` says, as sentences for programs of `setting`, in their order; see `Decompiler.said`."""
    decompiler = Decompiler(setting, catalog, report, proved)
    return tuple([decompiler.said(given) for given in inputs])


def printed(lines: Sequence[ast.Line]) -> str:
    """The text of a file that holds `lines`."""
    return print_program(ast.Program("", tuple(lines)))


ROUNDS = 3  # of saying what the sentences before compile to: the first nearly always says the same


class Decompiler:
    """Says documents, and where `proved` proves each: without it, its sentences are not even compiled."""

    def __init__(self, setting: Setting, catalog: Catalog, report: Report, proved: bool = True) -> None:
        self.setting = setting
        self.catalog = catalog
        self.report = report
        self.proved = proved
        self.writer = Writer(setting, catalog)

    def said(self, given: Input, how: int = PLAIN) -> Said:
        """The sentences of `given`, or none and a finding that says why they cannot be; `how` plain they are at most."""
        try:
            return self._said(given, how)
        except Unsayable as fault:
            self.report.add(rules.NOT_SAID, given.place, document=given.title or given.name, why=str(fault))
            return Said(given, (), (), ())

    def _said(self, given: Input, most: int) -> Said:
        """What is said of a document, and what is said of that which comes of it, are the same words in the end."""
        first = self.writer.lots(given)
        if not first:
            raise Unsayable("its statements have empty lists, and say nothing")
        said, document = self._proved(given, first, most)
        for _ in range(ROUNDS if document is not None else 0):
            assert document is not None
            lots = self.writer.lots(replace(given, document=document))
            how = [most] * len(lots)
            again = self._made(given, [self._plainest(given, lot, how, at) for at, lot in enumerate(lots)])
            if _words(again) == _words(said):
                break
            said, document = self._proved(given, lots, most)
        return said

    def _proved(self, given: Input, lots: list[Lot], most: int) -> tuple[Said, Document | None]:
        """What `lots`, the meaning of the document, are as sentences, and what these compile to (None without a proof)."""
        how = [most] * len(lots)
        while True:
            sentences = [self._plainest(given, lot, how, at) for at, lot in enumerate(lots)]
            said = self._made(given, sentences)
            if not self.proved:
                return said, None
            block = self.writer.declared(
                replace(given, owner="policy") if given.kind == "identity" else given, said.body
            )
            proof = prove(printed((*declared(self.setting), *block)), given, self.catalog)
            if proof.equal:
                return replace(said, proof=proof.verdict), proof.document
            if not self._plainer(proof, sentences, how, len(said.body)):
                if lots[0].written is not None:
                    raise Unsayable(proof.verdict)
                lots = self.writer.as_written(given)
                if not lots:
                    raise Unsayable(proof.verdict)
                how = [AS_WRITTEN] * len(lots)

    def _plainest(self, given: Input, lot: Lot, how: list[int], at: int) -> Sentences:
        """The sentences of the lot, as plain as `how` and the language let them be."""
        while True:
            try:
                return self.writer.sentences(given, lot, how[at])
            except Unsayable:
                if how[at] == AS_WRITTEN:
                    raise
                how[at] += 1

    def _made(self, given: Input, sentences: list[Sentences]) -> Said:
        settings = self.writer.settings(given)
        body = (*settings, *commented(given, sentences))
        exact = {pair for one in sentences for told in one.told if told.exact for pair in told.pairs}
        needed = tuple([_needs(statement, exact) for statement in given.document.statements])
        return Said(given, self.writer.declared(given, body), body, needed)

    def _plainer(self, proof: Proof, sentences: list[Sentences], how: list[int], lines: int) -> bool:
        """Say in AWS's own terms what went wrong; whether anything was left to be said so. `lines`: of the whole body."""
        owners = [at for at, one in enumerate(sentences) for _ in one.lines]
        first = lines - len(owners)  # behind what the document says of itself
        faulty = {owners[place - first] for place in proof.places if place >= first}
        if proof.request is not None:
            action = proof.request.action.lower()
            faulty |= {at for at, one in enumerate(sentences) if _speaks(one.lot, action)}
        left = [at for at in sorted(faulty) if how[at] < AS_WRITTEN]
        left = left or [at for at in range(len(how)) if how[at] < AS_WRITTEN]
        for at in left:
            how[at] += 1
        return bool(left)


def _words(said: Said) -> str:
    """The sentences without their comments."""
    return printed([replace(line, before=()) for line in said.body])


def _needs(statement: Statement, exact: set[tuple[str, str]]) -> bool:
    """Whether a part of `statement` is among what is said by exact actions."""
    actions = (statement.not_action if statement.action is None else statement.action) or ()
    resources = (statement.not_resource if statement.resource is None else statement.resource) or (NONE,)
    return any([(action.lower(), resource) in exact for action in actions for resource in resources])


def _speaks(lot: Lot, action: str) -> bool:
    if lot.except_actions:
        return True
    return any([glob.overlap(one, action) for cell in lot.cells.values() for one in cell])
