"""A conference that units below have joined: venues with some gaps before the day, and the register of rooms."""

from __future__ import annotations

import datetime as dt

from quantriet.campaigns.models import StudyCampaign
from quantriet.classes import actions
from quantriet.classes.models import StudyClass
from quantriet.classes.vocab import ConferenceLevel, EquipmentKind, ItemKind, LineKind
from quantriet.kit.time import at_local, now, today
from quantriet.library.vocab import ContentTier
from quantriet.org.models import Account, Unit

_VENUES = 9  # besides the main one
_ALL = (
    EquipmentKind.SCREEN,
    EquipmentKind.SPEAKERS,
    EquipmentKind.MICROPHONE,
    EquipmentKind.CAMERA,
    EquipmentKind.LINE,
)


def confer(root: Unit, campaign: StudyCampaign, *, officer: Account, clerk: Account) -> StudyClass:
    """Six days ahead, open to the units below until the day after tomorrow; most venues lack something."""
    at = now()
    day = today() + dt.timedelta(days=6)
    conference = actions.add_conference(
        by=officer, at=at, campaign=campaign, unit=root, title="Hội nghị trực tuyến quán triệt chuyên đề quý tới",
        level=ConferenceLevel.LOCAL_CADRES, tier=ContentTier.KEY_CADRE, venue_name="Điểm cầu chính", address="Số 1 đường Hòa Lạc",
        capacity=220, clerk=officer, last_day=today() + dt.timedelta(days=2),
    )  # fmt: skip
    session = actions.add_session(
        conference, by=officer, at=at, title="Buổi sáng", starts_at=at_local(day, dt.time(7, 30)),
        ends_at=at_local(day, dt.time(11, 0)),
    )  # fmt: skip
    for kind, start, end in ((ItemKind.LECTURE, (7, 30), (10, 0)), (ItemKind.DISCUSSION, (10, 0), (11, 0))):
        actions.add_item(
            session, by=officer, at=at, kind=kind, starts_at=at_local(day, dt.time(*start)),
            ends_at=at_local(day, dt.time(*end)), title="",
        )  # fmt: skip
    actions.open_conference(conference.conference, by=officer, at=at)
    main = conference.venues.get(is_main=True)
    main.study_class = conference
    actions.prepare_venue(main, by=officer, at=at, by_host=True, hall="Hội trường lớn", equipment=_ALL)
    actions.check_connection(main, by=officer, at=at, passed=True)
    units = list(Unit.objects.active().under(root).exclude(pk=root.pk).order_by("depth", "path")[:_VENUES])
    for place, unit in enumerate(units):
        name = unit.short_name or unit.name
        room = actions.add_facility(
            unit, by=officer, at=at, name=f"Phòng họp {name}", address="", seats=40 + 10 * place if place != 4 else None,
            is_online=(True, True, None, False)[place % 4], screens=1 if place % 3 else 2, speakers=2,
            microphones=None if place % 4 == 2 else 2, cameras=0 if place == 3 else 1,
            line=LineKind.FIBRE if place % 4 != 3 else LineKind.MOBILE, has_power=place % 2 == 0,
        )  # fmt: skip
        if place % 4 == 3:
            actions.declare_facilities(unit, by=officer, at=at)
        venue = actions.add_conference_venue(
            conference.conference, by=officer, at=at, by_host=False, unit=unit, name=f"Điểm cầu {name}",
            facility=room if place != 5 else None, quota=40 if place % 2 else None, clerk=clerk if place in (0, 1, 4) else None,
            distance_km=8 + 7 * place if place != 6 else None, travel_minutes=20 + 10 * place if place != 6 else None,
        )  # fmt: skip
        if place in (0, 1, 2):
            actions.check_connection(venue, by=officer, at=at, passed=True)
        elif place == 3:
            actions.check_connection(
                venue, by=officer, at=at, passed=False, note="Tiếng vọng, hình giật ở phía điểm cầu"
            )
    actions.call_to_venues(conference.conference, by=officer, at=at)
    return conference
