"""What the environment says of the hosts, in every way it may be said."""

import json

import pytest

from moksori.backend.cluster import ClusterSpec
from moksori.training.runs import RunError

ADDRESSES = ("10.0.0.1:2222", "10.0.0.2:2222")


def config(index=1, kind="worker", **others) -> dict:
    cluster = {"worker": list(ADDRESSES), **others}
    return {
        "TF_CONFIG": json.dumps(
            {"cluster": cluster, "task": {"type": kind, "index": index}}
        )
    }


KERAS = {
    "KERAS_DISTRIBUTION_JOB_ADDRESSES": ", ".join(ADDRESSES),
    "KERAS_DISTRIBUTION_PROCESS_ID": "1",
}
JAX = {
    "JAX_COORDINATOR_ADDRESS": ADDRESSES[0],
    "JAX_NUM_PROCESSES": "2",
    "JAX_PROCESS_ID": "1",
}


@pytest.mark.parametrize(
    "environment", [config(), KERAS, {**config(), **KERAS}, {**JAX, **config()}]
)
def test_both_ways_to_name_every_host(environment):
    assert ClusterSpec.from_environment(environment) == ClusterSpec(ADDRESSES, 1, 2)


def test_the_chief_may_be_all_that_is_named():
    expected = ClusterSpec(ADDRESSES[:1], 1, 2)
    assert ClusterSpec.from_environment(JAX) == expected
    keras = {
        **KERAS,
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": ADDRESSES[0],
        "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
    }
    assert ClusterSpec.from_environment(keras) == expected


def test_tensorflow_is_told_in_its_own_words():
    told = json.loads(ClusterSpec.from_environment(KERAS).tf_config())
    assert told == json.loads(config()["TF_CONFIG"])
    with pytest.raises(RunError, match="the address of every host"):
        ClusterSpec.from_environment(JAX).tf_config()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"TF_CONFIG": ""},
        {"JAX_PROCESS_ID": "0"},
        {
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": "a:1",
            "KERAS_DISTRIBUTION_PROCESS_ID": "0",
        },
    ],
)
def test_a_process_that_trains_alone(environment):
    assert ClusterSpec.from_environment(environment) is None


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (config(index=2), "host 2 of 2: count them from 0"),
        (config(kind="ps"), "all hosts are workers"),
        (config(ps=["c:1"]), "all hosts are workers"),
        ({"TF_CONFIG": "worker 0"}, "TF_CONFIG is not"),
        ({"TF_CONFIG": "[]"}, "TF_CONFIG is not"),
        ({"TF_CONFIG": '{"cluster": {}}'}, "TF_CONFIG is not"),
        ({**KERAS, "KERAS_DISTRIBUTION_PROCESS_ID": "b"}, "must be a whole number"),
        ({**KERAS, "KERAS_DISTRIBUTION_PROCESS_ID": "-1"}, "count them from 0"),
        ({**KERAS, "KERAS_DISTRIBUTION_NUM_PROCESSES": "3"}, "2 addresses for 3"),
        ({**KERAS, "KERAS_DISTRIBUTION_JOB_ADDRESSES": "a,b"}, "host:port"),
        ({"JAX_COORDINATOR_ADDRESS": "a:1"}, "JAX_NUM_PROCESSES is not set"),
        ({**JAX, **config(index=0)}, "TF_CONFIG and JAX_COORDINATOR_ADDRESS name"),
        (
            {
                **config(),
                **KERAS,
                "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"{ADDRESSES[0]},c:1",
            },
            "name different hosts",
        ),
    ],
)
def test_nonsense_is_refused_in_one_line(environment, said):
    with pytest.raises(RunError, match=said) as refused:
        ClusterSpec.from_environment(environment)
    assert "\n" not in str(refused.value)
