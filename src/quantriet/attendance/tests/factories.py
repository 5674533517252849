"""A class with a roster, ready for the roll. Rows of lower rooms are written plainly, so that these tests are about presence."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from itertools import count

from quantriet.attendance import actions
from quantriet.attendance.models import RollReopening
from quantriet.attendance.vocab import FactKind, Mark, Method
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.campaigns.vocab import ATTEND, CampaignState
from quantriet.classes.models import ClassSession, ProgrammeItem, RosterEntry, StudyClass, Venue
from quantriet.classes.vocab import ClassState, ItemKind, RosterOrigin
from quantriet.kit.time import at_local, today

_numbers = count(1)
MORNING = (dt.time(7, 30), dt.time(11, 0))
AFTERNOON = (dt.time(13, 30), dt.time(17, 0))


def clock(hour: int, minute: int = 0, day: dt.date | None = None) -> dt.datetime:
    """A moment of the day of the class."""
    return at_local(day or today(), dt.time(hour, minute))


def make_campaign(cast, *, unit: str = "X1", is_open: bool = True, **given) -> StudyCampaign:
    """A campaign that everybody under the unit owes, opened without the proof that everybody has a class."""
    by = cast.accounts["officer"]
    campaign = campaign_factories.campaign(cast.units[unit], by, duty_kinds=[ATTEND], **given)
    campaign_actions.prepare_duties(campaign, by=by, at=clock(6))
    if is_open:
        campaign.state = CampaignState.OPEN
        campaign.save(update_fields=["state"])
    return campaign


@dataclass
class ClassSet:
    """A class and what belongs to it."""

    study_class: StudyClass
    venue: Venue
    sessions: list[ClassSession]
    entries: dict[str, RosterEntry] = field(default_factory=dict)

    @property
    def session(self) -> ClassSession:
        return self.sessions[0]

    @property
    def campaign(self) -> StudyCampaign:
        return self.study_class.campaign

    def mark(self, person: str, kind: FactKind, at: dt.datetime, *, session: int = 0, nonce: str = "", **given) -> Mark:
        return Mark(
            self.entries[person].pk,
            self.sessions[session].pk,
            kind,
            at,
            nonce or f"nonce-{next(_numbers)}",
            given.get("method", Method.ROLL),
        )


def make_class(
    cast,
    campaign: StudyCampaign,
    people: list[str],
    *,
    unit: str = "X1",
    state: ClassState = ClassState.RELEASED,
    title: str = "Lớp học tập xã Ea Tam",
    times: tuple[tuple[dt.time, dt.time], ...] = (MORNING,),
    breaks: tuple[tuple[dt.time, dt.time], ...] = (),
    day: dt.date | None = None,
    is_catch_up: bool = False,
    origin: RosterOrigin = RosterOrigin.AUDIENCE,
) -> ClassSet:
    day = day or today()
    study_class = StudyClass.objects.create(
        campaign=campaign,
        unit=cast.units[unit],
        code=f"T{next(_numbers):05d}",
        title=title,
        state=state,
        is_catch_up=is_catch_up,
    )
    venue = Venue.objects.create(study_class=study_class, unit=cast.units[unit], name="Hội trường", is_main=True)
    sessions = []
    for number, (start, end) in enumerate(times):
        session = ClassSession.objects.create(
            study_class=study_class,
            title=("Buổi sáng", "Buổi chiều")[number % 2],
            starts_at=at_local(day, start),
            ends_at=at_local(day, end),
        )
        for pause_start, pause_end in breaks:
            ProgrammeItem.objects.create(
                session=session,
                kind=ItemKind.BREAK,
                starts_at=at_local(day, pause_start),
                ends_at=at_local(day, pause_end),
                title="Giải lao",
            )
        sessions.append(session)
    made = ClassSet(study_class, venue, sessions)
    for code in people:
        made.entries[code] = add_entry(cast, made, code, origin=origin)
    return made


def add_entry(cast, made: ClassSet, code: str, *, venue: Venue | None = None, origin: str = "audience") -> RosterEntry:
    person = cast.people[code]
    return RosterEntry.objects.create(
        study_class=made.study_class,
        venue=venue or made.venue,
        person=person,
        unit=person.unit,
        duty=StudyDuty.objects.filter(campaign=made.campaign, kind=ATTEND, person=person).first(),
        origin=origin,
    )


def duty_of(made: ClassSet, code: str) -> StudyDuty:
    return StudyDuty.objects.get(pk=made.entries[code].duty_id)


def reopen(cast, made: ClassSet, *, reason: str = "Sót phiếu", at: dt.datetime) -> RollReopening:
    """Two persons open a closed roll again: the commune's organiser asks, the board's officer agrees."""
    asked = actions.ask_reopening(made.study_class, reason=reason, by=cast.accounts["organiser1"], at=at)
    return actions.decide_reopening(asked, is_granted=True, note="", by=cast.officer, at=at)
