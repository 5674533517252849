import contextlib
import re
import unicodedata

import pytest

from quantriet.kit import documents, sandbox
from quantriet.kit.documents import Kind, Paragraph
from quantriet.kit.refusal import Refusal
from quantriet.kit.tests import office_files
from quantriet.kit.tests.test_encodings import to_tcvn3, to_vni

LINES = [
    "Nghiên cứu, học tập, quán triệt nghị quyết",
    "1. Về vai trò, trách nhiệm của tập thể và cá nhân",
    "- Người đứng đầu trực tiếp chỉ đạo.",
]


def refused(path, filename=None):
    with pytest.raises(Refusal) as caught:
        documents.gate(path, filename or path.name)
    assert caught.value.sentence.endswith(".")
    assert re.search(r"[Hh]ãy |Hệ thống nhận", caught.value.sentence)
    return caught.value


def read(path, filename=None, **how):
    return documents.extract(documents.gate(path, filename or path.name), **how)


def refusal_of(path, **how):
    with pytest.raises(Refusal) as caught:
        read(path, **how)
    return caught.value


# --------------------------------------------------------------------------------------------------------------- the gate


def test_the_three_kinds_pass(tmp_path):
    word = office_files.docx(tmp_path / "a.docx", lambda document: document.add_paragraph("x"))
    assert documents.gate(word, "A.DOCX").kind is Kind.DOCX
    assert documents.gate(office_files.pdf(tmp_path / "a.pdf", "Xin chào"), "a.pdf").kind is Kind.PDF
    text = tmp_path / "a.txt"
    text.write_text("\n".join(LINES), encoding="utf-8")
    assert documents.gate(text, "a.txt").kind is Kind.TEXT


@pytest.mark.parametrize(
    "content, filename, code, part",
    [
        (b"", "a.docx", "file.empty", "0 byte"),
        (b"PK\x03\x04" + b"\0" * 100, "a.docx", "file.broken", "hỏng"),
        (b"{\\rtf1 x}", "a.rtf", "document.not_a_document", "RTF"),
        (b"<html><body>x</body></html>", "a.txt", "document.not_a_document", "trang web"),
        (b"\x7fELF" + b"\0" * 300, "a.txt", "document.not_a_document", "tệp"),
        (b"van ban", "a.sh", "document.not_a_document", "“.sh”"),
        (b"van ban", "a.docx", "file.wrong_name", "văn bản thuần"),
        (b"%PDF-1.7\n", "a.docx", "file.wrong_name", "PDF"),
    ],
)
def test_files_that_are_no_documents(tmp_path, content, filename, code, part):
    path = tmp_path / "x"
    path.write_bytes(content)
    found = refused(path, filename)
    assert found.code == code
    assert part in found.sentence


def test_other_office_files_locked_files_and_pictures(tmp_path):
    assert "Excel" in refused(office_files.xlsx(tmp_path / "a.xlsx", [["x"]])).sentence
    assert "Word đời cũ" in refused(office_files.ole(tmp_path / "b.doc", ["WordDocument"])).sentence
    assert "Excel" in refused(office_files.ole(tmp_path / "b.xls", ["Workbook"])).sentence
    assert refused(office_files.ole(tmp_path / "c.docx", ["EncryptedPackage"])).code == "file.encrypted"
    assert (
        "LibreOffice"
        in refused(
            office_files.archive(tmp_path / "d.odt", {"mimetype": b"application/vnd.oasis.opendocument.text"})
        ).sentence
    )
    assert "zip" in refused(office_files.archive(tmp_path / "e.zip", {"a": b"x"})).sentence
    (tmp_path / "f.png").write_bytes(office_files.png())
    assert "hình ảnh" in refused(tmp_path / "f.png").sentence
    with pytest.raises(Refusal) as caught:
        documents.gate(tmp_path / "f.png", "f.png", limit=10)
    assert caught.value.code == "file.too_large"


def test_macros_and_bombs(tmp_path):
    word = office_files.docx(tmp_path / "a.docx", lambda document: document.add_paragraph("x"))
    with_macro = office_files.rewritten(
        word,
        tmp_path / "b.docx",
        lambda name, part: (
            part.replace(b"document.main+xml", b"document.macroEnabled.main+xml") if "Content_Types" in name else part
        ),
    )
    assert refused(with_macro).code == "document.macro"
    assert refused(word, "a.docm").code == "document.macro"
    bomb = office_files.archive(
        tmp_path / "c.docx", {"[Content_Types].xml": b"x", "word/document.xml": b"A" * 90_000_000}
    )
    assert refused(bomb).code == "file.bomb"


