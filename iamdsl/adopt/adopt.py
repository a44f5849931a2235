"""An account to a program in a folder, proved to say the same."""

from __future__ import annotations

import os

from iamdsl import rules
from iamdsl.adopt.marks import by_mark, named
from iamdsl.adopt.model import Account, Paper
from iamdsl.adopt.pieces import Key, Piece, papers
from iamdsl.adopt.program import MAIN, Program, boundaries, program
from iamdsl.adopt.prove import Proof, attachments, prove
from iamdsl.adopt.said import Sayer, params
from iamdsl.catalog import Catalog
from iamdsl.compiler import Options
from iamdsl.decompiler import Setting, declared, printed
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.policy.validate import size
from iamdsl.record import record, replace
from iamdsl.syntax import ast
from iamdsl.syntax.print import print_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROUNDS = 4  # of finding out what has to be kept as it is: each takes away all that the last found


@record
class Adopted:
    """A program that says an account. `texts`: path → text of every file of its folder; `made` tells what it is made of."""

    texts: tuple[tuple[str, str], ...]
    made: Program
    pieces: tuple[Piece, ...]
    quotas: tuple[tuple[str, int], ...]


def adopt(
    account: Account,
    stage: str,
    catalog: Catalog,
    report: Report,
    progress: Callable[[str, int, int], None],
) -> Adopted | None:
    """Write the program of `account` into the folder `stage`, which is empty, and prove it.

    What sentences do not say exactly is kept as it is, with a finding; None, and findings, where even that is not the same.
    """
    documents = dict(papers(account, boundaries(account)))
    if not documents and not any([one.managed for one in account.principals]):
        help = "give all of the listing, without `--filter`"
        report.add(rules.NOTHING_FOUND, None, help=help, path="what was read")
        return None
    sayer = Sayer(account, documents, catalog)
    pieces = sayer.pieces(documents, progress)
    quotas = raised(account, documents, catalog)
    expected = {key: paper.document for key, paper in documents.items()}
    for _ in range(ROUNDS):
        made = program(account, pieces, catalog)
        write(stage, files(made, account, sayer.setting, quotas, True))
        progress("compiling", 0, len(documents))
        proof = prove(
            stage,
            made,
            expected,
            Options(quotas=quotas, ways=False),
            catalog,
            lambda n: progress("proving", n, len(documents)),
        )
        again = {key: why for key, why in proof.faults.items() if key in pieces and pieces[key].body}
        if not again:
            break
        pieces.update({key: sayer.again(pieces[key], why) for key, why in again.items()})
    if not _sound(proof, account, documents, pieces, report):
        return None
    texts = files(made, account, sayer.setting, quotas, False)
    write(stage, texts)
    return Adopted(tuple(sorted(texts.items())), made, tuple(pieces.values()), quotas)


def _sound(
    proof: Proof, account: Account, documents: Mapping[Key, Paper], pieces: Mapping[Key, Piece], report: Report
) -> bool:
    """Whether the program is the account, with findings for what is not, and for what is kept as it is."""
    for key, why in proof.faults.items():
        report.add(rules.UNEXPECTED_SHAPE, documents[key].place if key in documents else None, what=str(key), why=why)
    report.extend(proof.strays)
    differ = attachments(proof.compilation, account) if proof.compilation else []
    for one in differ:
        report.add(rules.UNEXPECTED_SHAPE, None, what="the program is not the account", why=one)
    marks = [one.mark for one in account.references]
    for piece in [one for one in pieces.values() if not one.body]:
        unknown = [mark for mark in marks if mark in codec.compact(piece.paper.document)]
        rule = rules.UNEXPECTED_SHAPE if unknown else rules.KEPT_AS_IT_IS
        why = f"no sentences say it, and it holds what is not known: {piece.reason}" if unknown else piece.reason
        report.add(rule, piece.paper.place, what=str(piece.key), why=why)
    return proof.sound and not differ and not report.failed


def files(
    made: Program, account: Account, setting: Setting, quotas: tuple[tuple[str, int], ...], proving: bool
) -> dict[str, str]:
    """Path → text of every file of the program. While it is proved, its parameters stand for the marks of the documents."""
    found = {path: print_program(ast.Program(path, tuple(lines))) for path, lines in made.files.items() if path != MAIN}
    known = named(declared(setting), by_mark(account.references))
    text = "".join([*found.values(), printed(known)])
    used = [one for one in account.references if f"{{{one.name}}}" in text]
    if proving:
        used = [replace(one, default=one.mark) for one in used]
    made.files[MAIN] = [*params(used), *known]
    made.keys[MAIN] = [()] * len(made.files[MAIN])
    found[MAIN] = printed(made.files[MAIN])
    found.update({path: codec.text(codec.dump(piece.paper.document)) for path, piece in made.kept.items()})
    if quotas:
        listed = "".join([f"{_key(kind)} = {limit}\n" for kind, limit in quotas])
        found["iamdsl.toml"] = f"# what this account has beyond AWS's usual quotas\n[quotas]\n{listed}"
    return found


def _key(kind: str) -> str:
    return kind if kind.replace("-", "").isalnum() else f'"{kind}"'


def write(folder: str, texts: dict[str, str]) -> None:
    """Make `folder` hold exactly `texts`. Raises OSError."""
    for path, text in texts.items():
        place = os.path.join(folder, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    for root, _, names in os.walk(folder):
        for name in names:
            place = os.path.join(root, name)
            if os.path.relpath(place, folder).replace(os.sep, "/") not in texts:
                os.unlink(place)


def raised(account: Account, documents: Mapping[Key, Paper], catalog: Catalog) -> tuple[tuple[str, int], ...]:
    """The quotas that the account is beyond, each with what it needs: AWS raises some on request."""
    found: dict[str, int] = {}
    for one in account.principals:
        found[f"attached-{one.kind}"] = max(found.get(f"attached-{one.kind}", 0), len(one.managed))
    together: dict[tuple[str, str], int] = {}
    for key, paper in documents.items():
        kind = _KINDS.get(key.kind, key.of if key.kind == "resource" else key.kind)
        kind = f"inline-{key.of}" if key.kind == "inline" else kind
        quota = catalog.quota(kind)
        counted = size(paper.document, quota.unit) if quota else 0
        if key.kind == "inline":
            counted = together[key.of, key.name] = together.get((key.of, key.name), 0) + counted
        found[kind] = max(found.get(kind, 0), counted)
    beyond = [(kind, most) for kind, most in found.items() if (quota := catalog.quota(kind)) and most > quota.limit]
    return tuple(sorted(beyond))


_KINDS = {"policy": "managed", "boundary": "managed"}  # what AWS's quotas call a document; others by their own name
