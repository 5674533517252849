"""The audience becomes the ledger: before opening as often as wanted, at opening for good, afterwards by what changed.

Everything about everybody is one statement each; only the few people whose case changed while a campaign runs are
handled one by one.
"""
# ruff: noqa: S608  (every word of these statements is ours; whatever a person gave is a parameter)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, Max, OuterRef

from quantriet.audit.actions import record
from quantriet.campaigns import queries
from quantriet.campaigns.actions.folding import forget_nodes
from quantriet.campaigns.actions.plans import make_plans
from quantriet.campaigns.actions.rejudging import rejudge_duties
from quantriet.campaigns.actions.settling import Shift, shift_duties
from quantriet.campaigns.models import StudyCampaign, StudyCredit, StudyDuty, Tally
from quantriet.campaigns.queries.audience import Audience
from quantriet.campaigns.rules.audience import WITHDRAWN_SENTENCE
from quantriet.campaigns.vocab import AUDIENCE_REASONS, DUTY_KINDS, CampaignState, DutyReason, DutyState
from quantriet.kit.db import named_lock, reread, rows_were_written
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import local
from quantriet.org.models import Account

_AT_ONCE = 500
_FEW = 20  # people whose events are judged again within the following itself
# One row per person with what the audience makes of them, for the length of one transaction.
_WANTED_TABLE = """
CREATE TEMPORARY TABLE campaigns_wanted (
    person_id bigint PRIMARY KEY, unit_id bigint NOT NULL, state varchar(8) NOT NULL, reason varchar(16) NOT NULL,
    tier varchar(12) NOT NULL, sentence varchar(400) NOT NULL
)
"""
# MATERIALIZED: each rule is tried once per person.
_WANTED = """
INSERT INTO campaigns_wanted (person_id, unit_id, state, reason, tier, sentence)
WITH everybody AS MATERIALIZED (SELECT id, unit_id, decided, is_exempt FROM ({everybody}) AS chosen),
outcome (decided, is_exempt, state, reason, tier, sentence) AS (VALUES {outcomes})
SELECT everybody.id, everybody.unit_id, outcome.state, outcome.reason, outcome.tier, outcome.sentence
FROM everybody JOIN outcome ON outcome.decided = everybody.decided AND outcome.is_exempt = everybody.is_exempt
"""


def prepare_duties(campaign: StudyCampaign, *, by: Account | None, at: datetime) -> int:
    """Fill the ledger of a campaign in draft from its audience, so that classes can be filled before opening.

    Run again it follows the audience: people who are no longer in it lose their rows, or are kept as withdrawn where a
    class already names them. Returns how many people are in the ledger. Refuses once the campaign is open.
    """
    with named_lock(f"audience-{campaign.pk}"):
        reread(campaign)
        if campaign.state != CampaignState.DRAFT:
            raise Refusal("campaign.not_draft", "Đợt học tập không còn ở bước lập kế hoạch.")
        due_on = queries.campaign_due_on(campaign)
        with _wanted(queries.audience(campaign)):
            if StudyDuty.objects.filter(campaign=campaign).exists():
                _drop_unwanted(campaign)
                _follow(campaign, due_on)
            for kind in campaign.duty_kinds:
                _insert_missing(campaign, kind, due_on)
        _recognise(campaign)
        count_again(campaign)
        _note_synced(campaign, at)
        people = StudyDuty.objects.filter(campaign=campaign, kind__in=campaign.duty_kinds[:1]).count()
        record("audience.prepared", by=by, at=at, thing=campaign, unit=campaign.unit, after={"people": people})
    return people


def hand_down(campaign: StudyCampaign, *, by: Account | None, at: datetime) -> int:
    """Let lower units schedule a campaign before it opens, so that everybody can be placed; returns how many plans.

    Refuses a campaign that is not in draft. Effects, in order: ledger brought in step with the audience, a plan at each
    lower unit that organises (R-030), `handed_down_at`, audit. Done again it adds plans of units that came since.
    """
    with named_lock(f"audience-{campaign.pk}"):
        prepare_duties(campaign, by=by, at=at)
        made = make_plans(campaign, by=by, at=at)
        first = campaign.handed_down_at or at
        if not StudyCampaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT).update(handed_down_at=first):
            raise Refusal("campaign.not_draft", "Đợt học tập không còn ở bước lập kế hoạch.")
        campaign.handed_down_at = first
        record("campaign.handed_down", by=by, at=at, thing=campaign, unit=campaign.unit, after={"plans": made})
    return made


