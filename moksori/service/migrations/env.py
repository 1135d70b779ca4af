"""Run migrations on the connection that the caller holds; alembic imports this."""

from alembic import context

from moksori.service.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=False,
)
context.run_migrations()
