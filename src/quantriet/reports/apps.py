from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "quantriet.reports"
    label = "reports"

    def ready(self) -> None:
        from quantriet.reports import vocab

        vocab.register()
