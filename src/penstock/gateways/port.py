"""The port: an effect at a vendor is asked for by reference, and can be asked after by it."""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

Effect = Literal["labels", "manifests", "declarations", "returns"]


class Vendor(msgspec.Struct, frozen=True):
    """Whom to reach and how: `gateway` names the adapter, `endpoint` is its address."""

    vendor: str
    gateway: str
    endpoint: str


class Request(msgspec.Struct, frozen=True):
    """One effect that is wanted; `reference` is its idempotency key at the vendor."""

    reference: str
    body: bytes


class Outcome(msgspec.Struct, frozen=True):
    """What the vendor answered.

    `done` (body: the vendor's answer), `refused` (detail says why; not to be repeated as it is),
    `absent` (asked after: the vendor has never heard of it), `unknown` (no answer came: ask).
    """

    reference: str
    state: Literal["done", "refused", "absent", "unknown"]
    body: bytes = b""
    detail: str = ""


class Gateway(Protocol):
    """One way of reaching vendors. Neither method raises for what the network does."""

    async def send(
        self, vendor: Vendor, effect: Effect, requests: Sequence[Request]
    ) -> list[Outcome]:
        """Ask for n effects; the same reference twice has one effect and the same answer."""
        ...

    async def find(
        self, vendor: Vendor, effect: Effect, references: Sequence[str]
    ) -> list[Outcome]:
        """Ask what became of n references."""
        ...


Gateways = dict[str, Gateway]
"""The adapters by the name that a vendor's record gives."""
