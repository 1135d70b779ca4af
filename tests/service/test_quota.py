import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest


@pytest.fixture
def user(database):
    from moksori.service.tables import User

    with database.session() as session:
        session.add(user := User(email="a@example.com", tier="free"))
    return user


def used(database, user):
    from moksori.service.tables import Usage

    with database.session() as session:
        return {
            row.month: (row.characters, row.seconds, row.requests)
            for row in session.query(Usage).filter_by(user_id=user.id)
        }


def test_characters_are_code_points_of_nfc(service_installed):
    from moksori.service.quota import characters

    assert characters("안녕!") == 3
    assert characters(unicodedata.normalize("NFD", "안녕!")) == 3
    assert characters("👍🏽") == 2


def test_twenty_requests_for_the_last_character_get_it_once(database, user):
    from moksori.service.problems import Problem
    from moksori.service.quota import reserve

    with database.session() as session:
        reserve(session, user, 9_999)

    def one(_):
        try:
            with database.session() as session:
                reserve(session, user, 1)
        except Problem as problem:
            return problem.word
        return "accepted"

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(one, range(20)))
    assert sorted(answers) == ["accepted"] + ["quota_exceeded"] * 19
    assert list(used(database, user).values()) == [(10_000, 0.0, 2)]


def test_the_first_request_of_a_month_may_race_too(database, user):
    from moksori.service.problems import Problem
    from moksori.service.quota import reserve

    def one(_):
        try:
            with database.session() as session:
                reserve(session, user, 4_000)
        except Problem:
            return 0
        return 1

    with pytest.raises(Problem) as caught, database.session() as session:
        reserve(session, user, 10_001)
    assert caught.value.status == 429
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(one, range(8))) == 2


def test_what_is_not_accepted_or_not_spoken_costs_nothing(database, user):
    from moksori.service.quota import month_of, reserve, settle
    from moksori.service.tables import Job, now

    with database.session() as session:
        reserve(session, user, 10)
        session.rollback()
    assert used(database, user) == {}
    job = Job(user_id=user.id, characters=10, queued_at=now())
    for spoken, seconds in ((True, 2.5), (False, 0.0)):
        with database.session() as session:
            reserve(session, user, 10)
            settle(session, job, seconds, spoken)
    assert used(database, user) == {month_of(now()): (10, 2.5, 2)}


def test_a_job_is_settled_in_the_month_that_it_was_accepted_in(database, user):
    from moksori.service.quota import settle
    from moksori.service.tables import Job, Usage

    with database.session() as session:
        session.add(Usage(user_id=user.id, month="2026-01", characters=30))
        accepted = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)
        job = Job(user_id=user.id, characters=30, queued_at=accepted)
        settle(session, job, 0.0, spoken=False)
    assert used(database, user) == {"2026-01": (0, 0.0, 0)}


def test_enterprise_has_no_bound(database, user):
    from moksori.service.callers import LOCAL
    from moksori.service.quota import reserve

    with database.session() as session:
        reserve(session, LOCAL, 10_000_000)
        reserve(session, LOCAL, 10_000_000)
    ((characters, _, requests),) = used(database, LOCAL).values()
    assert (characters, requests) == (20_000_000, 2)
