"""Who was given the material (R-125): opened or ticked, counted once, against the target, by unit and by name."""

import io
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from quantriet.audit.models import AuditEvent
from quantriet.campaigns import actions, queries
from quantriet.campaigns.models import MaterialReceipt, StudyDuty
from quantriet.campaigns.rules.materials import Supplied, audiences_for
from quantriet.campaigns.tests import factories
from quantriet.campaigns.vocab import CampaignState, DutyState, ReceiptHow
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.library.actions import masters
from quantriet.library.actions.masters import PartText
from quantriet.library.models import Material, MaterialFile
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import Audience, ContentTier, MaterialForm, MaterialKind, MaterialState, PartKind

pytestmark = pytest.mark.django_db


def released(cast, document, audience=Audience.RURAL, kind=MaterialKind.QA):
    """A published content of the document with one product of one file."""
    by, second, at = cast.accounts["editor"], cast.officer, now()
    master = document.masters.first() if hasattr(document, "masters") else None
    if master is None or master.versions.count() == 0:
        master = masters.compose_master(document, by=by, at=at)
        masters.add_part(
            master, PartText(PartKind.QUESTION, (Audience.RURAL, Audience.PUBLIC), "Ai phải học?", "Mọi đảng viên."),
            by=by, at=at,
        )  # fmt: skip
        master.refresh_from_db()
        masters.submit_master(master, revision=master.revision, by=by, at=at)
        masters.approve_master(master, revision=master.revision, by=second, at=at)
        masters.publish_master(master, by=second, at=at)
    version = master.versions.order_by("-number").first()
    material = Material.objects.create(
        master=master, kind=kind, audience=audience, state=MaterialState.READY, version=version, made_at=at, asked_at=at
    )
    made = MaterialFile(material=material, version=version, form=MaterialForm.PDF, size=8)
    made.file.save("thu.pdf", ContentFile(b"%PDF-1.7"), save=True)
    return made


@pytest.fixture
def running(cast):
    document = make_document(cast)
    return factories.open_campaign(cast.units["T"], cast.officer, documents=[document])


def duty(cast, campaign, person):
    return StudyDuty.objects.select_related("person", "unit").get(campaign=campaign, person=cast.people[person])


def hand(cast, campaign, *people, nonce="n1", by="secretary11"):
    documents = queries.documents_to_supply(campaign, now())
    duties = [duty(cast, campaign, one) for one in people]
    return actions.hand_out(campaign, duties, documents, nonce=nonce, by=cast.accounts[by], at=now())


def test_who_gets_which_material():
    """What is for one's own group, and what is for everybody; who works in an enterprise is no rural member."""
    assert audiences_for(ContentTier.PUBLIC, is_territorial=True) == (Audience.PUBLIC,)
    assert audiences_for(ContentTier.GRASSROOTS, is_territorial=True) == (Audience.RURAL, Audience.PUBLIC)
    assert audiences_for(ContentTier.GRASSROOTS, is_territorial=False) == (Audience.OFFICIALS, Audience.PUBLIC)
    assert audiences_for(ContentTier.KEY_CADRE, is_territorial=True) == (Audience.KEY_CADRE, Audience.PUBLIC)


@pytest.mark.req("R-117", "R-125")
def test_a_worker_gets_what_is_for_workers(cast, running):
    document = running.documents.get()
    made = {
        who: released(cast, document, who, MaterialKind.OUTLINE)
        for who in (Audience.RURAL, Audience.OFFICIALS, Audience.PUBLIC)
    }
    for code, own in (("M1", Audience.RURAL), ("M12", Audience.OFFICIALS)):
        [one] = queries.own_materials(cast.people[code], now())
        files = [file for _title, group in one.products for file, _words in group]
        assert files == [made[own], made[Audience.PUBLIC]]
        assert [title for title, _group in one.products] == [
            "Đề cương học tập",
            "Đề cương học tập (Quần chúng nhân dân)",
        ]
        assert queries.own_audiences(cast.people[code]) == {document.pk: [own]}


