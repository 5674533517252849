from datetime import date

from django.db import models
from django.db.models import F, Q

from quantriet.library.rules.publication import Deadline, Verdict, judge
from quantriet.library.vocab import (
    ActivityBody,
    ActivityForm,
    Audience,
    Channel,
    DocumentStatus,
    MasterState,
    MaterialForm,
    MaterialKind,
    MaterialState,
    PartKind,
    PointKind,
    PointTheme,
    ReachKind,
    RelationKind,
    ReviewOutcome,
)
from quantriet.org.models import Account, Unit
from quantriet.org.vocab import Level


class GuidingDocument(models.Model):
    """A resolution, directive, conclusion or regulation that must be studied or carried out."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="documents")  # whose register it stands in
    number = models.PositiveIntegerField(null=True, blank=True)
    type_code = models.CharField(max_length=8)  # a key of vocab.DOCUMENT_TYPES
    body_code = models.CharField(max_length=40, blank=True)  # "BTGTU", "TW", "TU"
    reference_number = models.CharField(max_length=60)  # "26-HD/BTGTU"
    reference_folded = models.CharField(max_length=60, db_index=True)
    issuing_body = models.CharField(max_length=160)
    level = models.CharField(max_length=20, choices=Level.choices())
    issued_on = models.DateField()
    subject = models.CharField(max_length=500)
    subject_folded = models.CharField(max_length=500)
    status = models.CharField(max_length=12, choices=DocumentStatus.choices(), default=DocumentStatus.IN_FORCE)
    expires_on = models.DateField(null=True, blank=True)  # the first day on which it is no longer in force
    expiry_basis = models.CharField(max_length=200, blank=True)  # the paper or clause that says so
    needs_no_programme = models.BooleanField(default=False)
    finish_before_on = models.DateField(null=True, blank=True)  # deadline for lower levels to finish
    text = models.TextField(blank=True)
    file = models.FileField(upload_to="documents/", blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "reference_number", "issued_on"], name="document_once_in_register")
        ]
        indexes = [models.Index(fields=["unit", "-issued_on"])]

    def __str__(self) -> str:
        return self.reference_number

    @property
    def citation(self) -> str:
        """Number and date, as documents are cited (R-014): "26-HD/BTGTU ngày 12/11/2021"."""
        return f"{self.reference_number} ngày {self.issued_on:%d/%m/%Y}"


class Clause(models.Model):
    """A numbered part of a document that others can cite."""

    document = models.ForeignKey(GuidingDocument, on_delete=models.CASCADE, related_name="clauses")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    order = models.PositiveIntegerField()  # reading order in the whole document
    depth = models.PositiveSmallIntegerField(default=0)
    number = models.CharField(max_length=60)  # "3", "II.1", "3.b"; made for bullets: "3.-2"
    label = models.CharField(max_length=160)  # "mục 3", "khoản 2, Điều 5", "ý thứ 4, mục 3"
    heading = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="clause_number_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def is_mark(self) -> bool:
        """Whether the paper sets it off by a sign (-, +, *) and not by a number."""
        return self.number.rsplit(".", 1)[-1][:1] in ("-", "+", "*")

    @property
    def written(self) -> str:
        """How the paper begins the part: "II.", "3.", "a)", "Điều 5.", "-"."""
        last = self.number.rsplit(".", 1)[-1]
        if self.is_mark:
            return last[0]
        word, _space, own = self.label.split(", ")[0].partition(" ")
        if last.startswith("Mục ") or word not in ("mục", "khoản", "điểm"):
            return f"{last}."
        return f"{own})" if word == "điểm" else f"{own}."


class KeyPoint(models.Model):
    """A core or new point of a document, tied to the clause it comes from (R-024)."""

    document = models.ForeignKey(GuidingDocument, on_delete=models.CASCADE, related_name="points")
    clause = models.ForeignKey(Clause, null=True, blank=True, on_delete=models.SET_NULL, related_name="points")
    kind = models.CharField(max_length=4, choices=PointKind.choices(), default=PointKind.KEY)
    theme = models.CharField(max_length=12, choices=PointTheme.choices(), default=PointTheme.OTHER)
    text = models.TextField()
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]


class DocumentRelation(models.Model):
    """`source` amends, replaces, guides, adapts or accompanies `target`."""

    source = models.ForeignKey(GuidingDocument, on_delete=models.CASCADE, related_name="relations")
    target = models.ForeignKey(GuidingDocument, on_delete=models.PROTECT, related_name="related_from")
    kind = models.CharField(max_length=12, choices=RelationKind.choices())
    since_on = models.DateField(null=True, blank=True)  # from when it amends or replaces; empty: the day of its issue
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "kind"], name="relation_once"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="relation_to_another"),
        ]

    @property
    def starts_on(self) -> date:
        return self.since_on or self.source.issued_on


class DocumentReview(models.Model):
    """An internal rule was looked at again because something it rests on has changed (R-021)."""

    document = models.ForeignKey(GuidingDocument, on_delete=models.CASCADE, related_name="reviews")
    outcome = models.CharField(max_length=8, choices=ReviewOutcome.choices())
    note = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")


# --- publication and dissemination --------------------------------------------------------------------------------------


class PublicationRule(models.Model):
    """The deadline of publication that a unit sets for documents of its register and of those below, from a day on."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="publication_rules")
    remind_days = models.PositiveSmallIntegerField()
    due_days = models.PositiveSmallIntegerField()
    basis = models.CharField(max_length=250)  # the legal basis, as it is quoted in sentences
    valid_from = models.DateField()
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="publication_rule_once"),
            models.CheckConstraint(condition=Q(remind_days__lte=F("due_days")), name="publication_rule_reminds_first"),
        ]

    def __str__(self) -> str:
        return self.basis

    @property
    def deadline(self) -> Deadline:
        return Deadline(self.remind_days, self.due_days, self.basis, self.valid_from)


