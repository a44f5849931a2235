"""The language server on files of 500, 2,000 and 4,000 sentences, over the real protocol: how long after a key the findings
come, how long hover and completion take, also while all is compiled anew, how much memory the server has, and how all that
grows with the file.

Edits go to sentences all over the file, one key each, half of them making an error and half mending it. The bounds are those
of a person who types: findings within 100 ms, what pops up within 20 ms, in 95 of 100 cases; 150 MB. Then keys go to what
other sentences read, which are compiled anew: a role with some sentences, the account, which all read, and a verb that up to a
tenth of the file says.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from generate import program
from lsprotocol import types
from pygls.lsp.client import LanguageClient

BOUNDS = {
    "findings": 100.0,
    "hover": 20.0,
    "completion": 20.0,
    "completion, at once": 20.0,
    "completion, compiling": 100.0,
}
SIZES = (500, 2_000, 4_000)
KEYS = 200
VERB = "verb fetch on bucket { s3:GetObject on objects }"
DECLARED = {  # what others read: where a key goes
    "a role": "role worker-7",
    "the account": "account prod = 11112222333",
    "a verb": "verb fetch on bucket { s3:GetObject",
}
TURNS = 20  # keys in each of these
TYPED = KEYS + TURNS * len(DECLARED)
WHOLE = 5  # compiles of all that there is
MEMORY = 150  # MiB


class Editor(LanguageClient):
    """A client that notes when findings come."""

    def __init__(self) -> None:
        super().__init__("bench", "1")
        self.came = asyncio.Event()
        self.version = 0

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def came(params: types.PublishDiagnosticsParams) -> None:
            self.version = params.version or 0
            self.came.set()

    async def findings(self, version: int) -> None:
        while self.version < version:
            self.came.clear()
            await self.came.wait()


def memory(pid: int) -> float:
    """The most that the process ever had, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def cpu(pid: int) -> float:
    """Milliseconds of CPU that the process's main thread, which does all the work, has used."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e6


class Clock:
    """What passes: milliseconds by the clock on the wall, and of the server's CPU, as on a machine that does nothing else."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.found: dict[str, list[tuple[float, float]]] = {name: [] for name in (*BOUNDS, *DECLARED)}

    async def of(self, name: str, request: Any) -> None:
        start, used = time.perf_counter(), cpu(self.pid)
        await request
        self.found[name].append(((time.perf_counter() - start) * 1000, cpu(self.pid) - used))


async def typing(client: Editor, clock: Clock, uri: str, lines: list[str]) -> None:
    """Type `KEYS` keys all over the file, and ask for this and that in between."""
    random_ = random.Random(1)
    identifier = types.TextDocumentIdentifier(uri)
    grants = [n for n, line in enumerate(lines) if " can " in line]
    here = types.Position(0, 0)
    for version in range(2, KEYS + 2):
        if version % 2 == 0:
            line = random_.choice(grants)
            here = types.Position(line, lines[line].index(" can ") + 5 + random_.randrange(6))
            place, typed = types.Range(here, here), "x"
        else:
            place, typed = types.Range(here, types.Position(here.line, here.character + 1)), ""
        document = types.VersionedTextDocumentIdentifier(version, uri)
        change = types.TextDocumentContentChangePartial(place, typed)
        client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        if version % 8 == 4:
            asked = client.text_document_completion_async(types.CompletionParams(identifier, here))
            await clock.of("completion, at once", asked)
        else:
            await clock.of("findings", client.findings(version))
        await client.findings(version)
        if version % 8 < 4:
            place_ = types.Position(random_.choice(grants), random_.randrange(30))
            await clock.of("hover", client.text_document_hover_async(types.HoverParams(identifier, place_)))
            place_ = types.Position(random_.choice(grants), random_.randrange(40))
            await clock.of(
                "completion", client.text_document_completion_async(types.CompletionParams(identifier, place_))
            )


