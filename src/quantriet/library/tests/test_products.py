"""The files of products, each opened again by a second program: whole words, whole marks, nothing outside its page."""

import datetime as dt
import io
import re
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import docx
import pptx
import pypdfium2
import pytest
from lxml import etree
from PIL import Image

from quantriet.kit.refusal import Refusal
from quantriet.kit.tests.test_official import run_office
from quantriet.library.rules.products import Brief, Look, Point, make, pages, slides
from quantriet.library.rules.products.look import checked_colour, contrast
from quantriet.library.vocab import Audience, MaterialForm, MaterialKind, PartKind
from quantriet.org.vocab import Level

AT = dt.datetime(2026, 11, 28, 3, 0, tzinfo=dt.UTC)
LETTERS = (
    "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ"
    "AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬEÈÉẺẼẸÊỀẾỂỄỆIÌÍỈĨỊOÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢUÙÚỦŨỤƯỪỨỬỮỰYỲÝỶỸỴĐ"
)
WORDS = "NGUYỄN THỊ HƯỜNG — Đảng bộ xã Ea Knuếc thực hiện nghiêm, ngắn gọn, dễ hiểu, dễ nhớ; gắn với việc của thôn. "
CITES = "mục 1, mục II Nghị quyết 15-NQ/TU"
MADE = [kind for kind in MaterialKind if kind.is_made]


def brief(points, **more) -> Brief:
    values = {
        "title": "Nghị quyết 15-NQ/TU về nâng cao chất lượng sinh hoạt chi bộ",
        "document": "Nghị quyết 15-NQ/TU ngày 02/11/2026", "reference": "Nghị quyết 15-NQ/TU",
        "unit": "Ban Tuyên giáo và Dân vận Thành ủy Tân Lĩnh", "superior": "Thành ủy Tân Lĩnh", "audience": Audience.RURAL,
        "version": 2, "approved_on": "28/11/2026", "look": Look(),
    }  # fmt: skip
    return Brief(points=tuple(points), **values | more)


SHORT = [
    Point(PartKind.FIGURE, "Dự đủ thời gian", "Ít nhất.", "98%", CITES),
    Point(PartKind.CORE, "", "Bí thư trực tiếp chủ trì, quán triệt.", "", CITES),
    Point(PartKind.NEW, "", "Mỗi lớp dành một phần mười thời gian để thảo luận.", "", CITES),
    Point(PartKind.MEANING, "Ở thôn", "Dự đủ buổi học.", "", CITES),
    Point(PartKind.QUESTION, "Ốm thì sao?", "Học bù trong cùng đợt.", "", CITES),
    Point(PartKind.EXPLANATION, "Có ý kiến", "Văn bản nói rõ.", "", "", "mục 2, trang 3"),
    Point(PartKind.GOAL, "", "Cả tỉnh xong trong quý.", "", CITES, level=Level.PROVINCE),
    Point(PartKind.TASK, "Cử người theo dõi", "Cấp ủy phân công từng đồng chí.", "", CITES),
]


def long_points() -> list[Point]:
    found = [
        Point(PartKind.FIGURE, f"Chỉ tiêu fg{n} về tỷ lệ hoàn thành kế hoạch học tập đúng hạn", f"Tính gf{n}.", f"{n}.234,5 nghìn lượt người", CITES)
        for n in range(11)
    ]  # fmt: skip
    found += [Point(PartKind.CORE, "", f"cr{n} {WORDS * (1 + n % 5)} rc{n}", "", CITES) for n in range(18)]
    found += [Point(PartKind.NEW, "", f"nw{n} {WORDS * 3}\nDòng hai wn{n}", "", CITES) for n in range(9)]
    found += [Point(PartKind.MEANING, f"mn{n}", f"{WORDS * 2} nm{n}", "", CITES) for n in range(6)]
    found += [Point(PartKind.QUESTION, f"Câu qs{n} hỏi gì?", f"{WORDS * 4} sq{n}", "", CITES) for n in range(12)]
    found += [Point(PartKind.EXPLANATION, f"ex{n}", f"{WORDS} xe{n}", "", "", "trang 3") for n in range(3)]
    found += [Point(PartKind.GOAL, "", f"gl{n} {WORDS} lg{n}", "", CITES, level=Level.CENTRAL) for n in range(5)]
    found += [Point(PartKind.TASK, f"tk{n}", f"{WORDS} kt{n}", "", CITES) for n in range(7)]
    found.append(Point(PartKind.CORE, "", f"{'x' * 400} hetdai", "", CITES))
    found.append(Point(PartKind.NEW, "", f"daumoi {WORDS * 60} hetmoi", "", CITES))
    return found


