"""One document as the sentences of a program."""

from __future__ import annotations

from iamdsl.catalog import Catalog
from iamdsl.compiler.acts import Context
from iamdsl.compiler.arns import formats_of
from iamdsl.compiler.bindings import Account, Bindings
from iamdsl.compiler.lift import lift
from iamdsl.compiler.verbs import Library
from iamdsl.decompiler.clauses import Clauses
from iamdsl.decompiler.cover import Coverer
from iamdsl.decompiler.lots import Lot, as_written, lots
from iamdsl.decompiler.model import Input, Setting
from iamdsl.decompiler.phrases import Phrases, Told
from iamdsl.decompiler.subjects import subjects
from iamdsl.decompiler.words import NOWHERE, key, word
from iamdsl.diagnostics import Report
from iamdsl.record import record
from iamdsl.syntax import ast

TO_PRINCIPALS = ("trust", "resource", "rcp", "endpoint")
GUARDRAILS = ("scp", "rcp")


@record
class Sentences:
    """The sentences of one lot: its `lines`, and what each phrase in them says."""

    lot: Lot
    lines: tuple[ast.Line, ...]
    told: tuple[Told, ...]

    @property
    def pairs(self) -> list[tuple[frozenset[tuple[str, str]], ast.Line]]:
        """Each line, with the pairs that it says."""
        if len(self.lines) == len(self.told):
            return [(told.pairs, line) for told, line in zip(self.told, self.lines)]
        return [(frozenset().union(*[told.pairs for told in self.told]), line) for line in self.lines]


class Writer:
    """Writes documents for programs of one setting."""

    def __init__(self, setting: Setting, catalog: Catalog) -> None:
        self.setting = setting
        self.catalog = catalog
        self.formats = formats_of(catalog)
        self._coverers: dict[bool, Coverer] = {}

    def coverer(self, guardrail: bool) -> Coverer:
        if guardrail not in self._coverers:
            bindings = Bindings(self.catalog, {})
            bindings.region, bindings.partition = self.setting.region, self.setting.partition
            if self.setting.account:
                bindings.accounts["home"] = Account("home", self.setting.account, False, NOWHERE)
            report = Report()
            self._coverers[guardrail] = Coverer(Context(bindings, Library(bindings, report), report, guardrail))
        return self._coverers[guardrail]

    def lots(self, given: Input) -> list[Lot]:
        """What the document says, in lots."""
        grants = lift(given.document)
        found = lots(grants, given.kind in TO_PRINCIPALS, self.formats)
        pairs = zip(given.document.statements, grants)
        blocks = {grant.condition: one.condition for one, grant in pairs} if not _has_variables(given) else {}
        for lot in found:
            lot.block = blocks.get(lot.condition)
        return found or self.as_written(given)

    def as_written(self, given: Input) -> list[Lot]:
        """The statements of the document, one by one."""
        return as_written(given.document, lift(given.document))

    def sentences(self, given: Input, lot: Lot, how: int) -> Sentences:
        """The sentences that say `lot`. Raises Unsayable."""
        guardrail = given.kind in GUARDRAILS
        coverer = self.coverer(guardrail)
        told, conditions = Phrases(coverer, Clauses(self.catalog, self.setting, guardrail)).of(lot, how)
        who, allows = subjects(given.kind, lot, self.setting, self.catalog)
        phrases = tuple([one.phrase for one in told])
        if len(phrases) > 1 and conditions:
            grants = [ast.Grant(who, allows, phrases, True, conditions, NOWHERE)]
        else:
            grants = [
                ast.Grant(
                    who,
                    allows,
                    (ast.Phrase(one.groups, one.qualifiers + conditions, NOWHERE, one.exactly),),
                    False,
                    (),
                    NOWHERE,
                )
                for one in phrases
            ]
        return Sentences(lot, tuple([ast.Line(one, (), "", NOWHERE) for one in grants]), tuple(told))

    def settings(self, given: Input) -> list[ast.Line]:
        """What the document says of itself, where its kind has a place for that."""
        found = []
        document = given.document
        if given.kind in ("trust", "resource") and document.version != "2012-10-17" and not _has_variables(given):
            found.append(ast.Setting("version", key("2008"), None, NOWHERE))
        if given.kind in ("trust", "resource") and document.id:
            found.append(ast.Setting("id", word(document.id), None, NOWHERE))
        return [ast.Line(one, (), "", NOWHERE) for one in found]

    def declared(self, given: Input, body: tuple[ast.Line, ...]) -> tuple[ast.Line, ...]:
        """The top level of a program that says `body`."""
        name = word(given.name)
        if given.kind == "identity" and given.owner != "policy":
            who = ast.Subjects((ast.Subject(given.owner, (name,), NOWHERE),), False, NOWHERE)
            return tuple([_of(who, line) for line in body])
        node: ast.Statement
        if given.kind == "identity":
            node = ast.Policy(name, (), body, NOWHERE)
        elif given.kind == "boundary":
            node = ast.Boundary(name, body, NOWHERE)
        elif given.kind == "session":
            node = ast.SessionPolicy(name, body, NOWHERE)
        elif given.kind == "endpoint":
            node = ast.EndpointPolicy(name, (), body, NOWHERE)
        elif given.kind == "trust":
            node = ast.TrustPolicy(name, body, NOWHERE)
        elif given.kind == "resource":
            node = ast.ResourcePolicy((*self._noun(given.owner), self._name(given.name)), body, NOWHERE)
        else:
            guarded = "principals" if given.kind == "scp" else "resources"
            node = ast.Guardrail(name, guarded, "", None, body, NOWHERE)
        return (ast.Line(node, (), "", NOWHERE),)

    def _noun(self, full: str) -> tuple[ast.Word, ...]:
        type = self.catalog.type(full)
        noun = self.coverer(False).targets.noun(type) if type else full
        return tuple([key(one) for one in noun.split(" ")])

    def _name(self, name: str) -> ast.Word:
        return key(name) if name.startswith("arn:") else word(name)


def _of(who: ast.Subjects, line: ast.Line) -> ast.Line:
    node = line.sentence
    assert isinstance(node, ast.Grant)
    grant = ast.Grant(who, node.allows, node.phrases, node.block, node.shared, NOWHERE)
    return ast.Line(grant, line.before, line.after, NOWHERE)


def _has_variables(given: Input) -> bool:
    """Whether `${` stands in a document of the older version, where it is plain text: a sentence says it in the newer."""
    if given.document.version == "2012-10-17":
        return False
    for one in given.document.statements:
        values = [*(one.resource or ()), *(one.not_resource or ())]
        values += [value for _, keys in one.condition for _, listed in keys for value in listed]
        if any(["${" in value for value in values]):
            return True
    return False
