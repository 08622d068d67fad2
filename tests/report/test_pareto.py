from espnet_soups.report.compare.pareto import pareto_front


def test_front_has_what_nothing_beats():
    points = [(10.0, 20.0), (5.0, 10.0), (12.0, 20.0), (5.0, 9.0), (20.0, 30.0)]
    assert pareto_front(points) == [1, 0, 4]


def test_equal_points_do_not_beat_each_other():
    assert pareto_front([(1.0, 1.0), (1.0, 1.0), (2.0, 1.0)]) == [0, 1]


def test_one_can_beat_all():
    assert pareto_front([(3.0, 1.0), (1.0, 3.0), (2.0, 2.0)]) == [1]
