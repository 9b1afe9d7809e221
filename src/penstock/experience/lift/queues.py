"""Floors worked off again: who is picked when, as it was and as it would have been."""

import msgspec

from penstock.experience.lift.columns import Columns
from penstock.experience.lift.floor import work_off
from penstock.experience.lift.past import Past, jobs_of


class Queue(msgspec.Struct, frozen=True):
    """A floor's jobs in the order in which it picked them, and when the replayed floor does.

    `order` has the merchant's own orders by their place in its columns, others as -1. `picked` are
    the moments at which the replayed floor picks its first job, its second, and so on.
    """

    order: tuple[int, ...]
    picked: tuple[int | None, ...]


class Queues:
    """Floors worked off as they were, remembered: every lever is compared with the same."""

    def __init__(self, past: Past) -> None:
        """Begin with nothing worked off."""
        self._past = past
        self._known: dict[int, Queue] = {}

    def as_it_was(self, node_id: int) -> Queue:
        """Return a node's queue with nothing changed."""
        if node_id not in self._known:
            self._known[node_id] = queued(self._past, self._past.columns, node_id)
        return self._known[node_id]


def queued(past: Past, columns: Columns, node_id: int, *, more: int = 0) -> Queue:
    """Work a node's floor off, with `more` pickers and with the orders that `columns` give it.

    Who is picked after whom is as it was: a replayed floor is right about how fast it is rather
    than about which of two equally urgent orders lay nearer.
    """
    node = past.nodes[node_id]
    mine, jobs = jobs_of(past, columns, node_id)
    was = [*(float(past.columns.times["picked"][i]) for i in mine), *node.others_picked]
    names = [*mine, *([-1] * len(node.others))]
    order = sorted(range(len(jobs)), key=lambda i: (was[i], jobs[i].urgency, jobs[i].ready, i))
    if node.floor is None:
        return Queue(tuple(names[i] for i in order), (None,) * len(jobs))
    done = work_off(node.floor, jobs, more=more)
    known = sorted(at for at in done if at is not None)
    return Queue(tuple(names[i] for i in order), (*known, *([None] * (len(done) - len(known)))))


def shifts(before: Queue, after: Queue) -> dict[int, tuple[int, int]]:
    """Return for each of the merchant's orders the moments of its turn, before and after."""
    turn = {name: place for place, name in enumerate(before.order) if name >= 0}
    return {
        name: (was, then)
        for place, name in enumerate(after.order)
        if name in turn
        and (then := after.picked[place]) is not None
        and (was := before.picked[turn[name]]) is not None
    }
