from django.apps import AppConfig


class ClassesConfig(AppConfig):
    name = "quantriet.classes"
    label = "classes"

    def ready(self) -> None:
        from quantriet.classes import vocab

        vocab.register()
