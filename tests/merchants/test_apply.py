"""An application is taken once, and a code names one merchant for ever."""

from datetime import UTC, datetime

import pytest

from penstock.merchants.apply import Application, apply

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ACME = Application(code="acme", title="Acme", country="US")


async def test_a_new_merchant_waits_for_a_decision(tx):
    (answer,) = await apply(tx, [ACME], NOW)
    assert answer.outcome == "applied"
    (row,) = await tx.fetch(
        "SELECT code, title, country, status, daily_cap, applied_at FROM merchants.merchant"
        " WHERE merchant_id = $1",
        answer.merchant_id,
    )
    assert tuple(row) == ("acme", "Acme", "US", "applied", 0, NOW)


async def test_twice_is_once_and_a_taken_code_is_refused(tx):
    rival = Application(code="acme", title="Rival", country="US")
    first = await apply(tx, [ACME, ACME, rival], NOW)
    again = await apply(tx, [rival, ACME], NOW)
    assert [a.outcome for a in first] == ["applied", "repeated", "code_taken"]
    assert [a.outcome for a in again] == ["code_taken", "repeated"]
    assert first[0].merchant_id == first[1].merchant_id == again[1].merchant_id
    assert first[2].merchant_id == 0


@pytest.mark.parametrize(
    "bad",
    [
        {"code": ""}, {"code": "Acme"}, {"code": "-acme"}, {"code": "a/b"}, {"code": "a" * 65},
        {"title": " "}, {"title": "a\0"}, {"country": "USA"}, {"country": "XX"},
    ],
)  # fmt: skip
async def test_what_cannot_be_a_merchant_is_refused(tx, bad):
    given = {"code": "acme", "title": "Acme", "country": "US"} | bad
    sound = Application(code="other", title="Other", country="GB")
    answers = await apply(tx, [Application(**given), sound], NOW)
    assert [a.outcome for a in answers] == ["invalid", "applied"]
    assert answers[0].detail
