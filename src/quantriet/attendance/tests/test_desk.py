"""The pages of presence."""

import datetime as dt
import gzip
import json
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.attendance import actions
from quantriet.attendance.models import AbsenceProposal, CatchUp, ClassVerdict, ExcusedAbsence, PresenceFact
from quantriet.attendance.tests.factories import add_entry, clock, make_campaign, make_class
from quantriet.attendance.vocab import ConductKind, FactKind, Verdict
from quantriet.campaigns.models import StudyCampaign
from quantriet.classes import actions as class_actions
from quantriet.classes.models import RosterEntry, Venue
from quantriet.classes.vocab import ClassState
from quantriet.kit.time import show_day, today
from quantriet.org.models import Person

pytestmark = pytest.mark.django_db
EVERY_HOUR = ((dt.time(0, 0), dt.time(23, 59)),)


@pytest.fixture
def hall(cast):
    """A class that lasts the whole of today, so that these tests run at any hour."""
    return make_class(cast, make_campaign(cast), ["M1", "M2", "M7"], times=EVERY_HOUR)


@pytest.fixture
def closed(cast):
    made = make_class(cast, make_campaign(cast), ["M1", "M2", "M7"], times=EVERY_HOUR)
    by = cast.accounts["organiser1"]
    actions.record_marks([made.mark("M1", FactKind.WHOLE, clock(8))], by=by, at=clock(8))
    actions.close_roll(made.study_class, by=by, at=clock(23, 59))
    made.study_class.refresh_from_db()
    return made


def pages(made):
    pk = made.study_class.pk
    names = ["roll", "slips", "paste", "conduct", "roll-result", "roll-close"]
    entry = next(iter(made.entries.values())).pk
    return [
        reverse("roll-today"),
        *(reverse(name, args=[pk]) for name in names),
        reverse("evidence", args=[entry]),
        reverse("excuse-new", args=[entry]),
        reverse("excuse-list"),
        reverse("catch-up-list"),
        reverse("repeat-absentees"),
    ]


def test_every_page_opens_for_the_organiser_in_each_state(as_user, hall):
    client = as_user("organiser1")
    for state in ClassState:
        hall.study_class.state = state
        hall.study_class.save()
        for url in pages(hall):
            assert client.get(url).status_code == 200, (state, url)


@pytest.mark.parametrize(
    "username, roll, close, evidence",
    [
        ("officer", 200, 200, 200),
        ("organiser1", 200, 200, 200),
        ("organiser2", 404, 404, 404),
        ("secretary11", 403, 403, 200),  # sees the class its people are called to
        ("secretary21", 404, 404, 404),
        ("inspector", 403, 403, 200),
        ("leader", 403, 403, 200),
        ("leader1", 403, 403, 200),
        ("admin", 404, 404, 404),
        ("speaker", 404, 404, 404),
        ("member1", 404, 404, 404),
    ],
)
def test_who_opens_the_roll(as_user, hall, username, roll, close, evidence):
    client = as_user(username)
    pk = hall.study_class.pk
    for name in ("roll", "slips", "paste", "conduct", "roll-result"):
        assert client.get(reverse(name, args=[pk])).status_code == roll, name
    assert client.get(reverse("roll-close", args=[pk])).status_code == close
    assert client.post(reverse("roll-close", args=[pk])).status_code in ({200: 303}.get(close, close),)
    assert client.get(reverse("evidence", args=[hall.entries["M1"].pk])).status_code == evidence
    answer = client.post(
        reverse("roll-mark", args=[pk]), {"mark": f"arrive:{hall.entries['M1'].pk}", "session": hall.session.pk}
    )
    assert answer.status_code in ({200: 303}.get(roll, roll),)