async def compiling(client: Editor, clock: Clock, uri: str, lines: list[str]) -> None:
    """Change what every sentence hangs on, and complete while all of them are compiled anew."""
    line = next(n for n, one in enumerate(lines) if one.startswith("account"))
    grants = [n for n, one in enumerate(lines) if " can " in one]
    for number in range(WHOLE):
        version = TYPED + 2 + number
        place = types.Range(types.Position(line, len(lines[line]) - 1), types.Position(line, len(lines[line])))
        change = types.TextDocumentContentChangePartial(place, str(number))
        document = types.VersionedTextDocumentIdentifier(version, uri)
        client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        while client.version < version:
            await asyncio.sleep(0.1)
            here = types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(grants[number], 40))
            await clock.of("completion, compiling", client.text_document_completion_async(here))


async def declaring(client: Editor, clock: Clock, uri: str, lines: list[str]) -> None:
    """Type keys in the name of a role, the id of the account and a verb, and take them back."""
    version = KEYS + 1
    for name, before in DECLARED.items():
        number = next(n for n, line in enumerate(lines) if line.startswith(before))
        here = types.Position(number, len(before))
        for typed in ("x", "") * (TURNS // 2):
            version += 1
            end = types.Position(here.line, here.character + (not typed))
            document = types.VersionedTextDocumentIdentifier(version, uri)
            change = types.TextDocumentContentChangePartial(types.Range(here, end), typed)
            client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
            await clock.of(name, client.findings(version))


async def measure(sentences: int) -> tuple[Clock, float, float, float]:
    """What passed, seconds to open the file (by the wall, of CPU), and MiB."""
    client = Editor()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "main.iam")
        text = program(sentences).replace(" can read bucket ", " can fetch bucket ", sentences // 10)
        text = f"{VERB}\n{text}"
        path.write_text(text)
        uri = path.as_uri()
        await client.start_io(sys.executable, "-m", "iamdsl", "lsp")
        await client.initialize_async(
            types.InitializeParams(types.ClientCapabilities(), root_uri=Path(folder).as_uri())
        )
        client.initialized(types.InitializedParams())
        clock = Clock(client._server.pid)  # type: ignore[union-attr]
        start, used = time.perf_counter(), cpu(clock.pid)
        client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "iam", 1, text)))
        await client.findings(1)
        opened = time.perf_counter() - start, (cpu(clock.pid) - used) / 1000
        await asyncio.sleep(1)
        await typing(client, clock, uri, text.splitlines())
        await declaring(client, clock, uri, text.splitlines())
        await compiling(client, clock, uri, text.splitlines())
        most = memory(clock.pid)
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()
    return clock, *opened, most


def figures(found: list[float]) -> tuple[float, float, float]:
    """The median, what 95 of 100 are within, and the most."""
    ordered = sorted(found)
    return statistics.median(ordered), ordered[int(len(ordered) * 0.95) - 1], ordered[-1]


def main() -> None:
    sizes = [int(one) for one in sys.argv[1:]] or SIZES
    grown: dict[str, list[str]] = {}
    for size in sizes:
        clock, wall, used, most = asyncio.run(measure(size))
        print(f"{size} sentences: opened in {wall:.2f} s ({used:.2f} s of CPU), {most:.0f} MiB (bound {MEMORY})")
        print(
            f"{'ms':22} {'median':>8} {'p95':>8} {'most':>8}   CPU: {'median':>8} {'p95':>8} {'most':>8} {'bound':>8}"
        )
        for name, found in clock.found.items():
            walls, cpus = figures([one for one, _ in found]), figures([one for _, one in found])
            first, second = [" ".join(f"{one:8.1f}" for one in part) for part in (walls, cpus)]
            print(f"{name:22} {first}        {second} {BOUNDS.get(name, ''):8}")
            grown.setdefault(name, []).append(f"{cpus[0]:6.1f} ({cpus[1]:.1f})")
    if len(sizes) > 1:
        print(f"\nms of CPU, median (p95), at {', '.join(map(str, sizes))} sentences")
        for name, those in grown.items():
            print(f"{name:22} {'  '.join(f'{one:>16}' for one in those)}")


if __name__ == "__main__":
    main()
