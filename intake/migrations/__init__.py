"""Alembic migrations of the intake database; run by :func:`intake.store.migrate`."""
