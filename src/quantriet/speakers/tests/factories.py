"""Short ways to reporters and invitations, through the actions everybody goes through."""

import datetime as dt

from quantriet.kit.time import now, today
from quantriet.speakers import actions
from quantriet.speakers.actions import Profile, invitations
from quantriet.speakers.models import ReporterField
from quantriet.speakers.vocab import Half, ReporterKind, SourceGroup


def fields(*names):
    """Fields of the house by a part of their name."""
    return tuple(ReporterField.objects.get(unit=None, name__contains=name) for name in names)


def a_reporter(cast, person="M5", unit="T", kind=ReporterKind.REPORTER, valid_from=dt.date(2024, 1, 1), **profile):
    if kind == ReporterKind.PROPAGANDIST:
        given = {"source": SourceGroup.CELL, "decision_number": "12-QĐ/ĐU", "decided_on": dt.date(2024, 1, 1)}
        profile = given | profile
    return actions.add_reporter(
        cast.units[unit],
        cast.people[person],
        kind,
        Profile(**profile),
        valid_from=valid_from,
        by=cast.officer,
        at=now(),
    )


def an_invitation(cast, reporter, unit="X1", days=10, half=Half.MORNING, by="organiser1", **given):
    told = {"topic": "Nghị quyết 15-NQ/TU", "audience": "45 đảng viên", "place": "Nhà văn hóa thôn 1"} | given
    return invitations.invite_reporter(
        reporter,
        cast.units[unit],
        held_on=today() + dt.timedelta(days=days),
        half=half,
        by=cast.accounts[by],
        at=now(),
        **told,
    )


def a_held_report(cast, reporter, unit="X1", days_ago=2, half=Half.MORNING):
    """A report that was asked, accepted and given some days ago."""
    asked = now() - dt.timedelta(days=days_ago + 10)
    made = invitations.invite_reporter(
        reporter, cast.units[unit], held_on=today() - dt.timedelta(days=days_ago), half=half, topic="Nghị quyết 15-NQ/TU",
        audience="45 đảng viên", place="Nhà văn hóa thôn 1", by=cast.officer, at=asked,
    )  # fmt: skip
    return invitations.accept_invitation(made, by=cast.officer, at=asked)
