"""From readings to figures, and from figures to tables."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.clock import Reading
from benchmarks.memory import Peak
from benchmarks.statistics import Costs, Ratio, ratio, spread

MIB = 2**20


@dataclass(slots=True)
class Measured:
    """All that was read of one row.

    Attributes:
        name: The row's name.
        reference: The row that it is compared with.
        shares: Share of each kind of step.
        readings: Times of each kind of step.
        peaks: Memory of each kind of step; empty if it was not measured.
        details: What else to know.
        consecutive: Times of steps in the soup's own order, one of which measured, each with the reference's step
            that was done next to it; empty if there were none.
        failed: Why there are no readings; None if there are.
    """

    name: str
    reference: str
    shares: Mapping[str, float] = dataclasses.field(default_factory=dict)
    readings: dict[str, list[Reading]] = dataclasses.field(default_factory=dict)
    peaks: Mapping[str, Peak] = dataclasses.field(default_factory=dict)
    details: dict[str, Any] = dataclasses.field(default_factory=dict)
    consecutive: list[tuple[Reading, Reading]] = dataclasses.field(default_factory=list)
    failed: str | None = None

    def costs(self, clock: str) -> Costs:
        """Readings by the ``wall`` or ``cpu`` clock, in seconds."""
        values = {kind: [getattr(one, clock) for one in found] for kind, found in self.readings.items()}
        return Costs(values, self.shares)


def figures(row: Measured, rows: Mapping[str, Measured]) -> dict[str, Any]:
    """Everything about one row that goes into the JSON file."""
    if row.failed is not None:
        return {"name": row.name, "reference": row.reference, "failed": row.failed}
    reference = rows[row.reference]
    result: dict[str, Any] = {"name": row.name, "reference": row.reference, **row.details, "kinds": {}}
    for clock in ("wall", "cpu"):
        costs = row.costs(clock)
        found = Ratio(1.0, 1.0, 1.0) if row is reference else ratio(costs, reference.costs(clock))
        result[f"{clock}_ms"] = 1e3 * costs.amortised()
        result[f"{clock}_ratio"] = dataclasses.asdict(found)
    for kind, share in row.shares.items():
        result["kinds"][kind] = {"share": share} | {
            f"{clock}_ms": _milliseconds(row.costs(clock).values[kind]) for clock in ("wall", "cpu")
        }
        if row.peaks:
            result["kinds"][kind]["memory"] = dataclasses.asdict(row.peaks[kind])
    if row.peaks and reference.peaks:
        mine, theirs = _highest(row.peaks), _highest(reference.peaks)
        result["peak_bytes"], result["peak_ratio"] = mine.total, mine.total / theirs.total
        result["step_peak_bytes"], result["step_peak_ratio"] = mine.step, mine.step / theirs.step
    if row.consecutive:
        result["consecutive"] = _consecutive(row, reference)
    return result


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """The rows as text: ratios with their 95 % intervals, and what each kind of step takes."""
    head = ("", "ms", "spread", "time", "95 %", "cpu ms", "cpu time", "peak MiB", "peak", "step's peak", "ms by kind")
    lines = [head, *(_line(row) for row in found)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (0, len(head) - 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def growth(results: Sequence[Mapping[str, Any]], reference: str) -> list[dict[str, Any]]:
    """Overhead over the reference in percentage points for every number of objectives, row by row.

    Args:
        results: What was measured for every number of objectives, with the same batch.
        reference: The plain sum's row; rows that are compared with others are left out.

    Returns:
        For every row and both clocks the overheads, and their growth from the fewest objectives to the most.
    """
    ordered = sorted(results, key=lambda result: result["objectives"])
    by_count = {result["objectives"]: {row["name"]: row for row in result["rows"]} for result in ordered}
    names = [row["name"] for row in ordered[0]["rows"] if row["reference"] == reference != row["name"]]
    grown = []
    for name in names:
        rows = {count: rows[name] for count, rows in by_count.items() if "wall_ratio" in rows.get(name, {})}
        if len(rows) < len(by_count):  # it ran out of memory somewhere
            continue
        entry: dict[str, Any] = {"name": name}
        for clock in ("wall", "cpu"):
            points = {count: 100 * (row[f"{clock}_ratio"]["value"] - 1) for count, row in rows.items()}
            entry[clock] = {"overhead_points": points, "growth_points": points[max(points)] - points[min(points)]}
        grown.append(entry)
    return grown


def growth_table(grown: Sequence[Mapping[str, Any]]) -> str:
    """The growth as text."""
    lines = []
    for entry in grown:
        points = {clock: entry[clock]["overhead_points"] for clock in ("wall", "cpu")}
        steps = ", ".join(f"K={k}: {points['wall'][k]:+.1f} (cpu {points['cpu'][k]:+.1f})" for k in points["wall"])
        total = f"{entry['wall']['growth_points']:+.1f} (cpu {entry['cpu']['growth_points']:+.1f})"
        lines.append(f"{entry['name']}: {steps}; growth {total} percentage points")
    return "\n".join(lines)


def against_torchjd(found: Sequence[Mapping[str, Any]]) -> str:
    """How the default soups' overhead compares with TorchJD's cheapest row, per step and per measurement."""
    rivals = [row for row in found if row["name"].startswith("torchjd/") and "wall_ratio" in row]
    if not rivals:
        return ""
    best = min(rivals, key=lambda row: row["wall_ratio"]["value"])
    theirs = best["wall_ratio"]["value"] - 1
    lines = [f"TorchJD's cheapest way is {best['name']}: overhead {100 * theirs:.1f} % of the plain sum, every step."]
    for row in found:
        if row["reference"] != best["reference"] or "measuring" not in row.get("kinds", {}):
            continue
        plain = next(one["wall_ms"] for one in found if one["name"] == row["reference"])
        own = row["wall_ratio"]["value"] - 1
        measuring = row["kinds"]["measuring"]["wall_ms"]["median"] / plain - 1
        times = f"{theirs / own:.1f} times less" if own > 0 else "none measurable"
        lines.append(
            f"  {row['name']}: overhead {100 * own:.1f} % ({times}); "
            f"of a step that measures {100 * measuring:.1f} % ({theirs / measuring:.1f} times less)"
        )
    return "\n".join(lines)


def _line(row: Mapping[str, Any]) -> tuple[str, ...]:
    if "failed" in row:
        return (row["name"], *[""] * 9, row["failed"])
    kinds = row["kinds"]
    widest = max(kind["wall_ms"]["relative_spread"] for kind in kinds.values())
    wall, cpu = row["wall_ratio"], row["cpu_ratio"]
    memory = ("", "", "")
    if "peak_bytes" in row:
        memory = (f"{row['peak_bytes'] / MIB:.0f}", f"{row['peak_ratio']:.3f}", f"{row['step_peak_ratio']:.3f}")
    return (
        row["name"],
        f"{row['wall_ms']:.1f}",
        f"{100 * widest:.0f} %",
        f"{wall['value']:.3f}",
        f"{wall['lower']:.3f}-{wall['upper']:.3f}",
        f"{row['cpu_ms']:.1f}",
        f"{cpu['value']:.3f}",
        *memory,
        ", ".join(f"{name} {kind['wall_ms']['median']:.0f}" for name, kind in kinds.items()) + _blocks(row),
    )


def _blocks(row: Mapping[str, Any]) -> str:
    blocks = row.get("blocks")
    return f" (blocks {' '.join(str(block) for block in blocks)})" if blocks else ""


def _milliseconds(values: Sequence[float]) -> dict[str, Any]:
    found = spread([1e3 * value for value in values])
    return dataclasses.asdict(found) | {"relative_spread": found.relative, "values": [1e3 * v for v in values]}


def _highest(peaks: Mapping[str, Peak]) -> Peak:
    return max(peaks.values(), key=lambda peak: peak.total)


def _consecutive(row: Measured, reference: Measured) -> dict[str, Any]:
    """Mean of the steps in the soup's own order over that of the reference's, beside what the kinds predict."""
    result: dict[str, Any] = {"steps": len(row.consecutive)}
    for clock in ("wall", "cpu"):
        own, other = (sum(getattr(pair[i], clock) for pair in row.consecutive) for i in (0, 1))
        values = row.costs(clock).values
        measuring = 1 / len(row.consecutive)
        medians = {kind: spread(found).median for kind, found in values.items()}
        expected = measuring * medians["measuring"] + (1 - measuring) * medians.get("plain", 0.0)
        base = reference.costs(clock).amortised()
        result[f"{clock}_ratio"], result[f"{clock}_ratio_expected"] = own / other, expected / base
    return result
