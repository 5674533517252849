"""The Word paper of a report: the built-in template, the tags an office may use, and what fills them (P-03, P-12).

`template()` is made by code from the same kit that offices' own papers use; an office downloads it, changes words, order
and shape in Word, and uploads it as its own. `context(...)` is plain text and lists: equal input gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from quantriet.campaigns.rules import boards as board_rules
from quantriet.kit.documents import official
from quantriet.kit.documents.official import Block, Grid, PageBreak, Paper, Signature, Text
from quantriet.kit.numbers import show_number, show_percent
from quantriet.reports.rules import numbering
from quantriet.reports.vocab import (
    SECTION_HEADINGS,
    Cited,
    Classes,
    ClassGroup,
    Figures,
    Group,
    Named,
    People,
    Section,
    UnitRow,
)

# Above this many lines the annex names no more: the Excel file of the report has them all.
MOST_NAMED = 400
_TEMPLATE_DAY = datetime(2026, 1, 1, tzinfo=UTC)
TEMPLATE_NAME = "mau-bao-cao-ket-qua-hoc-tap.docx"
_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


@dataclass(frozen=True)
class Head:
    """What stands round the words of a report."""

    superior: str
    body: str
    number: str
    symbol: str
    place: str
    signed_on: date | None
    subject: str
    recipients: tuple[str, ...]
    authority: str
    signer_title: str
    signer_name: str
    corrects: str = ""


# Every tag with its meaning, for the page beside the upload; a test keeps this in step with `context`.
TAGS: dict[str, str] = {
    "superior": "Cơ quan cấp trên (dòng đầu bên trái)",
    "body": "Cơ quan ban hành",
    "number_line": "Dòng số, ký hiệu: “Số 26-BC/BTGTU”",
    "place": "Địa danh",
    "day_line": "Ngày ký: “ngày 05 tháng 02 năm 2026”",
    "subject": "Trích yếu",
    "corrects": "Câu nêu báo cáo được thay thế; trống nếu không phải báo cáo thay thế",
    "authority": "Thẩm quyền ký: “T/M BAN THƯỜNG VỤ”",
    "signer_title": "Chức vụ người ký",
    "signer_name": "Họ và tên người ký",
    "recipients": "Nơi nhận (danh sách dòng)",
    "sections": "Các phần có nội dung (danh sách: heading, paragraphs, key)",
    "overview": "Tình hình chung (danh sách đoạn)",
    "results": "Kết quả (danh sách đoạn)",
    "comparison": "So với lần trước (danh sách đoạn)",
    "praise": "Đơn vị cần biểu dương (danh sách đoạn)",
    "urge": "Đơn vị cần đôn đốc (danh sách đoạn)",
    "shortcomings": "Tồn tại, hạn chế (danh sách đoạn)",
    "proposals": "Kiến nghị, đề xuất (danh sách đoạn)",
    "as_of": "Thời điểm số liệu",
    "classes": "Số lớp: classes.held, classes.sessions, classes.venues, classes.outsiders, classes.called, classes.attended, classes.share",
    "people": "Số người: people.obliged, people.done, people.share, people.owing, people.exempt, people.excused, people.absent, people.retake, people.waiting, people.credited, people.alone",
    "levels": "Lớp theo cấp học (bảng: no, label, classes, called, attended, share)",
    "forms": "Lớp theo hình thức (bảng: no, label, classes, called, attended, share)",
    "tiers": "Theo đối tượng (bảng: no, label, obliged, done, owing, exempt, share)",
    "units": "Theo đơn vị (bảng: no, name, obliged, done, share, owing, exempt, classes, note)",
    "total": "Dòng cộng của bảng đơn vị: total.obliged, total.done, total.share, total.owing, total.exempt, total.classes",
    "unorganised": "Đơn vị chưa tổ chức (bảng: no, name, superior)",
    "unorganised_rest": "Câu nêu số đơn vị chưa tổ chức không ghi hết trong bảng; trống nếu đã ghi hết",
    "silent": "Đơn vị chưa báo cáo (bảng: no, name, superior, people)",
    "silent_rest": "Câu nêu số đơn vị chưa báo cáo không ghi hết trong bảng; trống nếu đã ghi hết",
    "named": "Hai danh sách trên gộp làm một (bảng: no, name, superior, people, state)",
    "named_rest": "Câu nêu số đơn vị không ghi hết trong bảng gộp; trống nếu đã ghi hết",
    "documents": "Văn bản học tập (bảng: no, citation, issuing_body, subject)",
}


def context(head: Head, figures: Figures, texts: Mapping[Section, str]) -> dict[str, Any]:
    """All that a template may name, already in Vietnamese writing; `texts` has blank lines between paragraphs."""
    parts = {section: _paragraphs(texts.get(section, "")) for section in Section}
    people, classes = figures.people, figures.classes
    filled = [section for section in Section if parts[section]]
    named = named_units(figures)
    return {
        "superior": head.superior,
        "body": head.body,
        "number_line": numbering.number_line(head.number, head.symbol),
        "place": head.place or "……",
        "day_line": numbering.day_line(head.signed_on),
        "subject": head.subject,
        "corrects": f"Báo cáo này thay thế {head.corrects}." if head.corrects else "",
        # Without "T/M …" the post itself is the bold first line.
        "authority": head.authority or head.signer_title,
        "signer_title": head.signer_title if head.authority else "",
        "signer_name": head.signer_name,
        "recipients": list(head.recipients),
        "sections": [
            {
                "key": section.value,
                "heading": f"{_NUMERALS[place]}. {SECTION_HEADINGS[section].partition('. ')[2]}",
                "paragraphs": parts[section],
            }
            for place, section in enumerate(filled)
        ],
        **{section.value: parts[section] for section in Section},
        "as_of": figures.as_of,
        "classes": {
            "held": show_number(classes.held),
            "sessions": show_number(classes.sessions),
            "venues": show_number(classes.venues),
            "outsiders": show_number(classes.outsiders),
            "called": show_number(sum(one.called for one in classes.levels)),
            "attended": show_number(sum(one.attended for one in classes.levels)),
            "share": show_percent(
                sum(one.attended for one in classes.levels), sum(one.called for one in classes.levels)
            ),
        },
        "people": {
            "obliged": show_number(people.obliged),
            "done": show_number(people.done),
            "share": show_percent(people.done, people.obliged),
            "owing": show_number(people.owing),
            "exempt": show_number(people.exempt),
            "excused": show_number(people.excused),
            "absent": show_number(people.absent),
            "retake": show_number(people.retake),
            "waiting": show_number(people.waiting),
            "credited": show_number(people.credited),
            "alone": show_number(people.alone),
        },
        "levels": [
            {
                "no": str(place),
                "label": one.label,
                "classes": show_number(one.classes),
                "called": show_number(one.called),
                "attended": show_number(one.attended),
                "share": show_percent(one.attended, one.called),
            }
            for place, one in enumerate(classes.levels, 1)
        ],
        "forms": [
            {
                "no": str(place),
                "label": one.label,
                "classes": show_number(one.classes),
                "called": show_number(one.called),
                "attended": show_number(one.attended),
                "share": show_percent(one.attended, one.called),
            }
            for place, one in enumerate(classes.forms, 1)
        ],
        "tiers": [
            {
                "no": str(place),
                "label": one.label,
                "obliged": show_number(one.people.obliged),
                "done": show_number(one.people.done),
                "owing": show_number(one.people.owing),
                "exempt": show_number(one.people.exempt),
                "share": show_percent(one.people.done, one.people.obliged),
            }
            for place, one in enumerate(figures.tiers, 1)
        ],
        "units": [_unit(place, row) for place, row in enumerate(figures.units, 1)],
        "total": {
            "obliged": show_number(sum(row.obliged for row in figures.units)),
            "done": show_number(sum(row.done for row in figures.units)),
            "share": show_percent(sum(row.done for row in figures.units), sum(row.obliged for row in figures.units)),
            "owing": show_number(sum(row.owing for row in figures.units)),
            "exempt": show_number(sum(row.exempt for row in figures.units)),
            "classes": show_number(sum(row.classes for row in figures.units)),
        },
        "unorganised": _named(figures.unorganised),
        "unorganised_rest": _rest(len(figures.unorganised)),
        "silent": _named(figures.silent),
        "silent_rest": _rest(len(figures.silent)),
        "named": named[:MOST_NAMED],
        "named_rest": _rest(len(named)),
        "documents": [
            {"no": str(place), "citation": one.citation, "issuing_body": one.issuing_body, "subject": one.subject}
            for place, one in enumerate(figures.documents, 1)
        ],
    }


def _paragraphs(text: str) -> list[str]:
    return [" ".join(one.split()) for one in text.replace("\r\n", "\n").split("\n") if one.strip()]


def _unit(place: int, row: UnitRow) -> dict[str, str]:
    """A unit that has reported nothing shows dashes, never zero (B-08)."""
    silent = row.is_silent
    return {
        "no": str(place),
        "name": row.name,
        "obliged": show_number(row.obliged),
        "done": "–" if silent else show_number(row.done),
        "share": "–" if silent else show_percent(row.done, row.obliged),
        "owing": "–" if silent else show_number(row.owing),
        "exempt": show_number(row.exempt),
        "classes": show_number(row.classes),
        "note": unit_note(row),
    }


def unit_note(row: UnitRow) -> str:
    """What must be known beside a unit's figures: silence and classes not organised."""
    said = []
    if row.is_silent:
        said.append("Chưa báo cáo")
    elif row.silent_cells:
        said.append(f"{show_number(row.silent_cells)}/{show_number(row.cells)} đơn vị chưa báo cáo")
    if row.waits:
        said.append("chưa tổ chức")
    waiting, of_these = row.organising - row.organised - row.waits, row.organising - row.waits
    if waiting:
        below = "đơn vị bên dưới " if row.waits else "nơi "
        said.append(
            "chưa tổ chức"
            if row.organising == 1
            else f"{show_number(waiting)}/{show_number(of_these)} {below}chưa tổ chức"
        )
    joined = "; ".join(said)
    return joined[:1].upper() + joined[1:]


