"""Comparing policies: this project against cvc5 and z3 on the same questions in the same run.

For each AWS managed policy in the folder given: the policy beside itself cut up and shuffled, with an action less, a resource
wider, a condition less; both directions of each. Ours is timed whole, parsing and catalog included; of the solvers only what
`check()` takes, with the encoding of tests/solver.py. Questions that this encoding cannot read are left out of the comparison.

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


def main() -> None:
    folder, step = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 4
    tests = import_module("test_diff")
    every: list[tuple[Path, str, Any, Any]] = []
    for path in sorted(folder.glob("*.json")):
        document, chance = json.loads(path.read_text()), random.Random(path.stem)
        for kind, other in {"parts": tests.parts(document, chance), **tests.mutants(document, chance)}.items():
            every.append((path, kind, document, other))
    _ours(every)
    _beside(every[::step])


def _asked(old: str, new: str) -> tuple[str, float]:
    from iamdsl import catalog
    from iamdsl.access.compare import compare, identity
    from iamdsl.compiler.arns import formats_of
    from iamdsl.compiler.lift import lift
    from iamdsl.policy import codec

    start = process_time()
    one, other = [identity(lift(codec.read(text, "identity"))) for text in (old, new)]
    verdict = compare(one, other, formats_of(catalog.default()))
    return verdict.relation, process_time() - start


def _ours(every: list[tuple[Path, str, Any, Any]]) -> None:
    print(f"{'':10} {'questions':>9} {'median ms':>10} {'p99':>7} {'max':>7}  unknown")
    for kind in ("parts", "action", "resource", "condition"):
        found = [_asked(json.dumps(old), json.dumps(new)) for _, of, old, new in every if of == kind]
        times = sorted(seconds * 1000 for _, seconds in found)
        unknown = sum(relation == "unknown" for relation, _ in found)
        p99 = times[int(len(times) * 0.99)]
        print(f"{kind:10} {len(times):>9} {median(times):>10.2f} {p99:>7.1f} {times[-1]:>7.1f}  {unknown}")


def _beside(every: list[tuple[Path, str, Any, Any]]) -> None:
    solver = import_module("solver")
    for name, module in (("cvc5", "cvc5.pythonic"), ("z3", "z3")):
        try:
            loaded = import_module(module)
        except ImportError:
            print(f"{name} is not installed")
            continue
        ratios, theirs, unknown = [], [], 0
        for _, _, old, new in every:
            try:
                found = solver.timed(loaded, old, new)
            except solver.Unread:
                continue
            _, ours = _asked(json.dumps(old), json.dumps(new))
            seconds = sum(one for _, one in found)
            unknown += any(result == "unknown" for result, _ in found)
            theirs.append(seconds * 1000)
            ratios.append(seconds / ours)
        print(
            f"{name}: {len(theirs)} questions, median {median(theirs):.1f} ms, {unknown} unknown within 2 s each; "
            f"we are {median(ratios):.0f} times faster in the median"
        )


if __name__ == "__main__":
    main()
