# ruff: noqa: N999  (the name of the file is the name of the command)
"""Make the ledger anew from the facts, campaign by campaign; each is all or nothing."""

import sys

from django.core.management.base import BaseCommand

from quantriet.campaigns import actions
from quantriet.campaigns.jobs import rebuild_ledger_job
from quantriet.campaigns.models import StudyCampaign
from quantriet.kit.jobs import enqueue
from quantriet.kit.numbers import show_number
from quantriet.kit.time import now

_STEPS = {"journal": "đối chiếu nhật ký", "events": "tính lại lớp học", "facts": "đối chiếu dữ kiện gốc"}


class Command(BaseCommand):
    help = (
        "Recompute duties, tallies, sums by day and first reports from audience, exemptions, recognised study elsewhere, "
        "marks and excuses. On a sound ledger nothing changes. Stopped half-way, a campaign stays as it was: run it again."
    )

    def add_arguments(self, parser):
        parser.add_argument("--campaign", action="append", type=int, default=[], metavar="N", help="only this campaign")
        parser.add_argument("--dry-run", action="store_true", help="say what would change and change nothing")
        parser.add_argument(
            "--background",
            action="store_true",
            help="queue one job a campaign for the worker, which outlives a restart",
        )

    def handle(self, *args, **options):
        campaigns = StudyCampaign.objects.order_by("pk")
        if options["campaign"]:
            campaigns = campaigns.filter(pk__in=options["campaign"])
            unknown = sorted(set(options["campaign"]) - set(campaigns.values_list("pk", flat=True)))
            if unknown:
                self.stderr.write(f"Không có đợt học tập số {', '.join(map(str, unknown))}.")
                sys.exit(2)
        found = list(campaigns.select_related("unit"))
        for number, campaign in enumerate(found, 1):
            if options["background"]:
                enqueue(rebuild_ledger_job, campaign.pk)
                self.stdout.write(f"[{number}/{len(found)}] {campaign.name}: đã xếp hàng")
                continue
            self.stdout.write(f"[{number}/{len(found)}] {campaign.name}")
            self.stdout.flush()
            done = actions.rebuild_ledger(
                campaign, by=None, at=now(), dry_run=options["dry_run"], progress=self._progress
            )
            words = "sẽ sửa" if options["dry_run"] else "đã sửa"
            self.stdout.write(
                "  khớp, không có gì phải sửa"
                if done.is_sound
                else f"  {words} {show_number(done.duties)} nghĩa vụ, {show_number(done.tallies)} dòng tổng hợp, "
                f"{show_number(done.days)} dòng theo ngày"
            )

    def _progress(self, step, rows):
        self.stderr.write(f"  {_STEPS[step]}: {show_number(rows)}")