def open_campaign(campaign: StudyCampaign, *, by: Account | None, at: datetime) -> StudyCampaign:
    """Open a campaign: from now on it stands at every lower unit and takes results.

    Refuses with everything that still stands in the way (B-02): no document, nobody called, and what the rooms that
    prove the duties find (people in no class or in two). Effects, in order: ledger brought in step, one change line per
    duty, plans of the lower units (R-030), state, audit.
    """
    with named_lock(f"audience-{campaign.pk}"):
        prepare_duties(campaign, by=by, at=at)
        problems = queries.problems_before_opening(campaign)
        if problems:
            raise Refusals([Refusal("campaign.not_ready", problem.sentence) for problem in problems])
        if not StudyCampaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT).update(
            state=CampaignState.OPEN, opened_at=at
        ):
            raise Refusal("campaign.not_draft", "Đợt học tập không còn ở bước lập kế hoạch.")
        campaign.state, campaign.opened_at = CampaignState.OPEN, at
        _tell_birth(campaign, 0, by, at)
        plans = make_plans(campaign, by=by, at=at)
        record("campaign.opened", by=by, at=at, thing=campaign, unit=campaign.unit, after={"plans": plans})
    return campaign


def sync_audience(campaign: StudyCampaign, *, by: Account | None, at: datetime) -> int:
    """Bring the ledger of a running campaign in step with people and rules; returns how many duties changed.

    New people owe from now on; people who left the audience are kept as withdrawn; who moved to another cell takes what
    is still owed along; who became exempt, or no longer is, changes state. What is done stays done, where it was done.
    """
    with named_lock(f"audience-{campaign.pk}"):
        reread(campaign)
        if campaign.state == CampaignState.DRAFT:
            return prepare_duties(campaign, by=by, at=at)
        if campaign.state != CampaignState.OPEN:
            raise Refusal("campaign.ended", "Đợt học tập đã khép hoặc đã hủy.")
        due_on = queries.campaign_due_on(campaign)
        before = StudyDuty.objects.aggregate(last=Max("pk"))["last"] or 0
        with _wanted(queries.audience(campaign)):
            shifts, obliged_again = _differences(campaign)
            shifts = _recognised(shifts, obliged_again)
            for kind in campaign.duty_kinds:
                _insert_missing(campaign, kind, due_on)
        added = StudyDuty.objects.filter(campaign=campaign, pk__gt=before).count()
        if added:
            _count_new(campaign, before)  # tallies before their days, as every writer takes them
            _tell_birth(campaign, before, by, at)
            make_plans(campaign, by=by, at=at)
        changed = shift_duties(shifts, by=by, at=at)
        _rejudge(campaign, obliged_again, by=by, at=at)
        _note_synced(campaign, at)
        if added or changed:
            record(
                "audience.synced", by=by, at=at, thing=campaign, unit=campaign.unit,
                after={"added": added, "changed": changed},
            )  # fmt: skip
    return added + changed


def _recognise(campaign: StudyCampaign) -> None:
    """In a draft, where the audience writes every row anew: what recognised study elsewhere says of those who would owe."""
    keys = StudyCredit.objects.filter(duty__campaign=campaign).order_by().values_list("duty", flat=True).distinct()
    for duty, said in queries.credit_says(list(keys)).items():
        StudyDuty.objects.filter(pk=duty, state=DutyState.OWING).update(
            state=said.state, reason=said.reason, sentence=said.sentence
        )


def _recognised(shifts: list[Shift], obliged_again: Sequence[int]) -> list[Shift]:
    """Of whoever owes again, what a recognised study elsewhere says."""
    says = queries.credit_says(obliged_again) if obliged_again else {}
    return [
        replace(
            one, state=says[one.duty_id].state, reason=says[one.duty_id].reason, sentence=says[one.duty_id].sentence
        )
        if one.duty_id in says
        else one
        for one in shifts
    ]


def _note_synced(campaign: StudyCampaign, at: datetime) -> None:
    StudyCampaign.objects.filter(pk=campaign.pk).update(audience_synced_at=at)
    campaign.audience_synced_at = at


def _rejudge(campaign: StudyCampaign, duties: Sequence[int], *, by: Account | None, at: datetime) -> None:
    """Let the events speak again of people who owe again: at once for few, so that none stands outside a chain even for a
    moment (B-02), queued event by event for many."""
    for kind in campaign.duty_kinds:
        holder = DUTY_KINDS[kind].events if kind in DUTY_KINDS else None
        if holder is None or not duties:
            continue
        if len(duties) <= _FEW:
            holder.follow(campaign, duties, by=by, at=at)
            continue
        events: set[int] = set()
        for start in range(0, len(duties), _AT_ONCE):
            events.update(holder.judged_for(duties[start : start + _AT_ONCE]))
        for event in sorted(events):
            rejudge_duties(campaign, kind, event_id=event)


