# ruff: noqa: N999  (the name of the file is the name of the command)
"""Count the tallies of campaigns again from their duties, with progress; marks may come in meanwhile."""

import time

from django.core.management.base import BaseCommand, CommandError

from quantriet.campaigns import actions
from quantriet.campaigns.models import StudyCampaign
from quantriet.kit.numbers import show_number
from quantriet.kit.time import now

EVERY = 2.0  # seconds between two lines of progress


class Command(BaseCommand):
    help = "Bring every tally to what its duties say, campaign by campaign, all or nothing each; may be broken off and begun again."

    def add_arguments(self, parser):
        parser.add_argument("campaign", nargs="*", type=int, help="keys of campaigns (all when none is given)")

    def handle(self, *args, **options):
        campaigns = StudyCampaign.objects.select_related("unit").order_by("pk")
        if options["campaign"]:
            campaigns = campaigns.filter(pk__in=options["campaign"])
            missing = set(options["campaign"]) - set(campaigns.values_list("pk", flat=True))
            if missing:
                raise CommandError(f"Không có đợt học tập số {', '.join(map(str, sorted(missing)))}.")
        begun, wrong = time.monotonic(), 0
        for campaign in campaigns:
            told, found = 0.0, 0

            def tell(step, campaign=campaign):
                nonlocal told, found
                found += step.wrong
                if step.part == step.parts or time.monotonic() - told >= EVERY:
                    told = time.monotonic()
                    self.stdout.write(
                        f"{campaign.name}: {step.part * 100 // step.parts}%, {show_number(found)} chỗ sai,"
                        f" {time.monotonic() - begun:.0f} giây"
                    )
                    self.stdout.flush()

            wrong += actions.rebuild_tallies(campaign, by=None, at=now(), tell=tell)
        self.stdout.write(
            f"Xong trong {time.monotonic() - begun:.0f} giây: đã sửa {show_number(wrong)} chỗ."
            if wrong
            else f"Xong trong {time.monotonic() - begun:.0f} giây: mọi chỗ đều khớp."
        )