MARKS = re.compile(r"\b(?:fg|gf|cr|rc|nw|wn|mn|nm|qs|sq|ex|xe|gl|lg|tk|kt)\d+\b|\bhetdai\b|\bdaumoi\b|\bhetmoi\b")


def marks_of(kind: MaterialKind, points) -> set[str]:
    from quantriet.library.rules.products.content import SHOWN

    return {
        found for one in points if one.kind in SHOWN[kind] for found in MARKS.findall(f"{one.title} {one.text}")
    }  # fmt: skip


def text_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    said = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    return re.sub(r"\s+", " ", said.replace("\u200b", ""))


def letters_outside(content: bytes, *, edge: float) -> list[tuple[int, str]]:
    """Letters of a PDF that do not lie wholly inside their page, `edge` points from its border."""
    strays = []
    for number, page in enumerate(pypdfium2.PdfDocument(content), 1):
        width, height = page.get_size()
        words = page.get_textpage()
        for at in range(words.count_chars()):
            left, bottom, right, top = words.get_charbox(at)
            if left == right or top == bottom or not words.get_text_range(at, 1).strip():
                continue  # a space at the end of a line hangs over
            if left < edge or bottom < edge or right > width - edge or top > height - edge:
                strays.append((number, words.get_text_range(at, 1)))
    return strays


def sizes_of(content: bytes) -> list[tuple[int, int]]:
    return [tuple(round(one / 72 * 25.4) for one in page.get_size()) for page in pypdfium2.PdfDocument(content)]


def words_of_word(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in document.paragraphs), *cells])


def words_of_slides(content: bytes) -> str:
    deck = pptx.Presentation(io.BytesIO(content))
    return "\n".join(
        paragraph.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame
        for paragraph in shape.text_frame.paragraphs
    )  # fmt: skip


def made(kind, points, tmp_path, **more):
    return make(kind, brief(points, **more), at=AT, folder=tmp_path)


def said_in(files) -> str:
    readers = {MaterialForm.DOCX: words_of_word, MaterialForm.PPTX: words_of_slides, MaterialForm.PDF: text_of}
    return " ".join(readers[one.form](one.content) for one in files if one.form in readers)


# --- whole words ------------------------------------------------------------------------------------------------------


@pytest.mark.req("R-119", "R-117", "R-114")
@pytest.mark.parametrize("kind", MADE)
def test_short_master_is_whole_in_each_product(kind, tmp_path):
    files, note = made(kind, SHORT, tmp_path)
    assert not note
    assert [one.form for one in files] == {
        MaterialKind.OUTLINE: [MaterialForm.DOCX],
        MaterialKind.PROPAGANDA: [MaterialForm.DOCX],
        MaterialKind.ESSAY: [MaterialForm.DOCX],
        MaterialKind.QA: [MaterialForm.DOCX, MaterialForm.PDF],
        MaterialKind.FOLDER: [MaterialForm.PDF],
        MaterialKind.LEAFLET: [MaterialForm.PDF],
        MaterialKind.INFOGRAPHIC: [MaterialForm.PDF, MaterialForm.SVG, MaterialForm.SQUARE, MaterialForm.TALL],
        MaterialKind.SLIDES: [MaterialForm.PPTX],
    }[kind]
    from quantriet.library.rules.products.content import SHOWN

    for one in files:
        if one.form.value in ("svg", "square", "tall"):
            continue
        said = re.sub(r"\s+", " ", said_in([one]))
        for point in SHORT:
            for words in (point.title, point.text, point.figure):
                assert not words or (words in said) == (point.kind in SHOWN[kind]), (kind, one.form, words)


