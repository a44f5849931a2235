"""Minimising AWS's own managed policies, and the action lists by which other tools are compared.

For each policy that PyPI's moto has, in each mode: its size beside AWS's text, with and without Sids, proved equal; how long it
took, and its proof, in CPU time of one process with the catalog read as it goes. Then the lists: characters of a document of
one statement on `*`, beside policy_sentry, if it is installed, on the same lists and the same catalog, and beside the optimum
over the patterns `p*`, `*s`, `*i*` and `p*s`.

    pip install -e '.[dev]' policy_sentry==0.15.2; python bench/minimize.py [every n-th policy, default 1]
"""

from __future__ import annotations

import gc
import json
import random
import re
import sys
from importlib import import_module
from pathlib import Path
from statistics import mean, median
from time import process_time
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from iamdsl import catalog  # noqa: E402
from iamdsl.access.abbreviate import abbreviate  # noqa: E402
from iamdsl.compiler.arns import formats_of  # noqa: E402
from iamdsl.compiler.condense import condense, proved, smaller  # noqa: E402
from iamdsl.compiler.shorten import Gap  # noqa: E402
from iamdsl.policy import codec  # noqa: E402
from iamdsl.policy.validate import counted  # noqa: E402

CATALOG = catalog.default()
QUOTA = 6144
FRAME = len('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":"*"}]}') - 1
# optimum over these patterns, by a solver; the others as measured with their own tools on the catalogs they bring
LISTS = {
    "s3 Read": ("s3", ("Read",), 110),
    "s3 Write": ("s3", ("Write",), 384),
    "iam Read+List": ("iam", ("Read", "List"), 111),
    "ec2 Write": ("ec2", ("Write",), 1068),
}


def main() -> None:
    gc.disable()
    policies = managed()[:: int(sys.argv[1]) if len(sys.argv) > 1 else 1]
    print(f"{len(policies)} managed policies, catalog of {CATALOG.version}\n")
    print("mode      of text   of text  p10 / p50 / p90    over   larger  equal   minimise ms            proof ms")
    print("                  without Sids                 6144                    median / p99 / max     median / p99")
    for mode in ("exact", "stable", "short"):
        measure(mode, policies)
    print()
    lists()


def managed() -> list[dict[str, Any]]:
    every = json.loads(import_module("moto.iam.aws_managed_policies").aws_managed_policies_data)
    return [every[name]["Document"] for name in sorted(every)]


def without_sids(document: dict[str, Any]) -> dict[str, Any]:
    listed = document["Statement"]
    listed = listed if isinstance(listed, list) else [listed]
    return {**document, "Statement": [{k: v for k, v in one.items() if k != "Sid"} for one in listed]}


def measure(mode: str, policies: list[dict[str, Any]]) -> None:
    formats = formats_of(CATALOG)
    ratios, bare, times, proofs = [], [], [], []
    over = larger = equal = 0
    gaps: list[Gap] = []
    for document in policies:
        text = json.dumps(document)
        given = codec.read(text, "identity")
        start = process_time()
        small = smaller(given, mode, CATALOG, formats)
        times.append((process_time() - start) * 1000)
        start = process_time()
        equal += proved(given, small, CATALOG, formats) == "equal"
        proofs.append((process_time() - start) * 1000)
        found = condense(text, "identity", mode, CATALOG)
        ratios.append(found.after / counted(document, "nonspace"))
        bare.append(found.after / counted(without_sids(document), "nonspace"))
        larger += found.after > counted(document, "nonspace")
        over += found.after > QUOTA
        gaps.append(found.gap)
    for several in (ratios, times, proofs):
        several.sort()
    p10, p50, p90 = [at(ratios, share) for share in (0.1, 0.5, 0.9)]
    print(
        f"{mode:8} {mean(ratios):8.4f} {mean(bare):9.4f}  {p10:.2f} / {p50:.2f} / {p90:.2f} {over:8} {larger:8} {equal:6}   "
        f"{median(times):.2f} / {at(times, 0.99):.0f} / {times[-1]:.0f}   "
        f"      {median(proofs):.2f} / {at(proofs, 0.99):.0f}"
    )
    for name, known in (("statements", [one.statements for one in gaps]), ("lists", [one.actions for one in gaps])):
        claimed = [one for one in known if one is not None]
        if claimed:
            least = sum([one == 0 for one in claimed])
            print(
                f"         {name}: {least} at the optimum, {len(claimed) - least} at most {sum(claimed)} above in all, {len(known) - len(claimed)} without a claim"
            )


def at(values: list[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)]


def lists() -> None:
    peer = sentry()
    print(f"{'list':20} {'actions':>7} {'raw':>6} {'ours':>6} {'optimum':>8} {'ms':>7}   policy_sentry")
    for name, (service, levels, optimum) in LISTS.items():
        every = {one.name: one.level for one in CATALOG.matching(f"{service}:*")}
        row(name, service, [one for one, level in every.items() if level in levels], list(every), optimum, peer)
    every_ec2 = [one.name for one in CATALOG.matching("ec2:*")]
    for seed in range(3):
        wanted = random.Random(seed).sample(sorted(every_ec2), 100)
        row(f"ec2 random, seed {seed}", "ec2", wanted, every_ec2, 0, peer)


def row(name: str, service: str, wanted: list[str], every: list[str], optimum: int, peer: Any) -> None:
    start = process_time()
    found = abbreviate(service, wanted, every, {}, False)
    taken = (process_time() - start) * 1000
    assert granted(found.texts, service, every) == set(wanted), "not just what is wanted"
    raw = FRAME + sum(len(service) + 1 + len(one) + 3 for one in wanted)
    least = str(optimum or FRAME + found.bound)
    said = "not installed"
    if peer:
        texts = peer([f"{service}:{one}" for one in wanted], [f"{service}:{one}" for one in every])
        more = len(granted(texts, service, every) - set(wanted))
        said = f"{FRAME + sum(len(one) + 3 for one in texts)}" + (f", grants {more} more" if more else "")
    print(f"{name:20} {len(wanted):7} {raw:6} {FRAME + found.cost:6} {least:>8} {taken:7.0f}   {said}")


def granted(texts: Any, service: str, every: list[str]) -> set[str]:
    matchers = [re.compile(re.escape(text).replace(r"\*", ".*"), re.I) for text in texts]
    return {name for name in every if any(one.fullmatch(f"{service}:{name}") for one in matchers)}


def sentry() -> Any:
    """Its function that minimises a list, given all actions that there are."""
    try:
        module = import_module("policy_sentry.writing.minimize")
    except ImportError:
        return None
    return lambda wanted, every: module.minimize_statement_actions(wanted, {one.lower() for one in every})


if __name__ == "__main__":
    main()
