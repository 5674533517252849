"""A campaign with a published text and people who may study it alone."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from quantriet.attendance import actions
from quantriet.attendance.models import SelfStudyPermission
from quantriet.attendance.queries import self_study as queries
from quantriet.attendance.tests.factories import clock, make_campaign
from quantriet.attendance.vocab import SelfStudyCause
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.rules.audience import Criteria
from quantriet.campaigns.vocab import ATTEND
from quantriet.kit.time import now, today
from quantriet.library.models import GuidingDocument, MasterVersion, StudyMaster
from quantriet.library.vocab import Audience, MasterState

_numbers = count(1)
BASIS = "Kế hoạch 15-KH/ĐU"


def nonce() -> str:
    return f"tu-hoc-{next(_numbers)}"


def part(
    pk: int, kind: str = "core", *, words: int = 60, title: str = "", text: str = "", to: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A part of a published text with so many syllables."""
    return {
        "id": pk, "kind": kind, "audiences": list(to or ("key_cadre", "rural", "officials", "public")),
        "title": title or f"Phần {pk}", "text": text or " ".join(["chữ"] * words), "value": None, "measure": "",
        "source": "", "cites": "mục 3 Hướng dẫn 26-HD/BTGTU", "clause": "3", "document": None,
    }  # fmt: skip


THREE = (part(1, words=380), part(2, "new", words=90), part(3, "question", words=40))


def publish(
    cast,
    campaign: StudyCampaign,
    parts=THREE,
    *,
    at: dt.datetime | None = None,
    document: GuidingDocument | None = None,
) -> MasterVersion:
    """The next published version of the master of the campaign's one document or of this; two days ago if not said otherwise."""
    at = at or clock(5) - dt.timedelta(days=2)  # today's five o'clock is still to come where a test runs at four
    document = document or campaign.documents.get()
    master, _new = StudyMaster.objects.get_or_create(
        document=document, unit=document.unit,
        defaults={
            "title": "Bản biên soạn", "state": MasterState.PUBLISHED, "created_at": now(), "created_by": cast.officer,
        },
    )  # fmt: skip
    return MasterVersion.objects.create(
        master=master, number=master.versions.count() + 1, content={"title": master.title, "parts": list(parts), "images": []},
        composed_by=cast.officer, approved_by=cast.accounts["leader"], approved_at=at, published_at=at,
    )  # fmt: skip


def study_campaign(cast, *, unit: str = "X1", parts=THREE, **given) -> StudyCampaign:
    """A running campaign of everybody under the unit, with a published text."""
    campaign = make_campaign(cast, unit=unit, **given)
    publish(cast, campaign, parts)
    return campaign


def allow(cast, campaign: StudyCampaign, *people: str, at: dt.datetime | None = None, **given) -> SelfStudyPermission:
    """Allow these people by name, or by `criteria`; ten days from today if not said otherwise."""
    columns = {
        "criteria": Criteria(), "cause": SelfStudyCause.TRANSPORT, "reason": "Lái xe đường dài", "basis": BASIS,
        "variant": Audience.OFFICIALS, "from_on": today(), "to_on": today() + dt.timedelta(days=10), "nonce": nonce(),
        **given,
    }  # fmt: skip
    return actions.allow_self_study(
        campaign, people=[cast.people[one] for one in people], by=cast.accounts["officer"], at=at or clock(6), **columns
    )


def duty(cast, campaign: StudyCampaign, person: str) -> StudyDuty:
    return StudyDuty.objects.select_related("campaign__unit", "person", "unit").get(
        campaign=campaign, kind=ATTEND, person=cast.people[person]
    )


def right_answers(campaign: StudyCampaign, standing) -> dict[int, list[int]]:
    return {one.id: sorted(one.right) for one in queries.checks_on(campaign, standing.section)}


def study(cast, campaign: StudyCampaign, person: str, *, sections: int | None = None, at: dt.datetime | None = None):
    """Begin, and pass so many sections (all without a number), each in its shortest time and a second."""
    moment = at or clock(8)
    by = cast.officer
    course = actions.begin_course(duty(cast, campaign, person), nonce=nonce(), by=by, at=moment)
    for standing in course.progress.sections[:sections]:
        actions.open_section(course, standing.number, nonce=nonce(), by=by, at=moment)
        moment += dt.timedelta(seconds=standing.section.seconds + 1)
        course = actions.answer_section(
            course,
            standing.number,
            answers=right_answers(campaign, standing),
            is_read=True,
            nonce=nonce(),
            by=by,
            at=moment,
        ).course
    return course