@pytest.mark.parametrize("kind", MADE)
def test_long_master_loses_no_word_and_leaves_no_page(kind, tmp_path):
    points = long_points()
    files, _note = made(kind, points, tmp_path)
    for one in files:
        if one.form.value in ("svg", "square", "tall"):
            continue
        said = said_in([one])
        wanted = marks_of(kind, points)
        assert wanted <= set(MARKS.findall(said)), (one.form, sorted(wanted - set(MARKS.findall(said)))[:5])
        if kind != MaterialKind.QA:
            assert said.replace("\u200b", "").replace(" ", "").replace("\n", "").count("x" * 400) == 1, one.form
        if one.form == MaterialForm.PDF:
            assert letters_outside(one.content, edge=8) == []


def headings(content: bytes) -> list[str]:
    return [one.text for one in docx.Document(io.BytesIO(content)).paragraphs if re.match(r"[IVX]+\. ", one.text)]


@pytest.mark.req("R-038")
def test_a_propaganda_outline_goes_from_the_goals_of_all_to_what_committees_have_to_do(tmp_path):
    goals = [
        Point(PartKind.GOAL, "", f"Mục tiêu {level.value}", "", CITES, level=level)
        for level in (Level.COMMUNE, Level.CENTRAL, Level.PROVINCE)
    ]
    [file], _note = made(MaterialKind.PROPAGANDA, [*SHORT, *goals], tmp_path)
    assert headings(file.content) == [
        "I. Mục tiêu, quan điểm chỉ đạo của Trung ương", "II. Mục tiêu, quan điểm chỉ đạo của tỉnh, thành phố",
        "III. Mục tiêu, quan điểm chỉ đạo của địa phương, đơn vị", "IV. Nội dung cốt lõi", "V. Điểm mới",
        "VI. Những con số cần nhớ", "VII. Những việc cấp ủy cần làm",
    ]  # fmt: skip
    said = words_of_word(file.content)
    assert said.index("Mục tiêu central") < said.index("Mục tiêu province") < said.index("Mục tiêu commune")
    with pytest.raises(Refusal, match="cần cả mục tiêu và việc cấp ủy cần làm"):
        made(MaterialKind.PROPAGANDA, [one for one in SHORT if one.kind != PartKind.TASK], tmp_path)


@pytest.mark.req("R-089")
def test_an_essay_outline_has_its_three_parts_and_for_key_cadres_a_plan_of_their_own(tmp_path):
    parts = [
        "Nhận thức của bản thân",
        "Liên hệ trách nhiệm của bản thân trong lĩnh vực được giao",
        "Kiến nghị, đề xuất",
    ]
    plan = "Kế hoạch hành động cá nhân"
    for audience, expected in (
        (Audience.RURAL, parts),
        (Audience.OFFICIALS, parts),
        (Audience.KEY_CADRE, [*parts[:2], plan, parts[2]]),
    ):
        [file], _note = made(MaterialKind.ESSAY, SHORT, tmp_path, audience=audience)
        assert [one.partition(". ")[2] for one in headings(file.content)] == expected
        said = words_of_word(file.content)
        assert said.index("Bí thư trực tiếp chủ trì") < said.index("Dự đủ buổi học.") < said.index("Kiến nghị, đề xuất")


@pytest.mark.req("R-119")
@pytest.mark.parametrize("kind", [MaterialKind.FOLDER, MaterialKind.INFOGRAPHIC, MaterialKind.LEAFLET])
def test_every_vietnamese_letter_stands_in_the_text_layer(kind, tmp_path):
    files, _note = made(kind, [Point(PartKind.CORE, "", LETTERS)], tmp_path, title=LETTERS[:70])
    said = said_in(files[:1]).replace(" ", "")
    assert LETTERS.replace(" ", "") in said
    fonts = re.findall(rb"/BaseFont\s*/[A-Z]{6}\+([A-Za-z-]+)", files[0].content)
    assert not fonts or all(name.startswith(b"Libertinus") for name in fonts)  # no letter borrowed from another font