def named_units(figures: Figures) -> list[dict[str, str]]:
    """Every unit that has not organised or not reported, by name."""
    rows = [(one, "Chưa tổ chức") for one in figures.unorganised]
    rows += [(one, "Chưa báo cáo") for one in figures.silent]
    return [{**_line_of(place, one), "state": state} for place, (one, state) in enumerate(rows, 1)]


def _named(rows: Sequence[Named]) -> list[dict[str, str]]:
    return [_line_of(place, one) for place, one in enumerate(rows[:MOST_NAMED], 1)]


def _line_of(place: int, one: Named) -> dict[str, str]:
    return {
        "no": str(place),
        "name": one.name,
        "superior": one.superior,
        "people": show_number(one.people) if one.people else "",
    }


def _rest(count: int) -> str:
    if count <= MOST_NAMED:
        return ""
    return f"Và {show_number(count - MOST_NAMED)} đơn vị khác, ghi đầy đủ trong tệp Excel kèm theo báo cáo."


# --- the built-in template -------------------------------------------------------------------------------------------


def _when(condition: str, *blocks: Block) -> list[Block]:
    return [Text(f"{{%p if {condition} %}}"), *blocks, Text("{%p endif %}")]


def _caption(text: str) -> Text:
    return Text(text, bold=True, indent=False, align="center", keep=True)


