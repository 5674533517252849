"""Frames and partials: errors beside the field and in the summary, frames that carry what they promise, choices of display."""

import re

import pytest
from django import forms
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from quantriet.kit.refusal import NotAllowed
from quantriet.kit.web.display import display
from quantriet.kit.web.gallery import gallery


@pytest.fixture(autouse=True)
def vietnamese():
    with translation.override("vi"):
        yield


class EnrolForm(forms.Form):
    fieldsets = [("Người", ["full_name", "born_on"])]
    full_name = forms.CharField(label="Họ và tên", help_text="Viết đủ dấu.")
    born_on = forms.DateField(label="Ngày sinh", required=False)
    cell = forms.ChoiceField(label="Chi bộ", choices=[(str(n), f"Chi bộ {n}") for n in range(20)])
    kind = forms.ChoiceField(label="Hình thức", choices=[("a", "Trực tiếp")], widget=forms.RadioSelect)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def form_html(data=None, **context) -> str:
    form = EnrolForm(data)
    return render_to_string("ui/form.html", {"form": form} | context, RequestFactory().get("/"))


def test_a_form_shows_each_error_beside_its_field_and_in_the_summary():
    html = form_html({"full_name": "", "born_on": "31/02/2026", "cell": "3", "kind": ""})
    summary = html[: html.index("<form")]
    assert 'href="#id_full_name"' in summary
    assert 'href="#id_kind_field"' in summary
    assert 'id="id_kind_field"' in html
    assert "Cần sửa 3 chỗ" in summary
    assert 'id="id_full_name_error"' in html
    assert re.search(r'<input[^>]*name="full_name"[^>]*aria-invalid="true"', html)
    assert re.search(
        r'<input[^>]*name="full_name"[^>]*aria-describedby="id_full_name_helptext id_full_name_error"', html
    )
    assert "31/02/2026" in html


def test_a_refusal_without_a_field_stands_in_the_summary():
    form = EnrolForm({"full_name": "Nguyễn Thị Hường", "cell": "1", "kind": "a"})
    form.add_error(None, "Đợt học tập chưa mở nên chưa ghi được kết quả.")
    assert "Đợt học tập chưa mở" in render_to_string("ui/errors.html", {"form": form})


def test_a_fresh_form_has_no_summary_and_every_field_once():
    html = form_html()
    assert "errors" not in html
    for name in ("full_name", "born_on", "cell", "kind", "secret"):
        assert len(re.findall(rf'<(?:input|select)[^>]*name="{name}"', html)) == 1
    assert html.count("<legend>") == 2


def test_fields_get_the_behaviour_of_their_kind():
    html = form_html()
    assert re.search(r'<input[^>]*name="born_on"[^>]*data-date', html)
    assert re.search(r'<select[^>]*name="cell"[^>]*data-combobox', html)
    assert "(không bắt buộc)" in html


def test_typed_words_are_kept_only_where_asked():
    assert 'data-keep="enrol"' in form_html(keep="enrol")
    assert "data-keep" not in form_html()


@pytest.mark.parametrize("part", ["", "member", "print", "403", "404", "500"])
def test_every_frame_has_one_heading_a_title_a_skip_link_and_vietnamese_words(part):
    request = RequestFactory().get("/", {"part": part, "rows": "3"})
    html = gallery(request).content.decode()
    assert len(re.findall(r"<h1[ >]", html)) == 1
    assert re.search(r"<title>[^<]*\S[^<]* – Quán triệt</title>", html)
    assert 'href="#content"' in html
    assert 'id="content"' in html
    assert '<html lang="vi"' in html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_error_pages_work_without_a_request_and_say_what_to_do(status):
    html = render_to_string(f"ui/{status}.html")
    assert "<h1>" in html
    assert 'href="/"' in html


def test_the_page_of_a_refused_right_says_it_once():
    for context in ({}, {"sentence": NotAllowed().sentence}):
        html = render_to_string("ui/403.html", context)
        assert html.count("không có quyền làm việc này") == 1
        assert "đề nghị người quản trị cấp quyền" in html


def test_the_gallery_loads_no_script_or_style_from_elsewhere():
    html = gallery(RequestFactory().get("/")).content.decode()
    for address in re.findall(r'(?:src|href)="([^"]+)"', html):
        assert not re.match(r"https?:|//", address)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"", html)


@pytest.mark.parametrize(
    ("size", "theme", "shown"),
    [("3", "dark", ' data-text="3" data-theme="dark"'), ("9", "pink", ""), ("1", "auto", "")],
)
def test_the_choice_of_display_stands_on_the_page(size, theme, shown):
    request = RequestFactory().get("/")
    request.COOKIES |= {"display_text": size, "display_theme": theme}
    assert f'<html lang="vi"{shown}>' in gallery(request).content.decode()


def test_display_keeps_the_choice_and_goes_back():
    response = display(RequestFactory().post("/display/", {"text": "4", "next": "/desk/classes/?page=2"}))
    assert response.status_code == 302
    assert response["Location"] == "/desk/classes/?page=2"
    assert response.cookies["display_text"].value == "4"
    assert not response.cookies["display_text"]["httponly"]  # a page without a line changes it by itself
    assert "display_theme" not in response.cookies


def test_display_refuses_strange_values_and_strange_places():
    response = display(
        RequestFactory().post("/display/", {"text": "99", "theme": "x", "next": "https://elsewhere.example/"})
    )
    assert response["Location"] == "/"
    assert not response.cookies
    assert display(RequestFactory().get("/display/")).status_code == 405


def test_danger_names_the_thing_and_the_number_and_is_closed_first():
    html = render_to_string(
        "ui/danger.html", {"title": "Gộp chi bộ", "sentence": "Gộp 3 chi bộ, 47 đảng viên.", "submit": "Gộp 3 chi bộ"}
    )
    assert '<details class="danger">' in html
    assert "47 đảng viên" in html
    assert 'method="post"' in html


def test_the_title_is_the_heading_when_the_page_names_none():
    page = engines["django"].from_string(
        '{% extends "ui/desk.html" %}{% block heading %}Lớp <em>{{ name }}</em>{% endblock %}'
    )
    assert "<title>Lớp A &amp; B – Quán triệt</title>" in page.render({"name": "A & B"})
