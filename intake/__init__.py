"""The reference intake service: takes appeals, keeps them safely and says how they stand.

Replaceable by a city's own platform: the rest of the project reaches it over HTTP only.
Import :func:`intake.app.create_app`, :func:`intake.server.serve`, :func:`intake.store.migrate`.
"""
