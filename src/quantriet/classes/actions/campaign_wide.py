"""What happens to the classes of a campaign at once: called off or given another form, with the campaign itself."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from datetime import datetime

from quantriet.campaigns.models import StudyCampaign
from quantriet.classes.actions.lifecycle import cancel_class, change_class
from quantriet.classes.models import StudyClass
from quantriet.classes.vocab import RUNNING_STATES
from quantriet.kit.db import named_lock
from quantriet.org.models import Account


def cancel_classes(
    campaign: StudyCampaign, *, reason: str, by: Account | None, at: datetime, only: Collection[int] | None = None
) -> int:
    """Cancel the running classes of a campaign, or `only` these; whoever was summoned is told. Returns how many.

    Refuses as `cancel_class` does once anything was marked in one of them; then none is cancelled.
    """
    with ExitStack() as locks:
        found = _locked(campaign, only, locks)
        for one in found:
            cancel_class(one, by=by, at=at, reason=reason)
    return len(found)


def change_forms(campaign: StudyCampaign, form: str, *, only: Collection[int], by: Account | None, at: datetime) -> int:
    """Give these running classes of a campaign another form; returns how many."""
    with ExitStack() as locks:
        found = _locked(campaign, only, locks)
        for one in found:
            change_class(one, by=by, at=at, form=form)
    return len(found)


def _locked(campaign: StudyCampaign, only: Collection[int] | None, locks: ExitStack) -> list[StudyClass]:
    """Running classes, all held in the order of their keys before the first is written, so that no two wait for each other."""
    classes = StudyClass.objects.filter(campaign=campaign, state__in=RUNNING_STATES).order_by("pk")
    if only is not None:
        classes = classes.filter(pk__in=list(only))
    for pk in classes.values_list("pk", flat=True):
        locks.enter_context(named_lock(f"class:{pk}"))
    return list(classes.select_related("unit", "campaign"))
