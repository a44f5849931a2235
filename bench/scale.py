"""How time and memory grow with the program: 100, 1,000 and 10,000 sentences, written to a folder."""

from __future__ import annotations

import os
import sys
import tempfile

from generate import program
from measure import interleaved, middle

SIZES = (100, 1_000, 10_000)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        commands = {}
        for size in SIZES:
            path = os.path.join(folder, f"{size}.iam")
            with open(path, "w", encoding="utf-8") as file:
                file.write(program(size))
            out = os.path.join(folder, f"out-{size}")
            commands[str(size)] = ([sys.executable, "-m", "iamdsl", "compile", "--no-cache", path, "-o", out], b"")
        found = {name: middle(runs) for name, runs in interleaved(commands, 3).items()}
    print(f"{'sentences':>10} {'wall s':>8} {'cpu s':>8} {'MiB':>6} {'ms a sentence':>14}")
    for name, run in found.items():
        print(f"{name:>10} {run.wall:8.2f} {run.cpu:8.2f} {run.memory:6.0f} {run.wall / int(name) * 1000:14.2f}")


if __name__ == "__main__":
    main()
