from django.db import models

from quantriet.notify.vocab import MessageState
from quantriet.org.models import Account, Person, Unit


class Message(models.Model):
    """One mail of the outbox, to a unit's or a person's address; kept with what became of it."""

    kind = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="messages")  # on whose behalf
    to_unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    to_person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="messages")
    address = models.EmailField()
    subject = models.CharField(max_length=250)
    body = models.TextField()
    attachment_name = models.CharField(max_length=120, blank=True)
    attachment_kind = models.CharField(max_length=80, blank=True)
    attachment = models.TextField(blank=True)  # a calendar file's text
    state = models.CharField(max_length=10, choices=MessageState.choices(), default=MessageState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    # When a failed one is tried again; of one being sent, when it counts as broken off (its worker was killed); of one
    # waiting, when its job is looked for.
    next_try_at = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField()
    queued_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    dedupe_key = models.CharField(max_length=120, unique=True, null=True, blank=True)  # the same notice only once

    class Meta:
        indexes = [models.Index(fields=["state", "next_try_at"]), models.Index(fields=["unit", "-queued_at"])]

    def __str__(self) -> str:
        return self.subject


class CalendarFeed(models.Model):
    """The secret address under which a person's phone reads the calendar of its classes; only its digest is kept."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="calendar_feed")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    last_read_at = models.DateTimeField(null=True, blank=True)  # to an hour
    content_digest = models.CharField(max_length=64, blank=True)  # of what was last given out
    changed_at = models.DateTimeField()  # when that last became another
