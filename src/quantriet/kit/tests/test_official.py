import datetime as dt
import io
import os
import shutil
import subprocess
import time
import zipfile

import docx
import pytest
from docx.shared import Mm, Pt

from quantriet.kit import documents
from quantriet.kit.documents import official
from quantriet.kit.documents.official import Grid, Heading, PageBreak, Paper, Signature, Text
from quantriet.kit.refusal import Refusal

AT = dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC)
BY = {"at": AT, "author": "Ban Tuyên giáo và Dân vận", "title": "Báo cáo kết quả"}

PAPER = Paper(
    superior="TỈNH ỦY ĐÔNG SƠN",
    body="BAN TUYÊN GIÁO VÀ DÂN VẬN",
    number="Số {{ number }}",
    place="{{ place }}",
    day="{{ day }}",
    kind="BÁO CÁO",
    subject="kết quả học tập, quán triệt {{ subject }}",
    blocks=(
        Heading("I. KẾT QUẢ"),
        Heading("1. Tham gia học tập", level=2),
        Text("Có **{{ done }}** trên {{ must }} đồng chí tham gia."),
        Text("{%p for line in lines %}"),
        Text("{{ line }}"),
        Text("{%p endfor %}"),
        Grid(
            header=(("TT", "Đơn vị", "Kết quả", ""), ("", "", "Phải học", "Đã học")),
            rows=(("{{ row.no }}", "{{ row.unit }}", "{{ row.must }}", "{{ row.done }}"),),
            loop="row in rows",
            widths=(15, 80, 35, 35),
            align=("center", "left", "right", "right"),
            total=("", "Cộng", "{{ must }}", "{{ done }}"),
        ),
    ),
    recipients=("Ban Thường vụ Tỉnh ủy (báo cáo)", "Lưu Văn phòng"),
    signature=Signature("T/M BAN", "TRƯỞNG BAN", "{{ signer }}"),
)
CONTEXT = {
    "number": "26-BC/BTGDVTU",
    "place": "Đông Sơn",
    "day": "ngày 22 tháng 11 năm 2026",
    "subject": "A & B <xã> {{ 7 * 7 }}",
    "done": "1.234",
    "must": "1.300",
    "lines": ["Ý thứ nhất", "Ý thứ hai\nxuống dòng", None],
    "signer": "Nguyễn Văn A",
    "rows": [
        {"no": number, "unit": f"Đảng bộ xã số {number} & <b>", "must": "10", "done": "9"} for number in range(1, 40)
    ],
}


@pytest.fixture(scope="module")
def template():
    return official.build(PAPER, **BY)


@pytest.fixture(scope="module")
def report(template):
    return official.render_template(template, CONTEXT, **BY)


def opened(raw):
    return docx.Document(io.BytesIO(raw))


@pytest.mark.req("P-03")
def test_page_and_letters_are_those_of_the_official_format(report):
    document = opened(report)
    section = document.sections[0]
    millimetres = [
        round(one.mm)
        for one in (
            section.page_width,
            section.page_height,
            section.top_margin,
            section.bottom_margin,
            section.left_margin,
            section.right_margin,
        )
    ]
    assert millimetres == [210, 297, 20, 20, 30, 15]
    assert document.styles["Normal"].font.name == "Times New Roman"
    assert document.styles["Normal"].font.size == Pt(14)
    fonts = {run.font.name for paragraph in document.paragraphs for run in paragraph.runs}
    assert fonts <= {None, "Times New Roman"}
    body = next(one for one in document.paragraphs if one.text.startswith("Có 1.234"))
    assert abs(body.paragraph_format.first_line_indent - Mm(10)) < 400
    assert body.alignment is not None
    assert body.alignment.name == "JUSTIFY"
    assert [run.text for run in body.runs if run.bold] == ["1.234"]


@pytest.mark.req("P-03")
def test_letterhead_title_recipients_and_signature_stand_in_their_places(report):
    document = opened(report)
    left, right = document.tables[0].rows[0].cells
    assert [(one.text, bool(one.runs and one.runs[0].bold)) for one in left.paragraphs] == [
        ("TỈNH ỦY ĐÔNG SƠN", False),
        ("BAN TUYÊN GIÁO VÀ DÂN VẬN", True),
        ("*", False),
        ("Số 26-BC/BTGDVTU", False),
    ]
    assert [one.text for one in right.paragraphs] == ["ĐẢNG CỘNG SẢN VIỆT NAM", "Đông Sơn, ngày 22 tháng 11 năm 2026"]
    assert right.paragraphs[0].runs[0].bold
    assert right.paragraphs[0]._p.xpath("w:pPr/w:pBdr/w:bottom")
    assert right.paragraphs[1].runs[0].italic
    title = [one for one in document.paragraphs if one.text][:2]
    assert [one.text for one in title] == ["BÁO CÁO", "kết quả học tập, quán triệt A & B <xã> {{ 7 * 7 }}"]
    assert all(one.runs[0].bold and one.alignment.name == "CENTER" for one in title)
    foot_left, foot_right = document.tables[-1].rows[0].cells
    assert [one.text for one in foot_left.paragraphs] == [
        "Nơi nhận:",
        "- Ban Thường vụ Tỉnh ủy (báo cáo),",
        "- Lưu Văn phòng.",
    ]
    assert [one.text for one in foot_right.paragraphs if one.text] == ["T/M BAN", "TRƯỞNG BAN", "Nguyễn Văn A"]


