"""Where a day's orders are expected to be handled, against what a merchant says it can handle."""

from collections.abc import Iterable, Mapping, Sequence

_Place = tuple[int, int | None]


class Handling:
    """A merchant's day, as it fills up: `taken` orders, and those `handled` by node.

    A capacity for the `whole` merchant goes before those by node. Receipt does not know yet which
    node will serve an order; it is expected at the one, of those with the stock, whose day is the
    least full, which is where a merchant would send it. A node without a declared capacity has
    room for all.
    """

    def __init__(
        self,
        taken: int = 0,
        whole: int | None = None,
        nodes: Mapping[int, int] | None = None,
        pools: Mapping[int, Sequence[int]] | None = None,
        handled: Mapping[int, int] | None = None,
    ) -> None:
        """Begin with the day so far.

        `nodes` are the declared capacities, `pools` the nodes that lay stock behind each.
        """
        self.taken = taken
        self.whole = whole
        self.nodes = dict(nodes or {}) if whole is None else {}
        self.handled = dict(handled or {})
        self._pools = pools or {}

    @property
    def declared(self) -> bool:
        """Whether the merchant has said what it can handle, as a whole or anywhere."""
        return self.whole is not None or bool(self.nodes)

    def take(self, pool_ids: Iterable[int]) -> _Place:
        """Count an order with units of these pools.

        Return which order of the day it is where it is expected, from 1, and the capacity there
        (None: none is declared).
        """
        self.taken += 1
        if not self.nodes:
            return self.taken, self.whole
        behind = {node for pool in pool_ids for node in self._pools.get(pool, ())}
        if not behind or not behind <= self.nodes.keys():
            return self.taken, None
        node = min(behind, key=self._fullness)
        self.handled[node] = self.handled.get(node, 0) + 1
        return self.handled[node], self.nodes[node]

    def _fullness(self, node: int) -> tuple[bool, float, int]:
        """Return what nodes are compared by: one that can handle nothing comes last."""
        capacity = self.nodes[node]
        return (not capacity, self.handled.get(node, 0) / capacity if capacity else 0.0, node)
