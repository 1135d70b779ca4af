"""The flags that both commands which speak have."""

import pytest

from moksori.commands import clone, synthesize

FLAGS = {
    synthesize: ["--voice", "run"],
    clone: ["--reference", "me.wav", "--out", "out"],
}


@pytest.fixture(params=FLAGS, ids=lambda command: command.__name__)
def parse(request):
    return lambda *more: request.param.parser().parse_args(
        [*FLAGS[request.param], *more]
    )


@pytest.mark.parametrize("text", ["-5도입니다", "-- 음", "-", "--네=아니요", "-x", ""])
def test_a_text_may_begin_with_a_hyphen(parse, text):
    for flags in (["--text", text], [f"--text={text}"]):
        assert parse(*flags, "--seed", "3").text == text


@pytest.mark.parametrize("next_flag", [[], ["--out", "x"], ["--seed=3"], ["--"]])
def test_a_text_that_was_forgotten_is_an_error(parse, next_flag, capsys):
    with pytest.raises(SystemExit):
        parse("--text", *next_flag)
    assert "argument --text: expected one argument" in capsys.readouterr().err
