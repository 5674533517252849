"""Who must study: the pure rules, the same rules in SQL, the ready-made groups, decisions by hand."""

import datetime as dt

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from quantriet.campaigns import actions, queries
from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.queries.audience import years_before
from quantriet.campaigns.rules import audience as rules
from quantriet.campaigns.rules.audience import Criteria, PersonFacts, PostFact, Rule
from quantriet.campaigns.tests import factories
from quantriet.campaigns.vocab import AdjustmentKind, DutyReason, DutyState, RuleEffect
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import age_on, now, today
from quantriet.org import actions as org_actions
from quantriet.org.models import ActivityExemption, Person, PostHeld, PostKind, Unit

POSTS = ("BI_THU", "TRUONG_BAN", "CAP_UY_VIEN")
LEVELS = ("province", "district", "commune", "cell")
KINDS = ("member", "probationary", "guest")

posts = st.builds(
    PostFact,
    post=st.sampled_from(POSTS),
    managed_by=st.sampled_from(("", *LEVELS)),
    level=st.sampled_from(LEVELS),
    unit_kind=st.sampled_from(("DANG_UY_XA", "CHI_BO")),
)
people = st.builds(
    PersonFacts,
    kind=st.sampled_from(KINDS),
    age=st.none() | st.integers(18, 95),
    units=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple),
    unit_levels=st.lists(st.sampled_from(LEVELS), min_size=1, max_size=3).map(tuple),
    posts=st.lists(posts, max_size=2).map(tuple),
    exempt=st.booleans(),
)
criteria = st.builds(
    Criteria,
    posts=st.lists(st.sampled_from(POSTS), max_size=2).map(tuple),
    managed_by=st.lists(st.sampled_from(LEVELS), max_size=2).map(tuple),
    units=st.lists(st.integers(1, 4), max_size=2).map(tuple),
    person_kinds=st.lists(st.sampled_from(KINDS), max_size=2).map(tuple),
    age_from=st.none() | st.integers(18, 60),
    exempt=st.none() | st.booleans(),
)
rule_lists = st.lists(
    st.builds(
        Rule,
        criteria=criteria,
        effect=st.sampled_from(list(RuleEffect)),
        tier=st.sampled_from(["key_cadre", "grassroots"]),
    ),
    max_size=5,
)


@pytest.mark.req("R-039")
@given(rule_lists, people)
def test_the_first_rule_that_matches_decides(several, person):
    outcome = rules.decide(several, person)
    matching = [position for position, rule in enumerate(several) if rules.matches(rule.criteria, person)]
    if not matching:
        assert outcome is None
        return
    first = several[matching[0]]
    assert outcome.rule == matching[0]
    assert outcome.tier == first.tier
    # What stands behind the deciding rule changes nothing.
    assert rules.decide(several[: matching[0] + 1], person) == outcome
    assert (outcome.state == DutyState.EXEMPT) == (
        first.effect == RuleEffect.EXEMPT or (person.exempt and first.criteria.exempt is not True)
    )


@given(rule_lists, people)
def test_a_decision_by_hand_stands_above_every_rule(several, person):
    assert rules.decide(several, person, by_hand=AdjustmentKind.REMOVE) is None
    assert rules.decide(several, person, by_hand=AdjustmentKind.ADD, hand_tier="public").state == DutyState.OWING


@given(
    st.dates(dt.date(1920, 1, 1), dt.date(2010, 12, 31)),
    st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31)),
    st.integers(0, 80),
)
def test_the_birthday_bound_is_the_age(birth, day, years):
    assert (birth <= years_before(day, years)) == (age_on(birth, day) >= years)


@given(criteria)
def test_criteria_come_back_from_storage(one):
    assert Criteria.from_json(one.as_json()) == one


