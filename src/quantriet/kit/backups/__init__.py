"""Backups: one file that holds the database, the uploaded files and a manifest, and the way back.

    made = make_backup(folder)                 hot, under load; a name appears only when the file is whole and on the disk
    restore_backup(path)                       into an empty installation; refuses what is cut, altered, foreign or newer
    rehearse(path)                             the same into a scratch place, compared with the manifest, and thrown away

The file is an ordinary zip (sealed with a key when one is set). Its members: `database.sqlite3`, or one `tables/NAME.copy`
a table (PostgreSQL's COPY text); `files/…`; last of all `manifest.json`, whose digest is the comment of the zip. The manifest
names version, steps of the schema, rows of each table, and digest and size of each member.
"""

from quantriet.kit.backups.archive import Backup, Manifest, open_backup
from quantriet.kit.backups.making import make_backup
from quantriet.kit.backups.rehearsing import rehearse
from quantriet.kit.backups.restoring import Restored, restore_backup
from quantriet.kit.backups.sealing import key_id, make_key
from quantriet.kit.backups.shelf import Entry, Shelf, kept_by_rotation

__all__ = [
    "Backup",
    "Entry",
    "Manifest",
    "Restored",
    "Shelf",
    "kept_by_rotation",
    "key_id",
    "make_backup",
    "make_key",
    "open_backup",
    "rehearse",
    "restore_backup",
]
