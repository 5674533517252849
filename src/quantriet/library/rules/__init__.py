"""Decisions about documents on plain data: reference numbers, outlines, the secrecy gate."""
