"""What the tests do with explore."""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from course_utils import plots
from course_utils.widgets.explore import explore
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused


def parabola(a: float, n: int) -> tuple[Figure, str]:
    fig, ax = plots.panel("parabola")
    ax.plot(np.linspace(-1, 1, n) ** 2 * a)
    return fig, f"a parabola with factor {a} through {n} points"


def equal() -> Iterator[Equal]:
    """The frames lie in the order of itertools.product, which is NumPy's for an array of that shape."""
    shape, places = (3, 4, 2), [[2, 1, 0], [0, 3, 1], [1, 0, 1]]
    want = np.ravel_multi_index(np.array(places).T, shape)
    yield Equal("return x[1].map((place) => m.frameAt(x[0], place))", [shape, places], lambda got: [(got, want)])


EXAMPLE = Example(
    make=lambda: explore(parabola, title="Parabola", a=[1.0, 2.0, 3.0], n=[5, 9]),
    keys=[
        Press("slider", "n", "ArrowRight", says="a parabola with factor 1.0 through 9 points"),
        Press("slider", "a", "End", says="a parabola with factor 3.0 through 9 points"),
    ],
    pointer=[Drag("slider", "a", 70, 0), Drag("slider", "n", 70, 0)],
    bad=[
        Bad({"grid": []}, "nothing to explore"),
        Bad({"alts": []}, "needs 6 pictures"),
        Bad({"sizes": [1] * 6}, "damaged"),
        Bad({"position": [7, 7]}, "outside the grid"),
    ],
    refused=[
        Refused(WidgetError, "at least one parameter", lambda: explore(parabola)),
        Refused(WidgetError, "at least one", lambda: explore(parabola, a=[])),
        Refused(WidgetError, "400 frames", lambda: explore(parabola, a=range(20), n=range(20))),
        Refused(WidgetError, "returned int", lambda: explore(lambda a: a, a=[1])),
    ],
    equal=equal,
    plays="factor 3.0",
)
