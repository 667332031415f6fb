"""Persisted documents: known texts that a request names by their hash (GraphQL over HTTP, draft, appendix A)."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import orjson

from api.requests import BadRequest, GraphQLRequest
from config.settings import GatewaySettings, SettingsError

DEFAULT_MANIFEST: Final = Path(__file__).resolve().parent.parent / "graph" / "persisted-documents.json"
Mode = Literal["off", "prefer", "only"]


class PersistedDocuments:
    """Texts by id, and whether others may be sent as well."""

    def __init__(self, texts: Mapping[str, str], mode: Mode) -> None:
        self._texts, self._mode = texts, mode

    def text(self, asked: GraphQLRequest) -> str:
        """The document of a request. Raises BadRequest when it is not known, or has to be and is not."""
        if self._mode == "off" or asked.document_id is None:
            return self._sent(asked.query)
        if asked.query is not None and document_id(asked.query) != asked.document_id:
            raise BadRequest("query is not the document that documentId names")
        text = self._texts.get(asked.document_id)
        if text is not None:
            return text
        if asked.query is not None:
            return self._sent(asked.query)
        raise BadRequest("there is no such persisted document", code="PERSISTED_DOCUMENT_NOT_FOUND")

    def _sent(self, query: str | None) -> str:
        if query is None:
            raise BadRequest("query is missing; persisted documents are turned off")
        if self._mode == "only" and document_id(query) not in self._texts:
            message = "only persisted documents are executed here: send documentId"
            raise BadRequest(message, status=403, code="PERSISTED_DOCUMENTS_ONLY")
        return query


def document_id(text: str) -> str:
    """The SHA256 hex document identifier of a text."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def load(settings: GatewaySettings) -> PersistedDocuments:
    """The documents of the manifest. Raises SettingsError when it cannot be read or an id is not its text's hash."""
    path = settings.persisted_documents or (DEFAULT_MANIFEST if DEFAULT_MANIFEST.is_file() else None)
    if settings.persisted_mode == "off":
        return PersistedDocuments({}, "off")
    if path is None:
        if settings.persisted_mode == "only":
            raise SettingsError("TICKLER_PERSISTED_MODE=only needs a manifest: name it in TICKLER_PERSISTED_DOCUMENTS")
        return PersistedDocuments({}, settings.persisted_mode)
    return PersistedDocuments(_read(path), settings.persisted_mode)


def _read(path: Path) -> dict[str, str]:
    try:
        texts = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise SettingsError(f"the persisted documents in {path} cannot be read: {error}") from error
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise SettingsError(f"the persisted documents in {path} have to be a JSON object of texts by their ids")
    for given, text in texts.items():
        if given != document_id(text):
            raise SettingsError(
                f"the persisted documents in {path} are not sound: {given} names a text whose id is {document_id(text)}"
            )
    return texts
