from django.db import models


class AuditEvent(models.Model):
    """One write: who, from which unit, did what to which thing, with what before and after. Never changed."""

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(
        null=True
    )  # org.Account, without a foreign key; null: none acted, `actor_label` says what did
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


class AuditSeal(models.Model):
    """A block of the log under seal: its lines' digest, chained to the seal before. Never changed (docs/audit-log.md)."""

    number = models.BigIntegerField(primary_key=True)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    gaps = models.JSONField(default=list)  # spans of numbers inside the block without a line
    late = models.JSONField(default=list)  # spans of lines that committed after an earlier block was sealed
    fingerprints = models.TextField()  # eight hex digits a line, to name the first wrong one
    sealed_at = models.DateTimeField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return str(self.number)


class AuditAnchor(models.Model):
    """The newest seal as it was carried out of the database: into a file, and by mail where an address is set."""

    at = models.DateTimeField(db_index=True)
    seal_number = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    mailed_to = models.CharField(max_length=254, blank=True)
    mail_error = models.CharField(max_length=300, blank=True)


class AuditRedaction(models.Model):
    """The kept digest of a part of a line that was erased at a person's request, so that the chain stays whole."""

    class Part(models.TextChoices):
        ACTOR = "actor"
        CONTENT = "content"

    event_id = models.BigIntegerField()
    part = models.CharField(max_length=10, choices=Part.choices)
    digest = models.CharField(max_length=64)
    erasure_id = models.BigIntegerField()  # the line "person.erased" that justifies it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event_id", "part"], name="redaction_once")]


class Look(models.Model):
    """Somebody looked at a person's record, or took a list with people along. Kept for a time, never changed.

    A look at one person has `person_id`; a list has the place in the tree that it covers.
    """

    at = models.DateTimeField()
    day = models.DateField()
    viewer_id = models.BigIntegerField()  # org.Account, without a foreign key
    viewer_label = models.CharField(max_length=200)
    viewer_post = models.CharField(max_length=300, blank=True)  # role and unit as they were
    what = models.CharField(max_length=80)  # "xem trang thông tin cá nhân"
    person_id = models.BigIntegerField(null=True)
    unit_path = models.CharField(max_length=255, blank=True)
    unit_label = models.CharField(max_length=200, blank=True)
    count = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["unit_path", "-at"], condition=models.Q(person_id__isnull=True), name="look_lists"),
            models.Index(fields=["day"], name="look_day"),
        ]
        constraints = [
            # One row a viewer, person, page and day; also how a person's looks are found.
            models.UniqueConstraint(
                fields=["person_id", "viewer_id", "day", "what"],
                condition=models.Q(person_id__isnull=False),
                name="look_once_a_day",
            )
        ]
