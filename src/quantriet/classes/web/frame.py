"""What all pages of one class share: where one is, the parts of the class, what the account may do."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from quantriet.classes import access
from quantriet.classes.models import StudyClass
from quantriet.classes.vocab import RUNNING_STATES, ClassState
from quantriet.kit.web import page
from quantriet.org.web.pages import DeskRequest

STATE_SIGNS = {
    ClassState.DRAFT: "silent",
    ClassState.RELEASED: "owing",
    ClassState.CLOSED: "done",
    ClassState.CANCELLED: "exempt",
}


def class_page(
    request: DeskRequest, template: str, study_class: StudyClass, context: dict[str, Any], *, part: str = ""
) -> HttpResponse:
    """A page of one class with its parts as tabs; `part` names the present one."""
    may_change = access.may_change(request.account, study_class)
    return page(
        request,
        template,
        {
            "study_class": study_class,
            "may_change": may_change and study_class.state in RUNNING_STATES,
            "may_plan": may_change and study_class.state == ClassState.DRAFT,
            "may_count": may_change and study_class.state in (ClassState.RELEASED, ClassState.CLOSED),
            "state": ClassState(study_class.state),
            "state_sign": STATE_SIGNS[ClassState(study_class.state)],
            "place": {"unit": study_class.unit.name, "campaign": study_class.campaign.name},
            "class_parts": [
                {"label": one.label, "url": reverse(one.value, args=[study_class.pk]), "current": one == part}
                for one in access.parts_seen_by(request.account, study_class)
            ],
            **context,
        },
    )
