from django.db import models
from django.db.models import F, Q

from quantriet.kit.time import local
from quantriet.library.models import GuidingDocument
from quantriet.org.models import Account, Unit
from quantriet.portal.vocab import NewsState, PageKind, QuestionState


class NewsArticle(models.Model):
    """A piece of news of a unit. Its text changes in the state draft alone; a second person approves it."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="news")
    title = models.CharField(max_length=200)
    lead = models.CharField(max_length=500)
    body = models.TextField(blank=True)  # plain text: paragraphs, "## " headings, "- " items (rules/news.py)
    day = models.DateField()  # of the news, by which they stand in order
    documents = models.ManyToManyField(GuidingDocument, related_name="news", blank=True)
    picture = models.FileField(upload_to="news/", blank=True)
    picture_alt = models.CharField(max_length=300, blank=True)
    picture_width = models.PositiveIntegerField(default=0)
    picture_height = models.PositiveIntegerField(default=0)
    is_featured = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=NewsState.choices(), default=NewsState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    publish_at = models.DateTimeField(null=True, blank=True)  # of an approved one that waits
    published_at = models.DateTimeField(null=True, blank=True)
    remark = models.CharField(max_length=400, blank=True)  # why it was sent back or taken down
    submitted_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    words = models.TextField(blank=True)  # folded, for search

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(approved_by=F("submitted_by")), name="news_approved_by_a_second_person"
            ),
            models.CheckConstraint(
                condition=~Q(state=NewsState.PUBLISHED) | Q(published_at__isnull=False, approved_by__isnull=False),
                name="news_published_is_approved",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-day", "-id"], name="portal_news_by_day"),
            models.Index(fields=["state", "publish_at"], name="portal_news_due"),
        ]

    def __str__(self) -> str:
        return self.title


class PublicQuestion(models.Model):
    """A question, idea or opinion that somebody sent through the portal of their own free will (R-152)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="public_questions")  # that answers it
    document = models.ForeignKey(
        GuidingDocument, null=True, blank=True, on_delete=models.PROTECT, related_name="public_questions"
    )
    nonce = models.CharField(max_length=40, unique=True)  # of the form: a retry sends nothing twice
    words = models.TextField()  # as they were sent
    sender_name = models.CharField(max_length=120, blank=True)
    sender_email = models.CharField(max_length=254, blank=True)
    may_publish = models.BooleanField()  # the sender agrees
    sent_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=QuestionState.choices(), default=QuestionState.WAITING)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    aside_why = models.CharField(max_length=250, blank=True)
    shown_words = models.TextField(blank=True)  # as the public reads them: without names
    public_at = models.DateTimeField(null=True, blank=True)
    public_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    search_words = models.TextField(blank=True)  # folded, of what the public reads

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(public_at__isnull=True) | Q(may_publish=True, state=QuestionState.ANSWERED),
                name="question_public_if_agreed",
            ),
            models.CheckConstraint(condition=~Q(public_by=F("answered_by")), name="question_public_by_a_second_person"),
        ]
        indexes = [
            models.Index(fields=["unit", "state", "-sent_at"], name="portal_question_inbox"),
            models.Index(fields=["-public_at"], name="portal_question_public"),
        ]

    def __str__(self) -> str:
        # Without a word of it: the log names a thing so, and never forgets.
        return f"Câu hỏi gửi ngày {local(self.sent_at):%d/%m/%Y}"


class QuestionTry(models.Model):
    """How many questions came from one network lately; its keyed digest alone, thrown away within a day."""

    digest = models.CharField(max_length=64, unique=True)
    count = models.PositiveSmallIntegerField(default=0)
    since = models.DateTimeField()


class ReadCount(models.Model):
    """How often a public page was read on a day; nothing about who read it."""

    kind = models.CharField(max_length=14, choices=PageKind.choices())
    key = models.PositiveBigIntegerField(default=0)  # of the news article or document; 0 for pages that are one
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key", "day"], name="read_count_once")]
        indexes = [models.Index(fields=["day", "kind"], name="portal_reads_by_day")]