# ------------------------------------------------------------------------------------------------------------------- Word


def test_word_paragraphs_headings_and_tables(tmp_path):
    def fill(document):
        document.add_heading("Phần thứ nhất", level=1)
        document.add_heading("Mục tiêu", level=2)
        document.add_paragraph(unicodedata.normalize("NFD", "Đổi mới công tác học tập"))
        document.add_paragraph("Dòng một\nDòng hai")
        table = document.add_table(rows=2, cols=2)
        for cell, said in zip(
            [one for row in table.rows for one in row.cells], ["TT", "Đơn vị", "1", "Xã Đông Sơn"], strict=True
        ):
            cell.text = said
        letterhead = document.add_table(rows=1, cols=2)
        letterhead.cell(0, 0).text = "TỈNH ỦY\nBAN TUYÊN GIÁO VÀ DÂN VẬN"
        letterhead.cell(0, 1).text = "ĐẢNG CỘNG SẢN VIỆT NAM"

    assert read(office_files.docx(tmp_path / "a.docx", fill)).paragraphs == [
        Paragraph("Phần thứ nhất", 1, "heading"),
        Paragraph("Mục tiêu", 2, "heading"),
        Paragraph("Đổi mới công tác học tập"),
        Paragraph("Dòng một"),
        Paragraph("Dòng hai"),
        Paragraph("TT | Đơn vị", 0, "row"),
        Paragraph("1 | Xã Đông Sơn", 0, "row"),
        Paragraph("TỈNH ỦY", 0, "cell"),
        Paragraph("BAN TUYÊN GIÁO VÀ DÂN VẬN", 0, "cell"),
        Paragraph("ĐẢNG CỘNG SẢN VIỆT NAM", 0, "cell"),
    ]


def test_automatic_numbers_are_counted_as_word_counts_them(tmp_path):
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    levels = [("decimal", "%1."), ("lowerLetter", "%2)"), ("upperRoman", "%3 -"), ("bullet", "-")]
    inner = "".join(
        f'<w:lvl w:ilvl="{place}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
        for place, (form, pattern) in enumerate(levels)
    )
    abstract = f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{inner}</w:abstractNum>'
    first = f'<w:num {nsdecls("w")} w:numId="88"><w:abstractNumId w:val="77"/></w:num>'
    again = (
        f'<w:num {nsdecls("w")} w:numId="89"><w:abstractNumId w:val="77"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>'
    )

    def fill(document):
        root = document.part.numbering_part.element
        root.insert(0, parse_xml(abstract))
        root.append(parse_xml(first))
        root.append(parse_xml(again))
        for said, level, number in [
            ("Vai trò", 0, 88), ("Tập thể", 1, 88), ("Cá nhân", 1, 88), ("Phân loại", 0, 88), ("Đối tượng", 1, 88),
            ("Sâu", 2, 88), ("Gạch", 3, 88), ("Từ năm", 0, 89), ("Tiếp", 0, 89),
        ]:  # fmt: skip
            paragraph = document.add_paragraph(said)
            listed = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
            paragraph._p.get_or_add_pPr().append(parse_xml(listed))

    found = read(office_files.docx(tmp_path / "a.docx", fill)).paragraphs
    assert [one.text for one in found] == [
        "1. Vai trò", "a) Tập thể", "b) Cá nhân", "2. Phân loại", "a) Đối tượng", "I - Sâu", "- Gạch", "5. Từ năm", "6. Tiếp",
    ]  # fmt: skip
    assert {one.kind for one in found} == {"item"}
    assert [one.level for one in found] == [1, 2, 2, 1, 2, 3, 4, 1, 1]


