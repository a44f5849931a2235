"""Comparing policies: this project against cvc5 and z3 on the same questions in the same run.

For each AWS managed policy in the folder given: the policy beside itself cut up and shuffled, with an action less, a resource
wider, a condition less; both directions of each. Of the solvers only what `check()` takes counts, with the encoding of
tests/solver.py made before. Ours is timed twice, each time with the catalog files that a witness needs: the comparison alone,
which is what a solver's `check()` is (and holds its encoding too), and whole, from the text of both policies on. Questions that the
encoding cannot read are left out.

    pip install cvc5 z3-solver; python bench/compare.py ../shared/data/managed [every n-th, default 4]
"""

from __future__ import annotations

import json
import random
import sys
from importlib import import_module
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

Question = tuple[str, str, str]  # what was done to the policy, its text, the text of the other


def main() -> None:
    folder, step = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 4
    tests = import_module("test_diff")
    every: list[Question] = []
    for path in sorted(folder.glob("*.json")):
        document, chance = json.loads(path.read_text()), random.Random(path.stem)
        for kind, other in {"parts": tests.parts(document, chance), **tests.mutants(document, chance)}.items():
            every.append((kind, json.dumps(document), json.dumps(other)))
    ours = _ours(every)
    for name, module in (("cvc5", "cvc5.pythonic"), ("z3", "z3")):
        try:
            _beside(name, import_module(module), every[::step], ours[::step])
        except ImportError:
            print(f"{name} is not installed")


def _asked(old: str, new: str) -> tuple[str, float, float]:
    """The relation, the seconds of CPU time of the comparison alone, and of it all."""
    from iamdsl import catalog
    from iamdsl.access.compare import compare, identity
    from iamdsl.compiler.arns import formats_of
    from iamdsl.compiler.lift import lift
    from iamdsl.policy import codec

    start = process_time()
    one, other = [identity(lift(codec.read(text, "identity"))) for text in (old, new)]
    read = process_time()
    verdict = compare(one, other, formats_of(catalog.default()))
    end = process_time()
    return verdict.relation, end - read, end - start


def _ours(every: list[Question]) -> list[tuple[float, float]]:
    found = [_asked(old, new) for _, old, new in every]
    print(f"{'':10} {'questions':>9} {'median ms':>10} {'p99':>7} {'max':>7}  unknown, parsing included")
    for kind in ("parts", "action", "resource", "condition"):
        mine = [one for one, (of, *_) in zip(found, every) if of == kind]
        times = sorted(seconds * 1000 for _, _, seconds in mine)
        unknown = sum(relation == "unknown" for relation, *_ in mine)
        p99 = times[int(len(times) * 0.99)]
        print(f"{kind:10} {len(times):>9} {median(times):>10.2f} {p99:>7.1f} {times[-1]:>7.1f}  {unknown}")
    return [(alone, whole) for _, alone, whole in found]


def _beside(name: str, loaded: Any, every: list[Question], ours: list[tuple[float, float]]) -> None:
    solver = import_module("solver")
    alone, whole, theirs, unknown = [], [], [], 0
    for (_, old, new), (compared, all_of_it) in zip(every, ours):
        try:
            found = solver.timed(loaded, json.loads(old), json.loads(new))
        except solver.Unread:
            continue
        seconds = sum(one for _, one in found)
        unknown += any(result == "unknown" for result, _ in found)
        theirs.append(seconds * 1000)
        alone.append(seconds / compared)
        whole.append(seconds / all_of_it)
    print(
        f"{name}: {len(theirs)} of {len(every)} questions, median {median(theirs):.1f} ms, {unknown} unknown within 2 s each; "
        f"we are {median(alone):.0f} times faster in the median, {median(whole):.0f} times with parsing"
    )


if __name__ == "__main__":
    main()
