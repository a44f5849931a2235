"""The protocol as this server speaks it: texts are its own, and what cannot be answered yet waits for the compile."""

from __future__ import annotations

from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcRequestCancelled
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from iamdsl.editor.program import NotYet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Protocol(LanguageServerProtocol):
    """pygls without its own copy of the texts: it ends lines where Python does, which is not where the protocol does.

    `coming` says whether a compile is on the way, for a request that needs one; `waiting` are those requests, by their id.
    """

    coming: Callable[[], bool]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.waiting: dict[str | int, Any] = {}

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Any:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Any:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Any:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None

    def receive(self, data: dict[str, Any]) -> None:
        """Do what a message asks for."""
        self.handle_message(self.structure_message(data))

    def handle_message(self, message: Any) -> None:
        try:
            super().handle_message(message)
        except NotYet:
            self._request_futures.pop(message.id, None)
            if self.coming():
                self.waiting[message.id] = message
            else:
                self._send_response(message.id)

    def retry(self) -> None:
        """Answer what waits, so far as that can be done now."""
        waiting, self.waiting = self.waiting, {}
        for message in waiting.values():
            self.handle_message(message)

    def changed(self, uri: str) -> None:
        """A text has changed: a rename in it that waits is off, as its place may be another now."""
        for id, message in [*self.waiting.items()]:
            if message.method == types.TEXT_DOCUMENT_RENAME and message.params.text_document.uri == uri:
                del self.waiting[id]
                self.refuse(id, JsonRpcContentModified())

    def cancel(self, id: str | int) -> None:
        """Answer a request that the client has cancelled."""
        self.refuse(id, JsonRpcRequestCancelled())

    def refuse(self, id: str | int, why: JsonRpcException) -> None:
        self._send_response(id, error=why.to_response_error())

    def _handle_cancel_notification(self, msg_id: str | int) -> None:
        if self.waiting.pop(msg_id, None) is not None:
            self.cancel(msg_id)
        elif msg_id in self._request_futures:
            super()._handle_cancel_notification(msg_id)
