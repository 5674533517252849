from django.apps import AppConfig


class OrgConfig(AppConfig):
    name = "quantriet.org"
    label = "org"

    def ready(self) -> None:
        from quantriet.org import vocab

        vocab.register_verbs()
