from pathlib import Path

import pytest

from moksori.service.settings import Settings, SettingsError

KEYS = {"MOKSORI_SECRET": "s" * 32, "MOKSORI_WATERMARK_KEYS": f"1:{'0a' * 16}"}


def test_at_home_secrets_are_made_once_and_kept_private(tmp_path):
    home = {"MOKSORI_DATA": str(tmp_path / "service")}
    first = Settings.from_environment(home)
    assert len(first.secret) >= 32
    assert first.watermark_version == "1"
    assert Settings.from_environment(home) == first
    assert (tmp_path / "service/secrets.json").stat().st_mode & 0o077 == 0
    assert first.secret not in repr(first)
    assert first.watermark_keys["1"] not in repr(first)


def test_values_come_from_the_environment_and_flags_count_before_them(tmp_path):
    variables = {
        **KEYS,
        "DATABASE_URL": "postgresql://u:p@db/m",
        "MOKSORI_PORT": "8080",
        "MOKSORI_ORIGINS": "https://a.example, https://b.example",
        "MOKSORI_ACCOUNTS": "1",
        "MOKSORI_ALIVE": "worker.alive",
        "MOKSORI_STUCK_SECONDS": "30",
        "MOKSORI_WATERMARK_KEYS": f"9:{'0a' * 16},10:{'0b' * 16}",
    }
    settings = Settings.from_environment(variables, host="0.0.0.0")
    assert (settings.host, settings.port, settings.accounts) == ("0.0.0.0", 8080, True)
    assert settings.origins == ("https://a.example", "https://b.example")
    assert (settings.alive, settings.stuck_seconds) == (Path("worker.alive"), 30.0)
    assert settings.watermark_version == "10"
    assert "u:p" not in repr(settings)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"MOKSORI_SECRET": "short"}, "32 characters"),
        ({"MOKSORI_SECRET": ""}, "MOKSORI_SECRET"),
        ({"MOKSORI_HOST": "0.0.0.0"}, "MOKSORI_ACCOUNTS=1"),
        ({"DATABASE_URL": "mysql://db"}, "postgresql://"),
        ({"MOKSORI_PORT": "http"}, "MOKSORI_PORT"),
        ({"MOKSORI_ACCOUNTS": "perhaps"}, "MOKSORI_ACCOUNTS"),
        ({"MOKSORI_WATERMARK_KEYS": "1:abcd"}, "MOKSORI_WATERMARK_KEYS"),
        ({"MOKSORI_WATERMARK_KEYS": "abcd"}, "MOKSORI_WATERMARK_KEYS"),
        ({"MOKSORI_ORIGINS": "*"}, "without \\*"),
        ({"MOKSORI_STALLED_SECONDS": "2"}, "MOKSORI_HEARTBEAT_SECONDS"),
    ],
)
def test_what_contradicts_is_refused_in_one_line(changed, said):
    variables = {**KEYS, "DATABASE_URL": "postgresql://db/m", **changed}
    with pytest.raises(SettingsError, match=said) as caught:
        Settings.from_environment(variables)
    assert "\n" not in str(caught.value)
    assert "abcd" not in str(caught.value)
