from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "quantriet.library"
    label = "library"

    def ready(self) -> None:
        from quantriet.library import vocab

        vocab.register()
