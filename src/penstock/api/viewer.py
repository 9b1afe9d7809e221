"""The API's documentation at /docs, with a viewer that needs no network.

The viewer is Swagger UI. Its files come with a Python package, `mkdocs-swagger-ui-tag`, which is
never imported: only the files in it are served.
"""

import importlib.util
from pathlib import Path
from typing import Any

from litestar import Request, Router
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.static_files import create_static_files_router

_PATH = "/docs/viewer"
_PACKAGE = "mkdocs_swagger_ui_tag"
_BARE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Penstock</title>
<h1>Penstock's API</h1>
<p>Its description is at <a href="/docs/openapi.json">/docs/openapi.json</a>.</p>
<p>The viewer's files are missing: install the package mkdocs-swagger-ui-tag and start again.</p>
"""


def viewer_folder() -> Path | None:
    """Return the folder of the viewer's files; None where its package is not installed."""
    spec = importlib.util.find_spec(_PACKAGE)
    for package in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(package) / "swagger-ui"
        if (folder / "javascripts/swagger-ui-bundle.js").is_file():
            return folder
    return None


class Viewer(SwaggerRenderPlugin):
    """Shows the description by files of our own server."""

    def __init__(self, folder: Path | None) -> None:
        """Take the viewer's files from `folder`; without them, only say where to read on."""
        super().__init__(
            path="/viewed",
            js_url=f"{_PATH}/javascripts/swagger-ui-bundle.js",
            css_url=f"{_PATH}/stylesheets/swagger-ui.css",
            standalone_preset_js_url=f"{_PATH}/javascripts/swagger-ui-standalone-preset.js",
            favicon='<link rel="icon" href="data:,">',
        )
        self._folder = folder

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Render the page."""
        if self._folder is None:
            return _BARE.encode()
        return super().render(request, openapi_schema)


def viewer_files(folder: Path | None) -> list[Router]:
    """Return the route of the viewer's files, where there are any; they need no key."""
    if folder is None:
        return []
    return [
        create_static_files_router(
            path=_PATH,
            directories=[folder],
            include_in_schema=False,
            cache_control=None,
            security=[{}],
        )
    ]
