from django.apps import AppConfig


class ClassesConfig(AppConfig):
    name = "quantriet.classes"
    label = "classes"

    def ready(self) -> None:
        from quantriet.classes import vocab
        from quantriet.classes.actions.following import FOLLOWER
        from quantriet.org.vocab import TREE_FOLLOWERS

        vocab.register()
        TREE_FOLLOWERS.add("classes", FOLLOWER)
