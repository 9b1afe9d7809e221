"""Whoever finds the address is told what this is, and the documentation needs no network."""

import re

import pytest

from penstock.api.viewer import viewer_folder


async def test_the_address_says_what_answers_and_where_to_read_on(api):
    answer = await api.client.get("/")
    told = answer.json()
    assert (answer.status_code, told["name"]) == (200, "Penstock")
    for place in ("docs", "openapi", "health"):
        assert (await api.client.get(told[place])).status_code == 200, place


async def test_the_documentation_loads_nothing_from_elsewhere(api):
    page = (await api.client.get("/docs")).text
    loaded = re.findall(r"<(?:script|link|img)[^>]*?(?:src|href)=[\"']?([^\"' >]+)", page)
    assert not [url for url in loaded if re.match(r"(https?:)?//", url)], loaded
    for url in loaded:
        if not url.startswith("data:"):
            assert (await api.client.get(url)).status_code == 200, url
    assert "/docs/openapi.json" in page or loaded


@pytest.mark.skipif(viewer_folder() is None, reason="the viewer's package is not installed")
async def test_the_viewer_is_whole(api):
    page = (await api.client.get("/docs")).text
    assert "SwaggerUIBundle" in page
    script = await api.client.get("/docs/viewer/javascripts/swagger-ui-bundle.js")
    assert len(script.content) > 100_000


async def test_no_file_beside_the_viewers_is_served(api):
    for path in ("/docs/viewer/../__init__.py", "/docs/viewer/%2e%2e/__init__.py"):
        assert (await api.client.get(path)).status_code == 404
