"""Estimate what the service costs: GPUs needed, a month, a request, 1,000 characters.

Without flags it shows the example that the service is measured against: 4 GPUs and 3
web machines for a million requests. `--real-time-factor` of one's own voice and GPU
(`synthesize` reports it) says how many GPUs that load needs. `--redis 0` is the service
as it stands: its queue lives in the database.
"""

import argparse
import json
from dataclasses import fields

_LOAD = {
    "requests": "requests a month",
    "characters": "characters of a request",
    "seconds_per_character": "of speech; two read Korean corpora have 0.147 and 0.156",
    "utilisation": "share of the paid time in which a GPU speaks",
}
_PRICES = {
    "gpu_hour": "a GPU, an hour",
    "web_hour": "a web machine, an hour",
    "webs": "web machines",
    "database": "a month",
    "redis": "a month",
    "storage": "storage and traffic, a month",
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    from moksori.service.cost import EXAMPLE_GPUS, Load, Prices

    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    factor = "seconds that a GPU needs for a second of speech"
    made.add_argument("--real-time-factor", type=float, metavar="N", help=factor)
    many = f"GPUs paid for (as many as are needed; without a factor {EXAMPLE_GPUS})"
    made.add_argument("--gpus", type=int, metavar="N", help=many)
    for kind, about in ((Load, _LOAD), (Prices, _PRICES)):
        for field in fields(kind):
            made.add_argument(
                f"--{field.name.replace('_', '-')}",
                type=field.type,
                default=field.default,
                metavar="N",
                help=f"{about[field.name]} ({field.default:,})",
            )
    made.add_argument("--json", action="store_true", help="one JSON object")
    return made


def cost(arguments: argparse.Namespace) -> None:
    """Print the estimate."""
    from moksori.service.cost import Load, Prices, estimate

    given = vars(arguments)
    load, prices = (
        kind(**{field.name: given[field.name] for field in fields(kind)})
        for kind in (Load, Prices)
    )
    found = estimate(load, prices, arguments.real_time_factor, arguments.gpus)
    if arguments.json:
        print(json.dumps({"items": found.items, **found.figures()}, indent=2))
        return
    for name, amount in {**found.items, "a month": found.month}.items():
        print(f"{name:20}{amount:12,.2f}")
    print(f"{'a request':20}{found.request:14.4f}")
    print(f"{'1,000 characters':20}{found.thousand_characters:14.4f}")
    print(found.capacity())


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = parser().parse_args(argv)
    from moksori.training.cli import run_main

    return run_main("cost", lambda: cost(arguments), (ValueError,))
