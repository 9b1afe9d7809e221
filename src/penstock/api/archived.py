"""Where the archive's files lie is the operator's business alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from penstock.access.key import Principal
from penstock.kernel.errors import Unavailable
from penstock.orders.archive_file import Unreadable


@contextmanager
def files_named_to_operators(principal: Principal) -> Iterator[None]:
    """Tell operators which file of the archive cannot be read, and others only that one cannot."""
    try:
        yield
    except Unreadable as problem:
        if principal.role == "operator":
            raise
        detail = "the order is archived and cannot be read now; try again later"
        raise Unavailable(detail) from problem
