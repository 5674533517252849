"""Messages that leave the house.

Owns: the outbox of mails (queued, sent, failed, tried again), text to copy for other channels, kinds of notices.
Does not own: when something is worth a message; the room concerned decides and calls `actions.send_mail`.
Stands on: org, audit, kit.
Doors: `actions`, `vocab.NOTIFICATION_KINDS`, /desk/messages/.
"""
