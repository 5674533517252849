from django.apps import AppConfig


class ClassesConfig(AppConfig):
    name = "quantriet.classes"
    label = "classes"

    def ready(self) -> None:
        from quantriet.classes import vocab
        from quantriet.classes.actions.following import FOLLOWER
        from quantriet.classes.queries.engagements import engagements
        from quantriet.org.vocab import TREE_FOLLOWERS
        from quantriet.speakers.vocab import ENGAGEMENTS

        vocab.register()
        ENGAGEMENTS.add("classes", engagements)
        TREE_FOLLOWERS.add("classes", FOLLOWER)
