"""Decisions of the spine on plain data: who is in an audience, when a duty is due, what a board says."""