class PublicationClock(models.Model):
    """How a document stands with its publication; written again whenever what it rests on changes."""

    document = models.OneToOneField(GuidingDocument, on_delete=models.CASCADE, related_name="clock")
    remind_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)  # empty: issued when there was no rule
    basis = models.CharField(max_length=250, blank=True)
    done_on = models.DateField(null=True, blank=True)  # first placement on a mass medium that stands
    exempt_reason = models.CharField(max_length=250, blank=True)
    exempt_basis = models.CharField(max_length=200, blank=True)
    exempt_at = models.DateTimeField(null=True, blank=True)
    exempt_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["done_on", "due_on"], name="clock_open")]

    def __str__(self) -> str:
        return self.document.reference_number

    def verdict(self, day: date) -> Verdict:
        """How the document stands on a day; needs `document` read."""
        return judge(
            day, issued_on=self.document.issued_on, remind_on=self.remind_on, due_on=self.due_on, basis=self.basis,
            done_on=self.done_on, exempt_reason=self.exempt_reason, exempt_basis=self.exempt_basis,
        )  # fmt: skip


class Placement(models.Model):
    """A document was put on a channel on a day by a unit: article, broadcast, post, booklet."""

    document = models.ForeignKey(GuidingDocument, on_delete=models.PROTECT, related_name="placements")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="placements")  # who posted it
    channel = models.CharField(max_length=12, choices=Channel.choices())
    placed_on = models.DateField()
    title = models.CharField(max_length=250)
    title_folded = models.CharField(max_length=250)
    url = models.CharField(max_length=500, blank=True)
    note = models.CharField(max_length=400, blank=True)
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_why = models.CharField(max_length=250, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "unit", "channel", "url"], name="placement_link_once",
                condition=Q(withdrawn_at__isnull=True) & ~Q(url=""),
            ),
            models.UniqueConstraint(
                fields=["document", "unit", "channel", "placed_on", "title_folded"], name="placement_title_once",
                condition=Q(withdrawn_at__isnull=True, url=""),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["unit", "-placed_on"])]

    def __str__(self) -> str:
        return self.title


class ReachCount(models.Model):
    """A figure of a placement as somebody read it on a day; later readings stand beside earlier ones."""

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="reach")
    kind = models.CharField(max_length=10, choices=ReachKind.choices())
    value = models.PositiveBigIntegerField()
    as_of = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["placement", "kind", "-as_of"])]


