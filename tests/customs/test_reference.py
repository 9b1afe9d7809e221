from pathlib import Path

import pytest

from penstock.customs.reference import money, percent, render
from penstock.customs.rulebook import shipped

PAGE = Path(__file__).parents[2] / "docs/reference/customs-rules.md"


def test_the_page_in_the_documentation_tells_the_shipped_rules() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(shipped()), (
        f"{PAGE.name} is stale: write penstock.customs.reference.render(shipped()) to it"
    )


def test_every_rule_is_on_the_page_once_with_its_source() -> None:
    rows = [line for line in render(shipped()).splitlines() if line.startswith("| `")]
    assert len(rows) == len(shipped())
    for rule in shipped():
        assert any(f"`{rule.code}`" in row and rule.source in row for row in rows)


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (300, "EUR", "EUR 3"),
        (14_999, "EUR", "EUR 149.99"),
        (5, "USD", "USD 0.05"),
        (7, "JPY", "JPY 7"),
    ],
)
def test_money(amount_minor: int, currency: str, text: str) -> None:
    assert money(amount_minor, currency) == text


def test_percent() -> None:
    assert [percent(bp) for bp in (2550, 1000, 0)] == ["25.5 %", "10 %", "0 %"]
