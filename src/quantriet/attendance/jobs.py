"""Background entries of presence."""

from quantriet.attendance import actions, queries
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import CampaignState
from quantriet.classes.models import StudyClass
from quantriet.kit.jobs import background, enqueue
from quantriet.kit.time import now


@background
def rejudge_job(campaign_id: int, class_id: int) -> None:
    """Judge one class again, or queue each judged class of the campaign (class_id 0), so that each is its own transaction."""
    # A campaign that has closed since takes no result; it is judged again when it is reopened.
    judged = queries.judged_classes(
        StudyClass.objects.filter(campaign_id=campaign_id, campaign__state=CampaignState.OPEN)
    )
    if class_id:
        for study_class in judged.filter(pk=class_id):
            actions.recompute_class(study_class, by=None, at=now())
        return
    for campaign in StudyCampaign.objects.filter(pk=campaign_id, state=CampaignState.OPEN):
        actions.judge_self_study(campaign, by=None, at=now())
    for one in judged.values_list("pk", flat=True):
        enqueue(rejudge_job, campaign_id, one)


@background
def follow_check_ins_job() -> None:
    """Write the log lines, minutes and verdicts of check-ins by code."""
    actions.follow_check_ins(at=now())


@background
def read_meeting_log_job(log_id: int) -> None:
    """Read a large log of an online meeting against the roster."""
    actions.read_meeting_log(log_id, at=now())


@background
def apply_meeting_log_job(log_id: int) -> None:
    """Write a large log that was confirmed."""
    actions.apply_meeting_log(log_id, at=now())


@background
def follow_absentees_job() -> None:
    """Look in every running campaign for absentees whose next step is due, each campaign in a job of its own."""
    for pk in StudyCampaign.objects.filter(state=CampaignState.OPEN).order_by("pk").values_list("pk", flat=True):
        enqueue(step_catch_ups_job, pk)


@background
def step_catch_ups_job(campaign_id: int) -> None:
    for campaign in StudyCampaign.objects.filter(pk=campaign_id).select_related("unit"):
        actions.follow_lapsed(campaign, at=now())
        actions.step_catch_ups(campaign, at=now())
