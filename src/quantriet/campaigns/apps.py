from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "quantriet.campaigns"
    label = "campaigns"

    def ready(self) -> None:
        from quantriet.campaigns import vocab

        vocab.register()
