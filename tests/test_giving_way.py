"""The server while a document is compiled that takes seconds: what can be answered is, and what comes out is not stale.

Nothing here is measured: what counts is what comes before what.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import LanguageClient

from iamdsl.lsp.inbox import Inbox
from tests.test_lsp import SERVER, Doc, listen

HEAD = "account prod = 111122223333\nregion eu-west-1\nuser alice\nbucket zoo\n"
SLOW = HEAD + "".join(  # each of the one is compared with each of the other
    f"alice can read bucket b{n}/*\nalice cannot delete bucket b{n}/x* unless mfa\n" for n in range(400)
)
LAST = "alice can read bucket b399/*"


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[LanguageClient]:
    client = LanguageClient()
    listen(client)
    await client.start_io(*SERVER.server_command)
    await client.initialize_session(types.InitializeParams(types.ClientCapabilities(), root_uri=folder.as_uri()))
    yield client
    await client.shutdown_session()


def found(client: LanguageClient, doc: Doc) -> bool:
    """Whether the findings in the text as it is now have come."""
    return any(one.uri == doc.uri and one.version == doc.version for one in client.said)  # type: ignore[attr-defined]


def shown(findings: list[types.Diagnostic]) -> list[str]:
    return sorted(f"{one.range} {one.code} {one.message}" for one in findings)


async def completed(client: LanguageClient, doc: Doc, before: str = LAST[:-6]) -> list[str]:
    answer = await client.text_document_completion_async(types.CompletionParams(**doc.at(before)))  # type: ignore[arg-type]
    assert isinstance(answer, types.CompletionList)
    return [one.label for one in answer.items]


@pytest.mark.asyncio
async def test_what_is_asked_of_the_text_is_answered_during_a_compile(tmp_path: Path) -> None:
    async with started(tmp_path) as client:
        doc = Doc(client, tmp_path / "main.iam", SLOW)
        hover = asyncio.ensure_future(
            client.text_document_hover_async(types.HoverParams(doc.id, doc.position("\nalice ca")))
        )
        answered = 0
        while not found(client, doc):
            assert "zoo" in await completed(client, doc)
            tokens = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(doc.id))
            assert tokens is not None and tokens.data
            answered += 1
            assert not hover.done() or found(client, doc), "what a sentence grants is known only when it is compiled"
        assert answered > 3
        answer = await hover
        assert answer is not None and "s3:GetObject" in answer.contents.value  # type: ignore[union-attr]


@pytest.mark.asyncio
async def test_a_name_is_known_as_soon_as_it_is_typed(tmp_path: Path) -> None:
    async with started(tmp_path) as client:
        doc = Doc(client, tmp_path / "main.iam", SLOW + "alice can read bucket zebra\n")
        await completed(client, doc)
        doc.replace("user alice\n", 'user alice\nbucket zebra = "z-1"\n')
        (place,) = await client.text_document_definition_async(  # type: ignore[misc]
            types.DefinitionParams(**doc.at("alice can read bucket z"))  # type: ignore[arg-type]
        )
        assert not found(client, doc) and place.range.start == types.Position(3, 7)  # type: ignore[union-attr]


@pytest.mark.asyncio
async def test_a_request_that_waits_can_be_cancelled(tmp_path: Path) -> None:
    async with started(tmp_path) as client:
        doc = Doc(client, tmp_path / "main.iam", SLOW)
        whole = types.Range(types.Position(0, 0), types.Position(9, 0))
        asked = {
            id: client.protocol.send_request(
                types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintParams(doc.id, whole), msg_id=id
            )
            for id in ("one", "two")
        }
        await completed(client, doc)
        client.cancel_request(types.CancelParams("one"))
        with pytest.raises(JsonRpcException) as refused:
            await asyncio.wrap_future(asked["one"])
        assert refused.value.code == types.LSPErrorCodes.RequestCancelled
        assert not found(client, doc)
        assert len(await asyncio.wrap_future(asked["two"])) > 5


def test_a_request_that_has_not_begun_is_dropped_when_it_is_cancelled() -> None:
    """However the bytes come: of what is taken, nothing is cancelled by what has come behind it."""
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "params": {}},
        {"jsonrpc": "2.0", "id": "é", "method": "textDocument/hover", "params": {}},
        {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 1}},
        {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": "gone"}},
        {"jsonrpc": "2.0", "id": 1, "result": None},
    ]
    data = b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(one), one) for one in map(encoded, messages))
    for size in (1, 7, 10_000):
        ended, (out, into) = threading.Event(), os.pipe()
        inbox = Inbox(out, lambda: ended.set() if inbox.ended else None)
        inbox.start()
        for at in range(0, len(data), size):
            os.write(into, data[at : at + size])
        os.close(into)
        assert ended.wait(30)
        taken = []
        while (message := inbox.take()) is not None:
            taken.append(message)
        os.close(out)
        assert taken == [messages[1], *messages[3:]] and list(inbox.cancelled) == [1] and not inbox


def encoded(message: dict[str, object]) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode()


@pytest.mark.asyncio
async def test_a_rename_is_off_when_the_text_changes(tmp_path: Path) -> None:
    """Its place may be another now."""
    async with started(tmp_path) as client:
        doc = Doc(client, tmp_path / "main.iam", SLOW)
        place = doc.position("user al")
        renamed = asyncio.ensure_future(client.text_document_rename_async(types.RenameParams(doc.id, place, "alina")))
        await completed(client, doc)
        doc.replace("region eu", "# where\nregion eu")
        with pytest.raises(JsonRpcException) as refused:
            await renamed
        assert refused.value.code == types.LSPErrorCodes.ContentModified


@pytest.mark.asyncio
async def test_typing_ends_where_a_fresh_start_does(tmp_path: Path) -> None:
    """Keys that come at any moment of a compile, of two clients that have the same file open."""
    random_ = random.Random(3)
    async with started(tmp_path) as client, started(tmp_path) as other:
        docs = [Doc(one, tmp_path / "main.iam", SLOW) for one in (client, other)]
        for number in range(24):
            doc, place = random_.choice(docs), random_.randrange(400)
            old, new = random_.choice(
                [
                    (f"read bucket b{place}/", f"raed bucket b{place}/"),
                    (f"delete bucket b{place}/", f"list bucket b{place}/"),
                    ("region eu-west-1", "region eu-west-2"),
                    ("\nalice", "\nbob"),
                ]
            )
            if old in doc.text:
                doc.replace(old, new)
            if number % 3 == 0:
                await completed(doc.client, doc)
            await asyncio.sleep(random_.random() / 10)
        for doc in docs:
            doc.replace("region eu-west", "region  eu-west")
            last = shown(await doc.findings())
            async with started(tmp_path) as fresh:
                assert last == shown(await Doc(fresh, tmp_path / "main.iam", doc.text).findings())


@pytest.mark.asyncio
async def test_a_client_that_types_on_and_on_has_findings(tmp_path: Path) -> None:
    """They are of what still stands, of no version, while the text goes on changing."""
    async with started(tmp_path) as client:
        doc = Doc(
            client, tmp_path / "main.iam", SLOW.replace("bucket zoo", "bucket zoo\nalice can raed bucket q") + "#"
        )
        while not client.said:  # type: ignore[attr-defined]
            doc.replace("#", "#x"[: 1 + len(doc.text) % 2] + "#")
            doc.replace("##", "#") if "##" in doc.text else None
            await completed(client, doc)
        first, *_ = client.said  # type: ignore[attr-defined]
        (wrong,) = [one for one in first.diagnostics if one.code == "IAM304"]
        assert wrong.range.start.line == doc.text[: doc.text.index("raed")].count("\n")
        assert first.version is None or first.version == doc.version
        assert "IAM304" in [one.code for one in await doc.findings()]
