from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "quantriet.library"
    label = "library"

    def ready(self) -> None:
        from quantriet.library import vocab
        from quantriet.library.actions import FOLLOWER
        from quantriet.org.vocab import TREE_FOLLOWERS

        vocab.register()
        TREE_FOLLOWERS.add("library", FOLLOWER)