_LEVELS = Grid(
    header=(("TT", "Cấp học", "Số lớp", "Được triệu tập", "Dự đủ thời gian", "Tỷ lệ"),),
    rows=(
        (
            "{{ row.no }}",
            "{{ row.label }}",
            "{{ row.classes }}",
            "{{ row.called }}",
            "{{ row.attended }}",
            "{{ row.share }}",
        ),
    ),
    loop="row in levels",
    widths=(11, 58, 22, 26, 26, 22),
    align=("center", "left", "right", "right", "right", "right"),
    total=("", "Cộng", "{{ classes.held }}", "{{ classes.called }}", "{{ classes.attended }}", "{{ classes.share }}"),
)
_TIERS = Grid(
    header=(("TT", "Đối tượng", "Phải học", "Đã học", "Tỷ lệ", "Chưa học xong", "Miễn học"),),
    rows=(
        (
            "{{ row.no }}", "{{ row.label }}", "{{ row.obliged }}", "{{ row.done }}", "{{ row.share }}",
            "{{ row.owing }}", "{{ row.exempt }}",
        ),
    ),
    loop="row in tiers",
    widths=(11, 54, 21, 21, 20, 20, 18),
    align=("center", "left", "right", "right", "right", "right", "right"),
    total=(
        "", "Cộng", "{{ people.obliged }}", "{{ people.done }}", "{{ people.share }}", "{{ people.owing }}",
        "{{ people.exempt }}",
    ),
)  # fmt: skip
_UNITS = Grid(
    header=(("TT", "Đơn vị", "Phải học", "Đã học", "Tỷ lệ", "Chưa học xong", "Miễn học", "Số lớp", "Ghi chú"),),
    rows=(
        (
            "{{ row.no }}", "{{ row.name }}", "{{ row.obliged }}", "{{ row.done }}", "{{ row.share }}",
            "{{ row.owing }}", "{{ row.exempt }}", "{{ row.classes }}", "{{ row.note }}",
        ),
    ),
    loop="row in units",
    widths=(9, 40, 16, 16, 16, 15, 13, 13, 27),
    align=("center", "left", "right", "right", "right", "right", "right", "right", "left"),
    total=(
        "", "Cộng", "{{ total.obliged }}", "{{ total.done }}", "{{ total.share }}", "{{ total.owing }}",
        "{{ total.exempt }}", "{{ total.classes }}", "",
    ),
    size=10.5,
)  # fmt: skip
_UNORGANISED = Grid(
    header=(("TT", "Đơn vị", "Cấp trên trực tiếp"),),
    rows=(("{{ row.no }}", "{{ row.name }}", "{{ row.superior }}"),),
    loop="row in unorganised",
    widths=(11, 78, 76),
    align=("center", "left", "left"),
    size=11,
)
_SILENT = Grid(
    header=(("TT", "Đơn vị", "Cấp trên trực tiếp", "Số người phải học"),),
    rows=(("{{ row.no }}", "{{ row.name }}", "{{ row.superior }}", "{{ row.people }}"),),
    loop="row in silent",
    widths=(11, 56, 76, 22),
    align=("center", "left", "left", "right"),
    size=11,
)


