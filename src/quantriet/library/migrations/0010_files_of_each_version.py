from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery

from quantriet.kit import text
from quantriet.kit.numbers import show_number


def fill(apps, schema_editor):
    """Files stood for the last making of their product: they are of its version."""
    files = apps.get_model("library", "MaterialFile").objects
    versions = apps.get_model("library", "Material").objects.filter(pk=OuterRef("material")).values("version")[:1]
    files.update(version=Subquery(versions))
    files.filter(version__isnull=True).delete()  # of a version that there is no more: nobody reads them


def narrow(apps, schema_editor):
    """The portal shows what is for the public: words of parts for members alone are found on it no more."""
    clauses = apps.get_model("library", "Clause").objects
    shown = apps.get_model("library", "PublicDocument").objects
    for one in shown.filter(version__isnull=False).select_related("document", "version").iterator(chunk_size=200):
        document, content = one.document, one.version.content
        if not any("public" in part["audiences"] for part in content["parts"]):
            if not one.shows_text:  # nothing of it is for the public
                one.delete()
                continue
            one.version = None
        said = [document.reference_number, document.issuing_body, document.subject]
        if one.version is not None:
            said.append(content["title"])
        if one.shows_text:
            for heading, body in clauses.filter(document=document).values_list("heading", "text"):
                said += [heading, body]
        for part in content["parts"]:
            if "public" in part["audiences"]:
                said += [part["title"], part["text"], part["source"], _figure(part)]
        one.words = " ".join(sorted(set(text.index_words(" ".join(said)))))
        one.save(update_fields=["words", "version"])


def _figure(part):
    if not part["value"]:
        return ""
    value = Decimal(part["value"]).normalize()
    return f"{show_number(value, max(0, -value.as_tuple().exponent))} {part['measure']}"


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0009_approved_works"),
    ]

    operations = [
        migrations.AddField(
            model_name="materialfile",
            name="version",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="library.masterversion",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="materialfile",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="library.masterversion",
            ),
        ),
        migrations.AlterField(
            model_name="materialfile",
            name="file",
            field=models.FileField(blank=True, upload_to="materials/"),
        ),
        migrations.RemoveConstraint(model_name="materialfile", name="material_file_once"),
        migrations.AddConstraint(
            model_name="materialfile",
            constraint=models.UniqueConstraint(
                fields=("material", "version", "form", "page"), name="material_file_once"
            ),
        ),
        migrations.RunPython(narrow, migrations.RunPython.noop),
    ]
