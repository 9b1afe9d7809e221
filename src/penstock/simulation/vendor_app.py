"""The vendors' own API, in the wire format of `gateways.sandbox`, kept in their books."""

from typing import Any

import msgspec

from penstock.gateways.effects import (
    DeclarationRequest,
    LabelRequest,
    ManifestRequest,
    ReturnRequest,
)
from penstock.gateways.sandbox import Answer
from penstock.simulation.books import Books
from penstock.simulation.chance import Chance
from penstock.simulation.vendors import Vendors

_KINDS: dict[str, type[Any]] = {
    "labels": LabelRequest,
    "manifests": ManifestRequest,
    "declarations": DeclarationRequest,
    "returns": ReturnRequest,
}
_RAW_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_REFERENCES = msgspec.json.Decoder(list[str])


class VendorApp:
    """An ASGI application: `POST /{vendor}/{effect}` and `POST /{vendor}/{effect}:find`.

    One request in a hundred is carried out and its answer lost, as it happens on real lines.
    """

    def __init__(self, books: Books, vendors: Vendors, chance: Chance) -> None:
        """Serve these vendors from these books."""
        self._books = books
        self._vendors = vendors
        self._chance = chance

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            return await _lifespan(receive, send)
        body = await _body(receive)
        _, vendor, effect = scope["path"].split("/", 2)
        if effect.endswith(":find"):
            answers = self._find(vendor, effect.removesuffix(":find"), _REFERENCES.decode(body))
            return await _answer(send, 200, msgspec.json.encode(answers))
        answers, lost = self._act(vendor, effect, _RAW_ITEMS.decode(body))
        return await _answer(send, 503 if lost else 200, b"" if lost else _encoded(answers))

    def _act(self, vendor: str, effect: str, items: list[msgspec.Raw]) -> tuple[list[Answer], bool]:
        rows, reports, answers = [], [], []
        lost = False
        for i, item in enumerate(items):
            raw = bytes(item)
            request = msgspec.json.decode(raw, type=_KINDS[effect])
            known = self._books.effect(vendor, effect, request.reference)
            if known is None:
                row, told = getattr(self._vendors, effect)(vendor, request, raw)
                lost = lost or (i == 0 and self._chance.happens(0.01, "silence", vendor, row[0]))
                reports += told
            else:
                row = (known.reference, raw, known.state, known.answer, known.detail)
            rows.append(row)
            answers.append(_as_answer(row[0], row[2], row[3], row[4]))
        self._books.book(vendor, effect, rows, reports)
        return answers, lost

    def _find(self, vendor: str, effect: str, references: list[str]) -> list[Answer]:
        answers = []
        for reference in references:
            known = self._books.effect(vendor, effect, reference)
            if known is None:
                answers.append(Answer(reference=reference, state="absent"))
            else:
                answers.append(_as_answer(reference, known.state, known.answer, known.detail))
        return answers


def _as_answer(reference: str, state: Any, answer: bytes, detail: str) -> Answer:
    return Answer(reference=reference, state=state, body=msgspec.Raw(answer), detail=detail)


def _encoded(answers: list[Answer]) -> bytes:
    return msgspec.json.encode(answers)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: Any) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


async def _answer(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
