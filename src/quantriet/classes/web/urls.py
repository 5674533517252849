"""Addresses of classes."""

from django.urls import path

from quantriet.classes.web import conferences, desk, facilities, listed, planning, programme, roster, staffing, summons

_ONE = "desk/classes/<int:pk>/"
_PLAN = "desk/timetables/<int:pk>/"
_CONFERENCE = "desk/conferences/<int:pk>/"
_VENUE = _CONFERENCE + "venues/<int:venue_pk>/"

urlpatterns = [
    path("desk/classes/", desk.class_list, name="class-list"),
    path("desk/classes/new/", desk.new_class, name="class-new"),
    path("desk/classes/placement/<int:campaign_pk>/", roster.placement, name="class-placement"),
    path(_ONE, desk.show_class, name="class"),
    path(_ONE + "edit/", desk.edit_class, name="class-edit"),
    path(_ONE + "release/", desk.release, name="class-release"),
    path(_ONE + "reopen/", desk.reopen, name="class-reopen"),
    path(_ONE + "cancel/", desk.cancel, name="class-cancel"),
    path(_ONE + "outsiders/", desk.outsiders, name="class-outsiders"),
    path(_ONE + "programme/", programme.programme, name="class-programme"),
    path(_ONE + "sessions/new/", programme.new_session, name="session-new"),
    path(_ONE + "sessions/<int:session_pk>/", programme.edit_session, name="session"),
    path(_ONE + "sessions/<int:session_pk>/remove/", programme.remove_session, name="session-remove"),
    path(_ONE + "sessions/<int:session_pk>/items/new/", programme.new_item, name="item-new"),
    path(_ONE + "items/<int:item_pk>/", programme.edit_item, name="item"),
    path(_ONE + "items/<int:item_pk>/earlier/", programme.move_earlier, name="item-earlier"),
    path(_ONE + "items/<int:item_pk>/remove/", programme.remove_item, name="item-remove"),
    path(_ONE + "parts/", staffing.roles, name="class-roles"),
    path(_ONE + "parts/<int:role_pk>/remove/", staffing.remove_role, name="class-role-remove"),
    path(_ONE + "venues/", staffing.venues, name="class-venues"),
    path(_ONE + "venues/new/", staffing.new_venue, name="venue-new"),
    path(_ONE + "venues/<int:venue_pk>/", staffing.edit_venue, name="venue"),
    path(_ONE + "venues/<int:venue_pk>/remove/", staffing.remove_venue, name="venue-remove"),
    path(_ONE + "roster/", roster.roster, name="class-roster"),
    path(_ONE + "roster/fill/", roster.fill, name="class-roster-fill"),
    path(_ONE + "roster/call/", roster.call, name="class-roster-call"),
    path(_ONE + "roster/list/", listed.listed, name="class-roster-list"),
    path(_ONE + "roster/print/", roster.print_roster, name="class-roster-print"),
    path(_ONE + "summons/", summons.summons, name="class-summons"),
    path(_ONE + "summons/send/", summons.send, name="class-summons-send"),
    path(_ONE + "summons/printed/", summons.printed, name="class-summons-printed"),
    path(_ONE + "summons/print/", summons.print_summons, name="class-summons-print"),
    path(_ONE + "zalo/", summons.zalo, name="class-zalo"),
    path(_ONE + "calendar.ics", summons.calendar, name="class-calendar"),
    path(_ONE + "conference/", conferences.make_conference, name="class-conference"),
    path("desk/conferences/", conferences.conference_list, name="conference-list"),
    path("desk/conferences/new/", conferences.new_conference, name="conference-new"),
    path(_CONFERENCE, conferences.conference, name="conference"),
    path(_CONFERENCE + "settings/", conferences.settings, name="conference-settings"),
    path(_CONFERENCE + "open/", conferences.open_below, name="conference-open"),
    path(_CONFERENCE + "seating/", conferences.seating, name="conference-seating"),
    path(_CONFERENCE + "venues/new/", conferences.new_venue, name="conference-venue-new"),
    path(_CONFERENCE + "venues/list/", conferences.import_venues, name="conference-import"),
    path(_VENUE, conferences.edit_venue, name="conference-venue"),
    path(_VENUE + "check/", conferences.check_connection, name="conference-check"),
    path(_VENUE + "remove/", conferences.remove_venue, name="conference-venue-remove"),
    path("desk/facilities/", facilities.facility_list, name="facility-list"),
    path("desk/facilities/new/", facilities.new_facility, name="facility-new"),
    path("desk/facilities/list/", facilities.import_facilities, name="facility-import"),
    path("desk/facilities/share/", facilities.facility_share, name="facility-share"),
    path("desk/facilities/declare/", facilities.declare, name="facility-declare"),
    path("desk/facilities/<int:pk>/", facilities.facility, name="facility"),
    path("desk/facilities/<int:pk>/remove/", facilities.remove_facility, name="facility-remove"),
    path("desk/timetables/", planning.timetable_list, name="timetable-list"),
    path("desk/timetables/new/", planning.new_timetable, name="timetable-new"),
    path(_PLAN, planning.show_timetable, name="timetable"),
    path(_PLAN + "progress/", planning.progress, name="timetable-progress"),
    path(_PLAN + "start/", planning.start, name="timetable-start"),
    path(_PLAN + "stop/", planning.stop, name="timetable-stop"),
    path(_PLAN + "confirm/", planning.confirm, name="timetable-confirm"),
    path(_PLAN + "reopen/", planning.reopen, name="timetable-reopen"),
    path(_PLAN + "remove/", planning.remove, name="timetable-remove"),
    path(_PLAN + "inputs/", planning.inputs, name="timetable-inputs"),
    path(_PLAN + "demands/", planning.demands, name="timetable-demands"),
    path(_PLAN + "cells/", planning.cells, name="timetable-cells"),
    path(_PLAN + "wishes/", planning.wishes, name="timetable-wishes"),
    path(_PLAN + "classes/<int:class_pk>/", planning.timetable_class, name="timetable-class"),
    *(
        path(
            f"{_PLAN}{kind}/<int:part_pk>/remove/",
            planning.remove_part,
            {"kind": kind},
            name=f"timetable-{kind}-remove",
        )
        for kind in planning.PARTS
    ),
]
