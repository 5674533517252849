from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "quantriet.notify"
    label = "notify"

    def ready(self) -> None:
        from quantriet.notify import vocab

        vocab.register()
