"""Which of several systems no other one beats at everything."""

from collections.abc import Sequence


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points that are not dominated, by growing error.

    A point dominates another that has no lower error and no higher score, unless both are equal.

    Args:
        points: error, the lower the better, and score, the higher the better.
    """
    front = [
        index
        for index, (error, score) in enumerate(points)
        if not any(other[0] <= error and other[1] >= score and other != (error, score) for other in points)
    ]
    return sorted(front, key=lambda index: (points[index], index))
