"""The picture of what a training cost."""

from espnet_soups.report.page.training import cost
from espnet_soups.report.scalars import Series


def test_intervals_without_a_step_are_left_out() -> None:
    parts = Series((0, 1, 2), (9.0, 0.25, 0.5))
    figure = cost({"train_time": Series((1, 2), (1.0, 2.0)), "forward_time": parts}).figure
    assert figure is not None
    axes = figure.axes[0]
    (area,) = axes.collections
    heights = {tuple(point) for point in area.get_paths()[0].vertices}
    assert {(1.0, 0.25), (2.0, 0.5)} <= heights
    assert axes.dataLim.x0 == 1.0
