"""The gradient of a sharded batch, compiled by JAX in a process that has two devices.

Fails where devices exchange anything inside a loop: it would be done at every step.
"""

import re
from collections.abc import Iterator

import jax
import keras
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from tests.tacotron.made import LINEAR, network, objective, uneven

COLLECTIVES = re.compile(
    r" (all-reduce|all-gather|all-to-all|reduce-scatter|collective-permute)(-start)?\("
)


def main() -> None:
    text = compiled(network(*LINEAR, "tacotron.zoneout=0.1"))
    computations = dict(_computations(text))
    loops = set(re.findall(r"body=%?([\w.-]+)", text))
    assert len(loops) >= 10, f"{len(loops)} loops: not what was meant"
    inside = set().union(*(_reached(computations, loop) for loop in loops))
    exchanges = {
        name: COLLECTIVES.findall(lines) for name, lines in computations.items()
    }
    assert not any(exchanges[name] for name in inside), "an exchange in a loop"
    total = sum(map(len, exchanges.values()))
    assert total > 0, "nothing is exchanged at all: the batch was not sharded"
    print(f"{total} exchanges, none in {len(loops)} loops")


def compiled(model) -> str:
    """The program of loss, gradients and statistics, half of the batch a device."""
    mesh = Mesh(np.array(jax.devices()), ("batch",))
    everywhere = NamedSharding(mesh, PartitionSpec())
    losses = objective(model)
    variables = model.trainable_variables, model.non_trainable_variables

    def forward(trained, still, rows):
        pairs = [
            *zip(variables[0], trained, strict=True),
            *zip(variables[1], still, strict=True),
        ]
        with keras.StatelessScope(state_mapping=pairs) as scope:
            total, _ = losses(rows, {"guided_weight": 1.0, "factor": (2,)})
        return total, [scope.get_current_value(v) for v in variables[1]]

    arrays = jax.device_put(
        [[v.value for v in group] for group in variables], everywhere
    )
    rows = jax.device_put(uneven(empty=1), NamedSharding(mesh, PartitionSpec("batch")))
    step = jax.jit(jax.value_and_grad(forward, has_aux=True))
    return step.lower(*arrays, rows).compile().as_text()


def _computations(text: str) -> Iterator[tuple[str, str]]:
    """Name and lines of each of a program's computations."""
    for part in re.split(r"^}", text, flags=re.MULTILINE):
        head = re.search(r"^(?:ENTRY )?%?([\w.-]+) \(.*\{$", part, re.MULTILINE)
        if head:
            yield head[1], part[head.end() :]


def _reached(computations: dict[str, str], name: str) -> set[str]:
    """The computation and all that it calls."""
    found, waiting = set(), [name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            called = re.findall(
                r"(?:calls|to_apply|body|condition)=%?([\w.-]+)", computations[name]
            )
            waiting += called
    return found


if __name__ == "__main__":
    main()