@pytest.mark.req("R-125")
@pytest.mark.parametrize(
    ("given", "roster", "said"),
    [
        (9, 10, "9/10 người học đã được cung cấp tài liệu (90,0%), đạt 90% theo chỉ tiêu."),
        (8, 9, "8/9 người học đã được cung cấp tài liệu (88,9%), chưa đạt 90% theo chỉ tiêu."),
        (0, 0, "Chưa có người phải học."),
    ],
)
def test_the_share_is_held_against_the_target(given, roster, said):
    assert Supplied(given, roster).sentence(Decimal(90), "chỉ tiêu") == said


@pytest.mark.req("R-125")
def test_counted_once_opened_or_handed_and_ticked(cast, running):
    file = released(cast, running.documents.get())
    file = queries.own_material(cast.people["M1"], file.pk, now())
    for _ in range(3):
        actions.note_opened(cast.people["M1"], file, by=cast.accounts["member1"], at=now())
    opened = MaterialReceipt.objects.get()
    assert (opened.how, opened.kind, opened.version) == (ReceiptHow.OPENED, "qa", 1)
    hand(cast, running, "M1", "M2")
    found = queries.supply(running, cast.units["CB11"], now())
    assert found.total == Supplied(2, 6)
    assert found.sentence.endswith("chưa đạt 90% theo chỉ tiêu cung cấp tài liệu của đề án.")
    by_unit = {one.unit.code: one.count for one in queries.supply(running, cast.units["T"], now()).rows}
    assert by_unit["X1"] == Supplied(2, 9)
    assert by_unit["X2"].given == 0


def test_sent_twice_is_ticked_once_and_what_stood_stays(cast, running):
    assert (hand(cast, running, "M1").written, hand(cast, running, "M1").already) == (1, 1)
    done = hand(cast, running, "M1", "M3", nonce="n2")
    assert (done.written, done.already) == (1, 1)
    assert MaterialReceipt.objects.count() == 2
    assert AuditEvent.objects.filter(verb="material.handed").count() == 2


@pytest.mark.req("R-125")
def test_a_tick_is_taken_back_and_both_stay_on_record(cast, running):
    hand(cast, running, "M1")
    documents = queries.documents_to_supply(running, now())
    one = duty(cast, running, "M1")
    actions.take_back(running, one, documents, by=cast.accounts["secretary11"], at=now())
    kept = MaterialReceipt.objects.get()
    assert kept.withdrawn_by == cast.accounts["secretary11"]
    assert queries.supply(running, cast.units["CB11"], now()).total.given == 0
    assert AuditEvent.objects.filter(verb="material.hand_withdrawn", person_id=one.person_id).exists()
    with pytest.raises(Refusal) as refused:
        actions.take_back(running, one, documents, by=cast.accounts["secretary11"], at=now())
    assert refused.value.code == "material.not_handed"
    # A late copy of the first list does not bring the tick back; a new one does.
    assert hand(cast, running, "M1").written == 0
    assert hand(cast, running, "M1", nonce="n9").written == 1


def test_every_document_with_material_is_asked_for(cast):
    first, second = make_document(cast), factories.document(cast.units["T"], cast.officer, "9-KL/TU")
    running = factories.open_campaign(cast.units["T"], cast.officer, documents=[first, second])
    assert queries.documents_to_supply(running, now()) == [first, second]
    actions.hand_out(running, [duty(cast, running, "M1")], [first], nonce="a", by=cast.officer, at=now())
    assert queries.supply(running, cast.units["T"], now()).total.given == 0
    released(cast, first)
    assert queries.documents_to_supply(running, now()) == [first]
    assert queries.supply(running, cast.units["T"], now()).total.given == 1


def test_who_need_not_study_is_left_out(cast, running):
    StudyDuty.objects.filter(person=cast.people["M2"]).update(state=DutyState.EXEMPT)
    assert queries.supply(running, cast.units["CB11"], now()).total.roster == 5


