"""Whole-process measurements: wall and CPU seconds, peak memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Run:
    """One finished process: seconds of wall and CPU time, peak memory in MiB."""

    wall: float
    cpu: float
    memory: float


def once(command: Sequence[str], given: bytes = b"", environment: Mapping[str, str] | None = None) -> Run:
    """Run `command` with `given` on standard input; raises RuntimeError where it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    assert process.stdin is not None
    process.stdin.write(given)
    process.stdin.close()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def interleaved(commands: Mapping[str, tuple[Sequence[str], bytes]], runs: int) -> dict[str, list[Run]]:
    """`runs` of each command in turn, after one that is not counted, so that drift of the machine hits all alike."""
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, (command, given) in commands.items():
            run = once(command, given)
            if turn:
                found[name].append(run)
    return found


def middle(runs: Sequence[Run]) -> Run:
    """The median of each figure."""
    return Run(median(r.wall for r in runs), median(r.cpu for r in runs), median(r.memory for r in runs))
