"""Why sending a batch costs half of what asyncpg would take for it.

asyncpg looks at every element of an array, whether it is an array in turn, by asking two abstract
base classes of Python's, which is slower than all else that it does with the element
(`python -m benchmarks arrays`). What `query` declarations pass is a list or a tuple, so asking for
these says the same at a tenth of the cost.
"""

from types import ModuleType

_NAMES = ("IterableABC", "SizedABC")


def only_lists_nest(protocol: ModuleType) -> bool:
    """Let asyncpg's compiled `protocol` take lists and tuples, and nothing else, for arrays.

    Returns whether it could: another release may ask otherwise, and then simply stays slower.
    """
    if not all(hasattr(protocol, name) for name in _NAMES):
        return False
    for name in _NAMES:
        setattr(protocol, name, (list, tuple))
    return True
