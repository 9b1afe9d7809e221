"""The first answer to whoever finds the address: what this is, and where to read on."""

import msgspec
from litestar import get

from penstock import __version__


class Front(msgspec.Struct, frozen=True):
    """What answers here, and the paths of its documentation, description and health."""

    name: str
    version: str
    docs: str
    openapi: str
    health: str


@get("/", tags=["operation"], security=[{}], summary="What is this?")
async def show_front() -> Front:
    """Name the program and its version, and where its documentation is."""
    return Front("Penstock", __version__, "/docs", "/docs/openapi.json", "/health")
