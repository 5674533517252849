"""Background entries of classes."""

from quantriet.classes import actions
from quantriet.classes.models import StudyClass
from quantriet.kit.jobs import background
from quantriet.kit.time import now
from quantriet.org.models import Account


@background
def send_summons_job(class_id: int, account_id: int) -> None:
    study_class = StudyClass.objects.select_related("unit", "campaign").get(pk=class_id)
    actions.send_summons(study_class, by=Account.objects.get(pk=account_id), at=now())


@background
def tell_cancelled_job(class_id: int, account_id: int) -> None:
    study_class = StudyClass.objects.select_related("unit", "campaign").get(pk=class_id)
    actions.tell_cancelled(study_class, by=Account.objects.filter(pk=account_id).first(), at=now())


@background
def tell_of_conference_job(class_id: int, account_id: int) -> None:
    study_class = StudyClass.objects.select_related("unit", "conference").get(pk=class_id)
    actions.tell_of_conference(study_class, by=Account.objects.filter(pk=account_id).first(), at=now())


@background
def note_arrivals_job() -> None:
    actions.note_arrivals(at=now())


@background
def compute_timetable_job(plan_id: int, run: int) -> None:
    actions.compute_timetable(plan_id, run)
