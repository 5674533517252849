"""Decisions on plain data: the share trained, the days of outlines and ratings, what a list of reporters means."""