def test_posts_are_asked_of_one_and_the_same_post():
    asked = Criteria(posts=("BI_THU",), managed_by=("province",))
    split = PersonFacts(posts=(PostFact("BI_THU", "commune"), PostFact("CAP_UY_VIEN", "province")))
    assert not rules.matches(asked, split)
    assert rules.matches(asked, PersonFacts(posts=(PostFact("BI_THU", "province"),)))


def facts_of(person: Person, day: dt.date) -> PersonFacts:
    chain = list(Unit.objects.filter(pk__in=person.unit.ancestor_ids).select_related("kind"))
    return PersonFacts(
        kind=person.kind,
        age=age_on(person.birth_date, day) if person.birth_date else None,
        units=tuple(unit.pk for unit in chain),
        unit_levels=tuple(unit.kind.level for unit in chain),
        unit_kinds=tuple(unit.kind.code for unit in chain),
        posts=tuple(
            PostFact(held.post.code, held.managed_by, held.unit.kind.level, held.unit.kind.code)
            for held in PostHeld.objects.on(day).filter(person=person).select_related("post", "unit__kind")
        ),
        exempt=ActivityExemption.objects.on(day).filter(person=person).exists(),
    )


@pytest.fixture
def peopled(cast):
    """The cast with posts on several levels, an exemption, a guest and an unknown birthday."""
    kinds = {post.code: post for post in PostKind.objects.all()}
    day = dt.date(2020, 1, 1)
    for code, post, unit, managed in [
        ("M1", "CAP_UY_VIEN", "X1", "commune"), ("M3", "CONG_CHUC_XA", "X1", ""), ("M6", "UV_BAN_THUONG_VU", "T", "province"),
        ("M12", "GIAM_DOC", "DN", "district"), ("M12", "BI_THU", "CS1", "district"), ("M11", "CHUYEN_VIEN", "T", ""),
        ("M4", "PHO_BI_THU", "CB11", ""),
    ]:  # fmt: skip
        org_actions.give_post(
            cast.people[code],
            by=None,
            at=now(),
            post=kinds[post],
            unit=cast.units[unit],
            valid_from=day,
            managed_by=managed,
        )
    org_actions.give_exemption(
        cast.people["M6"], by=None, at=now(), valid_from=day, valid_to=None, reason="Tuổi cao, sức yếu"
    )
    org_actions.add_person(by=None, at=now(), code="K1", full_name="Ngô Thị Sáu", unit=cast.units["CB21"], kind="guest")
    org_actions.change_person(cast.people["M9"], by=None, at=now(), birth_date=None)
    return cast


TRIED = [
    [Rule(Criteria())],
    [Rule(Criteria(posts=("BI_THU",)), tier="key_cadre"), Rule(Criteria())],
    [
        Rule(Criteria(managed_by=("province", "district"))),
        Rule(Criteria(age_from=60), RuleEffect.EXEMPT),
        Rule(Criteria(age_to=35)),
    ],
    [Rule(Criteria(unit_levels=("district",))), Rule(Criteria(unit_kinds=("DANG_UY_XA",), age_from=30, age_to=50))],
    [Rule(Criteria(exempt=True)), Rule(Criteria(exempt=False))],
    [Rule(Criteria(person_kinds=("guest",))), Rule(Criteria(posts=("BI_THU",), post_levels=("commune",)))],
    [Rule(Criteria(post_unit_kinds=("CHI_BO", "CHI_BO_CO_SO")))],
    *[list(preset.rules) for preset in rules.PRESETS],
    [rule for preset in rules.PRESETS for rule in preset.rules],
]


