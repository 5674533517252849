"""Who chairs, opens, closes, presents, reports."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quantriet.audit.actions import record
from quantriet.classes import queries
from quantriet.classes.actions.guards import class_in, refuse_unless
from quantriet.classes.models import ClassRole, StudyClass
from quantriet.classes.rules import leading
from quantriet.classes.vocab import (
    REQUIRED_ROLES,
    RUNNING_STATES,
    ClassRoleKind,
    ClassState,
)
from quantriet.kit import text
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import show_day
from quantriet.org.models import Account, Person


def give_role(
    study_class: StudyClass, *, by: Account | None, at: datetime, kind: str, person: Person, note: str = ""
) -> ClassRole:
    """Give somebody a part in a class.

    Refuses chair, opening, closing and leader presenter for whoever is no standing member or head on the day (R-053).
    """
    refuse_unless(study_class, *RUNNING_STATES)
    part = ClassRoleKind(kind)
    if leading.needs_leader(part) and not queries.may_lead(person, study_class):
        day = show_day(queries.first_day(study_class))
        raise Refusal("role.not_leader", leading.refusal_sentence(person.full_name, part, day), field="person")
    with transaction.atomic():
        role, is_new = ClassRole.objects.get_or_create(
            study_class=study_class, kind=part, person=person, defaults={"note": text.squeeze(note)}
        )
        if is_new:
            record(
                "role.given", by=by, at=at, thing=study_class, unit=study_class.unit, person_id=person.pk,
                after={"kind": part, "person": person.full_name},
            )  # fmt: skip
    return role


def remove_role(role: ClassRole, *, by: Account | None, at: datetime) -> None:
    """Take a part back. Refuses the last holder of a leading part while the class is released."""
    study_class = role.study_class
    with class_in(study_class, *RUNNING_STATES):
        alone = not study_class.roles.filter(kind=role.kind).exclude(pk=role.pk).exists()
        if study_class.state == ClassState.RELEASED and role.kind in REQUIRED_ROLES and alone:
            raise Refusal("role.needed", "Lớp đã chốt phải luôn có người giữ phần việc này; hãy thêm người thay trước.")
        record(
            "role.removed", by=by, at=at, thing=study_class, unit=study_class.unit, person_id=role.person_id,
            before={"kind": role.kind, "person": role.person.full_name},
        )  # fmt: skip
        role.delete()
