from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LibraryConfig(AppConfig):
    name = "quantriet.library"
    label = "library"

    def ready(self) -> None:
        from quantriet.library import vocab
        from quantriet.library.actions import FOLLOWER
        from quantriet.org.vocab import TREE_FOLLOWERS

        vocab.register()
        TREE_FOLLOWERS.add("library", FOLLOWER)
        # After every migration, as for the names of people (org/apps.py).
        post_migrate.connect(_keep_word_index, sender=self)


def _keep_word_index(apps: Any = None, **_given: Any) -> None:
    from quantriet.kit.db import keep_word_index

    if apps is not None:  # the state the migrations have come to
        try:
            apps.get_model("library", "PublicDocument")
        except LookupError:
            return
    keep_word_index("library_publicdocument", "words")