def test_refusals_are_sentences(cast, running):
    documents = queries.documents_to_supply(running, now())
    with pytest.raises(Refusal) as nobody:
        actions.hand_out(running, [], documents, nonce="x", by=cast.officer, at=now())
    assert nobody.value.sentence == "Hãy đánh dấu những người đã được phát tài liệu."
    running.state = CampaignState.CLOSED
    with pytest.raises(Refusal) as closed:
        hand(cast, running, "M1")
    assert closed.value.code == "material.not_running"


def test_the_database_holds_one_tick_and_no_half_withdrawal(cast, running):
    hand(cast, running, "M1")
    one = MaterialReceipt.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        MaterialReceipt.objects.create(
            person=one.person, document=one.document, how="handed", nonce="other", at=now(), by=cast.officer
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        MaterialReceipt.objects.update(withdrawn_at=now())


@pytest.mark.req("R-125")
def test_the_secretary_ticks_a_list_and_takes_one_back(cast, client, running):
    client.force_login(cast.accounts["secretary11"])
    unit = cast.units["CB11"]
    people = f"{reverse('campaign-materials-people', args=[running.pk])}?unit={unit.pk}"
    assert "Ghi đã phát bản giấy" in client.get(people).content.decode()
    ids = [duty(cast, running, one).pk for one in ("M1", "M3")]
    # M7 belongs to another cell: not this secretary's to tick.
    sent = {"unit": unit.pk, "nonce": "abc", "state": "missing", "ids": [*ids, duty(cast, running, "M7").pk]}
    answer = client.post(reverse("campaign-materials-hand", args=[running.pk]), sent, follow=True)
    assert "Đã ghi 2 người được phát tài liệu." in answer.content.decode()
    assert not MaterialReceipt.objects.filter(person=cast.people["M7"]).exists()
    answer = client.post(reverse("campaign-materials-undo", args=[running.pk, ids[0]]), {"unit": unit.pk}, follow=True)
    assert f"Đã bỏ ghi phát tài liệu cho {cast.people['M1'].full_name}." in answer.content.decode()
    empty = client.post(reverse("campaign-materials-hand", args=[running.pk]), {"unit": unit.pk})
    assert empty.status_code == 422
    assert "Hãy đánh dấu những người đã được phát tài liệu." in empty.content.decode()
    strange = client.post(
        reverse("campaign-materials-undo", args=[running.pk, duty(cast, running, "M7").pk]), {"unit": unit.pk}
    )
    assert strange.status_code == 404


def test_figures_lead_to_names_and_to_excel(cast, client, running):
    hand(cast, running, "M1")
    client.force_login(cast.officer)
    shown = client.get(reverse("campaign-materials", args=[running.pk])).content.decode()
    assert "1/12 người học đã được cung cấp tài liệu (8,3%), chưa đạt 90%" in shown
    book = load_workbook(
        io.BytesIO(b"".join(client.get(f"{reverse('campaign-materials', args=[running.pk])}?format=xlsx")))
    )
    assert any("Đảng ủy xã Ea Tam" in [str(cell.value) for cell in row] for row in book.active.iter_rows())
    address = reverse("campaign-materials-people", args=[running.pk])
    given = client.get(f"{address}?state=given").content.decode()
    assert cast.people["M1"].full_name in given
    assert cast.people["M10"].full_name not in given
    book = load_workbook(io.BytesIO(b"".join(client.get(f"{address}?format=xlsx"))))
    cells = [str(cell.value) for row in book.active.iter_rows() for cell in row]
    assert any("Phát bản giấy 26-HD/BTGTU" in one for one in cells)


@pytest.mark.parametrize("name", ["campaign-materials", "campaign-materials-people"])
def test_statements_do_not_grow_with_the_rows(cast, client, running, name):
    client.force_login(cast.officer)
    address = reverse(name, args=[running.pk])
    client.get(address)
    hand(cast, running, "M1", by="officer")
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    hand(cast, running, "M2", "M7", "M10", by="officer", nonce="n2")
    with CaptureQueriesContext(connection) as three:
        client.get(address)
    assert len(three) == len(one)
