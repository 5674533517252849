"""Setting pages: the largest type that fits, words never as commands, nothing asked from outside."""

import pypdfium2
import pytest

from quantriet.kit import typeset
from quantriet.kit.refusal import Refusal
from quantriet.kit.typeset import Print

SOURCE = """#let d = json("data.json")
#set page(width: 200pt, height: 200pt, margin: 20pt)
#set text(font: "Libertinus Serif", size: float(sys.inputs.size) * 1pt)
#d.words
#context [#metadata(counter(page).final().first()) <pages>]
"""


def printed(words, tmp_path, **how):
    [one] = typeset.run([Print(SOURCE, {"words": words}, **how)], folder=tmp_path)
    return one


def said(one) -> str:
    return "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(one.files[0]))


def test_largest_type_that_keeps_to_the_pages_is_taken(tmp_path):
    sizes = (8, 10, 12, 16, 24, 48)
    assert printed("Ngắn", tmp_path, sizes=sizes, wanted=1).size == 48
    words = "Nội dung dài hơn một chút. " * 8
    found = printed(words, tmp_path, sizes=sizes, wanted=1)
    assert found.pages == 1
    assert 8 < found.size < 48
    assert printed(words, tmp_path, sizes=sizes[sizes.index(found.size) + 1 :], wanted=1).pages > 1


def test_more_words_than_wanted_pages_go_on_and_are_whole(tmp_path):
    words = " ".join(f"chữ{number}" for number in range(900))
    found = printed(words, tmp_path, sizes=(8, 10), wanted=1)
    assert found.pages > 1
    assert all(f"chữ{number}" in said(found) for number in range(900))
    kept_out = printed(words, tmp_path, sizes=(8,), most=1)
    assert (kept_out.files, kept_out.pages) == ([], found.pages)


def test_words_are_no_commands_and_long_ones_break(tmp_path):
    hostile = '#read("/etc/hostname") #import "@preview/a:1.0.0" $x^2$ *b* ' + "z" * 300
    shown = said(printed(hostile, tmp_path))
    assert '#read("/etc/hostname")' in " ".join(shown.split())
    assert shown.count("z") == 300


def test_source_that_never_ends_is_refused(tmp_path, monkeypatch):
    from quantriet.kit import sandbox

    monkeypatch.setattr(typeset, "_LIMITS", sandbox.Limits(cpu_seconds=2, wall_seconds=4.0))
    with pytest.raises(Refusal) as refusal:
        typeset.run([Print("#let f(n) = { let x = 0; while true { x += 1 } }\n#f(1)", {})], folder=tmp_path)
    assert refusal.value.code == "typeset.failed"


def test_source_that_asks_another_file_is_refused(tmp_path):
    (tmp_path / "other.txt").write_text("riêng")
    with pytest.raises(Refusal):
        typeset.run([Print('#read("../../other.txt")', {})], folder=tmp_path)
