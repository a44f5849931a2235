"""The language server over the real protocol, as an editor talks to it."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.uris import to_fs_path
from pytest_lsp import ClientServerConfig, LanguageClient

PROGRAM = """account prod = 111122223333
region eu-west-1
user alice, bob
role training for service sagemaker
bucket datasets = "acme-ml-datasets"

alice can read bucket datasets with mfa
training can write bucket datasets/models/*
"""


SERVER = ClientServerConfig(server_command=[sys.executable, "-m", "iamdsl", "lsp"])
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_lsp.fixture(config=SERVER, scope="module", loop_scope="module")
async def client(lsp_client: LanguageClient):  # type: ignore[no-untyped-def]
    listen(lsp_client)
    await lsp_client.initialize_session(
        types.InitializeParams(capabilities=pytest_lsp.client_capabilities("visual-studio-code"))
    )
    yield
    await lsp_client.shutdown_session()


def listen(client: LanguageClient) -> None:
    """Keep all that the server says of findings, so that nothing is missed between two waits."""
    client.said = []  # type: ignore[attr-defined]
    client.news = asyncio.Event()  # type: ignore[attr-defined]

    def noted(params: types.PublishDiagnosticsParams) -> None:
        client.said.append(params)  # type: ignore[attr-defined]
        client.news.set()  # type: ignore[attr-defined]

    client.protocol.fm.features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = noted
    client.feature(types.WORKSPACE_CODE_LENS_REFRESH)(lambda *_: None)
    if types.CLIENT_REGISTER_CAPABILITY not in client.protocol.fm.features:
        client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda *_: None)


async def said(
    client: LanguageClient, uri: str, version: int | None, seen: int = 0
) -> tuple[list[types.Diagnostic], int]:
    """The findings in a version of a file, from the notification number `seen` on, and how many have come by then."""
    while True:
        for number, one in enumerate(client.said[seen:], seen):  # type: ignore[attr-defined]
            if one.uri == uri and one.version == version:
                return list(one.diagnostics), number + 1
        client.news.clear()  # type: ignore[attr-defined]
        await asyncio.wait_for(client.news.wait(), 30)  # type: ignore[attr-defined]


class Doc:
    """A file that is open in the client."""

    def __init__(self, client: LanguageClient, path: Path, text: str) -> None:
        self.client = client
        self.uri = path.as_uri()
        self.text = text
        self.version = 1
        self.seen = len(client.said)  # type: ignore[attr-defined]
        client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(self.uri, "iam", self.version, text))
        )

    @property
    def id(self) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri)

    def position(self, before: str) -> types.Position:
        """Right behind the first place where `before` stands."""
        return self.behind(self.text[: self.text.index(before) + len(before)])

    def behind(self, upto: str) -> types.Position:
        line = upto.rpartition("\n")[2]
        return types.Position(upto.count("\n"), len(line.encode("utf-16-le")) // 2)

    def at(self, before: str) -> dict[str, object]:
        return {"text_document": self.id, "position": self.position(before)}

    def replace(self, old: str, new: str) -> None:
        """As an editor does it: one change of a range, the last where `old` stands."""
        start = self.text.rindex(old)
        place = types.Range(self.behind(self.text[:start]), self.behind(self.text[: start + len(old)]))
        change = types.TextDocumentContentChangePartial(place, new)
        self.text = self.text[:start] + new + self.text[start + len(old) :]
        self.version += 1
        identifier = types.VersionedTextDocumentIdentifier(self.version, self.uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    async def findings(self) -> list[types.Diagnostic]:
        """What the server finds in the text as it is now."""
        found, self.seen = await said(self.client, self.uri, self.version, self.seen)
        return found


async def test_diagnostics_follow_the_text(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "main.iam", PROGRAM)
    assert await doc.findings() == []
    doc.replace("can read bucket", "can raed bucket")
    (found,) = await doc.findings()
    assert found.code == "IAM304" and "raed" in found.message and "read" in found.message
    assert found.code_description is not None
    page = to_fs_path(found.code_description.href)  # as installed: it is there without a net
    assert page is not None and Path(page).read_text(encoding="utf-8").startswith("# IAM304")
    assert doc.text.splitlines()[found.range.start.line][found.range.start.character :].startswith("raed")
    doc.replace("raed", "read")
    assert await doc.findings() == []


async def test_hover_shows_what_a_sentence_grants(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "main.iam", PROGRAM)
    found = await client.text_document_hover_async(types.HoverParams(doc.id, doc.position("training ca")))
    assert found is not None and isinstance(found.contents, types.MarkupContent)
    assert '"Action"' in found.contents.value and "role training" in found.contents.value
    verb = await client.text_document_hover_async(types.HoverParams(doc.id, doc.position("alice can re")))
    assert verb is not None and "verb read on bucket" in verb.contents.value  # type: ignore[union-attr]


async def test_completion_offers_what_fits(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "main.iam", PROGRAM + "training can read bucket ")
    found = await client.text_document_completion_async(
        types.CompletionParams(doc.id, doc.position("training can read bucket "))
    )
    assert isinstance(found, types.CompletionList)
    labels = [one.label for one in found.items]
    assert labels[0] == "datasets"
    assert not {"read", "alice"} & set(labels)


async def test_formatting(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "main.iam", PROGRAM.replace("bucket datasets with", "bucket   datasets  with"))
    options = types.FormattingOptions(4, True)
    edits = await client.text_document_formatting_async(types.DocumentFormattingParams(doc.id, options))
    assert edits and [edit.new_text for edit in edits] == ["alice can read bucket datasets with mfa\n"]


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


async def test_json_becomes_sentences(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "main.iam", PROGRAM)
    policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}'
    )
    command = types.ExecuteCommandParams("iamdsl.sentences", [policy, doc.uri])
    assert "queue" in str(await client.workspace_execute_command_async(command))
    with pytest.raises(Exception, match="not JSON|Statement"):
        await client.workspace_execute_command_async(types.ExecuteCommandParams("iamdsl.sentences", ["{}", doc.uri]))


WIDE = PROGRAM.replace("acme-ml-datasets", "acme-😀-naïve").replace("alice can", "# 😀\nalice can")


@pytest.mark.parametrize("end", ("\n", "\r\n"), ids=("lf", "crlf"))
async def test_places_count_utf16(client: LanguageClient, tmp_path: Path, end: str) -> None:
    line = 'alice can read bucket "😀𝒳/é", bucket "ü" with mfaa'
    doc = Doc(client, tmp_path / "main.iam", (PROGRAM + line + "\n").replace("\n", end))
    found = [one for one in await doc.findings() if one.code == "IAM108"]
    assert [(one.range.start.character, one.range.end.character) for one in found] == [(48, 52)]
    start = len(PROGRAM.splitlines())
    assert found[0].range.start.line == start
    doc.replace("mfaa", "mfa")
    assert not [one for one in await doc.findings() if one.code == "IAM108"]
    doc.replace("😀𝒳", "𝒳")  # a place behind wide characters
    doc.replace('"ü"', '"ä" nosuch')
    (wrong,) = [one for one in await doc.findings() if "nosuch" in one.message]
    assert (wrong.range.start.character, wrong.range.end.character) == (41, 47)


async def test_every_half_typed_sentence_is_answered(client: LanguageClient, tmp_path: Path) -> None:
    sentence = 'training can { read bucket "x/😀" } with mfa if aws:PrincipalTag/a = "b" and not (from ip 10.0.0.0/8)'
    doc = Doc(client, tmp_path / "main.iam", PROGRAM + "#")
    for size in range(2, len(sentence), 5):
        doc.replace(doc.text[len(PROGRAM) :], sentence[:size])
        place = doc.position(doc.text)
        await client.text_document_completion_async(types.CompletionParams(doc.id, place))
        await client.text_document_hover_async(types.HoverParams(doc.id, place))
        await client.text_document_signature_help_async(types.SignatureHelpParams(doc.id, place))
        await client.text_document_folding_range_async(types.FoldingRangeParams(doc.id))
        assert await client.text_document_selection_range_async(types.SelectionRangeParams(doc.id, [place]))
    doc.replace(doc.text[len(PROGRAM) :], sentence + "\n")
    assert [one.code for one in await doc.findings()] == ["IAM503", "IAM602", "IAM409"]


async def test_an_unsaved_import_counts(client: LanguageClient, tmp_path: Path) -> None:
    shared = tmp_path / "shared.iam"
    shared.write_text("user carol\n")
    doc = Doc(client, tmp_path / "main.iam", 'import "shared.iam"\naccount p = 111122223333\nalice can read bucket b\n')
    assert [one.code for one in await doc.findings()] == ["IAM213"]
    other = Doc(client, shared, "user carol\n")
    other.replace("carol", "alice")
    assert await doc.findings() == []
    client.text_document_did_close(types.DidCloseTextDocumentParams(other.id))
    assert [one.code for one in await doc.findings()] == ["IAM213"]
    shared.unlink()
    client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams([types.FileEvent(other.uri, types.FileChangeType.Deleted)])
    )
    assert "IAM220" in [one.code for one in await doc.findings()]


async def test_a_closed_file_has_no_findings(client: LanguageClient, tmp_path: Path) -> None:
    doc = Doc(client, tmp_path / "gone.iam", "alice can raed bucket b\n")
    assert await doc.findings()
    client.text_document_did_close(types.DidCloseTextDocumentParams(doc.id))
    assert (await said(client, doc.uri, None, doc.seen))[0] == []


async def test_garbage_is_survived(client: LanguageClient, tmp_path: Path) -> None:
    random_ = random.Random(7)
    for number in range(12):
        text = "".join(random_.choice('\x00\x0b\u2028\r\n\t {}()[]",#=abécan😀 read') for _ in range(300))
        doc = Doc(client, tmp_path / f"garbage{number}.iam", text)
        for params in (
            types.SemanticTokensParams(doc.id),
            types.CodeLensParams(doc.id),
            types.DocumentSymbolParams(doc.id),
        ):
            method = {
                types.SemanticTokensParams: client.text_document_semantic_tokens_full_async,
                types.CodeLensParams: client.text_document_code_lens_async,
                types.DocumentSymbolParams: client.text_document_document_symbol_async,
            }[type(params)]
            await method(params)
        whole = types.Range(types.Position(0, 0), types.Position(400, 0))
        await client.text_document_inlay_hint_async(types.InlayHintParams(doc.id, whole))
        await client.text_document_code_action_async(types.CodeActionParams(doc.id, whole, types.CodeActionContext([])))
        beyond = types.TextDocumentContentChangePartial(
            types.Range(types.Position(999, 9), types.Position(9999, 0)), "x"
        )
        identifier = types.VersionedTextDocumentIdentifier(2, doc.uri)
        client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [beyond]))
        client.text_document_did_close(types.DidCloseTextDocumentParams(doc.id))


async def test_an_untitled_text(client: LanguageClient) -> None:
    uri = "untitled:Untitled-1"
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "iam", 1, "alice can raed bucket b"))
    )
    found, _ = await said(client, uri, 1)
    assert [one.code for one in found] == ["IAM215", "IAM304"]


async def test_a_server_whose_client_is_gone_ends() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "iamdsl", "lsp", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.close()
    await asyncio.wait_for(process.wait(), 20)


async def test_two_clients_at_once(client: LanguageClient, tmp_path: Path) -> None:
    """Each has a server of its own; what one has not saved, the other does not see."""
    path = tmp_path / "main.iam"
    path.write_text(PROGRAM)
    doc = Doc(client, path, PROGRAM + "alice can raed bucket x\n")
    config = ClientServerConfig(server_command=[sys.executable, "-m", "iamdsl", "lsp"])
    other = LanguageClient()
    listen(other)
    await other.start_io(*config.server_command)
    await other.initialize_session(types.InitializeParams(types.ClientCapabilities(), root_uri=tmp_path.as_uri()))
    twin = Doc(other, path, PROGRAM)
    assert await twin.findings() == [] and len(await doc.findings()) == 1
    await other.shutdown_session()


async def test_settings_of_the_project_and_of_the_editor_count(tmp_path: Path) -> None:
    (tmp_path / "iamdsl.toml").write_text("strict = true\nnonsense = 1\n")
    (tmp_path / "accounts.iam").write_text("account prod = 111122223333\nparam env\n")
    config = tmp_path / "main.iam"
    client = LanguageClient()
    listen(client)
    shown: list[str] = []
    client.feature(types.WINDOW_SHOW_MESSAGE)(lambda params: shown.append(params.message))
    await client.start_io(*SERVER.server_command)
    options = {"parameters": {"env": "dev"}}
    capabilities = types.ClientCapabilities()
    await client.initialize_session(
        types.InitializeParams(capabilities, root_uri=tmp_path.as_uri(), initialization_options=options)
    )
    text = "region eu-west-1\nrole r for service ec2\nr can read bucket b-{env}\nr can read bucket b-{env} over tls\n"
    doc = Doc(client, config, text)
    found = await doc.findings()
    assert [(one.code, one.severity) for one in found] == []
    assert "nonsense" in shown[0]
    await client.shutdown_session()


async def test_without_the_extra_the_command_says_what_to_install() -> None:
    code = "import sys; sys.modules['pygls'] = None; from iamdsl.cli import main; sys.exit(main(['lsp']))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert found.returncode == 2 and "pip install 'iamdsl[lsp]'" in found.stderr and found.stdout == ""
