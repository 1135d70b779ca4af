"""The service's database, for what its scalers ask of it."""

from tests.service.conftest import database, postgres, settings, user  # noqa: F401
