"""Notices to people and messages that leave the house.

Owns: notices and their inbox, the outbox of what goes over mail, browser, text message and Zalo (queued, held, gathered,
sent, failed, tried again), preferences, quiet hours and digests, gateways, text to copy for Zalo, kinds of notices.
Does not own: when something is worth a notice; the room concerned decides and calls `actions.send_notice` for a person,
`actions.send_mail` for an address that is nobody's own.
Stands on: org, audit, kit.
Doors: `actions`, `vocab.NOTIFICATION_KINDS`, /desk/messages/, /me/notices/.
"""
