"""The kinds of arrays that driver analysis works with, and its optional library."""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.kernel.errors import Misconfigured

__all__ = ["Flags", "Matrix", "Places", "Vector", "library", "np"]
Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]


def library(name: str) -> Any:
    """Return an installed library of the extra `analysis`.

    Raises:
        Misconfigured: it is not installed.

    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as absent:
        raise Misconfigured(
            f"the model of reviews needs {absent.name}: install Penstock with its extra 'analysis'"
        ) from absent
