"""What a processor says, read: what happened, when, and how it graded which lines."""

from datetime import datetime, timedelta

import msgspec

from penstock.gateways.effects import VendorEvent
from penstock.gateways.statuses import Vocabularies, meaning
from penstock.gateways.wall_clock import instant
from penstock.returns.vocabulary import GRADES

STEPS = ("in_transit", "received", "graded")
"""What a processor can tell that moves a return, in the order of the way back."""
EVERY_LINE = "*"
_SLACK = timedelta(hours=24)


class Told(msgspec.Struct, frozen=True):
    """An event in our words; `grades` by line number, or `*` for every line not named."""

    step: str
    grades: dict[str, str]
    at: datetime


def read_event(
    event: VendorEvent, vocabulary: str, zone: str, book: Vocabularies, now: datetime
) -> Told | str:
    """Read an event by its vendor's vocabulary and zone, or return why it moves nothing.

    Our own words (`STEPS`) are understood from everyone. Else: `unknown_code`; `noted`, a code
    that moves nothing; `bad_time`, no time or one over a day ahead; `bad_grade`.
    """
    found = meaning(book, vocabulary, event.topic, event.code)
    step = event.code if found is None else found.event
    if step not in STEPS:
        return "unknown_code" if found is None else "noted"
    when = instant(event.occurred_at, zone)
    if when is None or when.at > now + _SLACK:
        return "bad_time"
    grades = read_grades(event.detail) if step == "graded" else {}
    return "bad_grade" if grades is None else Told(step, grades, when.at)


def read_grades(detail: str) -> dict[str, str] | None:
    """Read grades: `A` for all lines, or by line number, as in `0=A 2=missing *=B`.

    Returns line number (or `*`, every line not named) to grade; None where the text is no grade.
    """
    grades = {}
    for part in detail.replace(",", " ").split():
        line_no, said, grade = part.rpartition("=")
        if line_no.isdecimal():
            line_no = str(int(line_no))
        elif said and line_no != EVERY_LINE:
            return None
        key = line_no if said else EVERY_LINE
        if grade not in GRADES or key in grades:
            return None
        grades[key] = grade
    return grades or None