@pytest.mark.parametrize("kind", MADE)
def test_longest_names_stay_on_the_page(kind, tmp_path):
    title = ("Nghị quyết về " + "đổi mới, nâng cao chất lượng nghiên cứu, học tập " * 8)[:300]
    unit = ("Ban Tuyên giáo và Dân vận " + "Đảng bộ Tân Lĩnh mở rộng " * 10)[:200]
    logo = io.BytesIO()
    Image.new("RGB", (900, 60), "navy").save(logo, "PNG")
    files, _note = made(kind, SHORT, tmp_path, title=title, unit=unit, look=Look("#0b5345", logo.getvalue()))
    for one in files:
        if one.form == MaterialForm.PDF:
            assert letters_outside(one.content, edge=8) == []
            assert title.rstrip() in text_of(one.content)


@pytest.mark.parametrize("kind", MADE)
def test_markup_commands_and_script_stay_words(kind, tmp_path):
    hostile = '#import "@preview/x:1.0.0" $x$ *đậm* **hai sao** <script>alert(1)</script> {{ 7*7 }} [a](b) \\ `c` @x'
    points = [Point(one, f"T {hostile}"[:290], hostile, "5" if one == PartKind.FIGURE else "") for one in PartKind]
    files, _note = made(kind, points, tmp_path, title=hostile, unit=hostile)
    for one in files:
        if one.form == MaterialForm.SVG:
            tree = etree.fromstring(one.content)
            assert not [node for node in tree.iter() if etree.QName(node).localname in ("script", "foreignObject", "a")]
            assert b"<script" not in one.content
            continue
        if one.form in (MaterialForm.SQUARE, MaterialForm.TALL):
            continue
        said = re.sub(r"\s+", "", said_in([one])).replace("\u2060", "")
        assert re.sub(r"\s+", "", hostile) in said, one.form


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.req("R-119")
def test_folded_leaflet_is_two_sides_in_thirds_and_no_word_crosses_a_fold(tmp_path):
    [file], _note = made(MaterialKind.FOLDER, SHORT, tmp_path)
    assert sizes_of(file.content) == [(297, 210)] * 2
    folds = {0: (97, 197), 1: (100, 200)}  # millimetres from the left; outside, then inside
    for number, page in enumerate(pypdfium2.PdfDocument(file.content)):
        words = page.get_textpage()
        for at in range(words.count_chars()):
            left, _bottom, right, _top = (one / 72 * 25.4 for one in words.get_charbox(at))
            for fold in folds[number]:
                assert right < fold - 4 or left > fold + 4 or left == right, (number, words.get_text_range(at, 1))
    outside, inside = (page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(file.content))
    assert "Dành cho đảng viên ở nông thôn" in outside
    assert "Nội dung cốt lõi" in inside


def test_panels_are_read_cover_inside_flap_back():
    assert pages.sides(6) == [{"outside": True, "panels": [5, 6, 1]}, {"outside": False, "panels": [2, 3, 4]}]
    assert pages.sides(3) == [{"outside": True, "panels": [0, 3, 1]}, {"outside": False, "panels": [2, 0, 0]}]
    more = pages.sides(9)
    assert more[2:] == [{"outside": False, "panels": [6, 7, 8]}, {"outside": True, "panels": [0, 0, 0]}]
    for count in range(3, 40):
        assert sorted(n for side in pages.sides(count) for n in side["panels"] if n) == list(range(1, count + 1))


@pytest.mark.req("R-119")
def test_pictures_have_the_sizes_that_are_shared_and_are_light(tmp_path):
    files, note = made(MaterialKind.INFOGRAPHIC, SHORT, tmp_path)
    assert not note
    by_form = {one.form: one.content for one in files}
    for form, size in ((MaterialForm.SQUARE, (1080, 1080)), (MaterialForm.TALL, (1080, 1920))):
        assert len(by_form[form]) < 400_000
        with Image.open(io.BytesIO(by_form[form])) as picture:
            assert (picture.format, picture.size) == ("PNG", size)
            plain = picture.convert("RGB")
        # The border below the band stays paper: nothing runs out at the sides or at the foot.
        for box in ((0, 700, 40, size[1]), (size[0] - 40, 700, *size), (0, size[1] - 24, *size)):
            assert plain.crop(box).getextrema() == ((255, 255),) * 3
    assert sizes_of(by_form[MaterialForm.PDF]) == [(297, 420)]


