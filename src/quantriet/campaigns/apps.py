from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "quantriet.campaigns"
    label = "campaigns"

    def ready(self) -> None:
        from quantriet.campaigns import vocab
        from quantriet.campaigns.actions.following import FOLLOWER
        from quantriet.org.vocab import TREE_FOLLOWERS

        vocab.register()
        TREE_FOLLOWERS.add("campaigns", FOLLOWER)