@contextmanager
def _wanted(audience: Audience) -> Iterator[None]:
    """Keep what the audience says in the table `campaigns_wanted` while the block runs."""
    rows = audience.people.order_by().values_list("id", "unit_id", "decided", "is_exempt")  # type: ignore[misc]
    everybody, parameters = rows.query.sql_with_params()
    outcomes, values = [], []
    for (decided, exempt), outcome in audience.outcomes.items():
        outcomes.append("(%s, %s, %s, %s, %s, %s)")
        values += [
            decided, exempt, outcome.state.value, outcome.reason.value, outcome.tier, outcome.sentence[:400],
        ]  # fmt: skip
    _run(_WANTED_TABLE, [])
    _run(_WANTED.format(everybody=everybody, outcomes=", ".join(outcomes)), [*parameters, *values])
    _run("ANALYZE campaigns_wanted", [])
    yield
    # After a refusal the transaction takes the table back by itself.
    _run("DROP TABLE campaigns_wanted", [])


def _run(sql: str, parameters: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return int(cursor.rowcount)


def _insert_missing(campaign: StudyCampaign, kind: str, due_on: date) -> None:
    # The unique index says who is there already. Asked by NOT EXISTS, PostgreSQL searches the whole ledger once a person
    # while its statistics still call the ledger empty.
    added = _run(
        """
        INSERT INTO campaigns_studyduty
            (campaign_id, kind, due_on, person_id, unit_id, tier, state, reason, sentence)
        SELECT %s, %s, %s, person_id, unit_id, tier, state, reason, sentence FROM campaigns_wanted
        WHERE TRUE
        ON CONFLICT (campaign_id, kind, person_id) DO NOTHING
        """,
        [campaign.pk, kind, _day(due_on)],
    )
    rows_were_written(StudyDuty, added)


def _follow(campaign: StudyCampaign, due_on: date) -> int:
    """Bring the rows of a draft in step with the audience; nothing has been done yet."""
    return _run(
        """
        UPDATE campaigns_studyduty SET
            unit_id = wanted.unit_id, tier = wanted.tier, state = wanted.state, reason = wanted.reason,
            sentence = wanted.sentence, due_on = %s
        FROM campaigns_wanted AS wanted
        WHERE campaigns_studyduty.campaign_id = %s AND campaigns_studyduty.person_id = wanted.person_id
            AND (campaigns_studyduty.unit_id <> wanted.unit_id OR campaigns_studyduty.tier <> wanted.tier
                OR campaigns_studyduty.state <> wanted.state OR campaigns_studyduty.reason <> wanted.reason
                OR campaigns_studyduty.sentence <> wanted.sentence OR campaigns_studyduty.due_on <> %s)
        """,
        [_day(due_on), campaign.pk, _day(due_on)],
    )


def _drop_unwanted(campaign: StudyCampaign) -> None:
    """In a draft: forget people outside the audience; whom another room already names stays, withdrawn."""
    _run(
        """
        UPDATE campaigns_studyduty SET state = %s, reason = %s, sentence = %s
        WHERE campaign_id = %s AND person_id NOT IN (SELECT person_id FROM campaigns_wanted) AND reason <> %s
        """,
        [
            DutyState.EXEMPT.value, DutyReason.WITHDRAWN.value, WITHDRAWN_SENTENCE, campaign.pk,
            DutyReason.WITHDRAWN.value,
        ],
    )  # fmt: skip
    StudyDuty.objects.filter(campaign=campaign).exclude(kind__in=campaign.duty_kinds).update(
        state=DutyState.EXEMPT, reason=DutyReason.WITHDRAWN, sentence=WITHDRAWN_SENTENCE
    )
    gone = StudyDuty.objects.filter(campaign=campaign, reason=DutyReason.WITHDRAWN)
    for relation in StudyDuty._meta.related_objects:
        gone = gone.exclude(
            Exists(relation.related_model._default_manager.filter(**{relation.field.name: OuterRef("pk")}))
        )
    gone._raw_delete(gone.db)


def _differences(campaign: StudyCampaign) -> tuple[list[Shift], list[int]]:
    """Duties of a running campaign of which the audience now says something else; keys of those that owe again."""
    fluid = ", ".join(["%s"] * len(AUDIENCE_REASONS))
    sql = f"""
        SELECT duty.id, wanted.unit_id, wanted.state, wanted.reason, wanted.tier, wanted.sentence, duty.state
        FROM campaigns_studyduty AS duty LEFT JOIN campaigns_wanted AS wanted ON wanted.person_id = duty.person_id
        WHERE duty.campaign_id = %s
            AND (duty.state = %s OR (duty.state = %s AND duty.reason IN ({fluid})))
            AND ((wanted.person_id IS NULL AND duty.reason <> %s)
                OR wanted.state <> duty.state OR wanted.unit_id <> duty.unit_id OR wanted.tier <> duty.tier
                OR (wanted.state = %s AND (wanted.reason <> duty.reason OR wanted.sentence <> duty.sentence)))
        """
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [
                campaign.pk, DutyState.OWING.value, DutyState.EXEMPT.value,
                *(reason.value for reason in AUDIENCE_REASONS), DutyReason.WITHDRAWN.value, DutyState.EXEMPT.value,
            ],
        )  # fmt: skip
        rows = cursor.fetchall()
    shifts = [
        Shift(duty, DutyState.EXEMPT, DutyReason.WITHDRAWN, WITHDRAWN_SENTENCE)
        if unit is None
        else Shift(duty, DutyState(state), DutyReason(reason), sentence, tier=tier, unit_id=unit)
        for duty, unit, state, reason, tier, sentence, _ in rows
    ]
    return shifts, [row[0] for row in rows if row[2] == DutyState.OWING and row[6] == DutyState.EXEMPT]


