"""Keep who did what to which object; the rows outlive what they speak of."""

from sqlalchemy.orm import Session

from moksori.service.tables import Audit


def note(session: Session, actor: str, act: str, object: str, json=None) -> None:
    """Write a row; `json` says more of the act."""
    session.add(Audit(actor=actor, act=act, object=object, json=json))
