"""What a model says when it cannot answer. No model returns NaN in place of an answer."""


class BadInput(ValueError):
    """An argument that no data can have (negative, not finite, t_x > T, …). The message names the argument and the
    first position."""


class NotEnoughData(Exception):
    """The data are sound, but too few or too uniform to estimate from.

    `reason` is one of `customers`, `repeat_buyers`, `no_variation`, `no_mean`; `have` and `need` are counts where the
    reason has any."""

    def __init__(self, reason: str, message: str, *, have: int | None = None, need: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.have = have
        self.need = need
