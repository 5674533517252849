"""Who presents resolutions in the demo: a register with its review, training and sources; one invitation in each state."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

from quantriet.kit.time import at_local, now, today
from quantriet.org.models import Account, Person, Unit
from quantriet.speakers import actions
from quantriet.speakers.actions import Profile, invitations, ratings, reviews, training
from quantriet.speakers.actions.invitations import Brought
from quantriet.speakers.models import Reporter, ReporterField
from quantriet.speakers.vocab import (
    Criterion,
    EntryOutcome,
    Half,
    OutlineCheck,
    ReporterKind,
    SourceGroup,
    TheoryLevel,
    TrainingKind,
)

_SINCE = dt.date(2025, 9, 15)
_PROFILES = (
    ("Cử nhân luật", TheoryLevel.ADVANCED, 2009, (0, 10), True, "Báo cáo viên cấp tỉnh hai nhiệm kỳ", "Được nhân dân các thôn tin cậy", "Từng làm bí thư chi bộ thôn 8 năm"),
    ("Kỹ sư nông nghiệp", TheoryLevel.INTERMEDIATE, 2016, (3, 4), True, "Giảng viên kiêm nhiệm trung tâm chính trị", "", "Theo dõi chương trình nông thôn mới"),
    ("Giáo viên ngữ văn", TheoryLevel.INTERMEDIATE, 2018, (1, 7), False, "Giải ba hội thi báo cáo viên giỏi", "Giáo viên giỏi cấp tỉnh", ""),
    ("Cán bộ tuyên giáo", TheoryLevel.BACHELOR, 2005, (0, 1, 13, 15), True, "Hơn 200 buổi báo cáo", "", "Nắm địa bàn các xã trong vùng"),
    ("Bác sĩ", TheoryLevel.ELEMENTARY, 2021, (6,), False, "", "", "Phụ trách trạm y tế"),
    ("Cử nhân công nghệ thông tin", TheoryLevel.ELEMENTARY, 2023, (8,), False, "", "", ""),
)  # fmt: skip
_SOURCES = (SourceGroup.CELL, SourceGroup.FRONT, SourceGroup.SCHOOL, SourceGroup.HEALTH, SourceGroup.POLICE)
_OUTLINE = """ĐỀ CƯƠNG BÁO CÁO
1. Vì sao phải đổi mới sinh hoạt chi bộ: 3 con số của xã năm 2025.
2. Năm điểm mới cần nhớ.
3. Liên hệ: cách làm của chi bộ thôn 2.
4. Trả lời câu hỏi người dân hay hỏi."""


def speak(root: Unit, committee: Unit, cell: Unit, accounts: dict[str, Account]) -> None:
    """The register of the root, propagandists of the committee, and what became of some invitations until today."""
    officer, at = accounts["canbo"], now()
    own = [one.person for one in (accounts["baocaovien"], accounts["bithu"]) if one.person]
    fields = list(ReporterField.objects.filter(unit__isnull=True).order_by("pk"))
    people = list(
        Person.objects.under(root)
        .active()
        .filter(unit__kind__level="cell")
        .exclude(account__isnull=False)
        .order_by("pk")[:200:9]  # type: ignore[attr-defined]
    )
    begun = at_local(_SINCE, dt.time(8, 0))
    reporters = []
    for person, told in zip([*own, *people], _PROFILES, strict=False):
        profession, theory, year, kinds, is_specialist, experience, prestige, practice = told
        profile = Profile(
            fields=tuple(fields[one] for one in kinds), is_specialist=is_specialist, theory_level=theory,
            profession=profession, since_year=year, experience=experience, prestige=prestige, practice=practice,
        )  # fmt: skip
        reporters.append(
            actions.add_reporter(root, person, ReporterKind.REPORTER, profile, valid_from=_SINCE, by=officer, at=begun)
        )
    for person, source in zip(people[len(_PROFILES) :], _SOURCES, strict=False):
        profile = Profile(
            fields=(fields[5],), source=source, decision_number="12-QĐ/ĐU", decided_on=_SINCE, profession="Cán bộ cơ sở",
            theory_level=TheoryLevel.ELEMENTARY,
        )  # fmt: skip
        actions.add_reporter(
            committee, person, ReporterKind.PROPAGANDIST, profile, valid_from=_SINCE, by=officer, at=begun
        )
    _keep_able(root, reporters, officer=officer, at=at)
    _invite(cell, reporters, officer=officer, at=at)


def _keep_able(root: Unit, reporters: list[Reporter], *, officer: Account, at: dt.datetime) -> None:
    day = today()
    everybody = list(Reporter.objects.filter(unit=root).select_related("person", "unit").order_by("pk"))
    ago = max(day - dt.timedelta(days=25), dt.date(day.year, 1, 1))
    training.record_training(
        root, TrainingKind.SUPPLY, held_on=ago, topic="Thông tin thời sự tháng và định hướng tuyên truyền",
        materials="Bản tin nội bộ, 12 trang.", link="https://tanlinh.example/ban-tin", reporters=everybody, by=officer, at=at,
    )  # fmt: skip
    training.record_training(
        root, TrainingKind.TRAINING, held_on=ago, topic="Kỹ năng trình chiếu và trả lời câu hỏi",
        reporters=everybody[: max(1, len(everybody) * 2 // 3)], by=officer, at=at,
    )  # fmt: skip
    for title, link, note in (
        (
            "Cổng thông tin của tỉnh",
            "https://tanlinh.example/van-ban",
            "Văn bản mới, số liệu kinh tế – xã hội hằng tháng.",
        ),
        ("Bản tin sinh hoạt chi bộ", "https://tanlinh.example/sinh-hoat-chi-bo", "Phát hành ngày 25 hằng tháng."),
        ("Tủ sách trung tâm chính trị", "", "Tầng 2, mở cửa giờ hành chính."),
    ):
        training.add_information_source(root, title=title, link=link, note=note, by=officer, at=at)
    review = reviews.open_roster_review(root, day.year, by=officer, at=at)
    half = reporters[: len(reporters) // 2]
    judged = {one.pk: (EntryOutcome.KEEP, "") for one in half}
    if half:
        judged[half[-1].pk] = (EntryOutcome.CONSOLIDATE, "Cần tập huấn thêm kỹ năng trình chiếu.")
    reviews.judge_entries(review, judged, by=officer, at=at)


def _invite(cell: Unit, reporters: list[Reporter], *, officer: Account, at: dt.datetime) -> None:
    """One that waits for its answer, one accepted with its outline, one overdue with it, one held and being rated."""
    day = today()
    told = {"topic": "Đổi mới sinh hoạt chi bộ: những điểm mới", "audience": "Khoảng 45 đảng viên và người dân", "place": f"Nhà văn hóa, {cell.name}"}  # fmt: skip
    before = at - dt.timedelta(days=20)

    def ask(number: int, days: int, half: Half, when: dt.datetime = at):  # type: ignore[no-untyped-def]
        return invitations.invite_reporter(
            reporters[number], cell, held_on=day + dt.timedelta(days=days), half=half, by=officer, at=when, **told
        )

    ask(0, 12, Half.EVENING)
    with_outline = ask(1, 9, Half.MORNING)
    invitations.accept_invitation(with_outline, by=officer, at=at)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "de-cuong-bao-cao.txt"
        path.write_text(_OUTLINE, encoding="utf-8")
        checks = [OutlineCheck.SHORT, OutlineCheck.FOCUSED, OutlineCheck.LOCAL, OutlineCheck.FIGURES]
        invitations.file_outline(with_outline, file=Brought(path, path.name), checks=checks, by=officer, at=at)
    overdue = ask(2, 2, Half.AFTERNOON, before)
    invitations.accept_invitation(overdue, by=officer, at=before)
    held = ask(3, -3, Half.EVENING, before)
    invitations.accept_invitation(held, by=officer, at=before)
    scores = dict.fromkeys(Criterion, 4) | {Criterion.LOCAL: 5}
    ratings.assess_report(
        held, scores, remark="Gọn, có số liệu của xã; nên dành thêm thời gian hỏi đáp.", by=officer, at=at
    )
    declined = ask(4, 15, Half.MORNING)
    invitations.decline_invitation(declined, reason="Trùng lịch trực của trạm y tế.", by=officer, at=at)
    training.enter_busy(
        reporters[5].person, first_on=day + dt.timedelta(days=5), last_on=day + dt.timedelta(days=8), note="Đi công tác",
        by=officer, at=at,
    )  # fmt: skip
