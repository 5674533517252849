"""Decisions of the front on plain data."""
