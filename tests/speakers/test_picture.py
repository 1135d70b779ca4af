"""The picture of a registry: right, repeatable, and readable with many."""

from types import SimpleNamespace

import numpy as np
import pytest

from moksori.speakers import picture


def voices(count, dimension=16, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension))
    vectors[:, 0] += 1.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32)


def registry(names, vectors):
    """What `plot` needs of a registry."""
    people = {str(number): name for number, name in enumerate(names)}
    templates = SimpleNamespace(ids=list(people), matrix=vectors)
    return SimpleNamespace(
        templates=lambda band: templates,
        get=lambda number: SimpleNamespace(name=people[number]),
    )


def test_components_are_those_of_the_covariance():
    vectors = voices(30)
    places, shares = picture.project(vectors)
    values = np.linalg.eigvalsh(np.cov(vectors.T.astype(np.float64)))[::-1]
    np.testing.assert_allclose(places.var(axis=0, ddof=1), values[:2], rtol=1e-6)
    np.testing.assert_allclose(shares, values[:2] / values.sum(), rtol=1e-6)
    # As a rotated basis does not change distances, it changes no picture.
    turn, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(16, 16)))
    np.testing.assert_allclose(picture.project(vectors @ turn)[0], places, atol=1e-6)


def test_the_same_registry_gives_the_same_bytes(tmp_path):
    names = [f"사람{number}" for number in range(9)]
    people = registry(names, voices(9))
    for name in ("a.png", "b.png"):
        picture.plot(people, tmp_path / "new" / name)
    a, b = ((tmp_path / "new" / name).read_bytes() for name in ("a.png", "b.png"))
    assert a == b
    assert a.startswith(b"\x89PNG")


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_are_drawn_too(tmp_path, count):
    places, shares = picture.project(voices(count))
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert np.isfinite(shares).all()
    if count < 3:
        assert not places[:, 1].any()
    names = ["민지", "$_{broken", "아주 긴 이름을 가진 어떤 사람"][:count]
    picture.plot(registry(names, voices(count)), tmp_path / "a.png")
    assert (tmp_path / "a.png").exists()


def test_same_vectors_are_one_point(tmp_path):
    places, _ = picture.project(np.repeat(voices(1), 4, axis=0))
    assert not places.any()


def test_hundreds_show_no_name_on_another():
    places, _ = picture.project(voices(400))
    reach = np.abs(places).max() * 1.25
    shown = picture._labelled(places, reach)
    assert 10 < len(shown) < 200
    gaps = np.abs(places[shown][:, None] - places[shown][None])
    apart = (gaps > reach * np.array([0.22, 0.055])).any(axis=2)
    assert (apart | np.eye(len(shown), dtype=bool)).all()


def test_an_empty_registry_is_refused(tmp_path):
    with pytest.raises(ValueError, match="nobody is enrolled"):
        picture.plot(registry([], np.zeros((0, 16), np.float32)), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
