from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "quantriet.audit"
    label = "audit"
