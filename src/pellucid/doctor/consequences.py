"""What commonly follows from something else, by the names of the rules: what a deeper finding makes superfluous."""

OUTCOMES = frozenset({
    "underfitting", "overfitting", "trained_too_long", "stopped_too_early", "ignores_inputs", "one_class_always_wrong",
    "class_imbalance",
})  # fmt: skip

STRENGTHS = frozenset({"dropout_too_strong", "regularization_too_strong"})

RATES = frozenset({"learning_rate_too_high", "learning_rate_too_low"})

INSIDE = frozenset({
    "vanishing_gradient", "exploding_gradient", "dead_relus", "saturated", "non_finite", "wrong_initial_loss",
    "cannot_overfit_20_samples", "frozen_parameters", "vanishing_through_time", "exploding_through_time",
    "unsettled_averages",
})  # fmt: skip

ALL = OUTCOMES | STRENGTHS | RATES | INSIDE