@pytest.mark.req("R-039", "R-012")
@pytest.mark.parametrize("tried", TRIED, ids=range(len(TRIED)))
def test_sql_and_the_pure_rules_agree(peopled, tried):
    campaign = factories.campaign(peopled.units["T"], peopled.officer, everybody=False)
    for number, rule in enumerate(tried):
        actions.add_audience_rule(
            campaign, name=f"{number} {rule.name}", effect=rule.effect, tier=rule.tier, criteria=rule.criteria,
            basis=rule.basis, by=peopled.officer, at=now(),
        )  # fmt: skip
    actions.adjust_audience(
        campaign,
        person=peopled.people["M2"],
        kind="remove",
        reason="Đi công tác dài ngày",
        by=peopled.officer,
        at=now(),
    )
    actions.adjust_audience(
        campaign,
        person=peopled.people["M5"],
        kind="add",
        tier="public",
        reason="Báo cáo viên",
        by=peopled.officer,
        at=now(),
    )
    hands = {one.person_id: one for one in campaign.adjustments.all()}
    found = queries.audience(campaign)
    plain = [queries.as_rule(rule) for rule in found.rules]
    in_sql = {person.pk: found.outcome(person) for person in found.people}
    for person in Person.objects.select_related("unit__kind"):
        hand = hands.get(person.pk)
        wanted = rules.decide(
            plain,
            facts_of(person, found.day),
            by_hand=hand and AdjustmentKind(hand.kind),
            hand_tier=hand.tier if hand else "",
        )
        assert in_sql.get(person.pk) == wanted, person.full_name


def names_of(campaign, position) -> set[str]:
    return {person.code for person in queries.audience(campaign).people.filter(decided=position)}


@pytest.mark.req("R-040", "R-041", "R-042", "R-012", "R-049")
def test_the_ready_made_groups_call_whom_the_guidance_names(peopled):
    campaign = factories.campaign(peopled.units["T"], peopled.officer, everybody=False)
    for key in ("upper_venue", "commune_venue", "cell_leaders", "remaining"):
        actions.add_audience_preset(campaign, key, by=peopled.officer, at=now())
    rows = list(campaign.audience_rules.all())
    by_name = {rule.name: names_of(campaign, position) for position, rule in enumerate(rows)}
    assert by_name["Cán bộ diện Ban Thường vụ cấp ủy quản lý"] == {"M6", "M12"}
    assert by_name["Bí thư, phó bí thư các tổ chức cơ sở đảng"] == {"M5"}
    assert by_name["Cán bộ, chuyên viên cơ quan tham mưu, giúp việc cấp ủy"] == {"M11"}
    assert by_name["Đảng ủy viên xã, phường"] == {"M1"}
    assert by_name["Cán bộ, công chức cấp xã"] == {"M3"}
    assert by_name["Bí thư, phó bí thư các chi bộ trực thuộc"] == {"M2", "M4", "M8", "M10"}
    assert by_name["Đảng viên ở xã, phường còn lại"] == {"M7", "M9"}
    assert all(rule.basis == "mục 2 Hướng dẫn 26-HD/BTGTU" for rule in rows)
    assert {rule.tier for rule in rows[:7]} == {"key_cadre"}
    # Once more adds nothing.
    assert actions.add_audience_preset(campaign, "remaining", by=peopled.officer, at=now()) == []


@pytest.mark.req("R-066")
def test_a_member_exempt_from_activities_stays_on_the_list_as_exempt(peopled):
    campaign = factories.open_campaign(peopled.units["T"], peopled.officer)
    duty = StudyDuty.objects.get(campaign=campaign, person=peopled.people["M6"])
    assert (duty.state, duty.reason) == (DutyState.EXEMPT, DutyReason.ACTIVITY_EXEMPT)
    assert duty.sentence == "Được miễn sinh hoạt nên không phải dự học, theo mục 3 Hướng dẫn 26-HD/BTGTU."
    assert actions.settle_duties([factories.done(duty)], by=peopled.officer, at=now()) == 0


