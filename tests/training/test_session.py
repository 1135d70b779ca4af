"""What a session asks of each host."""

from moksori.training.callbacks import NoOpHook, Previews
from moksori.training.recipe import Evaluation
from moksori.training.session import on_chief_only
from tests.backend.hosts import together


def test_hooks_of_the_chief_are_pauses_elsewhere():
    previews = Previews(50, None, None)

    def alarm(step, metrics):
        raise AssertionError

    def work(devices):
        return on_chief_only(devices, Evaluation(len, [alarm, previews], "loss"))

    (validate, hooks), (nothing, pauses) = together(work)
    assert (validate, hooks) == (len, [alarm, previews])
    assert nothing is None
    (pause,) = pauses
    assert isinstance(pause, NoOpHook)
    assert pause.every == 50
    assert pause(50, {}) is None