def test_a_clerk_of_several_venues_begins_at_one_with_people_and_reaches_the_others(as_user, cast, hall):
    clerk = cast.accounts["member10"]
    venues = [
        Venue.objects.create(study_class=hall.study_class, unit=cast.units["CB12"], name=f"Điểm cầu {n}", clerk=clerk)
        for n in (1, 2, 3)
    ]
    add_entry(cast, hall, "M8", venue=venues[1])
    client, address = as_user("member10"), reverse("roll", args=[hall.study_class.pk])
    page = client.get(address)
    assert page.context["venue"] == venues[1]
    assert [tab["label"] for tab in page.context["venue_tabs"]] == [
        "Điểm cầu 1 (0)",
        "Điểm cầu 2 (1)",
        "Điểm cầu 3 (0)",
    ]
    counts = reverse("conference-counts", args=[hall.study_class.pk])
    assert counts not in page.content.decode()
    class_actions.make_conference(hall.study_class, by=cast.officer, at=clock(8), last_day=today())
    for venue in venues:
        text = client.get(f"{address}?session={hall.session.pk}&venue={venue.pk}").content.decode()
        assert (f"{counts}?session=" if venue == venues[1] else f'class="button" href="{counts}"') in text
        for other in venues:  # also from an empty one
            assert f"venue={other.pk}" in text
    assert "Danh sách lớp ở điểm cầu này chưa có ai." in text


def test_the_clerk_of_a_venue_marks_there_alone(as_user, cast, hall):
    """An account with no other right than a venue to look after."""
    clerk = cast.accounts["member10"]
    venue = Venue.objects.create(
        study_class=hall.study_class, unit=cast.units["CB12"], name="Điểm cầu thôn 2", clerk=clerk
    )
    hall.entries["M8"] = add_entry(cast, hall, "M8", venue=venue)
    client = as_user("member10")
    assert client.get(reverse("roll-today")).status_code == 200
    page = client.get(reverse("roll", args=[hall.study_class.pk]))
    assert "Vàng A Pao" in page.content.decode()
    assert "Nguyễn Thị Hường" not in page.content.decode()
    assert client.get(reverse("roll", args=[hall.study_class.pk]) + f"?venue={hall.venue.pk}").context["venue"] == venue
    assert client.get(reverse("evidence", args=[hall.entries["M1"].pk])).status_code == 404
    assert client.get(reverse("roll-close", args=[hall.study_class.pk])).status_code == 403
    answer = client.post(
        reverse("roll-mark", args=[hall.study_class.pk]),
        json.dumps({"marks": [
            {"nonce": "own", "kind": "arrive", "entry": hall.entries["M8"].pk, "session": hall.session.pk, "ago": 3},
            {"nonce": "other", "kind": "arrive", "entry": hall.entries["M1"].pk, "session": hall.session.pk, "ago": 3},
        ]}),
        content_type="application/json",
    ).json()["marks"]  # fmt: skip
    assert [(one["nonce"], one["ok"]) for one in answer] == [("own", True), ("other", False)]
    assert answer[1]["code"] == "mark.not_on_roster"
    assert PresenceFact.objects.count() == 1


def test_a_stranger_learns_nothing_from_the_script_door(as_user, hall):
    body = json.dumps(
        {"marks": [{"nonce": "n", "kind": "arrive", "entry": hall.entries["M7"].pk, "session": hall.session.pk}]}
    )
    for username, status in (("organiser2", 404), ("member1", 404), ("inspector", 403)):
        answer = as_user(username).post(
            reverse("roll-mark", args=[hall.study_class.pk]), body, content_type="application/json"
        )
        assert answer.status_code == status
        assert "Bình" not in answer.content.decode()
    assert not PresenceFact.objects.exists()


def test_a_mark_by_plain_form_and_its_undoing(as_user, hall):
    client = as_user("organiser1")
    url = reverse("roll-mark", args=[hall.study_class.pk])
    entry = hall.entries["M1"].pk
    form = {"mark": f"arrive:{entry}", "session": hall.session.pk, "venue": hall.venue.pk, "nonce": "abcd1234"}
    for _ in range(2):  # a double click
        answer = client.post(url, form)
        assert answer.status_code == 303
    assert PresenceFact.objects.count() == 1
    page = client.get(answer.url.split("#")[0])
    assert "Vừa ghi: Nguyễn Thị Hường." in page.content.decode()
    fact = PresenceFact.objects.get()
    client.post(
        reverse("roll-undo", args=[hall.study_class.pk]),
        {"of": fact.nonce, "session": hall.session.pk, "venue": hall.venue.pk},
    )
    assert PresenceFact.objects.filter(kind=FactKind.VOID, voids=fact).exists()
    page = client.get(reverse("evidence", args=[entry]))
    assert "Đã bỏ" in page.content.decode()