class DisseminationActivity(models.Model):
    """A meeting, forum, talk, broadcast … that spread a document to members and people; never a class (R-044)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="activities")
    document = models.ForeignKey(
        GuidingDocument, null=True, blank=True, on_delete=models.PROTECT, related_name="activities"
    )
    body = models.CharField(max_length=12, choices=ActivityBody.choices())
    form = models.CharField(max_length=20, choices=ActivityForm.choices())
    place = models.CharField(max_length=200)
    place_folded = models.CharField(max_length=200)
    held_on = models.DateField()
    people = models.PositiveIntegerField()  # who took part or listened, as counted or estimated there
    words = models.TextField(blank=True)
    nonce = models.CharField(max_length=40, unique=True)  # made by the client: a retry reports nothing twice
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_why = models.CharField(max_length=250, blank=True)

    class Meta:
        indexes = [models.Index(fields=["unit", "-held_on"]), models.Index(fields=["-held_on"])]

    def __str__(self) -> str:
        return f"{self.place}, {self.held_on:%d/%m/%Y}"


class ActivityPhoto(models.Model):
    """A photo of an activity, upright, small and without what the camera wrote into it."""

    activity = models.ForeignKey(DisseminationActivity, on_delete=models.CASCADE, related_name="photos")
    image = models.FileField(upload_to="activities/")
    alt = models.CharField(max_length=200)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["pk"]


class StudyMaster(models.Model):
    """What a unit composes once from a document for all its audiences; products, portal and handbook take from it.

    Its parts are the working copy: they change in the state draft alone. What was approved stands in its versions.
    """

    document = models.ForeignKey(GuidingDocument, on_delete=models.PROTECT, related_name="masters")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="masters")
    title = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=MasterState.choices(), default=MasterState.DRAFT)
    revision = models.PositiveIntegerField(default=1)  # grows with every change of it or of its parts
    publish_at = models.DateTimeField(null=True, blank=True)  # of the approved version that waits
    remark = models.TextField(blank=True)  # why it was sent back the last time
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "unit"], name="master_once_for_unit")]
        indexes = [models.Index(fields=["state", "publish_at"], name="library_master_due")]

    def __str__(self) -> str:
        return self.title


class MasterPart(models.Model):
    """One part of the working copy. `title`: question, measured thing or claim; `text`: answer or content."""

    master = models.ForeignKey(StudyMaster, on_delete=models.CASCADE, related_name="parts")
    kind = models.CharField(max_length=12, choices=PartKind.choices())
    audiences = models.JSONField(default=list)  # values of vocab.Audience
    order = models.PositiveIntegerField()
    title = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    value = models.DecimalField(max_digits=18, decimal_places=3, null=True, blank=True)
    measure = models.CharField(max_length=40, blank=True)  # unit of the value: "%", "ngày"
    source = models.CharField(max_length=300, blank=True)  # where an explanation takes its facts from
    clause = models.ForeignKey(Clause, null=True, blank=True, on_delete=models.SET_NULL, related_name="parts")
    revision = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.title or self.text[:80]


class MasterImage(models.Model):
    """A picture of a master, made anew from the upload: without its hidden data, upright, of a bounded size."""

    master = models.ForeignKey(StudyMaster, on_delete=models.CASCADE, related_name="images")
    file = models.FileField(upload_to="masters/")
    alt = models.CharField(max_length=300)  # what it shows, for who does not see it
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.alt


class MasterVersion(models.Model):
    """An approved text of a master as it was then; `content` never changes.

    {"title": …, "parts": [{"id", "kind", "audiences", "title", "text", "value", "measure", "source", "cites", "clause",
    "document"}], "images": [{"id", "file", "alt", "width", "height"}]}
    """

    master = models.ForeignKey(StudyMaster, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    composed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["master", "number"], name="master_version_once"),
            models.CheckConstraint(
                condition=~Q(approved_by=F("composed_by")), name="master_approved_by_a_second_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.content['title']} ({self.number})"


# --- products of a master -----------------------------------------------------------------------------------------------


class UnitLook(models.Model):
    """The logo and the colour that products of a unit carry, and of the units below it that have chosen none."""

    unit = models.OneToOneField(Unit, on_delete=models.CASCADE, related_name="look")
    colour = models.CharField(max_length=7)  # "#9b1c1c"; white words on it are easy to read
    logo = models.FileField(upload_to="looks/", blank=True)  # made anew from the upload: PNG or JPEG
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.colour


class Material(models.Model):
    """A product of a master for an audience, made from an approved version and made again from the next one (R-119)."""

    master = models.ForeignKey(StudyMaster, on_delete=models.CASCADE, related_name="materials")
    kind = models.CharField(max_length=12, choices=MaterialKind.choices())
    audience = models.CharField(max_length=10, choices=Audience.choices())
    state = models.CharField(max_length=8, choices=MaterialState.choices(), default=MaterialState.QUEUED)
    version = models.ForeignKey(
        MasterVersion, null=True, blank=True, on_delete=models.CASCADE, related_name="materials"
    )
    made_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=400, blank=True)  # why it could not be made
    note = models.CharField(max_length=400, blank=True)  # what is not among its files, and where it stands instead
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["master", "kind", "audience"], name="material_once"),
            models.CheckConstraint(
                condition=~Q(state=MaterialState.READY) | Q(version__isnull=False, made_at__isnull=False),
                name="material_ready_from_a_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_label}: {Audience(self.audience).label}"

    @property
    def kind_label(self) -> str:
        return MaterialKind(self.kind).label


class MaterialFile(models.Model):
    """One file of a product as made from a version; several of a form are pages of it.

    What is published keeps its files while those of the next version are made beside them. Files of a version that was
    published before the present one are gone (`file` is empty); the row stays, so that a link that was handed on leads to
    the same product of the present version.
    """

    material = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="files")
    version = models.ForeignKey(MasterVersion, on_delete=models.CASCADE, related_name="+")
    form = models.CharField(max_length=8, choices=MaterialForm.choices())
    page = models.PositiveSmallIntegerField(default=1)
    file = models.FileField(upload_to="materials/", blank=True)
    size = models.PositiveIntegerField()  # bytes

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["material", "version", "form", "page"], name="material_file_once")
        ]


class BroughtMaterial(models.Model):
    """Verse, clip or picture that somebody made, with who made it and on what ground it may be used.

    A second person approves it; then it goes out with what is published of its master.
    """

    master = models.ForeignKey(StudyMaster, on_delete=models.CASCADE, related_name="brought")
    kind = models.CharField(max_length=12, choices=MaterialKind.choices())
    title = models.CharField(max_length=200)
    words = models.TextField(blank=True)  # of a verse; of a clip or picture: what is seen and said in it
    author = models.CharField(max_length=200)
    source = models.CharField(max_length=300, blank=True)  # where it was taken from
    basis = models.CharField(max_length=300)  # consent of author and of who is shown, or the rule that allows its use
    file = models.FileField(upload_to="materials/", blank=True)
    size = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)  # pixels, of a picture
    height = models.PositiveIntegerField(default=0)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(approved_by=F("added_by")), name="brought_material_approved_by_a_second_person"
            ),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True, approved_by__isnull=True)
                | Q(approved_at__isnull=False, approved_by__isnull=False),
                name="brought_material_approval_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def kind_label(self) -> str:
        return MaterialKind(self.kind).label

    @property
    def file_name(self) -> str:
        """The name under which its file is saved: "clip-12.mp4"."""
        return f"{self.kind}-{self.pk}.{str(self.file.name).rpartition('.')[2]}"


# --- before the public ------------------------------------------------------------------------------------------------


class PublicDocument(models.Model):
    """A document as the public sees it now; the row stands here exactly as long as there is something to see.

    Written again, in the same transaction, whenever what it rests on changes: placements, exemption, text, published
    version. `words` are the different words of what is shown, folded, for the search of the portal.
    """

    document = models.OneToOneField(GuidingDocument, on_delete=models.CASCADE, related_name="public")
    issued_on = models.DateField()  # as in the document, so that a search walks one table
    version = models.ForeignKey(MasterVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    shows_text = models.BooleanField()  # published on a mass medium: its clauses are shown, not its content alone
    since_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    words = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["-issued_on", "-id"], name="library_public_by_day")]

    def __str__(self) -> str:
        return self.document.reference_number