def test_long_pictures_are_numbered_pages_and_too_long_ones_are_told(tmp_path):
    points = [Point(PartKind.CORE, "", f"cr{n} {WORDS * 4}") for n in range(9)]
    files, note = made(MaterialKind.INFOGRAPHIC, points, tmp_path)
    tall = [one for one in files if one.form == MaterialForm.TALL]
    assert not note
    assert [one.page for one in tall] == list(range(1, len(tall) + 1))
    assert len(tall) > 1
    assert all(len(one.content) < 400_000 for one in tall)
    files, note = made(MaterialKind.INFOGRAPHIC, long_points(), tmp_path)
    assert "ảnh vuông cần" in note
    assert not [one for one in files if one.form == MaterialForm.SQUARE]
    assert next(one.form for one in files) == MaterialForm.PDF


def test_drawing_says_what_it_shows_and_asks_no_other_place(tmp_path):
    files, _note = made(MaterialKind.INFOGRAPHIC, SHORT, tmp_path)
    [svg] = [one.content for one in files if one.form == MaterialForm.SVG]
    tree = etree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert tree.get("role") == "img"
    assert tree.findtext(f"{space}title").startswith("Nghị quyết 15-NQ/TU")
    assert "98%: Dự đủ thời gian: Ít nhất." in tree.findtext(f"{space}desc")
    assert not [value for node in tree.iter() for value in node.attrib.values() if re.match(r"https?:|//", value)]


def test_same_content_gives_the_same_pages(tmp_path):
    one, other = (made(MaterialKind.FOLDER, SHORT, tmp_path)[0][0].content for _ in range(2))
    assert text_of(one) == text_of(other)
    first, second = (made(MaterialKind.OUTLINE, SHORT, tmp_path)[0][0].content for _ in range(2))
    assert first == second


def test_poster_of_the_public_shows_questions_where_there_are_no_points(tmp_path):
    points = [one for one in SHORT if one.kind in (PartKind.FIGURE, PartKind.QUESTION)]
    files, _note = made(MaterialKind.INFOGRAPHIC, points, tmp_path, audience=Audience.PUBLIC)
    assert "Ốm thì sao?" in text_of(files[0].content)
    with pytest.raises(Refusal) as refusal:
        made(MaterialKind.QA, SHORT[:3], tmp_path, audience=Audience.PUBLIC)
    assert refusal.value.sentence == "Bản đã duyệt chưa có câu hỏi – đáp nào cho Nhân dân."


# --- slides -----------------------------------------------------------------------------------------------------------

# Widths of Arial by letter, in thousandths of the type size; a letter with marks is as wide as the bare one.
_ARIAL = {
    **dict.fromkeys("abdeghnopqu0123456789_L", 556), **dict.fromkeys("cksvxyzJ", 500), **dict.fromkeys(" ft.,;:/!I", 278),
    **dict.fromkeys("ijl", 222), **dict.fromkeys("ABEKPSVXYđ", 667), **dict.fromkeys("CDHNRUwĐ", 722), **dict.fromkeys("GOQ", 778),
    "r": 333, "m": 833, "M": 833, "F": 611, "T": 611, "Z": 611, "W": 944, "—": 1000, "%": 889,
}  # fmt: skip


def _width(words: str, size: float, bold: bool) -> float:
    import unicodedata

    bare = [letter for letter in unicodedata.normalize("NFD", words) if not unicodedata.combining(letter)]
    return sum(_ARIAL.get(one, 640) for one in bare) / 1000 * size * (1.09 if bold else 1.03)


def _lines(words: str, size: float, bold: bool, room: float) -> int:
    lines, here = 1, 0.0
    for word in words.split(" "):
        long = _width(word + " ", size, bold)
        if here and here + long > room:
            lines, here = lines + 1, 0.0
        while long > room:
            lines, long = lines + 1, long - room
        here += long
    return lines


