"""The front: the home of each kind of user, the member's own page, navigation, search.

Owns: home pages, /me/, the navigation, error pages, display preferences.
Does not own: any figure or rule; it shows what the rooms below give.
Stands on: reports and every room below.
Doors: /, /desk/, /me/.
"""
