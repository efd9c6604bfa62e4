"""A generator and a discriminator, trained in the page step by step on Gaussians that stand on a ring."""

from typing import Any

import traitlets as t

from course_utils.widgets.kit.base import CourseWidget, Number, WidgetError

__all__ = ["RingGame"]

MOST_MOVES = 4000
MOVES = "DNS"  # a step of the discriminator; one of the generator, non-saturating or saturating


class RingGame(CourseWidget):
    """Teaches what the two players of a GAN do to one another, what collapse looks like, and what the losses tell.

    Both networks have two hidden layers of tanh units and are trained by Adam in the page, in double precision, on
    batches of 64. `moves` is the game so far, a letter for each step: D for the discriminator, N and S for the
    generator with the non-saturating and with the saturating loss. The data: `modes` Gaussians of standard deviation
    `spread` on a ring of `radius`. One counts as covered when it holds at least 2 % of the generated points within
    three standard deviations of its centre. Raises WidgetError for moves that there are not, and for Gaussians that
    overlap.
    """

    title = t.Unicode("The game of generator and discriminator").tag(sync=True)
    hint = t.Unicode("Play 1 : 1; then restart with 1 : 10, and compare the losses with the covered Gaussians.").tag(
        sync=True
    )
    moves = t.Unicode("").tag(sync=True)
    start = t.Int(1, min=1, max=20).tag(sync=True)  # the seed of the networks and of all draws
    ratio = t.Enum(["5 : 1", "1 : 1", "1 : 10"], "1 : 1").tag(sync=True)
    loss = t.Enum(["non-saturating", "saturating"], "non-saturating").tag(sync=True)
    judge = t.Enum([4, 24], 24).tag(sync=True)  # hidden units in each layer of the discriminator
    stride = t.Enum([1, 10, 100], 10).tag(sync=True)
    modes = t.Int(8, min=2, max=12).tag(sync=True)
    radius = Number(2.0, min=0.5, max=5).tag(sync=True)
    spread = Number(0.1, min=0.01, max=0.5).tag(sync=True)
    hidden = t.Int(24, min=2, max=64).tag(sync=True)
    rate = Number(0.004, min=1e-4, max=0.1).tag(sync=True)

    def __init__(self, **traits: Any):
        super().__init__(**traits)
        if self.modes * self.spread * 6 > 6.28 * self.radius:
            raise WidgetError(
                f"{self.modes} Gaussians with a spread of {self.spread} overlap on a ring of radius {self.radius}"
            )

    @t.validate("moves")
    def _known(self, proposal: Any) -> str:
        moves = str(proposal["value"])
        unknown = set(moves) - set(MOVES)
        if unknown:
            raise t.TraitError(f"moves holds {min(unknown)!r}; give D, N and S only")
        if len(moves) > MOST_MOVES:
            raise t.TraitError(f"moves holds {len(moves)} letters; a game has at most {MOST_MOVES}")
        return moves
