"""The colours: every pair that meets on a screen has the contrast of WCAG 2.2 AA, in each theme."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parent.parent / "static" / "kit" / "css"
TOKENS = (CSS / "tokens.css").read_text("utf-8")

PAPERS = ["paper", "paper-2", "paper-3"]
# Words need 4.5, borders of controls and signs of state 3 (WCAG 1.4.3, 1.4.11).
WORDS = (
    [(ink, paper) for ink in ("ink", "ink-2") for paper in PAPERS]
    + [(ink, paper) for ink in ("link", "accent-text", "done", "owing", "late") for paper in ("paper", "paper-2")]
    + [("ink", soft) for soft in ("accent-soft", "link-soft", "done-soft", "owing-soft", "late-soft")]
    + [("accent-ink", "accent"), ("paper", "late"), ("late", "late-soft"), ("ink-2", "accent-soft"), ("paper", "ink")]
    + [("link", "paper-3"), ("ink-2", "link-soft")]
)
SIGNS = [("line-strong", "paper"), ("line-strong", "paper-2"), ("focus", "paper"), ("focus", "paper-2")] + [
    (bar, "paper") for bar in ("bar", "bar-owing", "bar-late")
]


def _block(selector: str, within: str = "") -> dict[str, str]:
    text = TOKENS[TOKENS.index(within) :] if within else TOKENS
    body = re.search(re.escape(selector) + r"\s*\{(.*?)\}", text, re.S)[1]
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6});", body))


THEMES = {
    "light": _block(":root"),
    "contrast": _block(':root[data-theme="contrast"]'),
    "dark": _block(':root[data-theme="dark"]'),
}


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", THEMES)
def test_words_stand_out_from_their_paper(theme):
    weak = {
        pair: round(contrast(THEMES[theme][pair[0]], THEMES[theme][pair[1]]), 2)
        for pair in WORDS
        if contrast(THEMES[theme][pair[0]], THEMES[theme][pair[1]]) < (7 if theme == "contrast" else 4.5)
    }
    assert not weak


@pytest.mark.parametrize("theme", THEMES)
def test_borders_and_bars_stand_out_from_their_paper(theme):
    weak = {
        pair: round(contrast(THEMES[theme][pair[0]], THEMES[theme][pair[1]]), 2)
        for pair in SIGNS
        if contrast(THEMES[theme][pair[0]], THEMES[theme][pair[1]]) < 3
    }
    assert not weak


def test_every_theme_sets_the_same_colours():
    assert set(THEMES["dark"]) == set(THEMES["contrast"]) == set(THEMES["light"])


def test_the_device_gets_the_same_colours_as_the_chosen_theme():
    assert _block(":root:not([data-theme])", "prefers-contrast") == THEMES["contrast"]
    assert _block(":root:not([data-theme])", "prefers-color-scheme") == THEMES["dark"]


def test_only_tokens_name_a_colour():
    stray = [
        f"{path.name}: {hit}"
        for path in CSS.rglob("*.css")
        if path.name != "tokens.css"
        for hit in re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[ ;)])", path.read_text("utf-8"))
        # Paper is black on white; darkening a hover mixes with black.
        if hit not in ("#000", "#555")
    ]
    assert not stray


def test_the_entry_brings_every_file_and_stays_small():
    entry = (CSS / "quantriet.css").read_text("utf-8")
    brought = set(re.findall(r'@import url\("([^"]+)"\)', entry))
    assert brought == {str(path.relative_to(CSS)) for path in CSS.rglob("*.css")} - {"quantriet.css"}
    assert sum(path.stat().st_size for path in CSS.rglob("*.css")) < 43_000


def test_every_token_in_use_exists():
    known = set(re.findall(r"--([a-z0-9-]+):", TOKENS))
    used = {name for path in CSS.rglob("*.css") for name in re.findall(r"var\(--([a-z0-9-]+)", path.read_text("utf-8"))}
    assert used <= known


def test_marks_of_a_plain_list_stand_inside_the_edge_and_links_of_rows_on_their_line():
    assert "ul:not([class]), ol:not([class]) { padding-left: 1.2rem; }" in (CSS / "reset.css").read_text()
    # The cell of the actions has no padding that a link would have to reach into.
    table = (CSS / "components" / "table.css").read_text()
    assert ".table td:not(.actions) > a:only-child { display: inline-block; margin-block: -0.52rem;" in table
    assert ".table td > a:only-child" not in table
