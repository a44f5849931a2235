"""Validation: us against parliament and iam-policy-validator, on the same documents in the same run.

Who finds each single defect of `tests/cases/validate` (a peer finds it if it says of `bad.json` what it does not say of
`good.json`), and how long one policy takes, whole process. iam-policy-validator asks AWS for its tables: here it is given
our catalog in the form that it reads, so that it works offline.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from measure import interleaved, middle

ROOT = Path(__file__).resolve().parent.parent
CASES = sorted((ROOT / "tests" / "cases" / "validate").glob("*/bad.json"))
PEERS = ("parliament==1.6.4", "iam-policy-validator==1.31.4")
RUNS = 9
CLEAN = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::my-ml-datasets", "arn:aws:s3:::my-ml-datasets/*"],
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        }
    ],
}
KINDS = {
    "scp": "SERVICE_CONTROL_POLICY",
    "rcp": "RESOURCE_CONTROL_POLICY",
    "trust": "TRUST_POLICY",
    "resource": "RESOURCE_POLICY",
    "identity": "IDENTITY_POLICY",
}


def definitions(folder: str) -> None:
    """Our catalog as AWS's service reference has it."""
    sys.path.insert(0, str(ROOT))
    from iamdsl.catalog import default

    catalog = default()
    listed = []
    for prefix in sorted(catalog.services()):
        service = catalog.service(prefix)
        assert service
        listed.append({"service": prefix, "url": f"https://servicereference.us-east-1.amazonaws.com/v1/{prefix}.json"})
        found = {
            "Name": prefix,
            "Actions": [
                {
                    "Name": one.name,
                    "ActionConditionKeys": list(one.keys),
                    "Resources": [{"Name": pair.name} for pair in one.types],
                    "Annotations": {"Properties": {"IsWrite": one.level in ("Write", "Permissions management")}},
                }
                for one in service.actions.values()
            ],
            "Resources": [
                {"Name": one.name, "ARNFormats": list(one.arns), "ConditionKeys": list(one.keys)}
                for one in service.types.values()
            ],
            "ConditionKeys": [{"Name": one.name, "Types": [one.type]} for one in service.keys.values()],
            "Version": "v1.2",
        }
        Path(folder, f"{prefix}.json").write_text(json.dumps(found), encoding="utf-8")
    Path(folder, "_services.json").write_text(json.dumps(listed), encoding="utf-8")


def arguments(case: Path) -> list[str]:
    more = case.parent / "args.txt"
    return more.read_text(encoding="utf-8").split() if more.exists() else []


def ours(binary: str, path: Path, more: list[str]) -> set[str]:
    command = [f"{binary}/iamdsl", "validate", str(path), "--output-format", "json", *more]
    done = subprocess.run(command, capture_output=True, text=True)
    return {one["code"] for one in json.loads(done.stdout)}


PARLIAMENT = """
import json, sys
import parliament
from parliament.cli import enhance_finding, is_finding_filtered
for line in sys.stdin:
    try:
        found = parliament.analyze_policy_string(open(line.strip()).read()).findings
        said = [one.issue for one in map(enhance_finding, found) if not is_finding_filtered(one, "LOW")]
    except Exception:
        said = ["(crash)"]
    print(json.dumps([line.strip(), said]))
"""


def parliament(binary: str, paths: list[Path]) -> dict[str, set[str]]:
    """What it says of each file, in one process, as its command line does one by one."""
    given = "".join(f"{path}\n" for path in paths)
    done = subprocess.run([f"{binary}/python", "-c", PARLIAMENT], input=given, capture_output=True, text=True)
    return {name: set(said) for name, said in map(json.loads, done.stdout.splitlines())}


def validator(binary: str, tables: str, paths: list[Path]) -> dict[str, set[str]]:
    """The same of iam-policy-validator, one process for each kind of policy."""
    found: dict[str, set[str]] = {}
    by_kind: dict[str, list[Path]] = {}
    for path in paths:
        more = arguments(path)
        by_kind.setdefault(KINDS[more[1]] if more else "IDENTITY_POLICY", []).append(path)
    for kind, those in by_kind.items():
        command = [f"{binary}/iam-validator", "validate", "--format", "json", "-t", kind, "--aws-services-dir", tables]
        command += [part for path in those for part in ("-p", str(path))]
        done = subprocess.run(command, capture_output=True, text=True)
        for one in json.loads(done.stdout[done.stdout.find("{") :])["results"]:
            found[one["policy_file"]] = {f"{issue['issue_type']} {issue['check_id']}" for issue in one["issues"]}
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        binary = os.path.join(folder, "bin")
        subprocess.run([f"{binary}/python", "-m", "pip", "install", "--quiet", str(ROOT), *PEERS], check=True)
        subprocess.run([f"{binary}/python", "-m", "compileall", "-q", os.path.join(folder, "lib")], check=False)
        tables = os.path.join(folder, "tables")
        os.mkdir(tables)
        definitions(tables)
        who_finds(binary, tables)
        speed(binary, tables, folder)


def who_finds(binary: str, tables: str) -> None:
    names = ("iamdsl", "parliament", "iam-policy-validator")
    totals = dict.fromkeys(names, 0)
    paths = [path for case in CASES for path in (case, case.with_name("good.json"))]
    peers = [parliament(binary, paths), validator(binary, tables, paths)]
    print(f"{'':>70} {names[0]:>8} {names[1]:>11} {names[2]:>21}")
    for case in CASES:
        more, good = arguments(case), case.with_name("good.json")
        row = [case.parent.name[:6] in ours(binary, case, more) and not ours(binary, good, more)]
        row += [bool(said.get(str(case), set()) - said.get(str(good), set())) for said in peers]
        for name, hit in zip(names, row):
            totals[name] += hit
        marks = ["yes" if hit else "-" for hit in row]
        print(f"{case.parent.name:>70} {marks[0]:>8} {marks[1]:>11} {marks[2]:>21}")
    print(f"{f'of {len(CASES)}':>70} {totals[names[0]]:>8} {totals[names[1]]:>11} {totals[names[2]]:>21}\n")


def speed(binary: str, tables: str, folder: str) -> None:
    policy = os.path.join(folder, "clean.json")
    Path(policy).write_text(json.dumps(CLEAN, indent=2), encoding="utf-8")
    given = Path(policy).read_bytes()
    there = [f"{binary}/iam-validator", "validate", "-p", policy, "--format", "json", "--aws-services-dir", tables]
    commands: dict[str, tuple[list[str], bytes]] = {
        "python": ([f"{binary}/python", "-c", "pass"], b""),
        "iamdsl": ([f"{binary}/iamdsl", "validate", policy], b""),
        "parliament": ([f"{binary}/parliament"], given),
        "iam-policy-validator": (there, b""),
    }
    found = {name: middle(runs) for name, runs in interleaved(commands, RUNS).items()}
    print(f"one clean policy, whole process, medians of {RUNS}, {sys.version.split()[0]}")
    print(f"{'':>20} {'wall ms':>8} {'cpu ms':>8} {'MiB':>6} {'cpu / ours':>11}")
    for name, run in found.items():
        cpu = run.cpu / found["iamdsl"].cpu
        print(f"{name:>20} {run.wall*1000:8.0f} {run.cpu*1000:8.0f} {run.memory:6.0f} {cpu:11.1f}")


if __name__ == "__main__":
    main()
