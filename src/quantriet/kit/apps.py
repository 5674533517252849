from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "quantriet.kit"
    label = "kit"

    def ready(self) -> None:
        # vocab modules are free of Django; this is the one place where their words learn to speak the reader's language.
        from django.utils.translation import gettext  # needs the app registry, so not at import time

        from quantriet.kit import vocab

        vocab.translate = gettext
