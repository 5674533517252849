"""Foreign keys point down, like imports: a lower room's rows never hang on an upper room's."""

import pytest
from django.apps import apps
from django.db.models import Model

from tests.house.source import built_rooms, height_of


def room_of(model: type[Model]) -> str | None:
    parts = model.__module__.split(".")
    return parts[1] if parts[0] == "quantriet" else None


def own_models() -> list[type[Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if room_of(model) in built_rooms()]


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_foreign_keys_point_down(model):
    own = room_of(model)
    for field in model._meta.get_fields():
        if not (field.is_relation and field.concrete) or field.related_model is None:
            continue
        target = room_of(field.related_model)
        if target in (None, own):
            continue
        assert height_of(target) < height_of(own), f"{model._meta.label}.{field.name} points up or aside to {target}"


def test_the_log_has_no_foreign_keys():
    keys = [
        f"{model._meta.label}.{field.name}"
        for model in own_models()
        if room_of(model) == "audit"
        for field in model._meta.concrete_fields
        if field.is_relation
    ]
    assert not keys, f"what the log names may be deleted; the log stays: {keys}"
