"""Writers of rulebooks: values are data with validity and legal basis; an old value ends, it is never overwritten."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from quantriet.audit.actions import record
from quantriet.campaigns.actions.rejudging import rejudge_by_rule
from quantriet.campaigns.models import Rulebook, RuleValue
from quantriet.campaigns.vocab import SOURCE_RULES, RuleKey
from quantriet.kit import text
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import show_day
from quantriet.org.models import Account, Unit

# The day of the paper from which the shipped values are taken.
SOURCE_RULES_FROM = date(2021, 11, 12)


def add_rulebook(*, unit: Unit, name: str, note: str = "", by: Account | None, at: datetime) -> Rulebook:
    """Make a rulebook for a unit and everything below it, filled with the rules of the sources."""
    name = text.squeeze(name)
    if not name:
        raise Refusal("rulebook.name_missing", "Bộ quy tắc phải có tên.", field="name")
    with transaction.atomic():
        if Rulebook.objects.filter(unit=unit, name=name).exists():
            raise Refusal("rulebook.name_taken", f"{unit.name} đã có bộ quy tắc “{name}”.", field="name")
        rulebook = Rulebook.objects.create(unit=unit, name=name, note=note.strip(), created_at=at)
        RuleValue.objects.bulk_create(
            RuleValue(
                rulebook=rulebook, key=key, value=Decimal(rule.value), basis=rule.basis, valid_from=SOURCE_RULES_FROM
            )
            for key, rule in SOURCE_RULES.items()
        )
        record("rulebook.added", by=by, at=at, thing=rulebook, unit=unit, after={"name": name})
    return rulebook


def change_rulebook(rulebook: Rulebook, *, name: str, note: str = "", by: Account, at: datetime) -> Rulebook:
    """Rename a rulebook or change its note."""
    name = text.squeeze(name)
    if not name:
        raise Refusal("rulebook.name_missing", "Bộ quy tắc phải có tên.", field="name")
    with transaction.atomic():
        if Rulebook.objects.filter(unit=rulebook.unit, name=name).exclude(pk=rulebook.pk).exists():
            raise Refusal("rulebook.name_taken", f"{rulebook.unit.name} đã có bộ quy tắc “{name}”.", field="name")
        before = {"name": rulebook.name, "note": rulebook.note}
        rulebook.name, rulebook.note = name, note.strip()
        rulebook.save(update_fields=["name", "note"])
        record(
            "rulebook.changed", by=by, at=at, thing=rulebook, unit=rulebook.unit,
            before=before, after={"name": name, "note": rulebook.note},
        )  # fmt: skip
    return rulebook


def set_rule_value(
    rulebook: Rulebook, *, key: RuleKey, value: Decimal | int | str, basis: str, valid_from: date,
    by: Account | None, at: datetime,
) -> RuleValue:  # fmt: skip
    """Give a setting a new value from a day on; the value in force until then ends the day before.

    Refuses without a legal basis, a negative value, a share above 100, or a day not after the start of the last value.
    """
    key = RuleKey(key)
    number = Decimal(value)
    basis = text.squeeze(basis)
    if not basis:
        raise Refusal("rulebook.basis_missing", "Phải ghi căn cứ của giá trị này.", field="basis")
    if number < 0 or (SOURCE_RULES[key].unit == "%" and number > 100):
        raise Refusal("rulebook.value_out_of_range", "Giá trị phải từ 0 đến 100%.", field="value")
    with transaction.atomic():
        last = RuleValue.objects.select_for_update().filter(rulebook=rulebook, key=key).order_by("-valid_from").first()
        if last and valid_from <= last.valid_from:
            raise Refusal(
                "rulebook.not_after_last",
                f"Giá trị gần nhất có hiệu lực từ {show_day(last.valid_from)}; giá trị mới phải bắt đầu sau ngày đó.",
                field="valid_from",
            )
        before = {}
        if last:
            before = {key.value: last.value, "basis": last.basis}
            if last.valid_to is None or last.valid_to >= valid_from:
                last.valid_to = valid_from - timedelta(days=1)
                last.save(update_fields=["valid_to"])
        fresh = RuleValue.objects.create(rulebook=rulebook, key=key, value=number, basis=basis, valid_from=valid_from)
        record(
            "rulebook.changed", by=by, at=at, thing=rulebook, unit=rulebook.unit,
            before=before, after={key.value: number, "basis": basis, "from": valid_from},
        )  # fmt: skip
        rejudge_by_rule(rulebook, key)
    return fresh