@pytest.mark.req("B-01")
def test_the_script_door_acknowledges_each_mark_by_its_nonce(as_user, hall):
    client = as_user("organiser1")
    url = reverse("roll-mark", args=[hall.study_class.pk])

    def send(*marks):
        return client.post(url, json.dumps({"marks": marks}), content_type="application/json")

    first = {"nonce": "a" * 32, "kind": "arrive", "entry": hall.entries["M1"].pk, "session": hall.session.pk, "ago": 0}
    undo = {"nonce": "b" * 32, "kind": "undo", "of": "a" * 32}
    again = {"nonce": "c" * 32, "kind": "whole", "entry": hall.entries["M1"].pk, "session": hall.session.pk, "ago": 0}
    for _ in range(2):  # the answer was lost and everything is sent again
        answer = send(first, undo, again)
        assert [one["ok"] for one in answer.json()["marks"]] == [True, True, True]
    assert PresenceFact.objects.count() == 3
    assert ClassVerdict.objects.get().verdict == Verdict.PRESENT
    state = client.get(
        reverse("roll-state", args=[hall.study_class.pk]), {"session": hall.session.pk, "venue": hall.venue.pk}
    ).json()
    assert state["rows"][str(hall.entries["M1"].pk)][:2] == ["whole", "Có mặt cả buổi"]
    for broken in (
        "{",
        "[]",
        '{"marks": 5}',
        '{"marks": [{"nonce": 1}]}',
        '{"marks": [{"nonce":"x","kind":"fly","entry":1,"session":1}]}',
    ):
        assert client.post(url, broken, content_type="application/json").status_code == 400, broken


def test_the_roll_tells_namesakes_apart(as_user, hall):
    text = as_user("organiser1").get(reverse("roll", args=[hall.study_class.pk])).content.decode()
    assert text.count("roll__namesake") == 2  # two called Trần Văn Bình
    assert "1975" in text
    assert "1981" in text
    assert 'data-key="nguyen thi huong m1"' in text


def test_search_on_the_roll_needs_no_marks_and_no_script(as_user, hall):
    client = as_user("organiser1")
    text = client.get(reverse("roll", args=[hall.study_class.pk]), {"q": "huo"}).content.decode()
    assert "Nguyễn Thị Hường" in text
    assert "Trần Văn Bình" not in text
    assert "Không có ai khớp" in client.get(reverse("roll", args=[hall.study_class.pk]), {"q": "zzz"}).content.decode()


def test_whole_session_for_the_rest_by_form(as_user, hall):
    client = as_user("organiser1")
    client.post(
        reverse("roll-rest", args=[hall.study_class.pk]),
        {"session": hall.session.pk, "venue": hall.venue.pk, "nonce": "abc"},
    )
    assert PresenceFact.objects.filter(kind=FactKind.WHOLE).count() == 3


