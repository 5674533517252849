"""Decisions about classes on plain data: the timetable, who may lead, who sits where."""
