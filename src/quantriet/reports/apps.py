from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "quantriet.reports"
    label = "reports"

    def ready(self) -> None:
        from quantriet.org.vocab import TREE_FOLLOWERS
        from quantriet.reports import vocab
        from quantriet.reports.actions import FOLLOWER

        vocab.register()
        TREE_FOLLOWERS.add("reports", FOLLOWER)
