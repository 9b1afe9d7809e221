"""Healing: what broke is brought back before the act is done again; other trouble is passed on."""

import pytest

from penstock.kernel.errors import Misconfigured, Unavailable
from penstock.simulation import healing as module
from penstock.simulation.healing import BROKEN, healing


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(module, "_PAUSE_S", 0)


class Patient:
    """Raises its troubles one by one, and then answers."""

    def __init__(self, *troubles):
        self.troubles = list(troubles)
        self.seen = []

    async def act(self):
        self.seen.append("act")
        if self.troubles:
            raise self.troubles.pop(0)
        return 42

    async def heal(self):
        self.seen.append("heal")


async def test_it_is_healed_before_each_new_attempt():
    patient = Patient(Unavailable("gone"), ConnectionResetError())
    assert await healing(patient.act, patient.heal) == 42
    assert patient.seen == ["act", "heal", "act", "heal", "act"]


async def test_what_cannot_be_healed_is_unavailable_and_says_why():
    patient = Patient(*[Unavailable("the disk is full")] * 9)
    with pytest.raises(Unavailable, match="the disk is full"):
        await healing(patient.act, patient.heal, attempts=3)
    assert patient.seen == ["act", "heal", "act", "heal", "act"]


async def test_a_mistake_of_settings_is_not_healed_unless_it_cannot_be_one():
    patient = Patient(Misconfigured("no such host"))
    with pytest.raises(Misconfigured):
        await healing(patient.act, patient.heal)
    patient = Patient(Misconfigured("no such host"))
    assert await healing(patient.act, patient.heal, (*BROKEN, Misconfigured)) == 42
