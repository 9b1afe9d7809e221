"""A virtual clock: one time for all who open its file, and a clear word for what is no clock."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock.kernel.clock import VirtualClock
from penstock.kernel.errors import Misconfigured

NOON = datetime(2026, 11, 20, 12, 0, 0, 1, tzinfo=UTC)


def test_all_who_open_it_live_in_the_same_moment(tmp_path):
    first = VirtualClock(tmp_path / "clock", NOON)
    second = VirtualClock(tmp_path / "clock", NOON + timedelta(days=1))
    assert second.now() == NOON
    first.set(NOON + timedelta(seconds=5))
    assert second.now() == NOON + timedelta(seconds=5)


@pytest.mark.parametrize("content", [b"", b"noon", b"\xff" * 7 + b"\x7f", None])
def test_what_is_no_clock_is_named_with_what_to_do(tmp_path, content):
    path = tmp_path / "clock"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Misconfigured, match=f"{path} is no clock .*unset PENSTOCK_CLOCK_FILE"):
        VirtualClock(path)
