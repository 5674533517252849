"""The chain of an absentee goes on by itself, step by step, until the study is done (R-067)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import transaction

from quantriet.attendance import queries
from quantriet.attendance.models import CatchUp, CatchUpStep
from quantriet.attendance.rules.chain import Followed, StepRule, next_step, report_letter
from quantriet.attendance.vocab import InvitedBy, StepKind, StepWay
from quantriet.audit.actions import record_many
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import CampaignState
from quantriet.kit.db import named_lock
from quantriet.kit.time import local
from quantriet.notify import actions as notify_actions
from quantriet.notify import queries as notify_queries
from quantriet.org.models import Account, Unit


def step_catch_ups(campaign: StudyCampaign, *, at: dt.datetime) -> int:
    """Take the step that is due today for every absentee of a campaign who has no later class; returns how many.

    Run as often as wanted: each step is one row a link by a constraint, written in one transaction with its notices, so
    that a restart sends nothing twice. Nothing happens for whoever is placed, has studied, is exempt or recognised, nor
    in a campaign that does not run. Effects: the steps with whom they told and by which way, notices to people, mails to
    units that have an address and notices to who looks after them, one audit line a step; a unit without either finds the
    step on its first page, and of a person without any way the step says so.
    """
    day = local(at).date()
    with named_lock(f"chains-{campaign.pk}"):
        campaign.refresh_from_db()
        if campaign.state != CampaignState.OPEN:
            return 0
        rules = queries.step_rules(campaign, day)
        due: dict[StepKind, list[CatchUp]] = defaultdict(list)
        for link in queries.links_to_follow(campaign):
            taken = {StepKind(step.kind): local(step.at).date() for step in link.steps.all()}
            kind = next_step(rules, opened_on=local(link.opened_at).date(), today=day, taken=taken)
            if kind is not None:
                due[kind].append(link)
        for kind, links in due.items():
            if kind in (StepKind.INVITE, StepKind.REMIND):
                _tell_people(kind, links, at)
            else:
                _tell_units(campaign, kind, links, rules[kind], at)
    return sum(len(links) for links in due.values())


def note_step(
    links: Iterable[CatchUp], kind: StepKind, way: StepWay, *, told: str, by: Account | None, at: dt.datetime
) -> None:
    """Write down a step that somebody has taken by hand; one that was taken before stays as it was."""
    CatchUpStep.objects.bulk_create(
        [CatchUpStep(link=link, kind=kind, way=way, told=told, at=at, by=by) for link in links], ignore_conflicts=True
    )


def _tell_people(kind: StepKind, links: Sequence[CatchUp], at: dt.datetime) -> None:
    steps = []
    ways = notify_queries.ways_of(link.duty.person for link in links)
    for link in links:
        person, unit = link.duty.person, link.missed.study_class.unit if link.missed else link.duty.campaign.unit
        letter = queries.invitation(link)
        subject = letter.subject if kind == StepKind.INVITE else f"Nhắc học bù: {link.duty.campaign.name}"
        found = notify_actions.send_notice(
            kind="catch_up" if kind == StepKind.INVITE else "catch_up_reminder", unit=unit, to=person,
            subject=subject, body=letter.body, link=queries.link_of(link), by=None, at=at,
            dedupe_key=f"catch-up-step-{link.pk}-{kind}", ways=ways[person.pk],
        )  # fmt: skip
        way, told = StepWay(found.way), f"{person.full_name} ({', '.join(found.addresses)})"
        if way == StepWay.INBOX:
            told = f"{person.full_name}, chỉ thấy khi đăng nhập: nên in giấy mời"
        elif way == StepWay.NONE:
            told = f"{person.full_name} chưa có cách báo: in giấy mời, hoặc ghi địa chỉ thư, số điện thoại"
        if kind == StepKind.INVITE and link.invited_at is None and found.is_reached:
            CatchUp.objects.filter(pk=link.pk).update(invited_at=at, invited_by=InvitedBy(found.way))
        steps.append(CatchUpStep(link=link, kind=kind, way=way, told=told[:250], at=at))
    _write(steps)


def _tell_units(
    campaign: StudyCampaign, kind: StepKind, links: Sequence[CatchUp], rule: StepRule, at: dt.datetime
) -> None:
    """One letter a unit with everybody whom this step concerns today."""
    by_unit: dict[int, list[CatchUp]] = defaultdict(list)
    units: dict[int, Unit] = {}
    for link in links:
        cell = link.duty.unit
        unit = cell if kind == StepKind.CELL or cell.parent is None or cell.pk == campaign.unit_id else cell.parent
        units[unit.pk] = unit
        by_unit[unit.pk].append(link)
    day = local(at).date()
    keepers = notify_queries.keepers_of(units.values(), day=day)
    steps = []
    for key, own in sorted(by_unit.items()):
        unit = units[key]
        to = f"Bí thư {unit.name}" if kind == StepKind.CELL else unit.name
        way, told = StepWay.DESK, to
        subject, body = report_letter(
            kind, to=to, sender=campaign.unit.name, campaign=campaign.name,
            people=[_followed(link) for link in own], rule=rule,
        )  # fmt: skip
        if keepers[unit.pk]:
            notify_actions.tell_keepers(
                kind="catch_up_report", unit=campaign.unit, to=unit, keepers=keepers[unit.pk], subject=subject, body=body,
                link=f"/desk/catch-up/?unit={unit.pk}", dedupe_key=f"catch-up-{kind}-{campaign.pk}-{unit.pk}-{day}",
                by=None, at=at,
            )  # fmt: skip
            way = StepWay.INBOX
        if unit.email:
            notify_actions.send_mail(
                kind="catch_up_report", unit=campaign.unit, address=unit.email, subject=subject, body=body, to_unit=unit,
                dedupe_key=f"catch-up-{kind}-{campaign.pk}-{unit.pk}-{day}", by=None, at=at,
            )  # fmt: skip
            way, told = StepWay.MAIL, f"{to} ({unit.email})"
        steps += [CatchUpStep(link=link, kind=kind, way=way, told=told[:250], told_unit=unit, at=at) for link in own]
    _write(steps)


def _followed(link: CatchUp) -> Followed:
    return Followed(
        link.duty.person.full_name, link.duty.person.code, link.duty.unit.name, link.cause[:1].lower() + link.cause[1:],
        link.why, local(link.opened_at).date(),
    )  # fmt: skip


def _write(steps: Sequence[CatchUpStep]) -> None:
    with transaction.atomic():
        CatchUpStep.objects.bulk_create(steps, batch_size=500)
        record_many(
            "catch_up.stepped", by=None, at=steps[0].at,
            lines=[
                (step.link, step.link.duty.unit, {}, {
                    "person": step.link.duty.person.full_name, "step": step.kind, "way": step.way, "told": step.told,
                })
                for step in steps
            ],
        )  # fmt: skip
