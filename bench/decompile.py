"""Decompiling what others wrote: AWS's managed policies, the examples of its guides, sample guardrails.

    python bench/decompile.py [../shared/data] [--every N] [--again]

Needs the checkout with its development tools (the managed policies are those of moto). For each set: how many documents come
out proved equal, how many of their statements need an exact action, and how long the programs are beside compact JSON, in
tokens (words, strings and marks of either language), in word pieces (runs of letters and digits, and single marks) and in
characters. `--every N` takes each Nth document, `--again` also decompiles what each program compiles to, which has to give the
same text. Status 1 unless everything is proved, and stays the same.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from iamdsl import catalog  # noqa: E402
from iamdsl.decompiler import Decompiler, Input, Said, declared, printed, setting_of  # noqa: E402
from iamdsl.decompiler.naming import resource_name  # noqa: E402
from iamdsl.decompiler.prove import compiled  # noqa: E402
from iamdsl.diagnostics import Report  # noqa: E402
from iamdsl.policy import codec  # noqa: E402
from iamdsl.record import replace  # noqa: E402
from iamdsl.source import Source  # noqa: E402
from iamdsl.syntax import ast, lex  # noqa: E402
from iamdsl.validation import facts, purpose  # noqa: E402

CATALOG = catalog.default()
SETS = {"managed policies": "identity", "docs_examples": "", "scp": "scp", "rcp": "rcp"}
_JSON = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_PIECES = re.compile(r"[A-Za-z0-9]+|[^\sA-Za-z0-9]")


def documents(name: str, folder: Path) -> list[tuple[str, str]]:
    """Name and text of each document of a set."""
    if name != "managed policies":
        return [(path.stem, path.read_text(encoding="utf-8")) for path in sorted((folder / name).glob("*.json"))]
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    found = json.loads(aws_managed_policies_data)
    return [(name, json.dumps(one["Document"])) for name, one in sorted(found.items())]


def given(name: str, text: str, kind: str) -> Input:
    document = codec.read(text, "")
    target = purpose(json.loads(text), f"{name}.json", facts(CATALOG))
    kind = kind or target.kind
    type = (target.type or CATALOG.type("s3:bucket")) if kind == "resource" else None
    owner = {"identity": "policy", "trust": "role"}.get(kind, type.full if type else "")
    one = Input(kind, document, owner, "document", name)
    if type is not None:
        setting = setting_of([one], CATALOG)
        one = replace(one, name=resource_name(document, type, "document", setting, CATALOG))
    return one


class Figures:
    """What is counted of one set."""

    def __init__(self) -> None:
        self.documents = self.equal = self.statements = self.exact = self.plain = self.sentences = self.same = 0
        self.ratios: dict[str, list[float]] = {"tokens": [], "pieces": [], "characters": []}
        self.seconds: list[tuple[float, str]] = []

    def add(self, one: Input, said: Said, text: str, seconds: float) -> None:
        self.documents += 1
        self.statements += len(one.document.statements)
        self.seconds.append((seconds, one.title))
        if said.proof != "equal":
            print(f"  not said: {one.title}")
            return
        self.equal += 1
        self.exact += sum(said.exact)
        self.plain += not any(said.exact)
        self.sentences += sum(_sentences(line) for line in said.body)
        ours, theirs = _without_comments(text), codec.compact(one.document)
        tokens, _ = lex.scan(Source("", ours), Report())
        counted = len([token for token in tokens if token.kind != lex.NEWLINE])
        self.ratios["tokens"].append(counted / len(_JSON.findall(theirs)))
        self.ratios["pieces"].append(len(_PIECES.findall(ours)) / len(_PIECES.findall(theirs)))
        self.ratios["characters"].append(len(re.sub(r"\s+", " ", ours)) / len(theirs))

    def show(self, name: str, again: bool) -> bool:
        print(f"{name}: {self.documents} documents, {self.equal} proved equal, {self.statements} statements")
        share = 1 - self.exact / max(self.statements, 1)
        print(f"  {self.exact} statements need an exact action ({share:.0%} do not); {self.plain} documents need none")
        print(f"  {self.sentences} sentences")
        for unit, ratios in self.ratios.items():
            fewer = sum(one < 1 for one in ratios) / max(len(ratios), 1)
            print(
                f"  {unit}: {median(ratios):.2f} of compact JSON's in the middle; {fewer:.0%} of the programs have fewer"
            )
        self.seconds.sort(reverse=True)
        total, slowest = sum(one for one, _ in self.seconds), self.seconds[0]
        middle = median(one for one, _ in self.seconds)
        print(f"  {total:.1f} s CPU, {middle * 1000:.0f} ms in the middle, {slowest[0]:.2f} s for {slowest[1]}")
        if again:
            print(f"  {self.same} give the same text again")
        return self.equal == self.documents and (not again or self.same == self.documents)


def _sentences(line: ast.Line) -> int:
    return len(line.sentence.phrases) if isinstance(line.sentence, ast.Grant) else 1


def _without_comments(text: str) -> str:
    return "".join(line for line in text.splitlines(True) if not line.lstrip().startswith("#"))


def say(one: Input) -> tuple[Said, str]:
    setting = setting_of([one], CATALOG)
    said = Decompiler(setting, CATALOG, Report()).said(one)
    return said, printed([*declared(setting), *said.lines])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--again", action="store_true")
    options = parser.parse_args()
    fine = True
    for name, kind in SETS.items():
        figures = Figures()
        for title, text in documents(name, options.folder)[:: options.every]:
            one = given(title, text, kind)
            begun = time.process_time()
            said, program = say(one)
            figures.add(one, said, program, time.process_time() - begun)
            if options.again and said.proof == "equal":
                again = say(replace(one, document=compiled(program, CATALOG)))[1]
                figures.same += again == _without_comments(program)
        fine = figures.show(name, options.again) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
