"""One sentence, whole process: us against policy_sentry's `write-policy` and iam-floyd, interleaved in one run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv

from measure import interleaved, middle

PEERS = ("policy_sentry==0.15.2", "iam-floyd==0.851")
SENTENCE = b"datascientist can read bucket ml-datasets with mfa\n"
RUNS = 15

TEMPLATE = b"""mode: crud
name: bench
read:
- arn:aws:s3:::ml-datasets
- arn:aws:s3:::ml-datasets/*
write:
- arn:aws:s3:::ml-results/*
list:
- arn:aws:s3:::ml-datasets
tagging:
- arn:aws:s3:::ml-results
"""
FLOYD = """
from iam_floyd import Statement
import json
statement = Statement.S3().allow().to_get_object().to_list_bucket()
statement.on("arn:aws:s3:::ml-datasets", "arn:aws:s3:::ml-datasets/*")
print(json.dumps(statement.to_json()))
"""


def main() -> None:
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = os.path.join(folder, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", root, *PEERS], check=True)
        subprocess.run([python, "-m", "compileall", "-q", os.path.join(folder, "lib")], check=False)
        commands = {
            "python": ([python, "-c", "pass"], b""),
            "iamdsl": ([os.path.join(folder, "bin", "iamdsl"), "compile", "-"], SENTENCE),
            "policy_sentry": ([os.path.join(folder, "bin", "policy_sentry"), "write-policy"], TEMPLATE),
            "iam-floyd": ([python, "-c", FLOYD], b""),
        }
        found = {name: middle(runs) for name, runs in interleaved(commands, RUNS).items()}
    ours = found["iamdsl"]
    print(
        f"{'':>14} {'wall ms':>8} {'cpu ms':>8} {'MiB':>6} {'wall / ours':>12}   (medians of {RUNS}, {sys.version.split()[0]})"
    )
    for name, run in found.items():
        print(f"{name:>14} {run.wall*1000:8.0f} {run.cpu*1000:8.0f} {run.memory:6.0f} {run.wall/ours.wall:12.1f}")


if __name__ == "__main__":
    main()
