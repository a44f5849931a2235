"""The documents of an account to bodies of sentences: each that is there several times is said once."""

from __future__ import annotations

from iamdsl.adopt import sentences as say
from iamdsl.adopt.marks import is_open
from iamdsl.adopt.model import Account, Paper, Reference
from iamdsl.adopt.pieces import Key, Piece, layer
from iamdsl.catalog import Catalog
from iamdsl.decompiler import Decompiler, Input, Setting, setting_of
from iamdsl.decompiler.phrases import AS_WRITTEN, PLAIN
from iamdsl.diagnostics import Report
from iamdsl.policy.model import Document
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Sayer:
    """Says documents of one account, and remembers what it said."""

    def __init__(self, account: Account, documents: Mapping[Key, Paper], catalog: Catalog) -> None:
        most = setting_of([_input(key, paper.document) for key, paper in documents.items()], catalog)
        partition = account.partition or most.partition
        self.setting = Setting(account.id or most.account, account.region or most.region, partition)
        self.report = Report()
        self.decompiler = Decompiler(self.setting, catalog, self.report, proved=False)
        self.known: dict[tuple[object, ...], tuple[tuple[ast.Line, ...], str]] = {}

    def pieces(self, documents: Mapping[Key, Paper], progress: Callable[[str, int, int], None]) -> dict[Key, Piece]:
        """A piece for each document, not yet proved; without a body where no sentences say it."""
        found = {}
        for number, (key, paper) in enumerate(documents.items()):
            progress("saying", number, len(documents))
            body, reason = self.body(key, paper, PLAIN)
            found[key] = Piece(key, paper, body, reason)
        return found

    def again(self, piece: Piece, why: str) -> Piece:
        """A piece whose sentences turned out to say something else, or not to compile: in AWS's own terms, or kept."""
        body, reason = self.body(piece.key, piece.paper, AS_WRITTEN)
        if not body or body == piece.body:
            return Piece(piece.key, piece.paper, (), reason or why)
        return Piece(piece.key, piece.paper, body)

    def body(self, key: Key, paper: Paper, how: int) -> tuple[tuple[ast.Line, ...], str]:
        """The sentences of a document, with the reason where there are none."""
        kind = layer(key)
        known = (kind, key.name if kind == "resource" else "", paper.document, how)
        if known not in self.known:
            self.known[known] = self.say(key, paper.document, how)
        return self.known[known]

    def say(self, key: Key, document: Document, how: int) -> tuple[tuple[ast.Line, ...], str]:
        before = len(self.report)
        said = self.decompiler.said(_input(key, document), AS_WRITTEN if is_open(document) else how)
        reason = "; ".join([one.message for one in list(self.report)[before:]])
        return said.body, reason


def _input(key: Key, document: Document) -> Input:
    kind = layer(key)
    owner = {"identity": "policy", "trust": "role", "resource": key.of}.get(kind, "")
    return Input(kind, document, owner, key.name if kind in ("resource", "trust") else key.inline or key.name)


def params(references: Iterable[Reference]) -> list[ast.Line]:
    """A parameter for each of `references`, with what it stands for above it."""
    found = []
    for one in references:
        value = say.word(one.default) if one.default else None
        node = ast.Setting("param", ast.Word(one.name, False, say.NOWHERE), value, say.NOWHERE)
        found.append(say.line(node, comments=[one.meaning]))
    return found
