"""The invitation to a later class, as it goes out by mail and on paper."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from quantriet.kit.time import show_clock, show_day, show_moment


@dataclass(frozen=True)
class Invitation:
    """What an invitation needs to know; `sessions` are (title, start, end) of the later class, empty while none is set."""

    full_name: str
    cell: str
    campaign: str
    missed_class: str
    why: str
    invite_before_on: dt.date
    inviting_unit: str = ""
    later_class: str = ""
    place: str = ""
    sessions: tuple[tuple[str, dt.datetime, dt.datetime], ...] = ()

    @property
    def subject(self) -> str:
        return f"Mời học bù: {self.later_class or self.campaign}"

    @property
    def paragraphs(self) -> list[str]:
        lines = [
            f"Kính gửi: Đồng chí {self.full_name}, {self.cell}.",
            f"Đồng chí chưa hoàn thành nội dung học tập của đợt “{self.campaign}”"
            + (f" tại “{self.missed_class}”" if self.missed_class else "")
            + f". {self.why}",
        ]
        if self.later_class:
            lines.append(f"{self.inviting_unit} mời đồng chí dự “{self.later_class}” tại {self.place}:")
            lines += [f"- {title}: {show_clock(start)} – {show_moment(end)}" for title, start, end in self.sessions]
        else:
            lines.append(
                f"{self.inviting_unit or self.cell} sẽ bố trí lớp học bù và báo thời gian, địa điểm; đề nghị đồng chí đăng ký "
                f"với chi bộ trước ngày {show_day(self.invite_before_on)}."
            )
        lines.append("Vắng mặt có lý do vẫn phải học bù; không dự được thì báo trước cho cấp ủy nơi sinh hoạt.")
        return lines

    @property
    def body(self) -> str:
        return "\n\n".join(self.paragraphs)
