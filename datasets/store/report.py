"""Report what a store holds and what was left out, as a page and as JSON."""

import dataclasses
from collections import Counter, defaultdict
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from datasets.rejections import Rejected
from datasets.store.histogram import Histogram
from datasets.store.selection import Accepted
from moksori.storage import write_json, write_text


@dataclass(frozen=True)
class Report:
    """The state of a feature store after a build.

    `speakers` maps a name to its number of utterances and hours; `extracted` counts
    the utterances that this build computed, `dropped` those of an earlier build with
    the same settings that no corpus holds as they were. `notes` are lines on the
    corpora as a whole.
    """

    utterances: int
    hours: float
    speakers: dict[str, dict[str, float]]
    histograms: dict[str, Histogram]
    rejected: list[Rejected]
    extracted: int
    dropped: int
    fingerprint: str
    notes: list[str]

    @classmethod
    def of(cls, accepted: list[Accepted], rejected: list[Rejected], **how) -> "Report":
        """Count what was accepted; `how` are the fields that only the build knows."""
        seconds: dict[str, list[float]] = defaultdict(list)
        for one in accepted:
            seconds[one.utterance.speaker].append(one.seconds)
        columns = {
            "duration": ("Duration", "seconds", [one.seconds for one in accepted]),
            "level": ("Level as recorded", "decibel", [one.level for one in accepted]),
            "signal_to_noise": (
                "Signal to noise",
                "decibel",
                [one.signal_to_noise for one in accepted],
            ),
            "rate": (
                "Speaking rate",
                "characters per second",
                [one.rate for one in accepted],
            ),
        }
        return cls(
            utterances=len(accepted),
            hours=round(sum(one.seconds for one in accepted) / 3600, 5),
            speakers={
                name: {
                    "utterances": len(seconds[name]),
                    "hours": round(sum(seconds[name]) / 3600, 5),
                    "mean_seconds": round(float(np.mean(seconds[name])), 2),
                }
                for name in sorted(seconds)
            },
            histograms={name: Histogram.of(*parts) for name, parts in columns.items()},
            rejected=rejected,
            **how,
        )

    @property
    def reasons(self) -> dict[str, int]:
        """Count the rejected utterances by reason, the commonest first."""
        return dict(Counter(one.reason for one in self.rejected).most_common())

    def lines(self) -> list[str]:
        """Return the report in a few lines for a terminal."""
        count = len(self.speakers)
        people = f"{count} speaker{'' if count == 1 else 's'}"
        said = [
            f"{self.utterances} utterances, {_duration(self.hours)}, {people}; "
            f"{self.extracted} computed in this run"
        ]
        if self.dropped:
            said.append(
                f"{self.dropped} earlier utterances changed, or left the corpora"
            )
        if self.rejected:
            parts = [f"{reason} {count}" for reason, count in self.reasons.items()]
            said.append(f"{len(self.rejected)} rejected: {', '.join(parts)}")
        return said

    def save(self, folder: Path) -> None:
        """Write `report.json` and `report.html`, each aside and renamed."""
        values = dataclasses.asdict(self) | {"reasons": self.reasons}
        write_json(folder / "report.json", values, indent=1)
        write_text(folder / "report.html", self.html(folder.resolve().name))

    def html(self, name: str) -> str:
        """Return the report as an HTML page that loads nothing from the network."""
        cards = {
            "Utterances": f"{self.utterances:,}",
            "Speech": _duration(self.hours),
            "Speakers": f"{len(self.speakers):,}",
            "Rejected": f"{len(self.rejected):,}",
        }
        blocks = "".join(
            f"<div class=card><b>{value}</b><span>{title}</span></div>"
            for title, value in cards.items()
        )
        figures = "".join(
            f"<figure><figcaption><b>{escape(one.title)}</b> median {one.median:.3g}, "
            f"9 of 10 between {one.low:.3g} and {one.high:.3g}</figcaption>{one.svg()}"
            "</figure>"
            for one in self.histograms.values()
        )
        people = [
            (speaker, int(v["utterances"]), _duration(v["hours"]), v["mean_seconds"])
            for speaker, v in self.speakers.items()
        ]
        left_out = [
            (one.reason, one.id, one.speaker, one.detail) for one in self.rejected
        ]
        return _PAGE.format(
            name=escape(name),
            cards=blocks,
            figures=figures if self.utterances else "",
            speakers=_table("Speakers", _SPEAKER_HEAD, people),
            notes=_table("Notes", ("What to know of the corpora",), zip(self.notes)),
            reasons=_table("Left out", ("Reason", "Utterances"), self.reasons.items()),
            rejected=_table("Every one of them", _REJECTED_HEAD, left_out),
            fingerprint=self.fingerprint,
        )


def _duration(hours: float) -> str:
    if hours >= 1:
        return f"{hours:.1f} h"
    return f"{hours * 60:.1f} min" if hours >= 1 / 60 else f"{hours * 3600:.0f} s"


def _table(title: str, head: tuple[str, ...], rows) -> str:
    """Return a table under its title, or "" when there are no rows."""
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>\n"
        for row in rows
    )
    if not body:
        return ""
    names = "".join(f"<th>{name}</th>" for name in head)
    return (
        f"<h2>{title}</h2><div class=wide><table><tr>{names}</tr>{body}</table></div>"
    )


_SPEAKER_HEAD = ("Speaker", "Utterances", "Speech", "Mean seconds")
_REJECTED_HEAD = ("Reason", "Utterance", "Speaker", "Particulars")

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name}: features</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ --ink: #1c2330; --soft: #667085; --line: #e3e6eb; --page: #fff;
  --bar: #3a6ea5; --median: #c2483a; color-scheme: light dark; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e6e9ef; --soft: #98a2b3;
  --line: #2c3442; --page: #12161d; --bar: #6fa3d8; --median: #f0826f; }} }}
body {{ font: 15px/1.5 system-ui, "Noto Sans KR", "Noto Sans CJK KR",
  "Apple SD Gothic Neo", "Malgun Gothic", NanumGothic, sans-serif; color: var(--ink);
  background: var(--page); max-width: 960px; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.6rem; }} h2 {{ font-size: 1.1rem; margin-top: 2rem; }}
.cards {{ display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; }}
.card {{ border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; }}
.card b {{ display: block; font-size: 1.5rem; }} .card span {{ color: var(--soft); }}
.figures {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(380px, 1fr));
  gap: 1rem; margin-top: 1rem; }}
figure {{ margin: 0; border: 1px solid var(--line); border-radius: 8px;
  padding: .8rem; }}
figcaption {{ color: var(--soft); font-size: .85rem; }}
figcaption b {{ color: var(--ink); margin-right: .5rem; font-size: .95rem; }}
svg {{ width: 100%; height: auto; display: block; }}
.bar {{ fill: var(--bar); }} .grid {{ stroke: var(--line); }}
.median {{ stroke: var(--median); stroke-width: 1.5; stroke-dasharray: 4 3; }}
.tick {{ fill: var(--soft); font-size: 11px; }}
.wide {{ overflow-x: auto; }} table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .3rem .7rem .3rem 0; vertical-align: top;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }}
th {{ color: var(--soft); font-weight: 500; white-space: nowrap; }}
td:first-child {{ white-space: nowrap; }}
footer {{ color: var(--soft); margin: 2rem 0; font-size: .85rem; }}
</style></head><body><h1>{name}</h1><div class="cards">{cards}</div>
<div class="figures">{figures}</div>{notes}{speakers}{reasons}{rejected}
<footer>Features {fingerprint}. Levels and noise are those of the recordings as they
were, before levelling; the dashed line is the median.</footer></body></html>
"""