@pytest.mark.req("P-03")
def test_page_numbers_stand_in_the_header_from_the_second_page(report):
    section = opened(report).sections[0]
    assert section.different_first_page_header_footer
    assert "PAGE" in section.header._element.xml
    assert section.header.paragraphs[0].alignment.name == "CENTER"
    assert "PAGE" not in section.first_page_header._element.xml


def test_tables_repeat_their_header_and_carry_every_row(report):
    table = opened(report).tables[1]
    assert len(table.rows) == 2 + 39 + 1
    assert [cell.text for cell in table.rows[2].cells] == ["1", "Đảng bộ xã số 1 & <b>", "10", "9"]
    assert [cell.text for cell in table.rows[-1].cells] == ["", "Cộng", "1.300", "1.234"]
    for row in table.rows[:2]:
        assert row._tr.xpath("w:trPr/w:tblHeader")
    assert table.cell(0, 2)._tc is table.cell(0, 3)._tc
    assert table.cell(0, 1)._tc is table.cell(1, 1)._tc


def test_text_of_people_is_never_a_tag_nor_markup(report):
    text = "\n".join(one.text for one in opened(report).paragraphs)
    assert "A & B <xã> {{ 7 * 7 }}" in text
    assert "None" not in text
    assert "xuống dòng" in text


def test_the_same_input_gives_the_same_bytes(template, report):
    time.sleep(2.1)  # zip counts time in steps of two seconds
    assert official.build(PAPER, **BY) == template
    assert official.render_template(template, CONTEXT, **BY) == report
    other = official.render_template(template, CONTEXT, **{**BY, "at": AT + dt.timedelta(days=1)})
    assert other != report
    core = zipfile.ZipFile(io.BytesIO(report)).read("docProps/core.xml").decode()
    assert "2026-11-22T03:00:00Z" in core
    assert "python-docx" not in core


def test_the_time_zone_and_the_hash_seed_of_the_machine_leave_no_trace(report, tmp_path):
    program = (
        "import datetime as dt, sys; from quantriet.kit.documents import official; from quantriet.kit.tests import test_official as t;"
        "sys.stdout.buffer.write(official.render_template(official.build(t.PAPER, **t.BY), t.CONTEXT, **t.BY))"
    )
    import sys
    from pathlib import Path

    root = Path(official.__file__).parents[3]
    for zone, seed in (("Asia/Ho_Chi_Minh", "1"), ("America/New_York", "2")):
        env = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=env, check=True)
        assert done.stdout == report


def test_an_edited_template_is_checked_and_every_wrong_tag_named(template):
    assert official.check_template(template, CONTEXT) == []
    sample = {**CONTEXT, "rows": [{"no": 1, "unit": "x", "must": "1"}]}
    del sample["signer"]
    found = official.check_template(template, sample)
    assert len(found) == 2
    assert any("“signer”" in one for one in found)
    assert any("“done”" in one for one in found)


@pytest.mark.parametrize(
    "texts, part",
    [
        (["{% for row in rows %} {{ row.unit }}"], "chưa đóng"),
        (["{{ number"], "gần chỗ “{{ number”"),
        (["{% abc %}"], "“{% abc %}” không có"),
        (["x {% endfor %}"], "“{% endfor %}” không có thẻ mở"),
        (["{{ number number }}"], "viết sai"),
        (["{{ nmber }}"], "Có phải đồng chí muốn viết “number”"),
    ],
)
def test_mistakes_in_a_template_are_sentences(texts, part):
    found = official.check_template(official.build(Paper(body="X", blocks=tuple(map(Text, texts))), **BY), CONTEXT)
    assert len(found) == 1
    assert part in found[0]
    assert found[0].endswith((".", "?"))


@pytest.mark.parametrize(
    "text",
    [
        "{{ number.__class__.__mro__ }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{% for a in range(99999999) %}x{% endfor %}",
        "{{ cycler.__init__.__globals__ }}",
    ],
)
def test_a_hostile_template_gets_nothing(text):
    template = official.build(Paper(body="X", blocks=(Text(text),)), **BY)
    with pytest.raises(Refusal) as caught:
        official.render_template(template, CONTEXT, **BY)
    assert caught.value.code.startswith("template.")
    assert official.check_template(template, CONTEXT) != []