@pytest.mark.req("R-069")
def test_slips_page_saves_or_says_what_it_did_not_understand(as_user, cast):
    made = make_class(
        cast, make_campaign(cast), ["M1", "M2"], times=EVERY_HOUR, day=clock(8).date() - dt.timedelta(days=2)
    )
    client = as_user("organiser1")
    url = reverse("slips", args=[made.study_class.pk])
    cell = {code: f"c-{made.entries[code].pk}-{made.session.pk}" for code in made.entries}
    answer = client.post(url, {cell["M1"]: "x", cell["M2"]: "bảy giờ", "nonce": "abc"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Trần Văn Bình, Buổi sáng: không hiểu “bảy giờ”" in text
    assert 'value="bảy giờ"' in text  # typed words survive
    assert not PresenceFact.objects.exists()
    answer = client.post(url, {cell["M1"]: "x", cell["M2"]: "v", "nonce": "abc"})
    assert answer.status_code == 303
    assert PresenceFact.objects.count() == 2


@pytest.mark.req("P-09")
def test_paste_page_lists_unknown_codes_with_their_lines(as_user, hall):
    client = as_user("organiser1")
    url = reverse("paste", args=[hall.study_class.pk])
    form = {"session": hall.session.pk, "kind": "whole", "nonce": "n1"}
    text = client.post(url, form | {"codes": "M1\nM77"}).content.decode()
    assert "Dòng 2: mã “M77” không có trong danh sách lớp." in text
    assert not PresenceFact.objects.exists()
    assert client.post(url, form | {"codes": "M1\nM2"}).status_code == 303
    assert PresenceFact.objects.count() == 2
    assert "phải có giờ" in client.post(url, form | {"codes": "M7", "kind": "arrive"}).content.decode()


@pytest.mark.parametrize("username", ["organiser1", "officer"])
def test_closing_names_the_number_first(as_user, over, username):
    client = as_user(username)
    address = reverse("roll-close", args=[over.study_class.pk])
    text = client.get(address).content.decode()
    assert "Còn 3/3 người chưa đủ dữ liệu" in text
    answer = client.post(address, follow=True)
    over.study_class.refresh_from_db()
    assert over.study_class.state == ClassState.CLOSED
    assert CatchUp.objects.count() == AbsenceProposal.objects.count() == 3
    list_address = f"{reverse('absence-list')}?class={over.study_class.pk}"
    assert f'<a href="{list_address}">3 đề xuất sau khi vắng</a>' in answer.content.decode()
    shown = client.get(list_address)
    assert len(shown.context["lines"]) == 3
    assert [chip.label for chip in shown.context["rows"].chips] == [over.study_class.title]


def test_a_roll_is_not_closed_while_a_session_runs(as_user, hall):
    client = as_user("organiser1")
    address = reverse("roll-close", args=[hall.study_class.pk])
    page = client.get(address).content.decode()
    assert "“Buổi sáng” học đến 23:59" in page
    programme = reverse("class-programme", args=[hall.study_class.pk])
    assert f'<a href="{programme}">' in page.partition("học đến 23:59")[2]
    assert "button--danger" not in page
    told = client.post(address, follow=True).content.decode()
    assert told.count("học đến 23:59") == 2  # the refusal, and the page
    hall.study_class.refresh_from_db()
    assert hall.study_class.state == ClassState.RELEASED
    # The class ended earlier: its hours are put right first.
    StudyCampaign.objects.update(planned_from=today(), planned_to=today())
    actions.record_marks([hall.mark("M1", FactKind.WHOLE, clock(0, 1))], by=None, at=clock(0, 1))
    change = {"title": "Buổi sáng", "day": show_day(today()), "starts": "00:00", "ends": "00:01"}
    session = reverse("session", args=[hall.study_class.pk, hall.session.pk])
    with time_machine.travel(clock(0, 30)):
        client = as_user("organiser1")
        assert client.post(session, change).status_code == 303
        assert client.post(address).status_code == 303
    hall.study_class.refresh_from_db()
    assert hall.study_class.state == ClassState.CLOSED


def test_reopening_needs_a_reason_and_lets_one_correct(as_user, closed):
    client = as_user("organiser1")
    pk = closed.study_class.pk
    client.post(reverse("roll-reopen", args=[pk]), {"reason": ""})
    mark = {"mark": f"whole:{closed.entries['M2'].pk}", "session": closed.session.pk, "nonce": "z"}
    client.post(reverse("roll-mark", args=[pk]), mark)
    assert ClassVerdict.objects.get(entry=closed.entries["M2"]).verdict == Verdict.ABSENT
    client.post(reverse("roll-reopen", args=[pk]), {"reason": "Sót phiếu của chi bộ thôn 1"})
    client.post(reverse("roll-mark", args=[pk]), mark)
    assert ClassVerdict.objects.get(entry=closed.entries["M2"]).verdict == Verdict.ABSENT
    decide = {"asked": closed.study_class.roll_reopenings.get().pk, "decision": "yes"}
    assert (
        "Người đề nghị không tự quyết định"
        in client.post(reverse("roll-reopen-decide", args=[pk]), decide, follow=True).content.decode()
    )
    second = as_user("officer")
    assert "Sót phiếu của chi bộ thôn 1" in second.get(reverse("roll-result", args=[pk])).content.decode()
    second.post(reverse("roll-reopen-decide", args=[pk]), decide)
    client = as_user("organiser1")
    client.post(reverse("roll-mark", args=[pk]), mark)
    assert ClassVerdict.objects.get(entry=closed.entries["M2"]).verdict == Verdict.PRESENT
    client.post(reverse("roll-close", args=[pk]))
    assert "Đã chốt điểm danh" in client.get(reverse("roll-result", args=[pk])).content.decode()


def test_excel_of_the_result_and_of_the_catch_up_list(as_user, closed):
    client = as_user("organiser1")
    for url in (
        reverse("roll-result", args=[closed.study_class.pk]),
        reverse("catch-up-list"),
        reverse("repeat-absentees"),
        reverse("excuse-list"),
        reverse("conduct", args=[closed.study_class.pk]),
    ):
        answer = client.get(url + "?format=xlsx")
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content)[:2] == b"PK"


@pytest.mark.parametrize("name", ["roll", "slips", "roll-result", "catch-up-list", "excuse-list", "conduct"])
def test_lists_ask_no_more_for_more_rows(as_user, cast, name):
    counts = []
    client = as_user("organiser1")
    for people in (["M1"], ["M2", "M3", "M7"]):
        made = make_class(cast, make_campaign(cast, name=f"Đợt {len(people)}"), people, times=EVERY_HOUR)
        by = cast.accounts["organiser1"]
        for code in people:
            actions.ask_excuse(made.entries[code], session=None, reason="Ốm", by=by, at=clock(1))
            actions.note_conduct(
                made.study_class,
                entry=made.entries[code],
                kind=ConductKind.PRAISE,
                text="Phát biểu tốt",
                noted_at=clock(1),
                by=by,
                at=clock(2),
            )
        actions.close_roll(made.study_class, by=by, at=clock(23, 59))
        url = (
            reverse(name, args=[made.study_class.pk])
            if name in ("roll", "slips", "roll-result", "conduct")
            else reverse(name)
        )
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        counts.append(len(captured))
    assert counts[1] <= counts[0], captured.captured_queries[-3:]
    assert ExcusedAbsence.objects.count() == 4


CLASS_PARTS = [
    "class",
    "class-programme",
    "class-roles",
    "class-venues",
    "class-roster",
    "class-seats",
    "class-summons",
]
ROLL_PARTS = ["roll", "roll-result"]


def tabs_of(page, pk):
    """Addresses of the class's tabs in their order, and the present one."""
    line = page.content.decode().split('<nav class="tabs parts__desk"')[1].split("</nav>")[0]
    addresses = re.findall(r'href="([^"]+)"( aria-current="page")?', line)
    names = {reverse(name, args=[pk]): name for name in CLASS_PARTS + ROLL_PARTS}
    return [names[url] for url, _here in addresses], [names[url] for url, here in addresses if here]


def test_every_page_about_a_class_stands_in_one_frame(as_user, hall):
    client = as_user("organiser1")
    pk = hall.study_class.pk
    for name in CLASS_PARTS + ROLL_PARTS:
        assert tabs_of(client.get(reverse(name, args=[pk])), pk) == (CLASS_PARTS + ROLL_PARTS, [name]), name
    for name in ("slips", "paste", "conduct"):
        assert tabs_of(client.get(reverse(name, args=[pk])), pk)[1] == ["roll"], name
    assert tabs_of(client.get(reverse("roll-close", args=[pk])), pk)[1] == ["roll-result"]


def test_a_reader_of_the_class_sees_no_tab_of_the_roll(as_user, hall):
    pk = hall.study_class.pk
    assert tabs_of(as_user("leader1").get(reverse("class", args=[pk])), pk)[0] == CLASS_PARTS


def test_the_clerk_of_a_venue_without_an_appointment_has_the_roll_alone(as_user, cast, hall):
    Venue.objects.filter(pk=hall.venue.pk).update(clerk=cast.accounts["member1"])
    pk = hall.study_class.pk
    assert tabs_of(as_user("member1").get(reverse("roll", args=[pk])), pk) == (ROLL_PARTS, ["roll"])


@pytest.mark.parametrize(
    "name, of_entry, place",
    [
        ("class", False, "class-list"),
        ("class-roster", False, "class-list"),
        ("roll", False, "roll-today"),
        ("roll-result", False, "roll-today"),
        ("slips", False, "roll-today"),
        ("evidence", True, "roll-today"),
        ("excuse-new", True, "roll-today"),
    ],
)
def test_the_navigation_marks_the_place_where_the_page_lives(as_user, hall, name, of_entry, place):
    key = hall.entries["M1"].pk if of_entry else hall.study_class.pk
    page = as_user("organiser1").get(reverse(name, args=[key])).content.decode()
    side = page.split('navigation--desk"')[1].split("</nav>")[0]
    assert re.findall(r'href="([^"]+)" aria-current', side) == [reverse(place)]


def test_the_log_tells_a_mark_in_words(as_user, hall):
    client = as_user("organiser1")
    client.post(
        reverse("roll-mark", args=[hall.study_class.pk]),
        {"session": hall.session.pk, "venue": hall.venue.pk, "mark": f"whole:{hall.entries['M1'].pk}"},
    )
    page = as_user("inspector").get(reverse("log"), {"verb": "roll.marked"}).content.decode()
    for word in ("Lớp", "Buổi học", "Lượt", "Cách ghi", hall.study_class.title, hall.session.title):
        assert word in page
    assert "Method" not in page


def test_the_roll_of_a_thousand_costs_as_many_statements_and_stays_light(as_user, cast, hall):
    client = as_user("organiser1")
    address = reverse("roll", args=[hall.study_class.pk])
    counted = []
    for more in (0, 1000):
        cell = cast.units["CB11"]
        new = Person.objects.bulk_create(
            Person(code=f"N{n:05d}", full_name=f"Nguyễn Thị Hường {n}", name_folded=f"nguyen thi huong {n}",
                   sort_key=f"huong {n:05d}", unit=cell)
            for n in range(more)
        )  # fmt: skip
        RosterEntry.objects.bulk_create(
            RosterEntry(study_class=hall.study_class, venue=hall.venue, person=person, unit=cell) for person in new
        )
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
        counted.append(len(asked))
    assert counted[0] == counted[1]
    assert answer.content.count(b'class="roll__row"') == 1003
    assert len(gzip.compress(answer.content)) < 100_000


def test_the_result_counts_whoever_has_no_mark_as_undecided(as_user, hall):
    page = as_user("organiser1").get(reverse("roll-result", args=[hall.study_class.pk])).content.decode()
    assert "0/3 người còn nợ, 3 người chưa đủ dữ liệu" in page


@pytest.fixture
def over(cast):
    """A class whose only session ended before this test, with a break of 15 minutes."""
    return make_class(
        cast,
        make_campaign(cast),
        ["M1", "M2", "M7"],
        times=((dt.time(7, 30), dt.time(11, 0)),),
        breaks=((dt.time(9, 0), dt.time(9, 15)),),
        day=clock(8).date() - dt.timedelta(days=1),
    )


def test_after_the_end_the_roll_offers_the_whole_session_and_the_hours(as_user, over):
    page = as_user("organiser1").get(reverse("roll", args=[over.study_class.pk])).content.decode()
    assert 'value="arrive:' not in page
    assert page.index('value="whole:') < page.index('value="times:') < page.index('value="absent:')
    assert "Buổi học đã kết thúc lúc 11:00" in page
    assert "Tính 195 phút, trừ 15 phút giải lao" in page
    evidence = as_user("organiser1").get(reverse("evidence", args=[over.entries["M1"].pk])).content.decode()
    assert "trừ 15 phút giải lao" in evidence


@pytest.mark.req("R-065", "R-072")
def test_hours_written_beside_a_name_replace_what_stood_and_say_the_verdict(as_user, over):
    client = as_user("organiser1")
    pk, entry = over.study_class.pk, over.entries["M1"].pk
    place = {"session": over.session.pk, "venue": over.venue.pk}
    client.post(reverse("roll-mark", args=[pk]), place | {"mark": f"absent:{entry}", "nonce": "n1"})
    asked = client.post(reverse("roll-mark", args=[pk]), place | {"mark": f"times:{entry}"})
    assert 'form="roll-times"' in client.get(asked.url.split("#")[0]).content.decode().split("<template")[0]
    times = place | {"mark": f"times:{entry}", "nonce": "n2", "left": ""}
    for came, said in (("11:30", "không phải giờ trong buổi học"), ("sáng", "không phải giờ"), ("", "Hãy ghi giờ đến")):
        answer = client.post(reverse("roll-mark", args=[pk]), times | {"came": came})
        page = client.get(answer.url.split("#")[0]).content.decode()
        assert said in page
        assert f'value="{came}"' in page  # typed words survive
    answer = client.post(reverse("roll-mark", args=[pk]), times | {"came": "8:00"})
    page = client.get(answer.url.split("#")[0]).content.decode()
    row = page.split(f'id="e{entry}"')[1].split("</li>")[0]
    assert "Có mặt từ 08:00" in row
    assert "Có mặt 165/195 phút (84,6%), đủ thời gian." in row
    client.post(reverse("roll-mark", args=[pk]), times | {"came": "10:00", "left": "10:30"})
    assert "phải học lại" in client.get(reverse("roll", args=[pk])).content.decode()


def test_hours_are_written_for_nobody_outside_the_class(as_user, cast, over):
    other = make_class(cast, make_campaign(cast, name="Đợt khác"), ["M3"], day=clock(8).date() - dt.timedelta(days=1))
    as_user("organiser1").post(
        reverse("roll-mark", args=[over.study_class.pk]),
        {
            "session": over.session.pk,
            "mark": f"times:{other.entries['M3'].pk}",
            "came": "08:00",
            "left": "",
            "nonce": "x",
        },
    )
    assert not PresenceFact.objects.exists()


def test_the_counts_of_the_roll_add_up(as_user, cast, over):
    by = cast.accounts["organiser1"]
    at = clock(8)
    excuse = actions.ask_excuse(over.entries["M2"], session=None, reason="Nằm viện", by=by, at=at)
    actions.decide_excuse(excuse, is_approved=True, by=by, at=at)
    actions.record_marks([over.mark("M7", FactKind.ABSENT, at)], by=by, at=at)
    page = as_user("organiser1").get(reverse("roll", args=[over.study_class.pk])).content.decode()
    found = dict(re.findall(r'data-count="(\w+)">(\d+)<', page))
    assert found == {"came": "0", "total": "3", "absent": "1", "excused": "1", "none": "1"}


def test_ended_rolls_are_those_without_a_session_to_come(as_user, cast, over):
    make_class(
        cast,
        make_campaign(cast, name="Đợt sau"),
        ["M3"],
        title="Lớp còn học",
        day=clock(8).date() + dt.timedelta(days=1),
    )
    page = as_user("organiser1").get(reverse("roll-today") + "?state=ended")
    assert [one.pk for one in page.context["rows"]] == [over.study_class.pk]
    assert reverse("roll-result", args=[over.study_class.pk]) in page.content.decode()


def test_closing_speaks_of_undecided_people_only_when_there_are_some(as_user, cast, over):
    address = reverse("roll-close", args=[over.study_class.pk])
    client = as_user("organiser1")
    assert "3 người chưa đủ dữ liệu sẽ bị tính vắng" in client.get(address).content.decode()
    by = cast.accounts["organiser1"]
    actions.mark_rest_present(over.study_class, over.session, over.venue, nonce="r", by=by, at=clock(8))
    assert "0 người chưa đủ dữ liệu" not in client.get(address).content.decode()


def test_a_note_of_conduct_presumes_neither_praise_nor_breach(as_user, hall):
    page = as_user("organiser1").get(reverse("conduct", args=[hall.study_class.pk])).content.decode()
    assert "checked" not in page.split('id="new-note"')[1]


def test_an_excuse_with_an_error_says_that_the_file_has_to_be_chosen_again(as_user, hall):
    paper = SimpleUploadedFile("giay.pdf", b"%PDF-1.4\n%%EOF")
    address = reverse("excuse-new", args=[hall.entries["M1"].pk])
    page = as_user("organiser1").post(address, {"reason": "", "session": "", "paper": paper}).content.decode()
    assert "hãy chọn lại tệp" in page


def test_who_wrote_an_excuse_is_told_so_before_deciding_it(as_user, cast, hall):
    writer = cast.accounts["organiser1"]
    excuse = actions.ask_excuse(hall.entries["M1"], session=None, reason="Ốm", by=writer, at=clock(8))
    address = reverse("excuse", args=[excuse.pk])
    assert "do chính đồng chí ghi" in as_user("organiser1").get(address).content.decode()
    assert "do chính đồng chí ghi" not in as_user("officer").get(address).content.decode()
