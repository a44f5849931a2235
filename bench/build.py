"""A repository of many programs: compiled in full, not at all, and for one change; and killed at any moment.

python3 bench/build.py [--programs 1000] [--kills 0]

Whole processes of the installed `iamdsl`; CPU time is that of all processes of a run, memory the sum of theirs. `--kills N`
kills as many full runs (SIGKILL, the process that was started alone), each at a moment drawn at random, and sees that every
program's tree is whole after the next run.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from generate import program
from measure import interleaved, middle

SENTENCES = 100
TURNING = "worker-0 can read bucket turning\n"
COMPILE = [sys.executable, "-m", "iamdsl", "compile"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=0)
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["IAMDSL_CACHE"] = os.path.join(folder, "cache")
        made(options.programs)
        subprocess.run([*COMPILE, "-o", "-", "teams/t0000"], stdout=subprocess.DEVNULL, check=True)  # tables, bytecode
        print(
            f"{options.programs} programs of {SENTENCES} sentences, {os.cpu_count()} processors, Python {sys.version.split()[0]}"
        )
        full = measured(COMPILE)
        print(f"in full         {full[0]:7.2f} s wall {full[1]:7.2f} s CPU {full[2]:6.0f} MiB")
        time.sleep(0.1)
        alone = [*COMPILE, "--each", "teams/t0000/main.iam", "-o", "alone"]
        subprocess.run(alone, check=True)
        commands = {
            "python": ([sys.executable, "-c", "pass"], b""),
            "no change": (COMPILE, b""),
            "one, no change": (alone, b""),
        }
        for name, run in {name: middle(runs) for name, runs in interleaved(commands, 7).items()}.items():
            print(f"{name:15} {run.wall * 1000:7.0f} ms wall {run.cpu * 1000:6.0f} ms CPU {run.memory:5.0f} MiB")
        changed = [change(number) for number in range(5)]
        wall, cpu, memory = sorted(changed)[2]
        print(f"one changed     {wall * 1000:7.0f} ms wall {cpu * 1000:6.0f} ms CPU {memory:5.0f} MiB")
        if options.kills:
            killed(options.kills, full[0])


def made(programs: int) -> None:
    for number in range(programs):
        path = Path("teams", f"t{number:04}", "main.iam")
        path.parent.mkdir(parents=True)
        path.write_text(program(SENTENCES, number))
    Path("iamdsl.toml").write_text('programs = ["teams/*"]\noutput = "build"\n')


def measured(command: list[str]) -> tuple[float, float, float]:
    """Wall and CPU seconds, and the highest sum of resident memory of all its processes, in MiB."""
    before, start, most = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0.0
    process = subprocess.Popen(command)
    done = threading.Event()

    def look() -> None:
        nonlocal most
        while not done.wait(0.1):
            most = max(most, sum(map(resident, [process.pid, *children(process.pid)])))

    thread = threading.Thread(target=look)
    thread.start()
    status = process.wait()
    wall = time.perf_counter() - start
    done.set()
    thread.join()
    assert status == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, max(most, after.ru_maxrss / 1024 if not most else 0.0)


def children(process: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def resident(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
    except (OSError, IndexError):
        return 0.0


def change(number: int) -> tuple[float, float, float]:
    path = Path("teams", f"t{number:04}", "main.iam")
    path.write_text(path.read_text() + f"worker-1 can read bucket another-{number}\n")
    return measured(COMPILE)


def trees(folder: str) -> dict[str, str]:
    """One hash of what each program's folder holds."""
    found = {}
    for place in sorted(Path(folder, "teams").iterdir()):
        files = sorted(path for path in place.rglob("*") if path.is_file())
        found[place.name] = hashlib.sha256(
            b"".join(str(path.relative_to(place)).encode() + path.read_bytes() for path in files)
        ).hexdigest()
    return found


def killed(times: int, seconds: float) -> None:
    """Kill runs that change every program, in turn from one text to another and back."""
    chance = random.Random(1)
    old = trees("build")
    whole = mixed = 0
    for turn in range(times):
        for path in Path("teams").glob("*/main.iam"):
            text = path.read_text().replace(TURNING, "")
            path.write_text(text + ("" if turn % 2 else TURNING))
        process = subprocess.Popen([*COMPILE, "--no-cache"])
        late = chance.random() < 0.5  # half of them while the files are moved to their places
        time.sleep(seconds * (0.9 + 0.2 * chance.random() if late else chance.random()))
        process.send_signal(signal.SIGKILL)
        process.wait()
        between = trees("build")
        subprocess.run(COMPILE, check=True)
        new = trees("build")
        states = {
            name: "new" if between[name] == new[name] else "old" if between[name] == old[name] else "mixed"
            for name in new
        }
        mixed += "mixed" in states.values() or len(set(states.values())) > 1
        whole += not Path("build", ".iamdsl-stage").exists() and trees("build") == new
        old = new
    print(f"killed {times} times: repaired by the next run {whole} times; {mixed} times while files were moved")


if __name__ == "__main__":
    main()
