"""Processes: what keeps them from starting is one line."""

import socket

import pytest


@pytest.fixture
def taken():
    """A port that somebody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


# The socket that could not be bound ends with the process, which here is the test's.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_port_in_use_is_one_line(penstock, taken):
    for ran in (penstock(f"serve --port {taken}"), penstock(f"up --port {taken}")):
        assert ran.code == 2
        assert f"cannot listen on 127.0.0.1:{taken}" in ran.err
        assert "--port" in ran.err
        assert ran.err.count("\n") == 1


def test_a_worker_without_a_database_is_one_line(typed, monkeypatch):
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x")
    ran = typed("work")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "cannot connect to the database" in ran.err