def _tell_birth(campaign: StudyCampaign, after: int, by: Account | None, at: datetime) -> None:
    """One change line for each duty that came into being (key above `after`), and their day in the tallies."""
    _run(
        """
        INSERT INTO campaigns_dutychange
            (duty_id, campaign_id, kind, unit_id, at, state_before, state_after, reason, sentence, account_id)
        SELECT duty.id, duty.campaign_id, duty.kind, duty.unit_id, %s, '', duty.state, duty.reason, duty.sentence, %s
        FROM campaigns_studyduty AS duty
        WHERE duty.campaign_id = %s AND duty.id > %s
        """,
        [connection.ops.adapt_datetimefield_value(at), by.pk if by else None, campaign.pk, after],
    )
    _count_birth_day(campaign, after, at)


_COUNTS = """
    SELECT duty.campaign_id, duty.kind, duty.unit_id, unit.path,
        SUM(CASE WHEN duty.state = 'done' THEN 1 ELSE 0 END),
        SUM(CASE WHEN duty.state = 'exempt' THEN 1 ELSE 0 END),
        SUM(CASE WHEN duty.state = 'owing' THEN 1 ELSE 0 END)
    FROM campaigns_studyduty AS duty JOIN org_unit AS unit ON unit.id = duty.unit_id
    WHERE duty.campaign_id = %s AND duty.id > %s
    GROUP BY duty.campaign_id, duty.kind, duty.unit_id, unit.path
"""


def count_again(campaign: StudyCampaign) -> None:
    """Make the tallies of a draft afresh."""
    forget_nodes(campaign)
    Tally.objects.filter(campaign=campaign).delete()
    _run(
        "INSERT INTO campaigns_tally (campaign_id, kind, unit_id, path, done, exempt, owing)" + _COUNTS,
        [campaign.pk, 0],
    )


def _count_new(campaign: StudyCampaign, after: int) -> None:
    _run(
        "INSERT INTO campaigns_tally (campaign_id, kind, unit_id, path, done, exempt, owing)"
        + _COUNTS
        + """
        ON CONFLICT (campaign_id, kind, unit_id) DO UPDATE SET
            done = campaigns_tally.done + excluded.done,
            exempt = campaigns_tally.exempt + excluded.exempt,
            owing = campaigns_tally.owing + excluded.owing
        """,
        [campaign.pk, after],
    )


def _count_birth_day(campaign: StudyCampaign, after: int, at: datetime) -> None:
    """Enter new duties into the day they came into being."""
    counts = _COUNTS.replace("unit.path,", "unit.path, %s,", 1)
    _run(
        "INSERT INTO campaigns_tallyday (campaign_id, kind, unit_id, path, day, done, exempt, owing)"
        + counts
        + """
        ON CONFLICT (campaign_id, kind, unit_id, day) DO UPDATE SET
            done = campaigns_tallyday.done + excluded.done,
            exempt = campaigns_tallyday.exempt + excluded.exempt,
            owing = campaigns_tallyday.owing + excluded.owing
        """,
        [_day(local(at).date()), campaign.pk, after],
    )


def _day(day: date) -> Any:
    return connection.ops.adapt_datefield_value(day)
