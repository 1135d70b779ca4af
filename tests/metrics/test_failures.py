"""What counts as a failed sentence, reason by reason, and where its limits lie."""

import pytest

from moksori.metrics.failures import ACCEPTED, Fault, faults


def test_a_sentence_of_which_nothing_is_known_did_not_fail():
    assert faults() == ()
    assert faults(length_ratio=1.0, focus=0.1) == ()


@pytest.mark.parametrize(
    ("known", "fault"),
    [
        ({"silent": True}, Fault.SILENT),
        ({"complete": False}, Fault.ATTENTION),
        ({"stopped": False}, Fault.CAP),
        ({"length_ratio": 0.66}, Fault.LENGTH),
        ({"length_ratio": 1.51}, Fault.LENGTH),
    ],
)
def test_every_failure_has_a_reason(known, fault):
    assert faults(**known) == (fault,)
    assert faults(**known, limits=ACCEPTED) == (fault,)


@pytest.mark.parametrize("ratio", [0.67, 1.0, 1.5])
def test_lengths_up_to_the_limits_are_usable(ratio):
    assert faults(length_ratio=ratio) == ()


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"length_ratio": 0.89, "focus": 0.69}, (Fault.LENGTH, Fault.FOCUS)),
        ({"length_ratio": 1.11}, (Fault.LENGTH,)),
        ({"length_ratio": 0.9, "focus": 0.7}, ()),
    ],
)
def test_what_is_accepted_keeps_to_stricter_limits(known, found):
    assert faults(**known, limits=ACCEPTED) == found
