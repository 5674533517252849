from django.db import models


class AuditEvent(models.Model):
    """One write: who, from which unit, did what to which thing, with what before and after. Never changed."""

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)  # org.Account, without a foreign key; null is the product itself
    actor_label = models.CharField(max_length=200)
    verb = models.CharField(max_length=60)
    thing_kind = models.CharField(max_length=60)  # "org.person"
    thing_id = models.CharField(max_length=40)
    thing_label = models.CharField(max_length=300)
    unit_id = models.BigIntegerField(null=True)  # org.Unit the thing belongs to
    unit_path = models.CharField(max_length=255, blank=True)
    person_id = models.BigIntegerField(null=True)  # org.Person whose record it is, when it is one person's
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["unit_path", "-at"]),
            models.Index(fields=["thing_kind", "thing_id", "-at"]),
            models.Index(fields=["person_id", "-at"]),
            # An import writes a hundred thousand lines of one moment: their number is part of the order.
            models.Index(fields=["-at", "-id"], name="audit_order"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.thing_label}"
