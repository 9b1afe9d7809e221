"""Vendors that speak Penstock's own JSON over HTTP: the simulator's, and anybody's who likes it.

The wire format, for each effect (`labels`, `manifests`, `declarations`, `returns`):

- `POST {endpoint}/{effect}` with a JSON array of 1 to 200 bodies (`penstock.gateways.effects`:
  LabelRequest, ManifestRequest, DeclarationRequest, ReturnRequest). Each body's `reference` is its
  idempotency key: the same one again has no second effect and gets the first answer.
- `POST {endpoint}/{effect}:find` with a JSON array of 1 to 200 references asks what became of
  them.
- Both answer 200 with a JSON array of `{"reference", "state", "body", "detail"}`, in any order.
  `state` is `done` (`body` is the answer: LabelBought, ManifestClosed, DeclarationLodged,
  ReturnAnnounced), `refused` (`detail` says why), `absent` (only to `:find`: never heard of it) or
  `unknown` (not decided yet). An item that is left out is unknown.

A refusal is said of an item, in its `state`. A whole request that is answered 400, 409, 413 or 422
is halved and sent again until the item at fault stands alone: that one is refused. Anything else
(5xx, 429, 401, 404, a redirect, no answer, an answer that cannot be read or is larger than 8 MiB)
says nothing of what the vendor did: every item is unknown, and is asked after.
"""

from collections.abc import Sequence
from typing import Literal

import httpx
import msgspec

from penstock.gateways.port import Effect, Outcome, Request, Vendor

ITEMS_PER_REQUEST = 200
ANSWER_MAX_BYTES = 8 * 1024 * 1024
TIMEOUT = httpx.Timeout(10.0, connect=3.0)

_REFUSING = frozenset({400, 409, 413, 422})
_JSON = {"content-type": "application/json", "accept": "application/json"}


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One item of a vendor's answer."""

    reference: str
    state: Literal["done", "refused", "absent", "unknown"]
    body: msgspec.Raw = msgspec.Raw(b"{}")
    detail: str = ""


_ANSWERS = msgspec.json.Decoder(list[Answer])


class SandboxGateway:
    """The port over HTTP, in the wire format above."""

    def __init__(self, client: httpx.AsyncClient, *, timeout: httpx.Timeout = TIMEOUT) -> None:
        """Speak through `client`, which the caller opens and closes."""
        self._client = client
        self._timeout = timeout

    async def send(
        self, vendor: Vendor, effect: Effect, requests: Sequence[Request]
    ) -> list[Outcome]:
        """Ask for n effects, 200 a request."""
        outcomes = []
        url = f"{vendor.endpoint}/{effect}"
        for start in range(0, len(requests), ITEMS_PER_REQUEST):
            outcomes += await self._send(url, requests[start : start + ITEMS_PER_REQUEST])
        return outcomes

    async def find(
        self, vendor: Vendor, effect: Effect, references: Sequence[str]
    ) -> list[Outcome]:
        """Ask what became of n references, 200 a request."""
        outcomes = []
        url = f"{vendor.endpoint}/{effect}:find"
        for start in range(0, len(references), ITEMS_PER_REQUEST):
            asked = references[start : start + ITEMS_PER_REQUEST]
            _, found = await self._post(url, asked, msgspec.json.encode(asked))
            outcomes += found
        return outcomes

    async def _send(self, url: str, requests: Sequence[Request]) -> list[Outcome]:
        references = [request.reference for request in requests]
        content = b"[" + b",".join(request.body for request in requests) + b"]"
        status, outcomes = await self._post(url, references, content)
        outcomes = [_never_absent(outcome) for outcome in outcomes]
        if status not in _REFUSING:
            return outcomes
        if len(requests) == 1:
            return [Outcome(references[0], "refused", detail=outcomes[0].detail)]
        middle = len(requests) // 2
        return await self._send(url, requests[:middle]) + await self._send(url, requests[middle:])

    async def _post(
        self, url: str, references: Sequence[str], content: bytes
    ) -> tuple[int, list[Outcome]]:
        """Return the HTTP status (0: none came) and one outcome for each of `references`."""
        try:
            async with self._client.stream(
                "POST",
                url,
                content=content,
                headers=_JSON,
                timeout=self._timeout,
                follow_redirects=False,
            ) as response:
                raw = await _read(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return 0, _unknown(references, f"no answer: {type(error).__name__}")
        if raw is None:
            return 0, _unknown(references, "the answer is too large")
        if response.status_code != httpx.codes.OK:
            detail = f"HTTP {response.status_code}: {raw[:200].decode('utf-8', 'replace')}"
            return response.status_code, _unknown(references, detail.replace("\0", "�"))
        return response.status_code, _outcomes(references, raw)


async def _read(response: httpx.Response) -> bytes | None:
    raw = bytearray()
    async for part in response.aiter_bytes():
        raw += part
        if len(raw) > ANSWER_MAX_BYTES:
            return None
    return bytes(raw)


def _outcomes(references: Sequence[str], raw: bytes) -> list[Outcome]:
    try:
        answers = {answer.reference: answer for answer in _ANSWERS.decode(raw)}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _unknown(references, "the answer could not be read")
    return [
        Outcome(
            reference,
            answers[reference].state,
            bytes(answers[reference].body),
            answers[reference].detail.replace("\0", "�"),
        )
        if reference in answers
        else Outcome(reference, "unknown", detail="the answer leaves it out")
        for reference in references
    ]


def _unknown(references: Sequence[str], detail: str) -> list[Outcome]:
    return [Outcome(reference, "unknown", detail=detail) for reference in references]


def _never_absent(outcome: Outcome) -> Outcome:
    """Take `absent` for unknown: who was just asked for an effect has heard of it."""
    if outcome.state == "absent":
        return msgspec.structs.replace(outcome, state="unknown")
    return outcome
