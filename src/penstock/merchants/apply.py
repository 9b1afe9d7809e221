"""Merchants ask to be let in."""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.countries import COUNTRIES

CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
"""A merchant's code stands in references and addresses: lower case, digits, inner hyphens."""


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """Who applies; `country` is where it is established, ISO 3166-1 alpha-2."""

    code: str
    title: str
    country: str


class ApplicationAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one application; `merchant_id` is 0 where nothing was stored.

    `applied`; `repeated` (it is known as it is said here); `code_taken` (by one of another title
    or country); `invalid`.
    """

    code: str
    outcome: str
    merchant_id: int = 0
    detail: str = ""


class StoredMerchant(msgspec.Struct, frozen=True):
    """A merchant by the code that was asked for; `fresh` if it is new."""

    code: str
    merchant_id: int
    title: str
    country: str
    fresh: bool


@query
async def store_merchants(
    tx: Transaction,
    *,
    codes: list[str],
    titles: list[str],
    countries: list[str],
    applied_at: datetime,
) -> list[StoredMerchant]:
    """Insert merchants whose codes are free; answer them and those that have the codes."""


async def apply(
    tx: Transaction, applications: Sequence[Application], now: datetime
) -> list[ApplicationAnswer]:
    """Take applications; one answer each, in their order. A code names one merchant for ever."""
    wrong = {i: detail for i, a in enumerate(applications) if (detail := _problem(a))}
    first: dict[str, int] = {}
    for i, a in enumerate(applications):
        if i not in wrong:
            first.setdefault(a.code, i)
    chosen = [applications[i] for i in first.values()]
    rows = await store_merchants(
        tx,
        codes=[a.code for a in chosen],
        titles=[a.title for a in chosen],
        countries=[a.country for a in chosen],
        applied_at=now,
    )
    by_code = {row.code: row for row in rows}
    answers = []
    for i, a in enumerate(applications):
        if i in wrong:
            answers.append(ApplicationAnswer(a.code, "invalid", detail=wrong[i]))
            continue
        row = by_code[a.code]
        if (row.title, row.country) != (a.title, a.country):
            detail = "another merchant has this code; choose another"
            answers.append(ApplicationAnswer(a.code, "code_taken", detail=detail))
        else:
            outcome = "applied" if row.fresh and first[a.code] == i else "repeated"
            answers.append(ApplicationAnswer(a.code, outcome, row.merchant_id))
    return answers


def _problem(application: Application) -> str:
    if not CODE.fullmatch(application.code):
        return "use a code of lower-case letters, digits and inner hyphens, at most 64"
    if not application.title.strip() or not application.title.isprintable():
        return "give the merchant's title, in one line"
    if application.country not in COUNTRIES:
        return f"{application.country!r} is no country of ISO 3166-1; use a code such as US"
    return ""
