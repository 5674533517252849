"""The front: the public portal, the home of each kind of user, the member's own page, navigation, search.

Owns: the portal with its news, the questions sent through it and the count of its readings; home pages, /me/, the
navigation, error pages, display preferences.
Does not own: any figure or rule of the rooms below; of documents it shows what `library.queries.public` gives.
Stands on: reports and every room below.
Doors: /, /news/, /documents/, /questions/, /search/, /feed.atom, /sitemap.xml, /desk/, /desk/portal/, /me/.
"""
