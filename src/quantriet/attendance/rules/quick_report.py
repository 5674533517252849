"""The quick report of a conference, in the numbers that are read out on the day: as sentences, as text, as a paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quantriet.kit.documents.official import Block, Grid, Heading, Paper, Text
from quantriet.kit.numbers import show_number, show_percent

_NAMED = 12  # silent venues named in a sentence; the list has all


@dataclass(frozen=True)
class ReportedUnit:
    """A unit with its venues, how many of them reported, those called and those attending."""

    name: str
    venues: int
    reported: int
    called: int
    delegates: int


@dataclass(frozen=True)
class QuickReport:
    """What is reported of one session. `by_roll` and `by_count` are people; `silent` names venues that said nothing."""

    title: str
    unit: str
    host: str
    session: str
    day: str  # 12/01/2026
    until: str  # 09:15 ngày 12/01/2026, or empty while nothing is known
    venues: int
    called: int
    by_roll: int
    by_count: int
    counted_venues: int
    marked_venues: int = 0  # of those counted: whose roll is being taken, and does not yet cover those called
    silent: Sequence[str] = ()
    units: Sequence[ReportedUnit] = ()
    savings: Sequence[str] = ()
    total_saved: int | None = None

    @property
    def reported(self) -> int:
        return self.venues - len(self.silent)

    @property
    def delegates(self) -> int:
        return self.by_roll + self.by_count

    @property
    def headline(self) -> str:
        """ "259 điểm cầu, 11.056 đại biểu"; while venues are silent, of how many."""
        count = (
            show_number(self.venues) if not self.silent else f"{show_number(self.reported)}/{show_number(self.venues)}"
        )
        told = " đã báo cáo" if self.silent else ""
        return f"{count} điểm cầu{told}, {show_number(self.delegates)} đại biểu"


def sentences(report: QuickReport) -> list[str]:
    """The report, a sentence each: how many, by which way of counting, who has said nothing, what is saved."""
    shown = show_number
    held = f", do {report.host} chủ trì" if report.host else ""
    said = [f"{report.title}{held}; {report.session}, ngày {report.day}: {report.headline}."]
    if report.called:
        said.append(
            f"Được triệu tập {shown(report.called)} người; có mặt theo điểm danh {shown(report.by_roll)} người "
            f"({show_percent(report.by_roll, report.called)})."
        )
    if report.counted_venues:
        said.append(
            f"Trong số đại biểu có {shown(report.by_count)} người của {shown(report.counted_venues)} điểm cầu báo nhanh, "
            + (
                f"chưa điểm danh xong theo tên ({shown(report.marked_venues)} điểm cầu đang điểm danh)."
                if report.marked_venues
                else "chưa điểm danh theo tên."
            )
        )
    if report.silent:
        named = ", ".join(report.silent[:_NAMED])
        more = f" và {shown(len(report.silent) - _NAMED)} điểm cầu khác" if len(report.silent) > _NAMED else ""
        said.append(
            f"Còn {shown(len(report.silent))} điểm cầu chưa báo cáo, chưa tính là không có người dự: {named}{more}."
        )
    elif report.venues:
        said.append("Tất cả các điểm cầu đã báo cáo.")
    if report.reported > 1:
        said.append(
            f"Đại biểu tại {shown(report.reported)} điểm cầu cùng nghe trực tiếp một nội dung, cùng một thời điểm."
        )
    if report.total_saved:
        said.append(f"Ước tiết kiệm {shown(report.total_saved)} đồng chi phí đi lại và phụ cấp.")
    said += report.savings
    return said


def as_text(report: QuickReport) -> str:
    """The sentences as a message to copy, with when the numbers were taken."""
    lines = ["BÁO CÁO NHANH", *sentences(report)]
    if report.until:
        lines.append(f"Số liệu đến {report.until}.")
    return "\n".join(lines)


def paper(report: QuickReport, *, superior: str, place_and_day: tuple[str, str]) -> Paper:
    """The same as an official paper with the table by unit and the list of silent venues."""
    place, day = place_and_day
    blocks: list[Block] = [Text(one) for one in sentences(report)]
    if report.until:
        blocks.append(Text(f"Số liệu đến {report.until}.", italic=True))
    if report.units:
        blocks.append(Heading("Theo đơn vị"))
        blocks.append(
            Grid(
                header=[["Đơn vị", "Điểm cầu", "Đã báo cáo", "Triệu tập", "Đại biểu dự"]],
                rows=[
                    [
                        one.name, show_number(one.venues), show_number(one.reported), show_number(one.called),
                        show_number(one.delegates) if one.reported else "chưa báo cáo",
                    ]
                    for one in report.units
                ],
                widths=[65, 22, 25, 25, 28],
                align=["left", "right", "right", "right", "right"],
                total=[
                    "Tổng số", show_number(report.venues), show_number(report.reported), show_number(report.called),
                    show_number(report.delegates),
                ],
            )
        )  # fmt: skip
    if report.silent:
        blocks.append(Heading("Điểm cầu chưa báo cáo"))
        blocks += [Text(f"{number}. {name}") for number, name in enumerate(report.silent, start=1)]
    return Paper(
        superior=superior.upper(), body=report.unit.upper(), place=place, day=day, kind="BÁO CÁO NHANH",
        subject=report.title, blocks=blocks,
    )  # fmt: skip
