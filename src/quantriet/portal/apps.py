from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PortalConfig(AppConfig):
    name = "quantriet.portal"
    label = "portal"

    def ready(self) -> None:
        from quantriet.portal import vocab  # its words go into registries of rooms below

        vocab.register()
        # After every migration, as for the names of people (org/apps.py).
        post_migrate.connect(_keep_word_index, sender=self)


def _keep_word_index(apps: Any = None, **_given: Any) -> None:
    from quantriet.kit.db import keep_word_index

    if apps is not None:  # the state the migrations have come to
        try:
            apps.get_model("portal", "PublicQuestion")
        except LookupError:
            return
    keep_word_index("portal_newsarticle", "words")
    keep_word_index("portal_publicquestion", "search_words")
