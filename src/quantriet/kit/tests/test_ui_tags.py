"""Numbers, dates, signs, addresses and plots as the tags write them."""

import datetime as dt
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from django import forms
from django.db.models.fields import BLANK_CHOICE_DASH
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from quantriet.kit import charts
from quantriet.kit.templatetags import ui


@pytest.fixture(autouse=True)
def vietnamese():
    with translation.override("vi"):
        yield


def render(source: str, path: str = "/", **context) -> str:
    request = RequestFactory().get(path)
    return Template("{% load ui %}" + source).render(Context({"request": request} | context))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ 4412|vn_number }}", "4.412"),
        ("{{ value|vn_number:1 }}", "1.234.567,5"),
        ("{{ nothing|vn_number }}", "–"),
        ("{{ 97.5|vn_percent }}", "97,5%"),
        ("{{ 91|vn_percent }}", "91,0%"),
        ("{{ 100|vn_percent }}", "100%"),
        ("{{ 93|share:120 }}", "77,5%"),
        ("{{ 0|share:0 }}", "–"),
        ("{{ 9999|share:10000 }}", "99,9%"),
        ("{{ day|vn_date }}", "09/03/2026"),
        ("{{ moment|vn_datetime }}", "16:00 ngày 12/01/2026"),
        ("{{ moment|vn_time }}", "16:00"),
        ("{{ late|vn_date }}", "13/01/2026"),
        ("{{ nothing|vn_datetime }}", "–"),
        ("{{ word|label }}", "Chi bộ"),
    ],
)
def test_numbers_and_dates_as_offices_write_them(source, shown):
    values = {
        "value": 1234567.5,
        "nothing": None,
        "day": dt.date(2026, 3, 9),
        "moment": dt.datetime(2026, 1, 12, 9, 0, tzinfo=dt.UTC),
        "late": dt.datetime(2026, 1, 12, 18, 0, tzinfo=dt.UTC),
        "word": SimpleNamespace(label="Chi bộ"),
    }
    assert render(source, **values) == shown


@pytest.mark.parametrize(
    ("kind", "sign", "word"),
    [("done", "●", "Đã xong"), ("owing", "◐", "Còn nợ"), ("silent", "○", "Chưa báo cáo"), ("late", "▲", "Quá hạn")],
)
def test_a_status_has_sign_and_word(kind, sign, word):
    html = render(f'{{% status "{kind}" %}}')
    assert sign in html
    assert word in html


def test_a_status_escapes_its_words():
    assert "<b>" not in render('{% status "owing" text %}', text="<b>")


def test_query_keeps_the_rest_and_goes_back_to_the_first_page():
    assert (
        render("{% query sort=None unit=7 %}", "/?q=h%C6%B0%E1%BB%9Dng&sort=-name&page=3")
        == "?q=h%C6%B0%E1%BB%9Dng&amp;unit=7"
    )
    assert render("{% query page=4 %}", "/?sort=name&page=3") == "?sort=name&amp;page=4"


def test_sorting_turns_round_and_says_so():
    assert 'href="?sort=-name"' in render('{% sort_th "name" "Họ và tên" %}', "/?sort=name")
    assert 'aria-sort="ascending"' in render('{% sort_th "name" "Họ và tên" %}', "/?sort=name")
    other = render('{% sort_th "born" "Ngày sinh" "num" %}', "/?sort=name")
    assert "aria-sort" not in other
    assert 'class="num"' in other


def test_sorting_knows_the_lists_own_order():
    assert 'aria-sort="descending"' in render('{% sort_th "born" "Ngày sinh" %}', page=SimpleNamespace(sort="-born"))


def test_paging_shows_ends_and_neighbours():
    page = SimpleNamespace(number=5, pages=20, total=1000, first=201, last=250)
    numbers = [one["number"] for one in ui.paging_of(Context({}), page)["numbers"]]
    assert numbers == [1, None, 4, 5, 6, None, 20]


def test_bars_escape_and_keep_silent_units_apart_from_zero():
    html = render(
        "{% bars rows title=title %}",
        title="Tỷ lệ <b>",
        rows=[
            {"label": "Đảng bộ <xã> Ea Knuếc", "value": 0, "total": 120, "url": "/x"},
            {"label": "Đảng bộ xã Cuôr Đăng", "value": 0, "total": 88, "kind": "silent"},
        ],
    )
    assert "<xã>" not in html
    assert "<b>" not in html
    assert "0/120" in html
    assert "Chưa báo cáo" in html
    assert "0/88" not in html


