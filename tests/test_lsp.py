"""The language server over the real protocol, as an editor talks to it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

PROGRAM = """account prod = 111122223333
region eu-west-1
user alice, bob
role training for service sagemaker
bucket datasets = "acme-ml-datasets"

alice can read bucket datasets with mfa
training can write bucket datasets/models/*
"""


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[sys.executable, "-m", "iamdsl", "lsp"]))
async def client(lsp_client: LanguageClient):  # type: ignore[no-untyped-def]
    await lsp_client.initialize_session(
        types.InitializeParams(capabilities=pytest_lsp.client_capabilities("visual-studio-code"))
    )
    yield
    await lsp_client.shutdown_session()


class Doc:
    """A file that is open in the client."""

    def __init__(self, client: LanguageClient, path: Path, text: str) -> None:
        self.client = client
        self.uri = path.as_uri()
        self.text = text
        self.version = 1
        client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(self.uri, "iam", self.version, text))
        )

    @property
    def id(self) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri)

    def position(self, before: str) -> types.Position:
        """Right behind the first place where `before` stands."""
        upto = self.text[: self.text.index(before) + len(before)]
        line = upto.rpartition("\n")[2]
        return types.Position(upto.count("\n"), len(line.encode("utf-16-le")) // 2)

    def at(self, before: str) -> dict[str, object]:
        return {"text_document": self.id, "position": self.position(before)}

    def replace(self, old: str, new: str) -> None:
        """As an editor does it: one change of a range."""
        start = self.text.index(old)
        place = types.Range(self.position(self.text[:start]) if start else types.Position(0, 0), self.position(old))
        change = types.TextDocumentContentChangePartial(place, new)
        self.text = self.text.replace(old, new, 1)
        self.version += 1
        identifier = types.VersionedTextDocumentIdentifier(self.version, self.uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    async def findings(self) -> list[types.Diagnostic]:
        """What the server finds in the text as it is now."""
        for _ in range(20):
            said = await self.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
            if said.uri == self.uri and said.version == self.version:
                return list(said.diagnostics)
        raise AssertionError("the server did not say what it finds")


@pytest.mark.asyncio
async def test_diagnostics_follow_the_text(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "main.iam", PROGRAM)
    assert await doc.findings() == []
    doc.replace("can read bucket", "can raed bucket")
    (found,) = await doc.findings()
    assert found.code == "IAM304" and "raed" in found.message and "read" in found.message
    assert doc.text.splitlines()[found.range.start.line][found.range.start.character :].startswith("raed")
    doc.replace("raed", "read")
    assert await doc.findings() == []


@pytest.mark.asyncio
async def test_hover_shows_what_a_sentence_grants(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "main.iam", PROGRAM)
    found = await client.text_document_hover_async(types.HoverParams(doc.id, doc.position("training ca")))
    assert found is not None and isinstance(found.contents, types.MarkupContent)
    assert '"Action"' in found.contents.value and "role training" in found.contents.value
    verb = await client.text_document_hover_async(types.HoverParams(doc.id, doc.position("alice can re")))
    assert verb is not None and "verb read on bucket" in verb.contents.value  # type: ignore[union-attr]


@pytest.mark.asyncio
async def test_completion_offers_what_fits(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "main.iam", PROGRAM + "training can read bucket ")
    found = await client.text_document_completion_async(
        types.CompletionParams(doc.id, doc.position("training can read bucket "))
    )
    assert isinstance(found, types.CompletionList)
    labels = [one.label for one in found.items]
    assert labels[0] == "datasets"
    assert not {"read", "alice"} & set(labels)


@pytest.mark.asyncio
async def test_formatting(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "main.iam", PROGRAM.replace("bucket datasets with", "bucket   datasets  with"))
    options = types.FormattingOptions(4, True)
    edits = await client.text_document_formatting_async(types.DocumentFormattingParams(doc.id, options))
    assert edits and [edit.new_text for edit in edits] == ["alice can read bucket datasets with mfa\n"]
