"""Arrays, from numpy, which is loaded when the first of them is needed.

Driver analysis is an optional extra: who only fulfils orders neither installs nor loads numpy.
"""

import importlib
from typing import TYPE_CHECKING, Any

from penstock.kernel.errors import Misconfigured

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]
    Vector = NDArray[np.float64]
    Places = NDArray[np.intp]
    Flags = NDArray[np.bool_]
else:
    Matrix = Vector = Places = Flags = Any

__all__ = ["Flags", "Matrix", "Places", "Vector", "library", "np"]


def library(name: str) -> Any:
    """Return an installed library of the extra `analysis`.

    Raises:
        Misconfigured: it is not installed.

    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as absent:
        raise Misconfigured(
            f"driver analysis needs {absent.name}: install Penstock with its extra 'analysis'"
        ) from absent


if not TYPE_CHECKING:

    class _Later:
        """A module that is imported at the first look at one of its attributes."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            found = getattr(library(self._name), attribute)
            setattr(self, attribute, found)
            return found

    np = _Later("numpy")