@cache
def template() -> bytes:
    """The built-in template as a Word file; the same bytes every time, made once a process."""
    blocks: list[Block] = [
        *_when("corrects", Text("{{ corrects }}", italic=True)),
        Text("{%p for section in sections %}"),
        official.Heading("{{ section.heading }}"),
        Text("{%p for paragraph in section.paragraphs %}"),
        Text("{{ paragraph }}"),
        Text("{%p endfor %}"),
        *_when(
            'section.key == "results"',
            *_when("levels", _caption("Bảng 1. Kết quả theo cấp học"), _LEVELS),
            *_when("tiers", _caption("Bảng 2. Kết quả theo đối tượng"), _TIERS),
        ),
        Text("{%p endfor %}"),
    ]
    annex: Sequence[Block] = [
        *_when("units", PageBreak(), _caption("PHỤ LỤC 1"), _caption("Kết quả theo đơn vị, {{ as_of }}"), _UNITS),
        *_when(
            "named",
            # Below the first annex when there is room: no page is left half empty for a few lines.
            Text("", keep=True),
            _caption("PHỤ LỤC 2"),
            _caption("Đơn vị chưa tổ chức, chưa báo cáo, {{ as_of }}"),
            *_when(
                "unorganised",
                Text("I. Đơn vị chưa tổ chức học tập", bold=True, keep=True),
                Text(f"({board_rules.UNORGANISED})", italic=True, keep=True),
                _UNORGANISED,
                *_when("unorganised_rest", Text("{{ unorganised_rest }}", italic=True)),
            ),
            *_when("not unorganised", Text("I. Đơn vị chưa tổ chức học tập: không có", bold=True)),
            *_when(
                "silent",
                Text("II. Đơn vị chưa báo cáo kết quả", bold=True, keep=True),
                Text(f"({board_rules.SILENT})", italic=True, keep=True),
                _SILENT,
                *_when("silent_rest", Text("{{ silent_rest }}", italic=True)),
            ),
        ),
    ]
    paper = Paper(
        superior="{%p if superior %}\n{{ superior }}\n{%p endif %}",
        body="{{ body }}",
        number="{{ number_line }}",
        place="{{ place }}",
        day="{{ day_line }}",
        kind="BÁO CÁO",
        subject="{{ subject }}",
        blocks=blocks,
        recipients=(
            "{%p for one in recipients %}",
            "{{ one }}{% if loop.last %}.{% else %},{% endif %}",
            "{%p endfor %}",
        ),
        signature=Signature(authority="{{ authority }}", post="{{ signer_title }}", name="{{ signer_name }}"),
        annex=annex,
    )
    return official.build(paper, at=_TEMPLATE_DAY, author="Quán triệt", title="Mẫu báo cáo kết quả học tập")


