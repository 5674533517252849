from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "quantriet.reports"
    label = "reports"

    def ready(self) -> None:
        from quantriet.reports import vocab
        from quantriet.reports.actions import FOLLOWER
        from quantriet.org.vocab import TREE_FOLLOWERS

        vocab.register()
        TREE_FOLLOWERS.add("reports", FOLLOWER)
