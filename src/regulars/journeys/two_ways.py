"""What steps share that ask a question and go two ways."""

from abc import abstractmethod

from .fields import Field
from .kinds import Batch, Move, Params, StepKind
from .words import Words

THEN = Field("then", "step", Words(en="If so, go to", de="Wenn ja, weiter bei"), required=True)
OTHERWISE = Field(
    "otherwise",
    "step",
    Words(en="If not, go to", de="Wenn nicht, weiter bei"),
    Words(en="Default: the next step.", de="Sonst: der nächste Schritt."),
)


class TwoWays(StepKind):
    """Those for whom the question is answered yes go to the step `then`, the others to `otherwise` (default: the next).

    Held-out customers are asked as well, so that both arms are counted alike.
    """

    @abstractmethod
    def yes(self, batch: Batch) -> set[int]:
        """Ids of the enrolments for whom the answer is yes. A constant number of queries."""

    def run(self, batch: Batch) -> list[Move]:
        yes, no = self.yes(batch), batch.params.get("otherwise")
        moves = []
        for one in batch.enrolments:
            to = batch.params["then"] if one.pk in yes else no
            moves.append(Move(one, to, batch.now) if to else batch.forward(one))
        return moves

    def pass_over(self, batch: Batch) -> list[Move]:
        return self.run(batch)

    def goes_on(self, params: Params) -> bool:
        return not params.get("otherwise")
