from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "quantriet.portal"
    label = "portal"
