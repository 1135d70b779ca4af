import pytest


@pytest.fixture
def storage(service_installed, tmp_path):
    from moksori.service.settings import Settings
    from moksori.service.storage import Storage

    return Storage(Settings(folder=tmp_path))


def test_a_file_is_written_once_and_read_whole_and_in_part(storage, tmp_path):
    from moksori.service.storage import Exists

    data = bytes(range(256)) * 4000
    storage.put_once("jobs/a/1/x.wav", data)
    assert storage.get("jobs/a/1/x.wav") == data
    assert (
        b"".join(storage.stream("jobs/a/1/x.wav", 1000, 300_000))
        == (data[1000:300_000])
    )
    assert storage.size("jobs/a/1/x.wav") == len(data)
    with pytest.raises(Exists):
        storage.put_once("jobs/a/1/x.wav", b"other")
    assert storage.get("jobs/a/1/x.wav") == data
    assert (tmp_path / "files/jobs/a/1/x.wav").read_bytes() == data
    assert storage.signed_url("jobs/a/1/x.wav") is None


def test_what_is_deleted_is_missing_and_may_be_deleted_again(storage):
    from moksori.service.storage import Missing

    for key in ("jobs/a/1/x", "jobs/a/2/y", "jobs/ab/1/z"):
        storage.put_once(key, b"1")
    assert storage.keys("jobs/a") == ["jobs/a/1/x", "jobs/a/2/y"]
    assert storage.delete_below("jobs/a") == 2
    assert storage.keys("jobs") == ["jobs/ab/1/z"]
    storage.delete("jobs/a/1/x")
    for read in (storage.get, storage.size):
        with pytest.raises(Missing):
            read("jobs/a/1/x")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/./b",
        ".hidden",
        "a\0b",
        "a\nb",
    ],
)
def test_a_key_that_could_lead_elsewhere_is_none(storage, key):
    from moksori.service.storage import StorageError

    for use in (storage.get, storage.delete, lambda key: storage.put_once(key, b"")):
        with pytest.raises(StorageError, match="is no key"):
            use(key)


def test_a_full_disk_is_told_apart(storage, monkeypatch):
    import obstore
    from obstore.exceptions import GenericError

    from moksori.service.storage import StorageFull

    def full(*_, **__):
        raise GenericError("Unable to write: No space left on device (os error 28)")

    monkeypatch.setattr(obstore, "put", full)
    with pytest.raises(StorageFull, match="no space"):
        storage.put_once("jobs/a", b"1")
