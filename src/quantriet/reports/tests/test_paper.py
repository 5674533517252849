"""The Word and Excel papers: official format, the office's own template, the same bytes for the same figures."""

import datetime as dt
import hashlib
import io
import shutil
import subprocess
import zipfile
from dataclasses import replace

import docx
import openpyxl
import pypdfium2
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from quantriet.kit.refusal import Refusal
from quantriet.org.rules.letterhead import place_of
from quantriet.reports.rules import numbering, paper
from quantriet.reports.rules.narrative import narrative
from quantriet.reports.rules.workbook import workbook
from quantriet.reports.tests.test_narrative import PUBLISHED, WITH_UNITS
from quantriet.reports.vocab import Group, Named, People, Section

AT = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
HEAD = paper.Head(
    superior="TỈNH ỦY TÂN LĨNH",
    body="BAN TUYÊN GIÁO VÀ DÂN VẬN",
    number="26-BC/BTGTU",
    symbol="BTGTU",
    place="Tân Lĩnh",
    signed_on=dt.date(2026, 2, 5),
    subject="kết quả học tập, quán triệt Nghị quyết 05-NQ/TW",
    recipients=("Thường trực Tỉnh ủy", "Các đảng ủy trực thuộc", "Lưu"),
    authority="T/M BAN",
    signer_title="TRƯỞNG BAN",
    signer_name="Vàng A Pao",
)
FIGURES = replace(
    PUBLISHED,
    tiers=(Group("key_cadre", "Cán bộ chủ chốt", People(attended=510, absent=2)),),
    units=WITH_UNITS.units,
    silent=WITH_UNITS.silent,
    unorganised=WITH_UNITS.unorganised,
    cells=11,
    organising=3,
)


def texts(figures=FIGURES):
    return {section: "\n\n".join(paragraphs) for section, paragraphs in narrative(figures).items()}


def rendered(figures=FIGURES, head=HEAD, words=None, template=None) -> bytes:
    filled = paper.context(head, figures, texts(figures) if words is None else words)
    return paper.render(template or paper.template(), filled, at=AT, author=head.body, title="Báo cáo")


@pytest.fixture(scope="module")
def word() -> bytes:
    return rendered()


def lines(content: bytes) -> list[str]:
    """Every paragraph of the body and of tables, in reading order."""
    body = docx.Document(io.BytesIO(content)).element.body
    return ["".join(one.text or "" for one in line.iter(qn("w:t"))) for line in body.iter(qn("w:p"))]


@pytest.mark.req("P-03", "B-17")
def test_page_and_letters_are_those_of_the_format(word):
    document = docx.Document(io.BytesIO(word))
    [section] = document.sections
    measures = (section.page_width, section.page_height, section.top_margin, section.bottom_margin)
    assert [round(one / Mm(1)) for one in measures] == [210, 297, 20, 20]
    assert [round(section.left_margin / Mm(1)), round(section.right_margin / Mm(1))] == [30, 15]
    normal = document.styles["Normal"]
    assert (normal.font.name, normal.font.size) == ("Times New Roman", Pt(14))


@pytest.mark.req("P-03")
def test_head_and_foot_stand_as_offices_write_them(word):
    said = lines(word)
    assert "Số 26-BC/BTGTU" in said
    assert not any(one.startswith("Số:") for one in said)
    assert said.index("TỈNH ỦY TÂN LĨNH") < said.index("BAN TUYÊN GIÁO VÀ DÂN VẬN") < said.index("Số 26-BC/BTGTU")
    assert "ĐẢNG CỘNG SẢN VIỆT NAM" in said
    assert "Tân Lĩnh, ngày 05 tháng 02 năm 2026" in said
    assert said.index("BÁO CÁO") < said.index("kết quả học tập, quán triệt Nghị quyết 05-NQ/TW")
    foot = said.index("Nơi nhận:")
    assert said[foot + 1 : foot + 4] == ["- Thường trực Tỉnh ủy,", "- Các đảng ủy trực thuộc,", "- Lưu."]
    assert said.index("T/M BAN") < said.index("TRƯỞNG BAN") < said.index("Vàng A Pao")
    document = docx.Document(io.BytesIO(word))
    head = document.tables[0]
    day = next(p for p in head.rows[0].cells[1].paragraphs if "tháng" in p.text)
    assert all(run.italic for run in day.runs if run.text.strip())
    kind = next(p for p in document.paragraphs if p.text == "BÁO CÁO")
    assert all(run.bold for run in kind.runs)
    assert kind.alignment == docx.enum.text.WD_ALIGN_PARAGRAPH.CENTER


