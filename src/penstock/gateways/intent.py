"""An effect that is wanted for a subject, and what became of it."""

import msgspec

from penstock.gateways.port import Outcome, Request
from penstock.lifecycle.advance import Subject


class Intent(msgspec.Struct, frozen=True):
    """One effect wanted at one vendor for one subject. Several subjects may share a reference."""

    subject: Subject
    vendor: str
    request: Request


class Settled(msgspec.Struct, frozen=True):
    """An intent and its known outcome, `done` or `refused`."""

    intent: Intent
    outcome: Outcome
