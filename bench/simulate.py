"""One request at a time: our decisions against `@cloud-copilot/iam-simulate`'s, the same requests in one run.

Needs npm, which brings the package into a temporary folder; it is run there and is no part of this project (AGPL). Each
side decides in a process of its own that has read its input and warmed up: start-up and reading JSON text are not timed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from test_iam_simulate import OUTCOMES, PACKAGE, case  # noqa: E402
from test_simulate import layered  # noqa: E402

from iamdsl.policy.simulate import Request, decide  # noqa: E402

CASES, ROUNDS = 2000, 5
SCRIPT = """
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { readFileSync } from 'node:fs'
const cases = JSON.parse(readFileSync(0, 'utf8'))
const found = []
for (let round = 0; round < 2; round++) {
  const start = process.cpuUsage()
  found.length = 0
  for (const one of cases) found.push((await runSimulation(one, {})).overallResult)
  const used = process.cpuUsage(start)
  if (round) console.log(JSON.stringify({ seconds: (used.user + used.system) / 1e6, found }))
}
"""


def main() -> None:
    cases = [case(seed) for seed in range(CASES)]
    asked = [theirs for theirs, _ in cases]
    values = [_values(one) for one in asked]
    requests = [_request(one) for one in asked]
    kept = [layered(one) for one in values]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, PACKAGE], check=True)
        (Path(folder) / "run.mjs").write_text(SCRIPT)
        rates: dict[str, list[float]] = {"iamdsl, documents kept": [], "iamdsl, documents anew": [], PACKAGE: []}
        for _ in range(ROUNDS):
            rates["iamdsl, documents kept"].append(
                CASES / _timed(lambda: [decide(*one) for one in zip(requests, kept)])
            )
            rates["iamdsl, documents anew"].append(
                CASES / _timed(lambda: [decide(one, layered(of)) for one, of in zip(requests, values)])
            )
            command = ["node", "run.mjs"]
            done = subprocess.run(
                command, cwd=folder, input=json.dumps(asked), capture_output=True, text=True, check=True
            )
            theirs = json.loads(done.stdout)
            rates[PACKAGE].append(CASES / theirs["seconds"])
            assert [OUTCOMES[one] for one in theirs["found"]] == [ours for _, ours in cases]
    base = statistics.median(rates[PACKAGE])
    print(f"{'':>40} {'decisions/s of CPU':>20} {'times theirs':>14}   (medians of {ROUNDS}, {CASES} requests)")
    for name, found in rates.items():
        print(f"{name:>40} {statistics.median(found):20,.0f} {statistics.median(found) / base:14.1f}")


def _timed(run: object) -> float:
    assert callable(run)
    run()
    start = process_time()
    run()
    return process_time() - start


def _values(one: dict[str, object]) -> dict[str, object]:
    """The layers of a request as `layered` takes them."""
    request: dict[str, dict[str, str]] = one["request"]  # type: ignore[assignment]
    principal: str = request["principal"]  # type: ignore[assignment]
    found: dict[str, object] = {"same_account": principal.split(":")[4] == request["resource"]["accountId"]}
    found["identity"] = [each["policy"] for each in one["identityPolicies"]]  # type: ignore[attr-defined]
    found["scps"] = [[each["policy"] for each in level["policies"]] for level in one["serviceControlPolicies"]]  # type: ignore[attr-defined]
    if "resourcePolicy" in one:
        found["resource"] = one["resourcePolicy"]
    if "permissionBoundaryPolicies" in one:
        found["boundary"] = one["permissionBoundaryPolicies"][0]["policy"]  # type: ignore[index]
    return found


def _request(one: dict[str, object]) -> Request:
    asked: dict[str, dict[str, str]] = one["request"]  # type: ignore[assignment]
    return Request(asked["principal"], asked["action"], asked["resource"]["resource"], asked["contextVariables"])  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
