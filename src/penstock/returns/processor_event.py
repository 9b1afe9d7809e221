"""What a processor says, read: when it happened, and how it graded which lines."""

from datetime import datetime
from zoneinfo import ZoneInfo

from penstock.returns.vocabulary import GRADES

EVERY_LINE = "*"


def read_time(text: str, zone: str) -> datetime | None:
    """Read an ISO 8601 time; one without an offset is on the vendor's own clock (IANA `zone`).

    None where the text is no time.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=ZoneInfo(zone)) if at.tzinfo is None else at


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
