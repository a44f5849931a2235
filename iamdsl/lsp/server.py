"""The server: keeps the texts, brings programs up to date between the client's messages, and publishes what is found."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from iamdsl import __version__
from iamdsl.diagnostics import Edit
from iamdsl.editor import claims
from iamdsl.editor.pieces import File
from iamdsl.editor.program import Program, Settings
from iamdsl.editor.workspace import Workspace
from iamdsl.lsp import shapes
from iamdsl.lsp.positions import Lines, changed, path_of, uri_of
from iamdsl.lsp.settings import Projects

QUICK = 0.01  # seconds that the text has to rest before a program is compiled
LONGEST = 0.5  # ... at most, for programs that take long
PROVING = 0.4  # seconds of rest after which claims are proved

log = logging.getLogger(__name__)


class Protocol(LanguageServerProtocol):
    """pygls without its own copy of the texts: it ends lines where Python does, which is not where the protocol does."""

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Any:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Any:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Any:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None


class Server(LanguageServer):
    """`docs` is the workspace of texts; `dirty` the programs whose findings are of an older text than the one shown."""

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
        self.docs.forget()
        self.docs.reconfigure()
        self.dirty.update(self.docs.programs)
        self.complain()
        self.later()

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
        for program in self.docs.programs_of(path):
            self.dirty[program.roots] = program
        self.complain()
        for program in self.docs.programs.values():
            if path in program.files:
                self.dirty[program.roots] = program
        self.later()

    def later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        rest = QUICK if self.took < 0.1 else min(self.took, LONGEST)
        self._timer = asyncio.get_running_loop().call_later(rest, self.settle)

    def settle(self) -> None:
        """Compile what has changed, and publish what is found."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self.dirty:
            roots, program = self.dirty.popitem()
            self.compile(program)
            if (before := self._proofs.pop(roots, None)) is not None:
                before.cancel()
            asked = claims.question(program) if program.compilation else None
            program.proving = asked is not None
            if asked is not None:
                self._proofs[roots] = asyncio.get_running_loop().create_task(self.prove(program, asked))
        self.publish()

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

    def compile(self, program: Program) -> None:
        begun = time.perf_counter()
        try:
            program.update()
        except Exception:  # a bug of ours: the server goes on with what it had, and says so in its log
            log.exception("the program could not be compiled")
        self.took = time.perf_counter() - begun

    def program(self, path: str, fresh: bool = True) -> Program | None:
        """The program with the file at `path`; `fresh`: compiled from the text as it is now, else the text alone is."""
        if path not in self.docs.typed and not any(path in one.files for one in self.docs.programs.values()):
            return None
        program = self.docs.program(path)
        if program.compilation is None or (fresh and program.roots in self.dirty):
            self.settle()
        if program.compilation is None:
            return None
        file = self.docs.typed.get(path)
        if file is not None:
            program.refresh(file)
        return program

    def file(self, path: str) -> File | None:
        return self.docs.typed.get(path)

    # ---- findings

    def publish(self) -> None:
        """Tell the client the findings of every file, where they are others than it knows."""
        found: dict[str, dict[str, types.Diagnostic]] = {}
        for program in self.docs.programs.values():
            for path, findings in program.findings.items():
                findings = findings + program.of_claims.get(path, [])
                lines = self.lines(path)
                those = found.setdefault(path, {})
                for one in findings:
                    shaped = shapes.diagnostic(one, self.lines, lines)
                    those[f"{shaped.range} {shaped.code} {shaped.message}"] = shaped
        for path in {*found, *self.published}:
            version = self.versions.get(path)
            now = list(found.get(path, {}).values())
            if (version, now) != self.published.get(path):
                self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri_of(path), now, version))
            self.published[path] = (version, now)
            if path not in found:
                del self.published[path]
