"""A browser, and in it the page of a small comparison."""

import pytest

from moksori.comparison.page.build import write
from tests.browser import chromium, complaints, open_page, requested
from tests.comparison.page.compared import AUDIO, comparison
from tests.comparison.page.opened import show_all


@pytest.fixture(scope="package")
def browser():
    with chromium("--window-size=1280,1400") as driver:
        yield driver


@pytest.fixture(scope="package")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    facts = comparison(folder)
    return facts, write(folder, facts, AUDIO)


@pytest.fixture
def page(browser, made):
    """The page freshly opened, every sentence drawn; at the end it has not complained
    and has not asked for anything outside of itself."""
    open_page(browser, made[1])
    show_all(browser)
    yield browser
    assert complaints(browser) == []
    asked = requested(browser)
    assert any(address.endswith("/compare.html") for address in asked)
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
