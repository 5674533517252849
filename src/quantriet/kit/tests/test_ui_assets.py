"""The served style sheet is one file and says the same as its parts."""

import base64
import hashlib
import re

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import RequestFactory

from quantriet.kit import assets
from quantriet.kit.assets import ENTRY, JoinedStorage


@pytest.fixture
def collected(tmp_path, settings):
    settings.DEBUG = False
    storage = JoinedStorage(location=str(tmp_path), base_url="/static/")
    paths = {}
    for finder in finders.get_finders():
        for path, source in finder.list([]):
            if path.startswith("kit/"):
                with source.open(path) as content:
                    storage.save(path, content)
                paths[path] = (source, path)
    for _, _, processed in storage.post_process(paths):
        assert not isinstance(processed, Exception), processed
    return storage, tmp_path


def test_the_style_sheet_is_served_as_one_file(collected):
    storage, folder = collected
    css = (folder / storage.stored_name(ENTRY)).read_text("utf-8")
    assert "@import" not in css
    assert css.startswith(("/*", "@layer reset, tokens"))
    for word in ("--accent-text", ".table-wrap", ".combobox__list", "@page", ".visually-hidden"):
        assert word in css
    assert css.count("{") == css.count("}")
    parts = re.findall(r"@layer ([a-z]+) \{", css)
    assert parts[:4] == ["reset", "tokens", "base", "layout"]


def test_the_style_sheet_is_small_on_the_wire(collected):
    storage, folder = collected
    packed = folder / (storage.stored_name(ENTRY) + ".gz")
    assert packed.stat().st_size < 12_000


def _head(request):
    return Template('{% load ui %}{% stylesheet "kit/css/quantriet.css" %}').render(Context({"request": request}))


def test_a_sheet_stands_within_a_page_that_allows_it_and_the_policy_knows_its_very_text(collected, monkeypatch):
    storage, _ = collected
    monkeypatch.setattr(assets, "staticfiles_storage", storage)
    assets.sheet_within.cache_clear()
    request = RequestFactory().get("/")
    assert _head(request).startswith('<link rel="stylesheet" href="')
    request.inline_sheets = set()
    shown = _head(request)
    assets.sheet_within.cache_clear()
    text = shown.removeprefix("<style>").removesuffix("</style>")
    assert shown == f"<style>{text}</style>"
    assert "--accent-text" in text
    assert "<" not in text
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert request.inline_sheets == {f"'sha256-{digest}'"}
    assert not re.search(r"url\((?!\"data:)", text), "an address within a sheet leads elsewhere from a page"


def test_in_development_sheets_are_links(settings):
    assets.sheet_within.cache_clear()
    request = RequestFactory().get("/")
    request.inline_sheets = set()
    assert _head(request).startswith('<link rel="stylesheet" href="')
    assert not request.inline_sheets
