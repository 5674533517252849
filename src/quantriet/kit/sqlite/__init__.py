"""SQLite as a server database: see base.py."""