@pytest.mark.req("R-114")
@pytest.mark.parametrize("points", [SHORT, long_points()], ids=["short", "long"])
def test_words_of_slides_stay_in_their_boxes(points, tmp_path):
    [file], _note = made(MaterialKind.SLIDES, points, tmp_path)
    deck = pptx.Presentation(io.BytesIO(file.content))
    for number, slide in enumerate(deck.slides, 1):
        assert slide.shapes.title.text
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height
            if not shape.has_text_frame:
                continue
            needs = 0.0
            for paragraph in shape.text_frame.paragraphs:
                for run in paragraph.runs:
                    size = run.font.size.pt
                    needs += _lines(run.text, size, bool(run.font.bold), shape.width.pt) * size * 1.2
                    needs += paragraph.space_after.pt
            assert needs <= shape.height.pt + 10, (number, shape.text_frame.text[:60], needs, shape.height.pt)


def test_pieces_of_a_long_paragraph_are_the_paragraph():
    long = WORDS * 40 + "y" * 5000 + " " + WORDS * 3
    pieces = list(slides._pieces(long))
    assert len(pieces) > 3
    assert "".join(pieces).replace(" ", "") == long.replace(" ", "")
    assert all(slides.height_of([(one, False)]) <= slides.ROOM_HEIGHT for one in pieces)


def test_slides_are_a_sound_package(tmp_path):
    [file], _note = made(MaterialKind.SLIDES, SHORT, tmp_path)
    with zipfile.ZipFile(io.BytesIO(file.content)) as package:
        assert package.testzip() is None
        for name in package.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(package.read(name))
    deck = pptx.Presentation(io.BytesIO(file.content))
    notes = [slide.notes_slide.notes_text_frame.text for slide in deck.slides if slide.has_notes_slide]
    assert any("mục 1, mục II" in one for one in notes)


@pytest.mark.req("R-114")
def test_slides_open_in_libreoffice_with_every_word(tmp_path):
    office = shutil.which("soffice")
    assert office, "LibreOffice is missing: make test installs it"
    [file], _note = made(MaterialKind.SLIDES, SHORT, tmp_path)
    (tmp_path / "slides.pptx").write_bytes(file.content)
    run_office(office, "pdf", tmp_path, tmp_path / "slides.pptx", tmp_path)
    shown = (tmp_path / "slides.pdf").read_bytes()
    assert len(pypdfium2.PdfDocument(shown)) == len(pptx.Presentation(io.BytesIO(file.content)).slides)
    # Letter by letter: which of them a substitute font draws, and so in what order they are read, is the machine's.
    letters = Counter("".join(point.title + point.text + point.figure for point in SHORT))
    del letters[" "]
    assert not letters - Counter(text_of(shown))


@pytest.mark.parametrize("kind", [MaterialKind.FOLDER, MaterialKind.SLIDES])
def test_contents_that_no_layout_holds_are_refused_with_the_number(kind, tmp_path):
    with pytest.raises(Refusal) as refusal:
        made(kind, [Point(PartKind.CORE, "", f"{number} {WORDS * 180}") for number in range(40)], tmp_path)
    assert refusal.value.code == "material.too_long"
    assert re.search(r"Nội dung cần \d{3,} (ô gấp|trang trình chiếu)", refusal.value.sentence)


# --- the look ---------------------------------------------------------------------------------------------------------


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert checked_colour(" #767676 ") == "#767676"


@pytest.mark.parametrize(("typed", "code"), [("#777777", "look.contrast"), ("#ffcc00", "look.contrast"), ("red", "look.colour"), ("#12345", "look.colour"), ("#12345g", "look.colour")])  # fmt: skip
def test_colour_that_cannot_be_read_is_refused(typed, code):
    with pytest.raises(Refusal) as refusal:
        checked_colour(typed)
    assert (refusal.value.code, refusal.value.field) == (code, "colour")
    if code == "look.contrast":
        assert "4,5:1" in refusal.value.sentence


def test_words_are_readable_on_every_ground_of_the_standard_look():
    tint = "#" + slides._tint(Look().colour).lower()
    assert contrast(Look().colour, "#ffffff") >= 4.5
    assert contrast("#1b1b1d", tint) >= 4.5
    assert contrast("#55555c", tint) >= 4.5
    assert contrast(Look().colour, tint) >= 4.5


def test_sources_take_nothing_from_outside():
    for path in Path(pages.__file__).parent.glob("*.typ"):
        assert "@preview" not in path.read_text("utf-8")
        assert "http" not in path.read_text("utf-8")
