"""The server: keeps the texts, brings programs up to date between the client's messages, and publishes what is found."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from iamdsl import __version__
from iamdsl.diagnostics import Edit
from iamdsl.editor import claims
from iamdsl.editor.pieces import File
from iamdsl.editor.program import NotYet, Program, Settings
from iamdsl.editor.workspace import Workspace
from iamdsl.lsp import shapes
from iamdsl.lsp.inbox import Inbox
from iamdsl.lsp.positions import Lines, changed, path_of, uri_of
from iamdsl.lsp.protocol import Protocol
from iamdsl.lsp.settings import Projects
from iamdsl.pause import Interrupted, listen

QUICK = 0.01  # seconds that the text has to rest before a program is compiled
LONGEST = 0.2  # ... at most, for programs that take long
PATIENCE = 2.0  # seconds of changes after which a compile is no longer given up for the next one
TURN = 0.05  # seconds that messages have before a compile goes on
PROVING = 0.4  # seconds of rest after which claims are proved

log = logging.getLogger(__name__)


class Server(LanguageServer):
    """`docs` is the workspace of texts; `dirty` the programs whose findings are of an older text than the one shown.

    All is done on one thread. A compile pauses all along for messages that have come: what can be answered from the text
    is answered then, what needs the compile waits for it, and a change of a text has the compile given up, what was done
    being kept, so that it begins anew with that text. After PATIENCE it goes on to its end all the same.
    """

    protocol: Protocol
    inbox: Inbox

    def __init__(self) -> None:
        super().__init__("iamdsl", __version__, protocol_cls=Protocol)
        self.projects = Projects()
        self.docs = Workspace(self.projects.settings)
        self.versions: dict[str, int] = {}
        self.dirty: dict[tuple[str, ...], Program] = {}
        self.published: dict[str, tuple[int | None, list[types.Diagnostic]]] = {}
        self.took = 0.0  # seconds for the last compile
        self.complained: dict[str, str] = {}
        self._lines: dict[str, tuple[str, Lines]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._proofs: dict[tuple[str, ...], asyncio.Task[None]] = {}
        self._compiling = False
        self._changed = False  # whether a text was, since the compile began
        self._since: float | None = None  # when the first change came that has no findings yet
        self._resume = 0.0  # when a compile may pause again
        self.protocol.coming = self.hurry

    # ---- messages

    async def serve(self, descriptor: int) -> None:
        """Serve the client whose messages come from `descriptor`, until there are no more."""
        loop, end = asyncio.get_running_loop(), asyncio.Event()

        def arrived() -> None:
            with suppress(RuntimeError):  # the loop is closed: we are leaving
                loop.call_soon_threadsafe(self.turn if not self.inbox.ended else end.set)

        self.inbox = Inbox(descriptor, arrived)
        self.inbox.start()
        await end.wait()

    def turn(self) -> None:
        """Do what the next message asks for."""
        try:
            message = self.inbox.take()
            while self.inbox.cancelled:
                self.protocol.cancel(self.inbox.cancelled.popleft())
            if message is not None:
                self.protocol.receive(message)
        except Exception:  # a message that is none, or a bug of ours
            log.exception("a message could not be handled")

    def pause(self) -> None:
        """What a compile does all along: see to messages that have come. Raises Interrupted if it is to be given up."""
        if not self.inbox:
            if self.inbox.ended:
                raise Interrupted
            return
        begun = time.perf_counter()
        if begun < self._resume:
            return
        self.aside()
        now = time.perf_counter()
        self._resume = now + min(now - begun, TURN)
        if self._changed and self._since is not None and now < self._since + PATIENCE:
            raise Interrupted

    def aside(self) -> None:
        """See to messages that have come, for a while, and do nothing else meanwhile."""
        until = time.perf_counter() + TURN
        before = listen(None)
        try:
            while self.inbox and time.perf_counter() < until:
                self.turn()
        finally:
            listen(before)

    # ---- texts

    def lines(self, path: str) -> Lines:
        """The lines of a file as it is now."""
        file = self.docs.typed.get(path)
        if file is None:
            programs = [one for one in self.docs.programs.values() if path in one.files]
            file = programs[0].files[path] if programs else None
        text = file.text if file else ""
        known = self._lines.get(path)
        if known is None or known[0] is not text:
            known = self._lines[path] = (text, self.ruled(text))
        return known[1]

    def ruled(self, text: str) -> Lines:
        """The lines of `text` in the units that were agreed upon with the client."""
        return Lines(text, self.workspace.position_encoding or types.PositionEncodingKind.Utf16)

    def put(self, path: str, text: str, version: int) -> None:
        self.docs.put(path, text)
        self.versions[path] = version
        self.protocol.changed(uri_of(path))
        self.touch(path)

    def edit(self, path: str, changes: list[Any], version: int) -> None:
        known = self.docs.typed.get(path)
        text = known.text if known else ""
        lines = self.lines(path) if known else self.ruled(text)
        for change in changes:
            text = changed(text, lines, change)
            lines = self.ruled(text) if change is not changes[-1] else lines
        self.put(path, text, version)

    def text_edits(self, edits: list[Edit]) -> list[types.TextEdit]:
        """Edits of one file."""
        return [types.TextEdit(self.lines(one.place[0]).range(*one.place[1:]), one.text) for one in edits]

    @property
    def snippets(self) -> bool:
        """Whether the client can insert snippets."""
        document = self.client_capabilities.text_document
        item = document.completion.completion_item if document and document.completion else None
        return bool(item and item.snippet_support)

    def begin(self) -> None:
        """The client is ready: its folders are where programs are."""
        self.docs.folders = [path_of(uri) for uri in self.workspace.folders] or (
            [self.workspace.root_path.replace("\\", "/")] if self.workspace.root_path else []
        )
        self.docs.changed()
        workspace = self.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace else None
        if watching and watching.dynamic_registration:
            watchers = [types.FileSystemWatcher(f"**/{one}") for one in ("*.iam", "iamdsl.toml", "pyproject.toml")]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            registration = types.Registration("iamdsl-files", method, options)
            self.client_register_capability(types.RegistrationParams([registration]))

    # ---- programs

    def changed_on_disk(self) -> None:
        """Files have been written, renamed or deleted."""
        self.docs.changed()
        for path in self.docs.typed:
            self.docs.programs_of(path)
        for gone in self.docs.forget():
            self.dirty.pop(gone.roots, None)
        self.docs.reconfigure()
        self.complain()
        self.outdated(*self.docs.programs.values())

    def complain(self) -> None:
        """Say what is wrong with the settings of projects, once."""
        for path, text in self.projects.wrong.items():
            if self.complained.get(path) != text:
                self.window_show_message(types.ShowMessageParams(types.MessageType.Error, text.strip()))
        self.complained = dict(self.projects.wrong)

    def parameters(self, given: Any) -> None:
        """Take the values of parameters that the client's options give."""
        values = given.get("parameters") if isinstance(given, dict) else None
        if isinstance(values, dict):
            self.projects.values = tuple(sorted((str(name), str(value)) for name, value in values.items()))
            self.docs.default = Settings(self.projects.values)

    def touch(self, path: str) -> None:
        """The file at `path` reads otherwise: what has it is to be compiled, when the text rests."""
        found = self.docs.programs_of(path)
        self.complain()
        found += [one for one in self.docs.programs.values() if path in one.files and one not in found]
        self.outdated(*found)

    def outdated(self, *programs: Program) -> None:
        """Have `programs` compiled, the last first."""
        for program in programs:
            program.changes += 1
            self.dirty.pop(program.roots, None)
            self.dirty[program.roots] = program
        self._changed = True
        self._since = self._since or time.perf_counter()
        self.later()

    def later(self) -> None:
        """Compile when the text rests; soon, if somebody waits for it."""
        rest = QUICK if self.took < 0.1 or self.protocol.waiting else min(self.took, LONGEST)
        if self._since is not None:
            rest = max(min(rest, self._since + PATIENCE - time.perf_counter()), 0)
        self._plan(rest)

    def hurry(self) -> bool:
        """Compile at once; whether there is anything to be compiled."""
        if self.dirty and not self._compiling:
            self._plan(0)
        return bool(self.dirty)

    def _plan(self, rest: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(rest, self.settle)

    def settle(self) -> None:
        """Compile the program that changed last, publish what is found, and answer what waited for it."""
        self._timer = None
        if not self.dirty:
            return
        roots, program = next(reversed(self.dirty.items()))
        if self.compile(program):
            if program.outdated:
                self._since = time.perf_counter()
                for file in self.docs.typed.values():
                    if file.path in program.files:
                        program.refresh(file)
                program.replace()
            else:
                self.claim(program)
            self.publish(program)
            self.protocol.retry()
        if not self.dirty:
            self._since = None
        elif self._timer is None:
            self.later() if self._changed else self._plan(0)

    def compile(self, program: Program) -> bool:
        """Whether it was not given up; then it is no longer dirty, unless it has changed meanwhile."""
        begun, changes = time.perf_counter(), program.changes
        self._compiling, self._changed = True, False
        listen(self.pause)
        try:
            read = program.read()
            listen(None)
            self.protocol.retry()
            listen(self.pause)
            program.compile(read)
        except Interrupted:
            return False
        except Exception:  # a bug of ours: the server goes on with what it had, and says so in its log
            log.exception("the program could not be compiled")
        finally:
            listen(None)
            self._compiling = False
            self.took = time.perf_counter() - begun
        if program.changes == changes:
            self.dirty.pop(program.roots, None)
        return True

    def claim(self, program: Program) -> None:
        """Have the claims of a program proved that has been compiled."""
        if (before := self._proofs.pop(program.roots, None)) is not None:
            before.cancel()
        asked = claims.question(program) if program.compilation else None
        program.proving = asked is not None
        if asked is not None:
            self._proofs[program.roots] = asyncio.get_running_loop().create_task(self.prove(program, asked))

    async def prove(self, program: Program, asked: bytes) -> None:
        """Have the claims of `program` proved in a process of their own, unless the text changes first."""
        await asyncio.sleep(PROVING)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "iamdsl.editor.claims", stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
        try:
            answer, _ = await process.communicate(asked)
        except asyncio.CancelledError:
            process.kill()
            raise
        program.proving = False
        if process.returncode == 0:
            claims.settle(program, answer)
            self.publish()
            self.refresh()

    def refresh(self) -> None:
        """Have the client ask again for what stands above declarations."""
        workspace = self.client_capabilities.workspace
        if workspace and workspace.code_lens and workspace.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)

    def program(self, path: str) -> Program | None:
        """The program with the file at `path`, with the text as it is now. Raises NotYet before it has been read."""
        if path not in self.docs.typed and not any(path in one.files for one in self.docs.programs.values()):
            return None
        program = self.docs.program(path)
        if not program.known:
            raise NotYet
        file = self.docs.typed.get(path)
        if file is not None:
            program.refresh(file)
        return program

    def file(self, path: str) -> File | None:
        return self.docs.typed.get(path)

    # ---- findings

    def publish(self, compiled: Program | None = None) -> None:
        """Tell the client the findings of every file, where they are others than it knows.

        Those of an older text are kept back, but for those of the program just `compiled`.
        """
        found: dict[str, dict[str, types.Diagnostic]] = {}
        behind = {path for one in self.dirty.values() for path in one.files}
        for program in self.docs.programs.values():
            for path, findings in program.findings.items():
                if path in behind and program is not compiled:
                    continue
                findings = findings + program.of_claims.get(path, [])
                lines = self.lines(path)
                those = found.setdefault(path, {})
                for one in findings:
                    shaped = shapes.diagnostic(one, self.lines, lines)
                    those[f"{shaped.range} {shaped.code} {shaped.message}"] = shaped
        for path in {*found, *self.published} - (behind - found.keys()):
            version = self.versions.get(path) if path not in behind else None
            now = list(found.get(path, {}).values())
            if (version, now) != self.published.get(path):
                self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri_of(path), now, version))
            self.published[path] = (version, now)
            if path not in found:
                del self.published[path]
