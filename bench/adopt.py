"""A whole account to sentences and back: whole processes, on the account that `tests/account.py` makes up.

    python3 bench/adopt.py [ROLES USERS POLICIES]

`decompile --account` reads the listing, says every document, compiles the program, proves it equal and writes the report;
`compile -o` then makes the documents anew.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from measure import once

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))


def main(counts: list[int]) -> None:
    from account import make  # the generator of the tests

    with tempfile.TemporaryDirectory() as folder:
        listing, access, out = Path(folder, "account.json"), Path(folder, "access"), Path(folder, "out")
        text = json.dumps(make(*counts), indent=4)
        listing.write_text(text, encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        program = [sys.executable, "-m", "iamdsl"]
        print(
            f"{counts[0]} roles, {counts[1]} users, {counts[2]} managed policies: {len(text) / 2**20:.1f} MiB of JSON"
        )
        for what, command in (
            ("decompile --account", [*program, "decompile", "--account", str(listing), "-o", str(access)]),
            ("compile -o", [*program, "compile", str(access), "-o", str(out)]),
        ):
            run = once(command, environment=environment)
            print(f"{what:20} {run.wall:6.1f} s wall {run.cpu:6.1f} s CPU {run.memory:6.0f} MiB")
        said = sum(len(path.read_text(encoding="utf-8").split()) for path in access.rglob("*.iam"))
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        proofs = {one["proof"] for one in manifest["documents"].values()}
        print(
            f"{said} words in {len(list(access.rglob('*.iam')))} files, {len(manifest['documents'])} documents, {proofs}"
        )
        shutil.rmtree(out)


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:4]] or [1000, 300, 2000])