@pytest.mark.req("P-12", "B-17")
def test_tables_and_words_state_the_figures(word):
    said = lines(word)
    assert any("35.599/35.900 người phải học, đạt 99,2%" in one for one in said)
    document = docx.Document(io.BytesIO(word))
    tables = {table.rows[0].cells[1].text: table for table in document.tables if len(table.columns) > 2}
    levels = [[cell.text for cell in row.cells] for row in tables["Cấp học"].rows]
    assert levels[1] == ["1", "Cán bộ chủ chốt cấp tỉnh", "3", "512", "510", "99,6%"]
    assert levels[-1] == ["", "Cộng", "378", "35.900", "35.599", "99,2%"]
    units = [[cell.text for cell in row.cells] for row in tables["Đơn vị"].rows] if "Đơn vị" in tables else []
    assert units
    for table in tables.values():
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_captions_stay_with_their_tables(word):
    paragraphs = docx.Document(io.BytesIO(word)).paragraphs
    captions = [one for one in paragraphs if one.text.startswith(("Bảng ", "PHỤ LỤC"))]
    assert len(captions) >= 3
    assert all(one.paragraph_format.keep_with_next for one in captions)


@pytest.mark.req("B-08")
def test_silent_unit_has_dashes_in_the_annex(word):
    document = docx.Document(io.BytesIO(word))
    rows = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    silent = next(row for row in rows if len(row) == 9 and row[1] == "Đảng ủy xã Nà Pheo")
    assert silent[2:6] == ["80", "–", "–", "–"]
    assert silent[8] == "Chưa báo cáo; chưa tổ chức"
    assert ["4", "Chi bộ thôn Thượng", "Đảng ủy xã Suối Ngần", "20"] in rows
    said = lines(word)
    first = said.index("I. Đơn vị chưa tổ chức học tập")
    assert said.index("PHỤ LỤC 2") < first < said.index("II. Đơn vị chưa báo cáo kết quả")
    everyone = rendered(replace(FIGURES, unorganised=()))
    assert "I. Đơn vị chưa tổ chức học tập: không có" in lines(everyone)


@pytest.mark.req("B-17")
def test_same_figures_give_the_same_bytes(word):
    assert rendered() == word
    assert workbook(FIGURES, title="Báo cáo", at=AT) == workbook(FIGURES, title="Báo cáo", at=AT)
    assert paper.template.__wrapped__() == paper.template()
    assert rendered(replace(FIGURES, as_of="tính đến hết ngày 01/11/2026")) != word


def test_empty_sections_and_tables_leave_no_trace():
    bare = replace(FIGURES, units=(), silent=(), unorganised=(), tiers=(), classes=replace(FIGURES.classes, levels=()))
    said = lines(
        rendered(bare, replace(HEAD, superior="", authority=""), {Section.RESULTS: "Chỉ một đoạn.", Section.URGE: ""})
    )
    assert "I. Kết quả" in said
    assert not any(one.startswith("II.") for one in said)
    assert not any("PHỤ LỤC" in one or "Bảng" in one for one in said)
    assert said[0] == "BAN TUYÊN GIÁO VÀ DÂN VẬN"
    assert "TRƯỞNG BAN" in said


def test_draft_leaves_room_for_number_and_day():
    said = lines(rendered(head=replace(HEAD, number="", signed_on=None, place="")))
    assert "Số      -BC/BTGTU" in said
    assert "……, ngày      tháng      năm" in said


def test_words_with_signs_of_markup_and_braces_come_out_as_written():
    odd = "Chi bộ “A & B” <xã> {{ number_line }} {% if %} đạt 5 < 6"
    said = lines(rendered(words={Section.PRAISE: odd}))
    assert odd in said


def test_very_long_list_goes_on_in_the_excel_file():
    many = tuple(Named(f"Chi bộ {n}", "Đảng ủy xã Nà Pheo", 3) for n in range(paper.MOST_NAMED + 7))
    filled = paper.context(HEAD, replace(FIGURES, silent=many, unorganised=()), {})
    assert len(filled["named"]) == paper.MOST_NAMED
    assert len(filled["silent"]) == paper.MOST_NAMED
    assert filled["named_rest"].startswith("Và 7 đơn vị khác")
    assert filled["silent_rest"].startswith("Và 7 đơn vị khác")
    assert filled["unorganised_rest"] == ""
    book = openpyxl.load_workbook(io.BytesIO(workbook(replace(FIGURES, silent=many), title="Báo cáo", at=AT)))
    names = [row[0].value for row in book["Chưa tổ chức, chưa báo cáo"].iter_rows()]
    assert f"Chi bộ {paper.MOST_NAMED + 6}" in names


def test_help_lists_exactly_the_tags_there_are():
    assert set(paper.TAGS) == set(paper.sample())
    assert paper.faults_of(paper.template()) == []


@pytest.mark.parametrize(
    ("wrong", "word_of_it"),
    [
        ("{{ numbr_line }}", "numbr_line"),
        ("{% for x in levels %}", "endfor"),
        ("{{ people.obligd }}", "obligd"),
        ("{{ ]", ""),
    ],
)
def test_mistaken_template_is_told_in_a_sentence(wrong, word_of_it):
    document = docx.Document(io.BytesIO(paper.template()))
    document.add_paragraph(wrong)
    content = io.BytesIO()
    document.save(content)
    faults = paper.faults_of(content.getvalue())
    assert len(faults) == 1
    assert word_of_it in faults[0]