def render(template_file: bytes, filled: Mapping[str, Any], *, at: datetime, author: str, title: str) -> bytes:
    """The Word file of a report; same template and context, same bytes."""
    return official.render_template(template_file, filled, at=at, author=author, title=title)


def sample() -> dict[str, Any]:
    """A context with an entry in every list, against which an uploaded template is checked."""
    return context(_SAMPLE_HEAD, _SAMPLE_FIGURES, dict.fromkeys(Section, "Đoạn mẫu."))


def faults_of(template_file: bytes) -> list[str]:
    """All that is wrong with an office's template, in sentences; none when it is good."""
    return official.check_template(template_file, sample())


_SAMPLE_HEAD = Head(
    superior="TỈNH ỦY (MẪU)",
    body="BAN TUYÊN GIÁO VÀ DÂN VẬN",
    number="26-BC/BTGTU",
    symbol="BTGTU",
    place="Tân Lĩnh",
    signed_on=date(2026, 2, 5),
    subject="kết quả học tập, quán triệt nghị quyết",
    recipients=("Thường trực Tỉnh ủy", "Lưu"),
    authority="T/M BAN",
    signer_title="TRƯỞNG BAN",
    signer_name="Họ và tên",
    corrects="Báo cáo 25-BC/BTGTU",
)
_SAMPLE_FIGURES = Figures(
    unit="Đơn vị mẫu",
    campaign="Đợt mẫu",
    organiser="Đơn vị mẫu",
    plan_number="12-KH/TU",
    period_from="01/01/2026",
    period_to="31/01/2026",
    due_on="31/01/2026",
    form="Trực tiếp",
    as_of="tính đến hết ngày 31/01/2026",
    documents=(Cited("Nghị quyết 01-NQ/TW ngày 01/01/2026", "Trung ương", "Trích yếu"),),
    people=People(attended=3, absent=1),
    classes=Classes(
        held=1, levels=(ClassGroup("grassroots", "Đảng viên", 1, 4, 3),), forms=(ClassGroup("online", "Trực tuyến", 1),)
    ),
    tiers=(Group("grassroots", "Đảng viên", People(attended=3, absent=1)),),
    units=(UnitRow(1, "Đơn vị A", done=3, owing=1, cells=1),),
    silent=tuple(Named("Chi bộ B", "Đơn vị A", 4) for _ in range(MOST_NAMED + 1)),
    unorganised=tuple(Named("Chi bộ C", "Đơn vị A") for _ in range(MOST_NAMED + 1)),
)
