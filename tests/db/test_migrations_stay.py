"""A migration that has gone out never changes: who has applied it could not start any more."""

from pathlib import Path

from penstock.db.migrate import migrations


def test_what_has_gone_out_is_as_it_was():
    """A new migration gets its line here when it is added; no line ever changes."""
    lines = Path(__file__).with_name("migrations.sha256").read_text().splitlines()
    noted = [tuple(line.split()) for line in lines]
    assert [(m.sha256, f"{m.number:04}_{m.name}.sql") for m in migrations()] == noted
