# ruff: noqa: N999  (the name of the file is the name of the command)
"""Prove the ledger: done + exempt + owing = roster at every unit and day, every row explained, every absentee followed."""

import json
import sys

from django.core.management.base import BaseCommand

from quantriet.campaigns import queries
from quantriet.campaigns.models import StudyCampaign
from quantriet.kit.numbers import show_number

_MOST = 200  # findings told one by one for a person; JSON has them all


class Command(BaseCommand):
    help = (
        "Compare every unit's tally, every day's sums and every duty with what they rest on, and look for absentees whom "
        "nobody follows; ends with 1 when something is wrong."
    )

    def add_arguments(self, parser):
        parser.add_argument("campaign", nargs="*", type=int, help="keys of campaigns (all when none is given)")
        parser.add_argument("--campaign", dest="chosen", action="append", type=int, default=[], metavar="N")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args, **options):
        campaigns = StudyCampaign.objects.order_by("pk")
        keys = [*options["campaign"], *options["chosen"]]
        if keys:
            campaigns = campaigns.filter(pk__in=keys)
            unknown = sorted(set(keys) - set(campaigns.values_list("pk", flat=True)))
            if unknown:
                self.stderr.write(f"Không có đợt học tập số {', '.join(map(str, unknown))}.")
                sys.exit(2)
        wrong, told = 0, []
        for campaign in campaigns.iterator():
            found = queries.prove_ledger(campaign, progress=self._progress(options))
            bad = [one for one in found if not one.is_waiting]
            wrong += len(bad)
            if options["format"] == "json":
                told.append(
                    {
                        "campaign": campaign.pk,
                        "name": campaign.name,
                        "sound": not bad,
                        "findings": [vars(one) for one in found],
                    }
                )
            else:
                self._tell(campaign, found, len(bad))
        if options["format"] == "json":
            self.stdout.write(json.dumps({"sound": not wrong, "campaigns": told}, ensure_ascii=False, indent=2))
        if wrong:
            sys.exit(1)

    def _tell(self, campaign, found, bad):
        self.stdout.write(f"{campaign.name}: {'khớp' if not bad else f'{show_number(bad)} chỗ không khớp'}")
        for one in found[:_MOST]:
            self.stdout.write(f"  {one.sentence}")
        if len(found) > _MOST:
            self.stdout.write(f"  … và {show_number(len(found) - _MOST)} chỗ nữa (--format json cho đủ).")

    def _progress(self, options):
        """A line on the error channel for a person who waits, none in a file."""
        if options["format"] == "json" or not self.stderr.isatty():
            return None
        return lambda rows: self.stderr.write(f"  đã xem {show_number(rows)} nghĩa vụ", ending="\r")