def test_a_change_by_hand_needs_a_reason_and_a_person_inside(cast):
    campaign = factories.campaign(cast.units["X1"], cast.officer)
    with pytest.raises(Refusal) as refusal:
        actions.adjust_audience(campaign, person=cast.people["M1"], kind="add", reason=" ", by=cast.officer, at=now())
    assert refusal.value.code == "audience.reason_missing"
    with pytest.raises(Refusal) as refusal:
        actions.adjust_audience(
            campaign, person=cast.people["M10"], kind="add", reason="Dự học", by=cast.officer, at=now()
        )
    assert refusal.value.code == "audience.person_outside"


def test_rules_change_places_and_leave(cast):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    second = actions.add_audience_rule(
        campaign, name="Bí thư", criteria={"posts": ["BI_THU"]}, by=cast.officer, at=now()
    )
    assert queries.audience_count(queries.audience(campaign)).by_rule.keys() == {0}
    actions.move_audience_rule(second, up=True, by=cast.officer, at=now())
    assert [rule.name for rule in campaign.audience_rules.all()] == ["Bí thư", "Toàn thể đảng viên"]
    assert queries.audience_count(queries.audience(campaign)).by_rule[0].people == 4
    actions.remove_audience_rule(campaign.audience_rules.first(), by=cast.officer, at=now())
    assert [rule.order for rule in campaign.audience_rules.all()] == [0]


def test_a_criterion_nobody_knows_is_refused(cast):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    with pytest.raises(Refusal) as refusal:
        actions.add_audience_rule(campaign, name="Lạ", criteria={"height": 3}, by=cast.officer, at=now())
    assert refusal.value.code == "audience.criterion_unknown"
    with pytest.raises(Refusal) as refusal:
        actions.add_audience_rule(
            campaign, name="Lạ", criteria={"age_from": 60, "age_to": 30}, by=cast.officer, at=now()
        )
    assert refusal.value.code == "audience.age_order"


def test_the_count_is_one_statement(cast, django_assert_num_queries):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    found = queries.audience(campaign)
    with django_assert_num_queries(1):
        assert queries.audience_count(found).people == 12
    assert found.day == today()


def test_a_condition_of_ones_own_that_exempts_goes_first_and_any_place_may_be_chosen(cast, as_user):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    client, address = as_user("officer"), reverse("audience-rule-new", args=[campaign.pk])

    def names():
        return [one.name for one in campaign.audience_rules.all()]

    given = {"tier": "grassroots", "age_from": "70"}
    answer = client.post(address, {**given, "name": "Trên 70 tuổi", "effect": "exempt"})
    made = campaign.audience_rules.get(name="Trên 70 tuổi")
    assert answer["Location"].endswith(f"#rule-{made.pk}")
    assert names() == ["Trên 70 tuổi", "Toàn thể đảng viên"]
    client.post(address, {**given, "name": "Cuối", "effect": "oblige"})
    client.post(address, {**given, "name": "Giữa", "effect": "oblige", "place": "1"})
    assert names() == ["Trên 70 tuổi", "Giữa", "Toàn thể đảng viên", "Cuối"]
    assert sorted(campaign.audience_rules.values_list("order", flat=True)) == [0, 1, 2, 3]
    moved = client.post(reverse("audience-rule-move", args=[campaign.pk, made.pk]), {"down": "1"})
    assert moved["Location"].endswith(f"#rule-{made.pk}")
    assert names()[:2] == ["Giữa", "Trên 70 tuổi"]


def test_the_list_shows_the_reason_of_an_addition_and_the_form_says_who_is_on_it_already(cast, as_user):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    client, person = as_user("officer"), cast.people["M1"]
    page = client.get(reverse("campaign-adjustments", args=[campaign.pk]), {"person": person.pk}).content.decode()
    assert "Nguyễn Thị Hường đã có trong danh sách: Toàn thể đảng viên." in page
    actions.adjust_audience(
        campaign, person=person, kind="add", reason="Báo cáo viên của huyện", by=cast.officer, at=now()
    )
    page = client.get(reverse("campaign-people", args=[campaign.pk]), {"rule": "hand"}).content.decode()
    assert "Báo cáo viên của huyện" in page
