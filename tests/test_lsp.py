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
    lsp_client.feature(types.WORKSPACE_CODE_LENS_REFRESH)(lambda *_: None)
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


@pytest.mark.asyncio
async def test_names_are_found_and_changed_across_files(client: LanguageClient, tmp_path: Path) -> None:
    shared = tmp_path / "shared.iam"
    shared.write_text('account prod = 111122223333\nregion eu-west-1\nbucket datasets = "acme"\nuser alice\n')
    doc = Doc(client, tmp_path / "main.iam", 'import "shared.iam"\nalice can read bucket datasets/a/*\n')
    place = doc.position("bucket datas")
    (found,) = await client.text_document_definition_async(types.DefinitionParams(doc.id, place))  # type: ignore
    assert found.uri == shared.as_uri() and found.range.start == types.Position(2, 7)
    context = types.ReferenceContext(include_declaration=True)
    those = await client.text_document_references_async(types.ReferenceParams(context, doc.id, place))
    assert sorted(one.uri for one in those or ()) == [doc.uri, shared.as_uri()]
    edit = await client.text_document_rename_async(types.RenameParams(doc.id, place, "raw data"))
    assert edit is not None and edit.changes is not None
    (here,) = edit.changes[doc.uri]
    assert here.new_text == '"raw data/a/*"'
    (there,) = edit.changes[shared.as_uri()]
    assert there.new_text == '"raw data"'
    symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(doc.id))
    assert [one.name for one in symbols or ()] == ["shared.iam", "alice can read bucket datasets/a/*"]


@pytest.mark.asyncio
async def test_what_is_shown_beside_the_text(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "main.iam", PROGRAM)
    whole = types.Range(types.Position(0, 0), types.Position(20, 0))
    hints = await client.text_document_inlay_hint_async(types.InlayHintParams(doc.id, whole))
    assert [one.label for one in hints or ()] == ["→ 2 actions", "→ 1 action"]
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(doc.id))
    titles = [(await client.code_lens_resolve_async(one)).command.title for one in lenses or ()]  # type: ignore
    assert titles[0].startswith("2") and titles[0].endswith("characters, proved")
    assert titles[-1] == "allowed by alice, training"
    tokens = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(doc.id))
    assert tokens is not None and len(tokens.data) % 5 == 0 and len(tokens.data) > 100
    found = await client.workspace_execute_command_async(types.ExecuteCommandParams("iamdsl.documents", [doc.uri]))
    assert '"users/alice/policy.json"' in found["text"] and len(found["links"]) == 3  # type: ignore[index]
    for link in found["links"]:  # type: ignore[index]
        assert found["text"].splitlines()[link["compiled"]["start"]["line"]].endswith("{")  # type: ignore[index]


@pytest.mark.asyncio
async def test_actions_mend_what_is_found(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "main.iam", PROGRAM + "carol can raed bucket datasets\n")
    await doc.findings()
    place = types.Range(doc.position("\ncar"), doc.position("carol can raed"))
    found = await client.text_document_code_action_async(
        types.CodeActionParams(doc.id, place, types.CodeActionContext([]))
    )
    titles = {one.title: one for one in found or ()}
    assert {"Declare user `carol`", "Change to `read`"} <= set(titles)
    (edit,) = titles["Declare user `carol`"].edit.changes[doc.uri]  # type: ignore
    assert (edit.range.start, edit.new_text) == (types.Position(3, 0), "user carol\n")


@pytest.mark.asyncio
async def test_claims_are_proved_beside(client: LanguageClient, tmp_path: Path) -> None:
    text = (
        PROGRAM + "assert alice cannot read bucket datasets without mfa\nassert training cannot write bucket datasets\n"
    )
    doc = Doc(client, tmp_path / "main.iam", text)
    assert await doc.findings() == []
    (found,) = await doc.findings()
    assert found.code == "IAM720"
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(doc.id))
    titles = [(await client.code_lens_resolve_async(one)).command.title for one in lenses or ()]  # type: ignore
    assert titles[-2:] == ["proved", "refuted"]


@pytest.mark.asyncio
async def test_json_becomes_sentences(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "main.iam", PROGRAM)
    policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}'
    )
    command = types.ExecuteCommandParams("iamdsl.sentences", [policy, doc.uri])
    assert "queue" in str(await client.workspace_execute_command_async(command))
    with pytest.raises(Exception, match="not JSON|Statement"):
        await client.workspace_execute_command_async(types.ExecuteCommandParams("iamdsl.sentences", ["{}", doc.uri]))
