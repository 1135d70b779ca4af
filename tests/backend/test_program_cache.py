"""Compiled programs on disk: only where nobody else could have put them."""

import os
import zlib

import keras
import pytest

from moksori.backend import program_cache
from moksori.backend.program_cache import keep_programs, private_folder


def test_a_folder_of_ones_own_is_made_private(tmp_path):
    folder = tmp_path / "cache" / "programs"
    assert private_folder(folder)
    assert [p.stat().st_mode & 0o777 for p in (folder, folder.parent)] == [0o700] * 2
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert private_folder(link) == folder.resolve()


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
@pytest.mark.parametrize("place", ["cache", "cache/programs"])
def test_a_folder_that_others_can_write_is_refused(tmp_path, place, mode):
    folder = tmp_path / "cache" / "programs"
    folder.mkdir(parents=True)
    (tmp_path / place).chmod(mode)
    assert not private_folder(folder)
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert not private_folder(link)


def test_below_a_folder_like_tmp_nobody_renames_ones_own(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    assert private_folder(tmp_path / "shared" / "programs")
    assert not private_folder(tmp_path / "shared")


def test_a_folder_of_another_user_is_refused(tmp_path, monkeypatch):
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    assert not private_folder(tmp_path)


def test_a_folder_that_cannot_be_made_or_written_is_refused(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    assert not private_folder(tmp_path / "file" / "programs")
    assert not private_folder(program_cache.Path("programs"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert not private_folder(tmp_path)


def test_the_oldest_programs_make_room(tmp_path):
    for age, name in enumerate(["new", "middle", "old"]):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "a-cache").write_bytes(bytes(100))
        os.utime(folder / "a-cache", (1000 - age, 1000 - age))
    program_cache._drop_oldest(tmp_path, 200)
    assert {p.parent.name for p in tmp_path.rglob("*-cache")} == {"new", "middle"}
    program_cache._drop_oldest(tmp_path, 200)
    assert len(list(tmp_path.rglob("*-cache"))) == 2


def test_other_versions_and_other_processors_have_other_folders():
    names = {program_cache._machine(*v) for v in (["1", "2"], ["1", "3"], ["1", "2"])}
    assert len(names) == 2


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The root of an empty cache, which JAX forgets afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(program_cache.SWITCH, raising=False)
    yield tmp_path
    if keras.backend.backend() == "jax":
        import jax
        from jax.experimental.compilation_cache import compilation_cache

        jax.config.update("jax_compilation_cache_dir", None)
        compilation_cache.reset_cache()


def test_nothing_is_kept_where_it_is_switched_off(cache, monkeypatch):
    monkeypatch.setenv(program_cache.SWITCH, "off")
    assert keep_programs() is None
    assert not list(cache.iterdir())


@pytest.mark.backend
def test_programs_are_kept_and_damaged_ones_made_again(cache, recwarn):
    folder = keep_programs()
    if keras.backend.backend() != "jax":
        assert folder is None
        return
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    def run():
        compilation_cache.reset_cache()
        jax.clear_caches()
        assert jax.jit(lambda x: 3 * x + 4)(5.0) == 19.0
        return {path: path.stat().st_mtime_ns for path in folder.glob("*-cache")}

    kept = run()
    assert kept
    assert run() == kept
    for path in kept:
        zlib.decompress(path.read_bytes())  # what a damaged one is known by
        path.write_bytes(path.read_bytes()[:-20])
    assert run().keys() == kept.keys()  # compiled, and spoken, in spite of them
    jax.config.update("jax_compilation_cache_dir", None)
    assert keep_programs() == folder
    assert not list(folder.glob("*-cache"))
    assert run().keys() == kept.keys()
    for path in kept:
        zlib.decompress(path.read_bytes())
    assert not recwarn.list