@pytest.mark.parametrize(
    ("value", "total", "width"), [(1, 2, "50.00%"), (3, 2, "100.00%"), (0, 0, "0.00%"), (-1, 2, "0.00%")]
)
def test_a_bar_stays_inside_its_frame(value, total, width):
    assert f'width="{width}"' in charts.bar(value, total)


def test_a_bar_refuses_unknown_kinds():
    with pytest.raises(ValueError, match="unknown kind"):
        charts.bar(1, 2, kind='"><script>')


def test_a_progress_line_is_whole_escaped_xml_with_title_and_deadline():
    start = dt.date(2026, 1, 2)
    svg = charts.progress_line(
        [(start + dt.timedelta(days=day), count) for day, count in ((0, 0), (3, 40), (9, 120))],
        title="Bài <nộp> & chờ",
        desc="120 trong 200",
        deadline=dt.date(2026, 1, 15),
        deadline_label="Hạn 15/01/2026",
        total=200,
    )
    tree = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert tree.find(f"{space}title").text == "Bài <nộp> & chờ"
    assert tree.find(f"{space}desc").text == "120 trong 200"
    assert "Hạn 15/01/2026" in "".join(tree.itertext())
    assert "style=" not in svg
    places = [
        float(line.get(name).rstrip("%")) for line in tree.iter(f"{space}line") for name in ("x1", "x2", "y1", "y2")
    ]
    assert all(0 <= place <= 100 for place in places)


def test_a_progress_line_of_nothing_is_nothing_and_of_one_day_a_point():
    assert charts.progress_line([], title="", desc="") == ""
    assert "<circle" in charts.progress_line([(dt.date(2026, 1, 2), 5)], title="a", desc="b")


def test_progress_line_has_its_figures_as_a_table():
    html = render("{% progress_line points title='Đã nộp' total=200 %}", points=[(dt.date(2026, 1, 2), 50)])
    assert "02/01/2026" in html
    assert "25,0%" in html


@pytest.mark.parametrize(
    ("required", "filters", "said"),
    [(True, False, "Chọn trong danh sách"), (False, False, "Không chọn"), (False, True, "Tất cả")],
)
def test_empty_choice_says_what_to_do(required, filters, said):
    form = forms.Form()
    form.fields["one"] = forms.TypedChoiceField(choices=[*BLANK_CHOICE_DASH, ("a", "Một")], required=required)
    told = ui.field_control(form["one"], filters=filters)
    assert said in told
    assert "---" not in told
    assert "Một" in told


def test_empty_choice_named_by_its_form_stays():
    form = forms.Form()
    form.fields["one"] = forms.ChoiceField(choices=[("", "Cả lớp"), ("a", "Một")], required=False)
    assert "Cả lớp" in ui.field_control(form["one"])


def test_a_missing_field_is_named_beside_it_and_above_the_form():
    class Form(forms.Form):
        number = forms.CharField(label="Số và ký hiệu")
        kind = forms.ChoiceField(label="Loại văn bản", choices=[("a", "A")])
        seen = forms.BooleanField(label="Đã xem các trang chụp")
        own = forms.CharField(label="Lý do", error_messages={"required": "Hãy ghi lý do bỏ."})
        optional = forms.CharField(label="Ghi chú", required=False)

    shown = render(
        '{% include "ui/errors.html" %}{% for field in form %}{% include "ui/field.html" %}{% endfor %}', form=Form({})
    )
    for sentence in ("Chưa nhập số và ký hiệu.", "Chưa chọn loại văn bản.", "Chưa đánh dấu “Đã xem các trang chụp”."):
        assert shown.count(sentence) == 2
    assert "Số và ký hiệu: Chưa nhập" not in shown
    assert "Lý do: Hãy ghi lý do bỏ." in shown


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("mục 3 Nghị quyết 15-NQ/TU.", 'mục 3 Nghị quyết <span class="nowrap">15-NQ/TU</span>.'),
        ("78/2026/NĐ-CP <b>", '<span class="nowrap">78/2026/NĐ-CP</span> &lt;b&gt;'),
        ("45 ngày", "45 ngày"),
        (f"1-{'x' * 40}", f"1-{'x' * 40}"),
    ],
)
def test_numbers_of_documents_stay_on_one_line(words, shown):
    assert render("{{ words|unbroken }}", words=words) == shown


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "–"), (120, "1 kB"), (48_200, "48 kB"), (999_400, "999 kB"), (2_340_000, "2,3 MB")]
)
def test_sizes_are_told_as_people_read_them(size, shown):
    assert ui.vn_size(size).replace("\u00a0", " ") == shown
