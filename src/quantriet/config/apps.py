from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "quantriet.config"
    label = "config"