def test_headers_footers_boxes_controls_and_tracked_changes(tmp_path):
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    box = (
        f'<w:r {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:AlternateContent>'
        "<mc:Choice><w:drawing><w:txbxContent><w:p><w:r><w:t>MẬT</w:t></w:r></w:p></w:txbxContent></w:drawing></mc:Choice>"
        "<mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>MẬT</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )

    def fill(document):
        document.sections[0].header.paragraphs[0].text = "Lưu hành nội bộ"
        document.sections[0].footer.paragraphs[0].text = "Chân trang"
        paragraph = document.add_paragraph("Trước ")
        paragraph._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>được thêm</w:t></w:r></w:ins>"))
        paragraph._p.append(parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>bị xóa</w:delText></w:r></w:del>"))
        paragraph._p.append(parse_xml(box))
        control = f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>Trong ô điều khiển</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        document.element.body.insert(1, parse_xml(control))

    found = read(office_files.docx(tmp_path / "a.docx", fill)).paragraphs
    assert found == [
        Paragraph("Lưu hành nội bộ", 0, "header"),
        Paragraph("Trước được thêm"),
        Paragraph("MẬT", 0, "box"),
        Paragraph("Trong ô điều khiển"),
        Paragraph("Chân trang", 0, "footer"),
    ]


def test_footnotes_are_read(tmp_path):
    word = office_files.docx(tmp_path / "a.docx", lambda document: document.add_paragraph("Thân bài"))
    notes = (
        '<?xml version="1.0"?><w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        '<w:footnote w:id="2"><w:p><w:r><w:t>Ghi chú cuối trang</w:t></w:r></w:p></w:footnote></w:footnotes>'
    ).encode()
    link = b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="footnotes.xml"/>'
    kind = b'<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"/>'

    def change(name, part):
        if name == "word/_rels/document.xml.rels":
            return part.replace(b"</Relationships>", link + b"</Relationships>")
        return part.replace(b"</Types>", kind + b"</Types>") if "Content_Types" in name else part

    changed = office_files.rewritten(word, tmp_path / "b.docx", change)
    import zipfile

    with zipfile.ZipFile(changed, "a") as file:
        file.writestr("word/footnotes.xml", notes)
    assert Paragraph("Ghi chú cuối trang", 0, "note") in read(changed).paragraphs


def test_a_word_file_of_pictures_is_a_scan(tmp_path):
    import io

    scan = office_files.docx(tmp_path / "a.docx", lambda document: document.add_picture(io.BytesIO(office_files.png())))
    assert refusal_of(scan).code == "document.scan"
    empty = office_files.docx(tmp_path / "b.docx", lambda document: document.add_paragraph("  "))
    assert refusal_of(empty).code == "document.empty"


@pytest.mark.parametrize(
    "part", ["word/document.xml", "word/styles.xml", "[Content_Types].xml", "word/_rels/document.xml.rels"]
)
def test_damaged_word_files_are_a_refusal(tmp_path, part):
    word = office_files.docx(tmp_path / "a.docx", lambda document: document.add_paragraph("x y z"))
    for turn in (lambda raw: raw[: len(raw) // 2], lambda raw: b"<<<"):
        path = office_files.rewritten(
            word, tmp_path / "b.docx", lambda name, raw, turn=turn: turn(raw) if name == part else raw
        )
        with pytest.raises(Refusal) as caught:
            read(path)
        assert caught.value.code.startswith(("file.", "document."))


def test_outside_entities_and_deep_nesting_do_no_harm(tmp_path):
    word = office_files.docx(tmp_path / "a.docx", lambda document: document.add_paragraph("Thân bài"))
    secret = tmp_path / "secret.txt"
    secret.write_text("bí mật của máy chủ")
    outside = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'.encode()
    path = office_files.rewritten(
        word,
        tmp_path / "b.docx",
        lambda name, raw: (
            raw.replace(b"<w:document", outside + b"<w:document", 1).replace("Thân bài".encode(), b"x &e; y")
            if name == "word/document.xml"
            else raw
        ),
    )
    with contextlib.suppress(Refusal):
        assert "bí mật" not in read(path).text
    deep = b"<w:p>" + b"<w:ins>" * 200 + b"<w:r><w:t>sau</w:t></w:r>" + b"</w:ins>" * 200 + b"</w:p>"
    path = office_files.rewritten(
        word,
        tmp_path / "c.docx",
        lambda name, raw: raw.replace(b"<w:sectPr", deep + b"<w:sectPr", 1) if name == "word/document.xml" else raw,
    )
    assert "Thân bài" in read(path).text


# -------------------------------------------------------------------------------------------------------------------- PDF

PAGE = '#set page(width: 210mm, height: 297mm, margin: 30mm, numbering: "1")\n#set text(font: "Libertinus Serif", size: 14pt, lang: "vi")\n'


def test_pdf_lines_become_paragraphs_page_by_page(tmp_path):
    long = "Bí thư cấp ủy, người đứng đầu cơ quan, đơn vị phải trực tiếp lãnh đạo, chỉ đạo, kiểm tra và chịu trách nhiệm về việc tổ chức quán triệt."
    markup = (
        PAGE + f"1\\. Về vai trò, trách nhiệm\n\n{long}\n\n\\- Ý thứ nhất của phần này.\n#pagebreak()\nTrang thứ hai."
    )
    found = read(office_files.pdf(tmp_path / "a.pdf", markup))
    assert found.pages == 2
    assert found.empty_pages == ()
    assert [(one.text, one.page) for one in found.paragraphs] == [
        ("1. Về vai trò, trách nhiệm", 1),
        (long, 1),
        ("- Ý thứ nhất của phần này.", 1),
        ("Trang thứ hai.", 2),
    ]


def test_a_paragraph_over_two_pages_and_a_number_over_two_lines_stay_whole(tmp_path):
    words = "thực hiện Hướng dẫn số 26-HD/BTGTU và Chỉ thị số 08-CT/TU " * 60
    markup = PAGE + f"Các đảng ủy {words.strip()}."
    found = read(office_files.pdf(tmp_path / "a.pdf", markup))
    assert found.pages == 2
    assert [one.text for one in found.paragraphs] == [f"Các đảng ủy {words.strip()}."]


def test_a_pdf_without_text_is_a_scan_and_empty_pages_are_told(tmp_path):
    scan = office_files.pdf(tmp_path / "a.pdf", '#set page(numbering: "1")\n#rect(width: 100pt, fill: red)')
    refusal = refusal_of(scan)
    assert refusal.code == "document.scan"
    assert "bản Word" in refusal.sentence
    assert "dán" in refusal.sentence
    half = office_files.pdf(tmp_path / "b.pdf", PAGE + "Trang một có chữ để đọc.\n#pagebreak()\n#rect(width: 100pt)")
    assert read(half).empty_pages == (2,)


def test_broken_pdfs_are_a_refusal(tmp_path):
    good = office_files.pdf(tmp_path / "a.pdf", PAGE + "Xin chào các đồng chí").read_bytes()
    for number, raw in enumerate([b"%PDF-1.7\n", good[: len(good) // 3], b"%PDF-1.7\n" + b"1 0 obj<<>>" * 1000]):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(raw)
        assert refusal_of(path).code in ("file.broken", "document.scan", sandbox.UNREADABLE)


# ------------------------------------------------------------------------------------------------------------- plain text


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_files(tmp_path, codec):
    path = tmp_path / "a.txt"
    path.write_bytes("\r\n\r\n".join(LINES).encode(codec))
    found = read(path)
    assert [one.text for one in found.paragraphs] == LINES
    assert found.encoding is None


@pytest.mark.parametrize("name, typing", [("tcvn3", to_tcvn3), ("vni", to_vni)])
def test_old_fonts_in_word_and_text_are_offered(tmp_path, name, typing):
    old = [typing(line) for line in LINES]
    word = office_files.docx(tmp_path / "a.docx", lambda document: [document.add_paragraph(line) for line in old])
    (tmp_path / "a.txt").write_bytes("\n".join(old).encode("latin-1", "replace"))
    for path in (word, tmp_path / "a.txt"):
        found = read(path)
        assert found.encoding is not None
        assert found.encoding.name == name
        assert [one.text for one in read(path, legacy=found.encoding.choice).paragraphs] == LINES
        assert read(path, legacy="none").encoding is None
    pasted = documents.extract_text("\n".join(old))
    assert pasted.encoding is not None
    assert [one.text for one in documents.extract_text("\n".join(old), legacy=name).paragraphs] == LINES


def test_pasted_text():
    found = documents.extract_text("\n\n 1. Về  vai trò \r\n- Ý một\n")
    assert [one.text for one in found.paragraphs] == ["1. Về vai trò", "- Ý một"]
    assert found.text == "1. Về vai trò\n- Ý một"
    with pytest.raises(Refusal) as caught:
        documents.extract_text(" \n ")
    assert caught.value.code == "document.empty"
