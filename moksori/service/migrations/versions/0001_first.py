"""Create the tables: the queue's, as the pinned Procrastinate has them, and ours."""

from importlib.resources import files

from alembic import op
from sqlalchemy import insert

from moksori.service.tables import LOCAL_USER, Base, User

revision, down_revision = "0001", None


def upgrade() -> None:
    """Create what `tables` says, and the user of a service at home.

    As long as nothing is released this step follows `tables`; the release that needs a
    second step writes down here, as SQL, what the first one made.
    """
    connection = op.get_bind()
    schema = files("procrastinate.sql").joinpath("schema.sql").read_text("utf-8")
    connection.exec_driver_sql(schema.replace("%", "%%"))
    Base.metadata.create_all(connection)
    home = insert(User).values(id=LOCAL_USER, tier="enterprise", operator=True)
    connection.execute(home)
