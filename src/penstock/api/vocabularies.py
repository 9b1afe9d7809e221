"""Vendors' words over HTTP: what their status codes mean, added without a new release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, Router, get, put
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import FromPath

from penstock.api.caller import require
from penstock.api.context import Here
from penstock.channels.parsed import require_utf8
from penstock.db.transaction import OPERATOR
from penstock.gateways.statuses import Meaning
from penstock.gateways.vocabulary_file import read_vocabulary_file
from penstock.kernel.errors import Malformed, NotFound
from penstock.vendors.vocabulary import (
    VocabularyListed,
    all_words,
    list_vocabularies,
    put_vocabularies,
)

Http = Request[Any, Any, Any]
_TOML = "A table for each vocabulary, in it one for each topic, in it each code's meaning."


class VocabulariesPut(msgspec.Struct, frozen=True):
    """How many codes are known from now on by what was sent."""

    codes: int


@dataclass  # else nobody calls its __post_init__
class _TakesToml(Operation):
    def __post_init__(self) -> None:
        media = OpenAPIMediaType(schema=Schema(description=_TOML))
        content = {"application/toml": media}
        self.request_body = RequestBody(content=content, description=_TOML, required=True)


@put("/v1/vocabularies", operation_class=_TakesToml, summary="Say what vendors' codes mean")
async def put_words(request: Http, context: Here) -> VocabulariesPut:
    """Store vocabularies in place of what was added under their names, effective at once."""
    require(await context.callers.identify(request), "operator")
    raw = await request.body()
    if not raw.strip():
        raise Malformed("The body is empty: send a vocabulary as TOML.")
    read = read_vocabulary_file(require_utf8(raw), "the body")
    now = context.now()
    codes = await context.database.run(OPERATOR, lambda tx: put_vocabularies(tx, read, now))
    return VocabulariesPut(codes)


@get("/v1/vocabularies", summary="List the vocabularies")
async def list_words(request: Http, context: Here) -> Sequence[VocabularyListed]:
    """List vocabularies with their codes by topic, and the vendors that speak them."""
    require(await context.callers.identify(request), "operator")
    return await context.database.run(OPERATOR, list_vocabularies)


@get("/v1/vocabularies/{vocabulary:str}", summary="Show what a vocabulary's codes mean")
async def show_words(
    request: Http, context: Here, vocabulary: FromPath[str]
) -> dict[str, Mapping[str, Meaning]]:
    """Give the meaning of each code by topic: the event, and whose fault a trouble is."""
    require(await context.callers.identify(request), "operator")
    words = await context.database.run(OPERATOR, all_words)
    if vocabulary not in words:
        raise NotFound(f"there is no vocabulary {vocabulary!r}; there is: {', '.join(words)}")
    return {topic: codes for topic, codes in words[vocabulary].items() if codes}


vocabularies = Router("/", route_handlers=[put_words, list_words, show_words], tags=["vendors"])
