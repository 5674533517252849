from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "quantriet.portal"
    label = "portal"

    def ready(self) -> None:
        from quantriet.portal import vocab  # its words go into registries of rooms below

        vocab.register()
