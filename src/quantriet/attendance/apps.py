from django.apps import AppConfig


class AttendanceConfig(AppConfig):
    name = "quantriet.attendance"
    label = "attendance"

    def ready(self) -> None:
        # Both read models, which exist only from here on.
        from quantriet.attendance import queries, vocab
        from quantriet.attendance.actions.events import ClassEvents
        from quantriet.attendance.queries.seat_rounds import plan_in_use
        from quantriet.campaigns.vocab import ATTEND, DUTY_KINDS, DutyKind, RuleKey
        from quantriet.classes.vocab import SEATS_IN_USE

        vocab.register()
        SEATS_IN_USE.add("attendance", plan_in_use)
        DUTY_KINDS.add(
            ATTEND,
            DutyKind(
                label="Dự học",
                proof="có mặt đủ thời gian của lớp",
                member_link=queries.member_link,
                before_opening=queries.problems_before_opening,
                places=queries.places,
                event_days=queries.event_days,
                rests_on=(RuleKey.RETAKE_LIMIT_PERCENT,),
                rejudge_job="quantriet.attendance.jobs.rejudge_job",
                events=ClassEvents(),
            ),
        )
