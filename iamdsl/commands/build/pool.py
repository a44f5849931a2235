"""Many programs at once, in processes of their own."""

from __future__ import annotations

import argparse
import os
import sys

from iamdsl.commands.build.make import Made, make
from iamdsl.commands.build.which import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

FEW = 3  # programs that are compiled before a second process would be ready

_run: list[tuple[Mapping[str, str], argparse.Namespace]] = []  # of a worker: what all of its programs have in common


class Lost(Exception):
    """A process that compiled was killed."""


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def make_all(
    programs: Sequence[Program],
    settings: Mapping[str, str],
    options: argparse.Namespace,
    progress: Callable[[int, str], None],
) -> list[Made]:
    """What each of several programs compiles to, in their order. `progress` is told how many are done, and which was last.

    Raises Lost.
    """
    jobs = options.jobs or cores()
    found: list[Made] = []
    start = 0
    if jobs > 1 and len(programs) > FEW:  # the first one here, so that what it loads of the catalog is there for all
        found.append(make(programs[0], settings, options, True))
        progress(1, programs[0].place)
        start = 1
        results = _parallel(programs[1:], settings, options, min(jobs, len(programs) - 1))
    else:
        results = (make(one, settings, options, True) for one in programs)
    for number, made in enumerate(results, start + 1):
        found.append(made)
        progress(number, made.program.place)
    return found


def _parallel(
    programs: Sequence[Program], settings: Mapping[str, str], options: argparse.Namespace, jobs: int
) -> Iterator[Made]:
    from concurrent.futures import ProcessPoolExecutor  # local: 30 ms, only for many programs
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # a copy of this process has all modules and tables already; where the system's own libraries forbid it, a new one
    context = get_context("fork" if sys.platform == "linux" else None)
    with ProcessPoolExecutor(jobs, context, _begin, (os.getpid(), settings, options)) as pool:
        try:
            yield from pool.map(_one, programs, chunksize=max(1, min(4, len(programs) // (jobs * 4))))
        except BrokenProcessPool:
            raise Lost from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _begin(parent: int, settings: Mapping[str, str], options: argparse.Namespace) -> None:
    import gc  # local: of a worker
    import signal
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told too, and ends this
    gc.enable()  # it lives for many programs
    _run[:] = [(settings, options)]
    if hasattr(os, "getppid") and os.name == "posix":
        Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    """End with the parent: a process that is killed cannot end its workers."""
    from time import sleep  # local: of a worker

    while os.getppid() == parent:
        sleep(0.5)
    os._exit(1)


def _one(program: Program) -> Made:
    settings, options = _run[0]
    made = make(program, settings, options, True)
    shown = {label.span.path for found in made.report for label in found.labels}
    made.report.sources = {path: source for path, source in made.report.sources.items() if path in shown}
    return made