def test_office_may_change_the_template_freely():
    document = docx.Document()
    document.add_paragraph("{{ number_line }} – {{ people.done }}/{{ people.obliged }} ({{ people.share }})")
    document.add_paragraph("{%p for one in urge %}")
    document.add_paragraph("+ {{ one }}")
    document.add_paragraph("{%p endfor %}")
    content = io.BytesIO()
    document.save(content)
    assert paper.faults_of(content.getvalue()) == []
    said = lines(rendered(template=content.getvalue()))
    assert said[0] == "Số 26-BC/BTGTU – 35.599/35.900 (99,2%)"
    assert said[1].startswith("+ Có 1 đơn vị trực thuộc chưa báo cáo")


@pytest.mark.req("P-12", "R-075")
def test_workbook_holds_the_same_figures():
    book = openpyxl.load_workbook(io.BytesIO(workbook(FIGURES, title="Báo cáo kết quả", at=AT)))
    summary = {row[0].value: row[1].value for row in book["Tổng hợp"].iter_rows(max_col=2) if row[0].value}
    assert summary["Số lớp đã tổ chức"] == 378
    assert summary["Người phải học"] == 35_900
    assert summary["Đã học xong"] == 35_599
    assert summary["Người ngoài Đảng dự học"] == 5_806
    units = {row[0].value: [cell.value for cell in row] for row in book["Theo đơn vị"].iter_rows()}
    assert units["Đảng ủy xã Nà Pheo"][2] is None
    assert units["Đảng ủy xã Suối Ngần"][2] == 60
    assert units["Cộng"][1:3] == [280, 160]


@pytest.mark.req("P-03", "B-17")
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed here")
def test_libreoffice_opens_the_paper(word, tmp_path):
    file = tmp_path / "bao-cao.docx"
    file.write_bytes(word)
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf", str(file)],
        cwd=tmp_path, check=True, timeout=180, capture_output=True,
    )  # fmt: skip
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(str(tmp_path / "bao-cao.pdf"))]
    # Letters that the printing machine's font lacks come from another one and in another order: only plain ones are asked.
    assert "26-BC/BTGTU" in pages[0]
    assert "35.599/35.900" in "".join(pages)
    assert "{{" not in "".join(pages)
    assert "{%" not in "".join(pages)
    assert 4 <= len(pages) <= 6
    box = pypdfium2.PdfDocument(str(tmp_path / "bao-cao.pdf"))[0].get_size()
    assert [round(one / 72 * 25.4) for one in box] == [210, 297]


def test_word_file_carries_nothing_of_the_machine(word):
    with zipfile.ZipFile(io.BytesIO(word)) as package:
        assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = package.read("docProps/core.xml").decode()
    assert "BAN TUYÊN GIÁO VÀ DÂN VẬN" in core
    assert "2026-11-22T09:00:00Z" in core
    assert hashlib.sha256(word).hexdigest() == hashlib.sha256(rendered()).hexdigest()


@pytest.mark.req("P-03")
@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("26-BC/BTGTU", "26-BC/BTGTU"),
        ("số 5 - bc/đu", "05-BC/ĐU"),
        ("Số: 112/BC-TU", "112-BC/TU"),
        ("007-BC/TU", "07-BC/TU"),
    ],
)
def test_number_is_written_as_the_paper_writes_it(written, number):
    assert numbering.read_number(written) == number
    assert numbering.number_line(number) == f"Số {number}"


@pytest.mark.parametrize("written", ["", "BC/TU", "26", "26-NQ/TU", "hai-BC/TU", "26-BC/"])
def test_number_that_is_none_is_refused(written):
    with pytest.raises(Refusal) as refused:
        numbering.read_number(written)
    assert refused.value.field == "number"


@pytest.mark.parametrize(
    ("day", "line"),
    [
        (dt.date(2026, 2, 5), "ngày 05 tháng 02 năm 2026"),
        (dt.date(2026, 11, 22), "ngày 22 tháng 11 năm 2026"),
        (dt.date(2026, 3, 10), "ngày 10 tháng 3 năm 2026"),
    ],
)
def test_day_takes_zeros_as_the_format_asks(day, line):
    assert numbering.day_line(day) == line


def test_next_number_and_place_are_proposed_from_what_is_known():
    assert numbering.next_number(["08-BC/ĐU", "9-BC/ĐU", "120-BC/TU"], "ĐU") == "10-BC/ĐU"
    assert numbering.next_number([], "ĐU") == ""
    assert place_of(["Chi bộ thôn 1", "Đảng ủy xã Ea Tam", "Tỉnh ủy Tân Lĩnh"]) == "Ea Tam"
    assert place_of(["Thành ủy Tân Lĩnh (hư cấu)"]) == "Tân Lĩnh"
    assert place_of(["Đảng ủy khối doanh nghiệp"]) == ""
