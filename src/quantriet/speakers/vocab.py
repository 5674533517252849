"""Kinds of entries of the register, levels, sources; states of invitations; what is checked in an outline and rated after it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date

from quantriet.audit.vocab import VERBS
from quantriet.kit.registry import Registry
from quantriet.kit.vocab import LabelledEnum, gettext_noop
from quantriet.notify.vocab import NOTIFICATION_KINDS, NotificationKind


class ReporterKind(LabelledEnum):
    REPORTER = "reporter", gettext_noop("Reporter")
    PROPAGANDIST = "propagandist", gettext_noop("Propagandist")


class TheoryLevel(LabelledEnum):
    """Level of political theory; the order is that of the ladder."""

    NONE = "none", gettext_noop("No level yet")
    ELEMENTARY = "elementary", gettext_noop("Elementary theory")
    INTERMEDIATE = "intermediate", gettext_noop("Intermediate theory")
    ADVANCED = "advanced", gettext_noop("Advanced theory")
    BACHELOR = "bachelor", gettext_noop("Bachelor of political theory")


THEORY_ORDER = list(TheoryLevel)


class SourceGroup(LabelledEnum):
    """Where propagandists come from: the seven groups of R-110."""

    FRONT = "front", gettext_noop("Front and mass organisations")
    HEALTH = "health", gettext_noop("Health care")
    SCHOOL = "school", gettext_noop("Schools")
    ARMY = "army", gettext_noop("Army")
    POLICE = "police", gettext_noop("Police")
    BORDER = "border", gettext_noop("Border guard")
    CELL = "cell", gettext_noop("Cell committees of residential areas")


class EndReason(LabelledEnum):
    """Why somebody is no longer on the register; nothing is deleted."""

    REVIEW = "review", gettext_noop("Not kept at the yearly review")
    WISH = "wish", gettext_noop("At own wish")
    HEALTH = "ill", gettext_noop("For reasons of health")
    MOVED = "moved", gettext_noop("Moved to other work")
    DIED = "died", gettext_noop("Died")
    MISTAKE = "mistake", gettext_noop("Entered by mistake")


class EntryOutcome(LabelledEnum):
    """What the yearly review comes to for one entry (R-108: rà soát, củng cố, kiện toàn)."""

    KEEP = "keep", gettext_noop("Kept on the register")
    CONSOLIDATE = "consolidate", gettext_noop("To be consolidated")
    END = "end", gettext_noop("To be taken off the register")


class TrainingKind(LabelledEnum):
    TRAINING = "training", gettext_noop("Training")
    SUPPLY = "supply", gettext_noop("Supply of information")


class Half(LabelledEnum):
    """A part of a day; an invitation takes one."""

    MORNING = "morning", gettext_noop("Morning")
    AFTERNOON = "afternoon", gettext_noop("Afternoon")
    EVENING = "evening", gettext_noop("Evening")


class InvitationState(LabelledEnum):
    """asked → accepted or declined; asked and accepted may be withdrawn by who asked, accepted called off by who answered."""

    ASKED = "asked", gettext_noop("Waiting for an answer")
    ACCEPTED = "accepted", gettext_noop("Invitation accepted")
    DECLINED = "declined", gettext_noop("Invitation declined")
    WITHDRAWN = "withdrawn", gettext_noop("Invitation withdrawn")
    CALLED_OFF = "called_off", gettext_noop("Acceptance called off")


OPEN_STATES = (InvitationState.ASKED, InvitationState.ACCEPTED)


class OutlineCheck(LabelledEnum):
    """What a report outline must be (R-114), ticked by who files it."""

    SHORT = "short", gettext_noop("Short and dense")
    FOCUSED = "focused", gettext_noop("Focused on what matters most")
    LOCAL = "local", gettext_noop("Local facts")
    FIGURES = "figures", gettext_noop("Figures as evidence")
    IMAGES = "images", gettext_noop("Pictures that illustrate")
    FITTED = "fitted", gettext_noop("Fitted to the audience")


class Criterion(LabelledEnum):
    """What listeners rate after a report, each from 1 to 5 (R-116)."""

    CONCISE = "concise", gettext_noop("Concise")
    CORE = "core", gettext_noop("Straight to the core points")
    LOCAL = "local", gettext_noop("Linked to what happens here")
    CONCERN = "concern", gettext_noop("Speaks to what the public is concerned about")
    REBUTTAL = "rebuttal", gettext_noop("Refutes wrong and hostile views")


class SpeakerRuleKey(LabelledEnum):
    """Figures that an office may set by a paper of its own."""

    TRAINED_SHARE = "trained_share", gettext_noop("Share supplied with information and trained in a year (%)")
    OUTLINE_DAYS = "outline_days", gettext_noop("Outline filed before the day (days)")
    RATING_DAYS = "rating_days", gettext_noop("Rating open after the day (days)")


@dataclass(frozen=True)
class Engagement:
    """What somebody does elsewhere on a part of a day, for which unit; `words` say it after the name."""

    person_id: int
    unit_id: int
    held_on: date
    half: Half
    words: str


# What people do between two days, both with them, as a room above says; of all people without the third.
ENGAGEMENTS: Registry[Callable[[date, date, Collection[int] | None], Iterable[Engagement]]] = Registry(
    "engagement of reporters"
)

HIGHEST_SCORE = 5
# Fewer answers than this are never shown, not even as a mean (RELIABILITY.md, promise 8).
FEWEST_SHOWN = 5

INVITATION_KIND, OUTLINE_KIND, SOURCES_KIND = "speaker_invitation", "speaker_outline", "speaker_sources"


def register() -> None:
    NOTIFICATION_KINDS.add(INVITATION_KIND, NotificationKind("Mời báo cáo viên", is_prompt=True))
    NOTIFICATION_KINDS.add(OUTLINE_KIND, NotificationKind("Nhắc gửi đề cương báo cáo"))
    NOTIFICATION_KINDS.add(SOURCES_KIND, NotificationKind("Nguồn thông tin cho báo cáo viên"))
    for verb, phrase in {
        "reporter.added": "ghi vào sổ báo cáo viên",
        "reporter.changed": "sửa hồ sơ báo cáo viên",
        "reporter.ended": "đưa ra khỏi sổ báo cáo viên",
        "reporter_field.added": "thêm lĩnh vực báo cáo",
        "reporter_field.retired": "thôi dùng lĩnh vực báo cáo",
        "roster_review.opened": "mở rà soát sổ báo cáo viên",
        "roster_review.judged": "ghi kết quả rà soát sổ báo cáo viên",
        "roster_review.closed": "chốt rà soát sổ báo cáo viên",
        "training.recorded": "ghi tập huấn, cung cấp thông tin cho báo cáo viên",
        "training.withdrawn": "rút ghi nhận tập huấn, cung cấp thông tin",
        "source.added": "thêm nguồn thông tin cho báo cáo viên",
        "source.retired": "bỏ nguồn thông tin cho báo cáo viên",
        "source.sent": "gửi nguồn thông tin cho báo cáo viên",
        "busy.entered": "ghi ngày báo cáo viên bận",
        "busy.removed": "bỏ ngày báo cáo viên bận",
        "invitation.asked": "mời báo cáo viên",
        "invitation.accepted": "nhận lời mời báo cáo",
        "invitation.declined": "từ chối lời mời báo cáo",
        "invitation.withdrawn": "rút lời mời báo cáo",
        "invitation.called_off": "báo không đến được sau khi nhận lời",
        "speaker_outline.filed": "gửi đề cương báo cáo",
        "speaker.assessed": "nhận xét buổi báo cáo",
        "speaker_rule.set": "đặt quy định về báo cáo viên",
    }.items():
        VERBS.add(verb, phrase)