def test_a_template_that_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr(official, "_LIMITS", official.sandbox.Limits(cpu_seconds=2))
    loops = "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}"
    template = official.build(Paper(body="X", blocks=(Text(loops),)), **BY)
    with pytest.raises(Refusal) as caught:
        official.render_template(template, CONTEXT, **BY)
    assert caught.value.code == "template.failed"


def test_a_tag_without_its_value_is_a_refusal_and_damage_too(template):
    with pytest.raises(Refusal) as caught:
        official.render_template(template, {key: value for key, value in CONTEXT.items() if key != "signer"}, **BY)
    assert caught.value.code == "template.unknown_tag"
    assert "signer" in caught.value.sentence
    with pytest.raises(Refusal) as caught:
        official.render_template(b"no zip", CONTEXT, **BY)
    assert caught.value.code == "template.failed"
    assert official.check_template(b"no zip", CONTEXT) == [
        "Không đọc được mẫu văn bản. Hãy mở mẫu bằng Word, lưu lại thành tệp .docx rồi tải lên lại."
    ]


def test_control_characters_in_data_do_no_harm(template):
    raw = official.render_template(template, {**CONTEXT, "signer": "A\x00B\x1bC\ufffe"}, **BY)
    assert "ABC" in opened(raw).tables[-1].rows[0].cells[1].text


def test_a_template_that_went_through_libreoffice_still_works(template, tmp_path):
    office = shutil.which("soffice")
    if not office:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "mau.docx").write_bytes(template)
    (tmp_path / "out").mkdir()
    run_office(office, "docx", tmp_path / "out", tmp_path / "mau.docx", tmp_path)
    edited = (tmp_path / "out" / "mau.docx").read_bytes()
    assert official.check_template(edited, CONTEXT) == []
    text = "\n".join(
        cell.text
        for table in opened(official.render_template(edited, CONTEXT, **BY)).tables
        for row in table.rows
        for cell in row.cells
    )
    assert "Đảng bộ xã số 39 & <b>" in text


@pytest.mark.req("P-03")
def test_the_paper_prints_through_libreoffice(report, tmp_path):
    office = shutil.which("soffice")
    if not office:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "bc.docx").write_bytes(report)
    run_office(office, "pdf", tmp_path, tmp_path / "bc.docx", tmp_path)
    found = documents.extract(documents.gate(tmp_path / "bc.pdf", "bc.pdf"))
    assert found.pages == 2
    assert "ĐẢNG CỘNG SẢN VIỆT NAM" in found.text
    assert "Đảng bộ xã số 39" in found.text


def run_office(office, target, out, source, home):
    subprocess.run(
        [
            office,
            f"-env:UserInstallation=file://{home}/profile",
            "--headless",
            "--convert-to",
            target,
            "--outdir",
            str(out),
            str(source),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )


def test_a_paper_with_every_part_and_a_paper_with_almost_none():
    full = Paper(
        body="ĐẢNG ỦY XÃ ĐÔNG SƠN",
        addressee=("Ban Tuyên giáo và Dân vận Tỉnh ủy", "Các chi bộ trực thuộc"),
        subject="V/v cử đại biểu",
        blocks=(
            Text("Một", bold=True),
            PageBreak(),
            Grid(header=(("A", "B"),), rows=(("1", "2"), ("3",))),
            Text("Hai", italic=True, indent=False, align="left"),
        ),
    )
    text = "\n".join(one.text for one in opened(official.build(full, **BY)).paragraphs)
    assert "Kính gửi:" in text
    assert "- Các chi bộ trực thuộc." in text
    assert opened(official.build(Paper(body="X"), **BY)).tables


def test_tags_for_the_help_beside_the_upload():
    tags = official.template_tags(
        {"number": "1", "rows": [{"no": 1, "unit": "x"}], "lines": ["a"], "unit": {"name": "x"}}
    )
    assert tags == [
        "{{ number }}",
        "{%tr for row in rows %} {{ row.no }} {{ row.unit }} {%tr endfor %}",
        "{%tr for row in lines %} {{ row }} {%tr endfor %}",
        "{{ unit.name }}",
    ]


def test_our_own_papers_pass_our_own_door(report, tmp_path):
    path = tmp_path / "bc.docx"
    path.write_bytes(report)
    found = documents.extract(documents.gate(path, "bc.docx"))
    assert [one.text for one in found.paragraphs][:2] == ["TỈNH ỦY ĐÔNG SƠN", "BAN TUYÊN GIÁO VÀ DÂN VẬN"]
