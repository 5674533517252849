from typing import Any

from django.apps import AppConfig
from django.core.exceptions import FieldDoesNotExist
from django.db.models.signals import post_migrate


class OrgConfig(AppConfig):
    name = "quantriet.org"
    label = "org"

    def ready(self) -> None:
        from quantriet.org import vocab

        vocab.register_verbs()
        # After every migration, because one that makes the table anew takes SQLite's keeping of the words away.
        post_migrate.connect(_keep_word_index, sender=self)


def _keep_word_index(apps: Any = None, **_given: Any) -> None:
    from quantriet.kit.db import keep_word_index

    if apps is not None:  # the state the migrations have come to
        try:
            apps.get_model("org", "Person")._meta.get_field("search_key")
        except (LookupError, FieldDoesNotExist):
            return
    keep_word_index("org_person", "search_key")
