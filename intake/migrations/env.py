"""Alembic's entry: migrates on the connection that :func:`intake.store.migrate` opened."""

from __future__ import annotations

from alembic import context

from intake.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # The caller's transaction holds the whole upgrade, so that a crash leaves the old schema.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
