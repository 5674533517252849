from django.apps import AppConfig


class SpeakersConfig(AppConfig):
    name = "quantriet.speakers"
    label = "speakers"

    def ready(self) -> None:
        from quantriet.org.vocab import TREE_FOLLOWERS
        from quantriet.speakers import vocab
        from quantriet.speakers.actions import FOLLOWER

        vocab.register()
        TREE_FOLLOWERS.add("speakers", FOLLOWER)
