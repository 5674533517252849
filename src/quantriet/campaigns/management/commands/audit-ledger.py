# ruff: noqa: N999  (the name of the file is the name of the command)
"""Prove the ledger: done + exempt + owing = roster at every unit, and every absentee is followed."""

import sys

from django.core.management.base import BaseCommand

from quantriet.campaigns import queries
from quantriet.campaigns.models import StudyCampaign
from quantriet.org.models import Unit


class Command(BaseCommand):
    help = "Compare every unit's tally with its duties and look for absentees in no catch-up; ends with 1 when something is found."

    def add_arguments(self, parser):
        parser.add_argument("campaign", nargs="*", type=int, help="keys of campaigns (all when none is given)")

    def handle(self, *args, **options):
        campaigns = StudyCampaign.objects.order_by("pk")
        if options["campaign"]:
            campaigns = campaigns.filter(pk__in=options["campaign"])
        wrong = 0
        for campaign in campaigns:
            found = queries.audit_ledger(campaign)
            names = dict(Unit.objects.filter(pk__in={one.unit_id for one in found}).values_list("pk", "name"))
            self.stdout.write(f"{campaign.name}: {'khớp' if not found else f'{len(found)} chỗ không khớp'}")
            for one in found:
                self.stdout.write(
                    f"  {names.get(one.unit_id, one.unit_id)} ({one.kind}): sổ nghĩa vụ {one.in_duties}, "
                    f"bảng tổng hợp {one.in_tally} (đã học, được miễn, còn nợ)"
                )
            unfollowed = queries.problems_in_ledger(campaign)
            for problem in unfollowed:
                self.stdout.write(f"  {problem.sentence}")
            wrong += len(found) + len(unfollowed)
        if wrong:
            sys.exit(1)
