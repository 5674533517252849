"""A database with the cast and one class of nine under way, for tests and benches that start the product as processes.

python -m tests.served_class      prints as JSON the keys of class, session, venue and roster, two open sign-ins and the secret of codes
"""

import datetime as dt
import json

import django
from django.conf import settings


def make() -> dict[str, object]:
    django.setup()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Models exist only once Django is set up.
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from quantriet.attendance.rules import codes
    from quantriet.attendance.tests.factories import make_campaign, make_class
    from quantriet.kit.sealing import keys_for
    from tests.cast import make_cast
    from tests.migrated import make_tables

    make_tables()
    cast = make_cast()
    people = [f"M{number}" for number in range(1, 10)]
    made = make_class(cast, make_campaign(cast), people, times=((dt.time(0), dt.time(23, 59)),))
    keys = []
    for name in ("officer", "organiser1"):
        account, session = cast.accounts[name], SessionStore()
        session[SESSION_KEY] = str(account.pk)
        session[BACKEND_SESSION_KEY] = "quantriet.org.web.sign_in.AccountBackend"
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session.save()
        keys.append(session.session_key)
    return {
        "class": made.study_class.pk, "session": made.session.pk, "venue": made.venue.pk, "keys": keys,
        "entries": [entry.pk for entry in made.entries.values()], "key": keys_for(codes.USE)[0].hex(),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(make()))
