"""The served style sheet is one file and says the same as its parts."""

import re

import pytest
from django.contrib.staticfiles import finders

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
