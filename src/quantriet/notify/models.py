from django.db import models
from django.db.models import Q

from quantriet.notify.vocab import DigestPace, MessageState, NoticeChannel
from quantriet.org.models import Account, Person, Unit


class Notice(models.Model):
    """What one person, or one account without a person, is told: once, however many ways it takes out of the house.

    It is itself the entry of the inbox; each way out is a `Message`.
    """

    kind = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="notices")  # on whose behalf
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    subject = models.CharField(max_length=250)
    body = models.TextField()
    link = models.CharField(max_length=300, blank=True)  # an address of this house, from the first slash
    is_urgent = models.BooleanField(default=False)  # passes quiet hours and digests
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(null=True, blank=True)
    dedupe_key = models.CharField(max_length=120, unique=True, null=True, blank=True)  # the same notice only once

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=True, account__isnull=False) | Q(person__isnull=False, account__isnull=True),
                name="notice_to_one",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-made_at"], name="notice_of_person"),
            models.Index(fields=["account", "-made_at"], name="notice_of_account"),
            models.Index(fields=["person"], condition=Q(read_at__isnull=True), name="notice_unread_person"),
            models.Index(fields=["account"], condition=Q(read_at__isnull=True), name="notice_unread_account"),
            models.Index(fields=["made_at"], name="notice_made_at"),
        ]

    def __str__(self) -> str:
        return self.subject


class PushSubscription(models.Model):
    """A browser that shows notices of one account. Its address is a secret by itself, so it is kept sealed."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="push_subscriptions")
    digest = models.CharField(max_length=64, unique=True)  # of the address
    sealed = models.TextField()  # address and keys
    host = models.CharField(max_length=120)  # whose push service it is
    device = models.CharField(max_length=80, blank=True)  # "Chrome, Android"
    made_at = models.DateTimeField()
    last_sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return self.device or self.host


class Message(models.Model):
    """One sending of the outbox over one channel, to a unit or a person; kept with what became of it."""

    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=5, choices=NoticeChannel.choices(), default=NoticeChannel.MAIL)
    notice = models.ForeignKey(Notice, null=True, blank=True, on_delete=models.CASCADE, related_name="messages")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="messages")  # on whose behalf
    to_unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    to_person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="messages")
    to_account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="messages")
    subscription = models.ForeignKey(
        PushSubscription, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    address = models.CharField(max_length=254)  # of a mail, a telephone, a Zalo account; of a browser its name
    subject = models.CharField(max_length=250)
    body = models.TextField()
    attachment_name = models.CharField(max_length=120, blank=True)
    attachment_kind = models.CharField(max_length=80, blank=True)
    attachment = models.TextField(blank=True)  # a calendar file's text
    state = models.CharField(max_length=10, choices=MessageState.choices(), default=MessageState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    # When a failed one is tried again; of one being sent, when it counts as broken off (its worker was killed); of one
    # waiting, when its job is looked for; of one held, when the quiet hours end; of one gathered, when its digest goes.
    next_try_at = models.DateTimeField(null=True, blank=True)
    carrier = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="carried")
    queued_at = models.DateTimeField()
    queued_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=120, blank=True)  # under which the gateway knows it
    is_fake = models.BooleanField(default=False)  # taken by a gateway for trials: it never left the house
    dedupe_key = models.CharField(max_length=120, unique=True, null=True, blank=True)  # the same notice only once

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "channel"],
                condition=Q(notice__isnull=False, subscription__isnull=True) & ~Q(channel=NoticeChannel.PUSH.value),
                name="message_once_a_channel",
            ),
            models.UniqueConstraint(
                fields=["notice", "subscription"],
                condition=Q(notice__isnull=False, subscription__isnull=False),
                name="message_once_a_browser",
            ),
        ]
        indexes = [models.Index(fields=["state", "next_try_at"]), models.Index(fields=["unit", "-queued_at"])]

    def __str__(self) -> str:
        return self.subject


class NoticePreference(models.Model):
    """How one account wants to be told; without a row the house's own defaults hold."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="notice_preference")
    choices = models.JSONField(default=dict)  # {"summons": ["mail", "push"]}; a group that is missing has the defaults
    is_quiet = models.BooleanField(default=True)
    quiet_from = models.TimeField(null=True, blank=True)  # without both the house's own quiet hours hold
    quiet_to = models.TimeField(null=True, blank=True)
    quiet_mail = models.BooleanField(default=False)
    pace = models.CharField(max_length=8, choices=DigestPace.choices(), default=DigestPace.AT_ONCE)
    digest_hour = models.PositiveSmallIntegerField(default=7)
    digest_weekday = models.PositiveSmallIntegerField(default=0)  # 0 is Monday
    zalo_id = models.CharField(max_length=60, blank=True)  # under which the official account knows the person
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(digest_hour__lte=23, digest_weekday__lte=6), name="notice_preference_digest"
            ),
        ]

    def __str__(self) -> str:
        return str(self.account)


class CopyText(models.Model):
    """A unit's own words for a text that is copied into Zalo; units below use it too."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="copy_texts")
    kind = models.CharField(max_length=20)
    body = models.TextField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "kind"], name="copy_text_once")]

    def __str__(self) -> str:
        return self.kind


class CalendarFeed(models.Model):
    """The secret address under which a person's phone reads the calendar of its classes; only its digest is kept."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="calendar_feed")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    last_read_at = models.DateTimeField(null=True, blank=True)  # to an hour
    content_digest = models.CharField(max_length=64, blank=True)  # of what was last given out
    changed_at = models.DateTimeField()  # when that last became another
