from benchmarks.clock import Cell, interleave, read


def test_cells_take_turns_and_heavy_ones_are_spread_over_the_rounds() -> None:
    order: list[str] = []
    often = Cell(lambda: order.append("often"), rounds=6)
    also = Cell(lambda: order.append("also"), rounds=6)
    rarely = Cell(lambda: order.append("rarely"), rounds=2)
    interleave([often, also, rarely], "cpu", seed=0)
    assert [len(cell.readings) for cell in (often, also, rarely)] == [6, 6, 2]
    without = [name for name in order if name != "rarely"]
    assert all(set(without[i : i + 2]) == {"often", "also"} for i in range(0, 12, 2))
    first, second = (i for i, name in enumerate(order) if name == "rarely")
    assert second - first >= 5


def test_a_reading_counts_the_time_of_this_process() -> None:
    found = read(lambda: sum(range(200_000)), "cpu")
    assert 0 < found.cpu <= found.wall * 1.5
