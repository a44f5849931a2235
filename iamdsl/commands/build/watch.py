"""`--watch`: compile again whenever something changes that was read, or was looked for and is not there.

Files are asked for their times again and again: that works on every file system, network and container mounts too, and with
editors that save by renaming. What is asked takes at most a tenth of one processor.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time

from iamdsl import read
from iamdsl.commands import project
from iamdsl.commands.build.run import Build
from iamdsl.commands.build.which import which
from iamdsl.diagnostics import Report
from iamdsl.source import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    State = dict[str, object]

PAUSE = 0.2  # seconds between two looks, at least
CALM = 0.05  # seconds in which nothing changes: an editor has saved, a checkout is complete
PATIENCE = 2.0  # seconds that are waited for that


def watch(options: argparse.Namespace, once: Callable[[], tuple[int, Build]]) -> int:
    """Compile with `once`, wait for a change, and so on until Ctrl-C; the status of the last compile."""
    gc.enable()
    status = 0
    try:
        while True:
            start = time.monotonic()
            status, found = once()
            watched = _Watched(found, options)
            state = watched.state()
            _tell(status, found, len(watched.files), time.monotonic() - start)
            gc.collect()
            other = _outdated(found) or (options.settings and options.settings_seen != project.stamp(options.settings))
            if not other:
                _wait(watched, state)
            if options.settings and options.settings_seen != project.stamp(options.settings):
                _start_again(options)
    except KeyboardInterrupt:
        return status


class _Watched:
    """What is looked at."""

    def __init__(self, found: Build, options: argparse.Namespace) -> None:
        self.options = options
        self.files = {path for path in (options.settings,) if path}
        self.folders: set[str] = set()
        for known in found.fresh.values():
            self.files.update(known["files"])
            self.folders.update(known["folders"])
        for made in found.made.values():
            inputs = made.report.inputs
            self.files.update(inputs.files, inputs.missing)
            self.folders.update(inputs.folders)

    def state(self) -> State:
        """What the file system says of it all."""
        found: State = {path: project.stamp(path) for path in self.files}
        found.update({f"{folder}/": tuple(read.listed(folder)) for folder in self.folders})
        found[""] = which(self.options, Report()).chosen
        return found


def _wait(watched: _Watched, state: State) -> None:
    """Return when something is other than `state`, and has settled."""
    pause = PAUSE
    while True:
        time.sleep(pause)
        start = time.monotonic()
        now = watched.state()
        pause = max(PAUSE, 10 * (time.monotonic() - start))
        if now != state:
            break
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        time.sleep(CALM)
        then, now = now, watched.state()
        if then == now:
            return


def _outdated(found: Build) -> bool:
    """Whether a file was changed between its being read and the first look at it."""
    for made in found.made.values():
        for path, was in made.report.inputs.files.items():
            try:
                with open(path, "rb") as file:
                    if digest(file.read()) != was:
                        return True
            except OSError:
                return True
    return False


def _tell(status: int, found: Build, files: int, seconds: float) -> None:
    clock = time.strftime("%H:%M:%S")
    count = len(found.made)
    done = f"{count} program{'s' if count != 1 else ''} compiled in {seconds:.2f} s" if count else "nothing to compile"
    what = "not written, mend what is said above" if status else done
    print(f"[{clock}] {what}; watching {files} file{'s' if files != 1 else ''}, Ctrl-C ends", file=sys.stderr, flush=True)


def _start_again(options: argparse.Namespace) -> None:
    """Other settings: begin as from the command line, when they are right and not gone for good."""
    while not project.right(options.settings, options.output_format, sys.stderr):
        stamp = project.stamp(options.settings)
        while project.stamp(options.settings) == stamp:
            time.sleep(PAUSE)
        time.sleep(CALM)
    print("the settings have changed: starting again", file=sys.stderr, flush=True)
    os.execv(sys.executable, [sys.executable, "-m", "iamdsl", *sys.argv[1:]])
