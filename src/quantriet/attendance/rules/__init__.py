"""Decisions on presence, on plain data."""
